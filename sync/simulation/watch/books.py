"""What head office's books must keep after each commit, seen from outside in plain SQL."""

from collections.abc import Iterable
from typing import Any

from sync.hub.database import Database
from sync.hub.outgoing import Outgoing
from sync.messages import Ack, DeviceAddress, Grant, decode
from sync.simulation.watch.violations import hold

__all__ = ["BooksWatch"]

_ACKNOWLEDGED = """
SELECT 1 FROM entries JOIN journals ON journals.id = entries.journal_id
JOIN devices ON devices.id = journals.device_id
WHERE devices.store = ? AND devices.device = ? AND journals.incarnation = ?
AND journals.epoch = ? AND entries.seq = ? AND entries.hash = ?
"""

_OUTSTANDING = """
SELECT coalesce(accounts.root, accounts.account), sum(active), sum(available)
FROM accounts GROUP BY 1
"""

_RIGHTS = """
SELECT coalesce(accounts.root, rights.account), sum(rights.granted + rights.change)
FROM rights JOIN journals ON journals.id = rights.journal_id
LEFT JOIN accounts ON accounts.account = rights.account
WHERE journals.branch = 0 AND NOT journals.closed
GROUP BY 1
"""

_GRANTED = """
SELECT rights.journal_id, rights.account, rights.granted, journals.opened, journals.fenced
FROM rights JOIN journals ON journals.id = rights.journal_id WHERE rights.granted > 0
"""


class BooksWatch:
    """Follows head office's database, commit by commit."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._granted: dict[tuple[int, str], int] = {}
        self.floor_allowed: dict[tuple[str, int], int] = {}

    def rows(self, sql: str, *values: object) -> list[Any]:
        """Ask the tables."""
        found = self._database.read(lambda c: c.exec_driver_sql(sql, values).fetchall())
        return list(found)

    def hashes(self) -> set[bytes]:
        """Answer the hash of every entry that is there."""
        return {bytes(each) for (each,) in self.rows("SELECT hash FROM entries")}

    def begin_anew(self) -> None:
        """The database was set back."""
        self._granted = {
            (journal, account): granted for journal, account, granted, _, _ in self.rows(_GRANTED)
        }

    def committed(self, outgoing: Iterable[Outgoing]) -> None:
        """Hold what was committed, before anything of it is told."""
        for each in outgoing:
            address, kind = DeviceAddress.of_topic(each.topic)
            if kind == "down/ack":
                self._hold_acknowledged(address, decode(each.payload, Ack))
            elif kind == "down/grant":
                decode(each.payload, Grant)
        self._hold_rights()

    def _hold_acknowledged(self, address: DeviceAddress, ack: Ack) -> None:
        if ack.seq == 0:
            return
        place = (ack.incarnation, ack.epoch, ack.seq, bytes.fromhex(ack.hash))
        found = self.rows(_ACKNOWLEDGED, address.store, address.device, *place)
        hold("I8", bool(found), f"head office acknowledges {ack.epoch}:{ack.seq}, and has it not")

    def _hold_rights(self) -> None:
        outstanding = dict(tuple(row) for row in self.rows(_RIGHTS))
        available = {}
        for account, active, left in self.rows(_OUTSTANDING):
            leased = outstanding.get(account, 0)
            available[account] = left
            hold(
                "I4",
                active == left + leased,
                f"{account}: posted {active}, available {left}, leased {leased}",
            )
        for journal, account, granted, opened, fenced in self.rows(_GRANTED):
            before = self._granted.get((journal, account), 0)
            if granted > before:
                self._granted[journal, account] = granted
                place = f"{granted - before} rights of {account} to journal {journal}"
                hold("I10", bool(opened) and fenced is None, f"{place}, which may have none")
                left = available.get(account, 0)
                hold("I5", left >= 0, f"{place} leave {left} available")
