"""After healing: what must be equal, in the end, on both sides (I1, I9 to I11, I15 to I17)."""

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from agent.core.entry import Entry
from agent.ledger import journaled, projections
from agent.ledger.migrations import migrate
from sync.hub.checks import check_books
from sync.simulation.watch.cards import hold_cards
from sync.simulation.watch.forgotten import hold_nothing_personal
from sync.simulation.watch.violations import hold

if TYPE_CHECKING:
    from sync.simulation.device import Device
    from sync.simulation.house import House

__all__ = ["hold_equal"]


def hold_equal(house: "House") -> None:
    """Hold both sides of a house that has come to rest."""
    found = house.office.database.read(check_books)
    hold("I9", not found, f"head office's books: {found[:3]}")
    house.office.forgotten.hold_at_rest()
    house.office.versions.hold_at_rest()
    hold_cards(house)
    for device in house.running:
        hold_nothing_personal(device, house.office.forgotten.forgotten)
        _hold_replay(device)
        _hold_rights(house, device)
        _hold_shown(house, device)
    _hold_answers(house)
    _hold_debts(house)
    _hold_holds(house)
    _hold_no_alarm(house)
    _hold_vouchers(house)


def _hold_vouchers(house: "House") -> None:
    """Hold that a voucher was used once, or head office says who used it again, and nobody else."""
    named = {
        subject
        for (subject,) in house.office.rows(
            "SELECT subject FROM conflicts WHERE kind = 'voucher_twice'"
        )
    }
    house.uses.hold_named(house.office.watch.hashes(), named)
    falsely = named - house.uses.used_more_than_once()
    hold("I11", not falsely, f"vouchers that were used once are said to be used twice: {falsely}")


def _hold_replay(device: "Device") -> None:
    """Hold a store's projections equal to those that its journal makes anew."""
    live = device.ledger.connection
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as rebuilt:
        migrate(rebuilt)
        rebuilt.execute("BEGIN")
        for _, canonical in journaled(live):
            projections.apply(rebuilt, Entry.read(canonical))
        for table, key in projections.TABLES.items():
            rows = f"SELECT * FROM {table} ORDER BY {key}"  # noqa: S608 - our own names
            here, there = live.execute(rows).fetchall(), rebuilt.execute(rows).fetchall()
            differ = [each for each in zip(here, there, strict=False) if each[0] != each[1]]
            hold("I9", here == there, f"{device.name}: {table} {differ[:1] or len(here)}")


def _hold_rights(house: "House", device: "Device") -> None:
    """Hold that head office knows exactly the rights that a store believes to have."""
    rows = house.office.rows(
        "SELECT rights.account, rights.journaled + rights.change FROM rights "
        "JOIN journals ON journals.id = rights.journal_id "
        "JOIN devices ON devices.journal_id = journals.id "
        "WHERE devices.store = ? AND devices.device = ?",
        device.address.store,
        device.address.device,
    )
    watch = device.disk.watch
    known = {account: right for account, right in rows if right}
    ours = {account: watch.right(account) for account in {*watch.granted, *watch.changed}}
    ours = {account: right for account, right in ours.items() if right}
    hold("I4", known == ours, f"{device.name}: has rights {ours}, head office knows {known}")


def _hold_shown(house: "House", device: "Device") -> None:
    """Hold that a store shows what head office has posted, of every member and card."""
    view = device.ledger.view
    accounts = house.office.rows("SELECT account, active, pending, root FROM accounts")
    for account, active, pending, root in accounts:
        if device.feed == "seen" and not device.has_met(account):
            continue
        if root in (None, account):
            shown = (view.balance(account), view.balance(account, "pending"))
            posted = (active, pending)
            hold("I9", shown == posted, f"{device.name}: shows {shown} of {account}, not {posted}")
        else:
            ours = view.root(account)
            hold("I9", ours == root, f"{device.name}: {account} stands for {ours}, not {root}")


def _hold_answers(house: "House") -> None:
    """Hold that every answer a till got rests on an entry that head office has."""
    held = house.office.watch.hashes()
    for each in house.notebook.answers:
        digest = each.position.hash
        if each.position.seq == 0 or digest in held or house.truth.may_miss(each.disk, digest):
            continue
        hold("I1", False, f"{each.store}: {each.what} {each.subject} at {each.position} is gone")


def _hold_no_alarm(house: "House") -> None:
    """Hold that no disk is said to be set back or copied where none was."""
    if house.truth.doubtful or house.truth.office_doubtful:
        return
    found = house.office.rows("SELECT text FROM conflicts WHERE kind LIKE 'disk_%'")
    fenced = house.office.rows("SELECT id FROM journals WHERE fenced = 'unclean'")
    hold("I11", not found and not fenced, f"a false alarm: {found} {fenced}")


def _hold_holds(house: "House") -> None:
    """Hold that head office ended no hold that is its device's to end."""
    found = house.office.rows("SELECT account, held FROM accounts WHERE held < 0")
    hold("I3", not found, f"more was captured or given back than was held: {found}")


def _hold_debts(house: "House") -> None:
    """Hold that nobody owes points without head office having said so."""
    for root, available in house.office.rows(
        "SELECT account, available FROM accounts WHERE available < 0"
    ):
        house.office.watch.hold_debt(root, -available)
    owing = house.office.rows(
        "SELECT account, available FROM accounts WHERE available < 0 AND owed <> -available"
    )
    hold("I4", not owing, f"debts that nobody has noted: {owing}")
