"""A notebook (ledger_model.py) as the rows of the ledger's tables, to hold one beside the other."""

import sqlite3

from ledger_model import Hold, LotNote, Notebook, Place, SaleNote

from agent.ledger.projections import TABLES

__all__ = ["live_rows", "noted_rows"]

Rows = list[tuple[object, ...]]


def live_rows(connection: sqlite3.Connection) -> dict[str, Rows]:
    """Read every projection of a ledger; a bucket that was emptied is as good as none."""
    rows = {
        table: connection.execute(f"SELECT * FROM {table} ORDER BY {key}").fetchall()  # noqa: S608 - its own constants
        for table, key in TABLES.items()
    }
    timeless = [row[:4] + row[5:] for row in rows["flags"]]
    return rows | {"balances": [row for row in rows["balances"] if row[2]], "flags": timeless}


def noted_rows(notebook: Notebook) -> dict[str, Rows]:
    """Write a notebook out in the same columns and order."""
    holds = sorted(notebook.holds.items())
    return {
        "balances": sorted((*key, points) for key, points in notebook.balances.items() if points),
        "accounts": sorted(
            (name, *known, notebook.redeemed_on.get(name), notebook.purchases[name])
            for name, known in notebook.accounts.items()
        ),
        "cards": sorted((token, *known) for token, known in notebook.cards.items()),
        "lots": [
            (account, *_lot(lot), lot.until)
            for account, lots in sorted(notebook.lots.items())
            for lot in lots
        ],
        "holds": [(name, *h.place, h.account, h.expires_at, *_standing(h)) for name, h in holds],
        "named": [],  # its sales name no redemptions
        "referrals": [],  # its members were brought by nobody
        "paid_referrals": [],
        "recent_sales": [],  # and its programs count no sales of an hour
        "held_lots": [(name, *_lot(lot)) for name, hold in holds for lot in hold.parts],
        "leases": sorted((account, *lease) for account, lease in notebook.leases.items()),
        "recalls": sorted(notebook.recalls),
        "floors": sorted(notebook.floors),
        "sales": [
            (name, *sale.place, sale.account, sale.total_minor, *_worth(sale))
            for name, sale in sorted(notebook.sales.items())
        ],
        "returns": sorted((*names, *place) for names, place in notebook.returns.items()),
        "epochs": sorted((number, *known) for number, known in notebook.epochs.items()),
        **notebook.progress.rows(),
        **notebook.vouchers.rows(),
        **notebook.day_book.rows(),
    }


def _standing(hold: Hold) -> tuple[object, ...]:
    return (hold.points, hold.captured, hold.released, hold.reward, hold.sale_id)


def _worth(sale: SaleNote) -> tuple[object, ...]:
    claimed, voided = sale.claimed or (None, None), sale.voided or (None, None)
    came_back = (sale.returned_minor, sale.taken_back, int(sale.voided is not None))
    return (
        sale.currency,
        sale.points,
        *came_back,
        *claimed,
        *voided,
        sale.redeemed,
        sale.given_back,
        sale.rewarded,
        sale.spend_minor,
    )


def _lot(lot: LotNote) -> tuple[str, int, int, int]:
    place: Place = lot.place
    return (lot.day, *place, lot.points)
