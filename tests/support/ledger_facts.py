"""Facts that fit a notebook (ledger_model.py), and what in it they can be about."""

from datetime import date, timedelta
from functools import cache

from hypothesis import strategies as st
from ledger_model import Hold, Notebook, SaleNote
from ledger_progress import stamped, told_of
from msgspec import Raw

from agent.core.basket import Line, Sale, Tender
from agent.core.facts import (
    AccumulatePoints,
    ActivatePoints,
    AdjustPoints,
    ClaimSale,
    CreateReward,
    DeleteReward,
    Fact,
    LotPart,
    RedeemReward,
    ReturnSale,
    VoidSale,
)
from agent.core.stamp_cards import Collected

__all__ = [
    "DAY",
    "EXPIRES",
    "accumulation",
    "activation",
    "basket",
    "capture",
    "claim",
    "given_back",
    "hold",
    "morning_fact",
    "open_holds",
    "open_sales",
    "release",
    "sale_return",
    "standing_sales",
    "strange_return",
    "unclaimed",
    "void",
    "waiting_accounts",
]

DAY = date(2026, 11, 21)
_UNTIL = date(2026, 12, 5)
EXPIRES = "2026-11-21T09:15:00.000Z"


@cache
def basket(total_minor: int) -> Raw:
    """A basket of one line that costs so much, as the journal holds it."""
    line = Line(
        sku="sku",
        category="grocery",
        quantity="1",
        unit_price_minor=total_minor,
        amount_minor=total_minor,
    )
    sale = Sale(
        lane="1",
        cashier="ana",
        business_date=DAY - timedelta(days=total_minor % 3),
        occurred_at="2026-11-21T14:05:09+01:00",
        currency="USD",
        lines=(line,),
        tenders=(Tender(kind="cash", amount_minor=total_minor),),
        total_minor=total_minor,
    )
    return Raw(sale.canonical())


def open_sales(notebook: Notebook) -> list[str]:
    """Sales that were not called off."""
    return sorted(name for name, sale in notebook.sales.items() if not sale.voided)


def standing_sales(notebook: Notebook) -> list[str]:
    """Of those, the ones of which something has not come back."""
    return [name for name in open_sales(notebook) if not notebook.sales[name].came_back]


def unclaimed(notebook: Notebook) -> list[str]:
    """Of those, the ones for which no card was shown."""
    return [name for name in open_sales(notebook) if notebook.sales[name].account is None]


def given_back(notebook: Notebook, account: str) -> list[str]:
    """Redemptions of an account that were given back whole."""
    holds = notebook.holds.items()
    return sorted(n for n, held in holds if held.account == account and held.is_back)


def open_holds(notebook: Notebook) -> list[str]:
    """Redemptions of which something still waits."""
    return sorted(name for name, held in notebook.holds.items() if held.left)


def waiting_accounts(notebook: Notebook) -> list[str]:
    """Accounts with points that are not active yet."""
    heaps = sorted(notebook.lots.items())
    return [name for name, heap in heaps if any(lot.until for lot in heap)]


def accumulation(
    sale_id: str,
    account: str | None,
    points: int,
    *,
    pending: bool = False,
    tier: str | None = None,
    leased: bool = False,
) -> AccumulatePoints:
    """A sale that earned so many points, for whomever."""
    points = 0 if account is None else points
    return AccumulatePoints(
        sale_id=sale_id,
        sale_json=basket(points * 100 + 50),
        status="no_card" if account is None else "accumulated",
        account=account,
        program="simple@1",
        points=points,
        flags=(),
        pending_until=_UNTIL if pending else None,
        lease=points if leased else 0,
        **told_of(None if account is None else tier, points),
    )


def morning_fact(sale_id: str, account: str, points: int, *, pending: bool) -> Fact:
    """Somebody has points, or waits for them, or owes them."""
    if points < 0:
        return AdjustPoints(account=account, points=points, reason="owed", cashier="c1")
    return accumulation(sale_id, account, points, pending=pending)


def claim(
    sale_id: str, account: str, points: int, *, pending: bool = False, tier: str | None = None
) -> ClaimSale:
    """A card shown after the sale."""
    return ClaimSale(
        sale_id=sale_id,
        account=account,
        token="em4100:0C000621A5",
        program="simple@1",
        points=points,
        pending_until=_UNTIL if pending else None,
        **told_of(tier, points),
    )


def activation(notebook: Notebook, account: str, draw: st.DataObject) -> ActivatePoints:
    """Some of an account's pending lots have waited long enough."""
    waiting = [lot for lot in notebook.lots[account] if lot.until is not None]
    count = draw.draw(st.integers(1, len(waiting)))
    lots = tuple(
        LotPart(epoch=lot.place[0], seq=lot.place[1], points=lot.points) for lot in waiting[:count]
    )
    return ActivatePoints(account=account, points=sum(part.points for part in lots), lots=lots)


def hold(
    notebook: Notebook, redemption_id: str, account: str, points: int, *, leased: bool = True
) -> CreateReward:
    """Points held by what right there is, and the rest by the floor."""
    covered = min(points, notebook.right(account)) if leased else 0
    return CreateReward(
        redemption_id=redemption_id,
        account=account,
        points=points,
        authority="lease" if covered == points else "floor",
        expires_at=EXPIRES,
        floor=points - covered,
        lease=-covered,
    )


def capture(redemption_id: str, held: Hold, points: int) -> RedeemReward:
    """Spend what is held."""
    return RedeemReward(redemption_id=redemption_id, account=held.account, points=points)


def release(redemption_id: str, held: Hold, points: int, *, epoch: int) -> DeleteReward:
    """Give back what is held, and its rights where they are still this epoch's."""
    covered = min(points, held.covered) if held.place[0] == epoch else 0
    return DeleteReward(
        redemption_id=redemption_id,
        account=held.account,
        points=points,
        reason="released",
        lease=covered,
    )


def _taken_back(notebook: Notebook, sale: SaleNote, points: int) -> tuple[int, int]:
    """Split points to take back into those that wait and those that are active."""
    waiting = notebook.pending_lot(sale.account, sale.place)
    points = min(points, sale.points - sale.taken_back)
    from_pending = min(points, waiting)
    return from_pending, points - from_pending


def _rights(notebook: Notebook, account: str | None, points: int) -> int:
    return 0 if account is None else -min(points, notebook.right(account))


def sale_return(
    notebook: Notebook, sale_id: str, return_id: str, points: int, given_back: int | None
) -> ReturnSale:
    """Part of a sale comes back, with what it earned and what it redeemed, or as much."""
    sale = notebook.sales[sale_id]
    from_pending, from_active = _taken_back(notebook, sale, points)
    return ReturnSale(
        sale_id=sale_id,
        return_id=return_id,
        amount_minor=min(points * 100, sale.total_minor - sale.returned_minor),
        account=sale.account,
        from_active=from_active,
        from_pending=from_pending,
        given_back=from_active if given_back is None or sale.account is None else given_back,
        lease=_rights(notebook, sale.account, from_active),
        stamps=_unstamped(notebook, sale_id, points),
    )


def _unstamped(notebook: Notebook, sale_id: str, stamps: int) -> tuple[Collected, ...]:
    """Take as many stamps back, or what is left of them."""
    taken = min(stamps, notebook.progress.stamps_of(sale_id))
    return stamped(-taken) if taken else ()


def strange_return(
    return_id: str, account: str, points: int, given_back: int, *, waiting: int = 0
) -> ReturnSale:
    """A sale of another store comes back here."""
    return ReturnSale(
        sale_id="elsewhere",
        return_id=return_id,
        amount_minor=100,
        account=account,
        from_active=points,
        from_pending=waiting,
        given_back=given_back,
    )


def void(notebook: Notebook, sale_id: str) -> VoidSale:
    """A whole sale is called off, with all it earned."""
    sale = notebook.sales[sale_id]
    from_pending, from_active = _taken_back(notebook, sale, sale.points)
    return VoidSale(
        sale_id=sale_id,
        account=sale.account,
        from_active=from_active,
        from_pending=from_pending,
        lease=_rights(notebook, sale.account, from_active),
        stamps=_unstamped(notebook, sale_id, 7),
    )
