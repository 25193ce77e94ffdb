"""What head office's books must keep after each commit, seen from outside in plain SQL."""

import sqlite3
from collections.abc import Iterable
from typing import Any, Literal

from sqlalchemy import Connection

from sync.hub.database import Database
from sync.hub.outgoing import Outgoing
from sync.messages import Ack, Allowance, DeviceAddress, decode
from sync.simulation.watch.truth import Truth
from sync.simulation.watch.violations import hold

__all__ = ["BooksWatch", "Memory"]

Memory = Literal["whole", "forgotten", "catching_up"]

_ACKNOWLEDGED = """
SELECT 1 FROM entries JOIN journals ON journals.id = entries.journal_id
JOIN devices ON devices.id = journals.device_id
WHERE devices.store = ? AND devices.device = ? AND journals.incarnation = ?
AND journals.epoch = ? AND entries.seq = ? AND entries.hash = ?
"""

_OUTSTANDING = """
SELECT coalesce(accounts.root, accounts.account), sum(active), sum(available), sum(due)
FROM accounts GROUP BY 1
"""

_RIGHTS = """
SELECT coalesce(accounts.root, rights.account), sum(rights.granted + rights.change)
FROM rights LEFT JOIN accounts ON accounts.account = rights.account
GROUP BY 1
"""

_ALL_POSTED = """
SELECT (SELECT coalesce(sum(active + pending + held), 0) FROM accounts) +
(SELECT coalesce(sum(points), 0) FROM program_sums)
"""

_BEHIND = """
SELECT (SELECT max(generation) FROM office), count(*),
count(*) FILTER (WHERE generation < (SELECT max(generation) FROM office)) FROM devices
"""
"""Which generation it is, how many devices are known, and how many have not caught up with it."""

_GRANTED = """
SELECT rights.journal_id, rights.account, rights.granted, journals.opened, journals.fenced,
rights.journaled
FROM rights JOIN journals ON journals.id = rights.journal_id
WHERE journals.opened AND journals.branch = 0 AND NOT journals.written_off
"""

_AT_REST = """
SELECT rights.journal_id, rights.account, rights.granted + rights.change FROM rights
JOIN journals ON journals.id = rights.journal_id
WHERE (journals.branch > 0 OR journals.written_off OR NOT journals.opened)
AND rights.granted + rights.change <> 0
"""

_HOME_UNASKED = """
SELECT id FROM journals WHERE fenced = 'unclean' AND written_off
"""


def _disk_of(c: Connection) -> sqlite3.Connection:
    disk = c.connection.driver_connection
    assert isinstance(disk, sqlite3.Connection), "head office is in memory here"  # noqa: S101
    return disk


class BooksWatch:
    """Follows head office's database, commit by commit."""

    def __init__(self, database: Database, truth: Truth) -> None:
        self._truth = truth
        self._disk = database.read(_disk_of)
        self._granted: dict[tuple[int, str], int] = {}
        self._allowed: dict[tuple[str, int], int] = {}
        self._set_back_to: int | None = None
        """Which generation a database was of when it was put in place; None when that is over."""

    def rows(self, sql: str, *values: object) -> list[Any]:
        """Ask the tables."""
        return self._disk.execute(sql, values).fetchall()

    def hashes(self) -> set[bytes]:
        """Answer the hash of every entry that is there."""
        return {bytes(each) for (each,) in self.rows("SELECT hash FROM entries")}

    def allowed(self, address: DeviceAddress, epoch: int) -> int:
        """Answer how much of the floor head office ever allowed a device in an epoch."""
        return self._allowed.get((str(address), epoch), 0)

    def begin_anew(self) -> None:
        """The database was set back."""
        self._set_back_to = self.rows(_BEHIND)[0][0]
        self._granted = {
            (journal, account): granted for journal, account, granted, *_ in self.rows(_GRANTED)
        }

    def committed(self, outgoing: Iterable[Outgoing], *, looks: bool = True) -> None:
        """Hold what was committed, before anything of it is told."""
        for each in outgoing:
            address, kind = DeviceAddress.of_topic(each.topic)
            if kind == "down/ack":
                self._hold_acknowledged(address, decode(each.payload, Ack))
            elif kind == "down/floor":
                allowance = decode(each.payload, Allowance)
                key = (str(address), allowance.epoch)
                self._allowed[key] = max(self._allowed.get(key, 0), allowance.floor_total)
        if looks:
            self._hold_rights()

    def _hold_acknowledged(self, address: DeviceAddress, ack: Ack) -> None:
        if ack.seq == 0:
            return
        place = (ack.incarnation, ack.epoch, ack.seq, bytes.fromhex(ack.hash))
        found = self.rows(_ACKNOWLEDGED, address.store, address.device, *place)
        hold("I8", bool(found), f"head office acknowledges {ack.epoch}:{ack.seq}, and has it not")

    def memory(self) -> Memory:
        """Say how far head office knows again what it had known before it was set back.

        It has ``forgotten`` while no generation stands for that, or a device is not known at all;
        it is ``catching_up`` until each device has delivered everything.
        """
        if self._set_back_to is None:
            return "whole"
        generation, known, behind = self.rows(_BEHIND)[0]
        if generation <= self._set_back_to or known < len(self._truth.stores):
            return "forgotten"
        if behind:
            return "catching_up"
        self._set_back_to = None
        return "whole"

    def hold_debt(self, root: str, owed: int) -> None:
        """Hold that no points were spent twice."""
        family = self.rows("SELECT account FROM accounts WHERE account = ? OR root = ?", root, root)
        accounts = {root, *(account for (account,) in family)}
        if accounts & self._truth.unbound:
            return
        most = self._truth.most_owed(accounts)
        hold("I5", owed <= most, f"{root} owes {owed} points, where {most} are the most")

    def _hold_rights(self) -> None:
        memory = self.memory()
        points = self.rows(_ALL_POSTED)[0][0]
        hold("I3", points == 0, f"all that head office has posted comes to {points} points")
        outstanding = dict(tuple(row) for row in self.rows(_RIGHTS))
        available = {}
        for account, active, left, due in self.rows(_OUTSTANDING):
            leased = outstanding.get(account, 0)
            available[account] = (left, due)
            hold(
                "I4",
                active == left + leased,
                f"{account}: posted {active}, available {left}, leased {leased}",
            )
            if left < 0 and memory == "whole":  # what was heard before is heard in any order
                self.hold_debt(account, -left)
        hold("I10", not self.rows(_AT_REST), "an epoch that may have no rights has some")
        hold("I10", not self.rows(_HOME_UNASKED), "rights in doubt came home with nobody's word")
        for journal, account, granted, opened, fenced, taken in self.rows(_GRANTED):
            hold("I4", taken <= granted, f"{account}: {taken} were taken of {granted} granted")
            before = self._granted.get((journal, account), 0)
            if granted > before and granted > taken:  # or it is adopted, by a device's own word
                self._granted[journal, account] = granted
                place = f"{granted - before} rights of {account} to journal {journal}"
                hold("I10", bool(opened) and fenced is None, f"{place}, which may have none")
                blindly = memory == "forgotten"
                self._truth.granted(account, granted - before, blindly=blindly)
                hold("I10", memory != "catching_up", f"{place}, where not all have caught up")
                left, due = available.get(account, (0, 0))
                hold("I5", left >= due, f"{place} leave {left} available, {due} run out")
