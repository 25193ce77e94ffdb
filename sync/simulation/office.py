"""Head office in memory: its own code over its own tables, looked at after each commit."""

from collections.abc import Callable
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert

from sync.hub.database import Database
from sync.hub.deciding import block_card, merge_accounts
from sync.hub.editions import forget_programs
from sync.hub.office import HeadOffice
from sync.hub.outgoing import Outgoing
from sync.hub.tables import programs
from sync.messages import DeviceAddress
from sync.simulation.program import TENANT, program, program_text
from sync.simulation.trades import Trade
from sync.simulation.watch.books import BooksWatch
from sync.simulation.watch.expiry import ExpiryWatch
from sync.simulation.watch.forgotten import ForgottenWatch
from sync.simulation.watch.versions import VersionWatch
from sync.simulation.watch.violations import hold

if TYPE_CHECKING:
    from sync.simulation.house import House

__all__ = ["Office"]

_KEPT = 3
_PUT_AT = "2026-03-02T07:00:00.000Z"
_MOST_TAKEN = 4_000
"""So many messages no history needs; some hundred are usual."""
_AMISS = ("malformed_message", "unknown_schema", "too_large", "not_handled")
"""Why head office puts messages aside that no device of ours sends, whatever befell it."""
_READ_ONLY = ("feed", "presence")
"""What asks head office for nothing that moves points."""
_SWEEPS_S = 5.0

_idle: list[Database] = []
"""Databases in memory that no history uses now."""


class Office:
    """Takes messages, commits, answers; and everything it commits is looked at."""

    def __init__(self, house: "House") -> None:
        self._house = house
        self._dice = Random(house.dice.random())
        self._snapshots: list[bytes] = []
        self.database = _opened(house.trade)
        self.head = self._started()
        self.watch = BooksWatch(self.database, house.truth)
        self.expiry = ExpiryWatch(self.watch.rows, house.truth.ran_out)
        self.forgotten = ForgottenWatch(self.watch.rows)
        self.versions = VersionWatch(self.watch.rows, house.versions, house.truth)
        self._swept_s = 0.0
        self._taken = 0
        self.restored = 0

    def _started(self) -> HeadOffice:
        house = self._house
        return HeadOffice(self.database, clock=lambda: house.world.at, mint=house.mint)

    def take(self, topic: str, payload: bytes) -> None:
        """A message arrived: commit it, look at what was committed, and answer."""
        self._taken += 1
        hold("I12", self._taken < _MOST_TAKEN, "stores and head office go round in circles")
        outgoing = self.head.handle(topic, payload)
        refused = [kind for kind in _AMISS if self.head.counts["refused", kind]]
        hold("I12", not refused, f"head office does not take what a store says: {refused}")
        self._send(outgoing, looks=not topic.endswith(_READ_ONLY))

    def turn(self) -> None:
        """Look what is due."""
        now_s = self._house.world.now_s
        if now_s - self._swept_s >= _SWEEPS_S:
            self._swept_s = now_s
            self._send(self.head.sweep())
            self.head.work_off()  # a commit of its own: what runs out today was not due before it
            self._send([])

    def _send(self, outgoing: list[Outgoing], *, looks: bool = True) -> None:
        self.watch.committed(outgoing, looks=looks)
        if looks and self._house.trade.runs_out:
            self.expiry.committed()
        if looks:
            self.forgotten.committed()
            self.versions.committed()
        for each in outgoing:
            kind = each.topic.split("/", 5)[5]
            self._house.tell(f"head office: {kind} to {'/'.join(each.topic.split('/')[3:5])}")
            self._house.network.down(each.topic, each.payload, each.expiry_s)

    def release(self, address: DeviceAddress) -> None:
        """Somebody has looked at a store that was halted."""
        self.head.release(address)

    def decide(self, deciding: Callable[[Connection], object]) -> None:
        """Have a clerk, or the calendar, do something; it is looked at as any other commit is."""
        self.database.transact(deciding)
        self._send([])

    def merge_some(self) -> None:
        """A clerk finds that two accounts are one person's."""
        known = [row[0] for row in self.rows("SELECT account FROM accounts ORDER BY account")]
        if len(known) > 1:
            account, into = self._dice.sample(known, 2)
            if not self._mergeable(account, into):
                return
            self._house.tell(f"head office: {account} is merged into {into}")
            at = self._house.world.at
            self.decide(
                lambda c: merge_accounts(c, TENANT, account, into, now=at, reason="one person")
            )

    def _mergeable(self, account: str, into: str) -> bool:
        """Say what the page that clerks see says: with who was forgotten nobody is merged."""
        found = self.rows(
            "SELECT 1 FROM accounts WHERE account IN (?, ?) AND state = 'erased'", account, into
        )
        return not found

    def block_some(self) -> None:
        """A member calls: their card is lost."""
        known = [row[0] for row in self.rows("SELECT token FROM cards ORDER BY token")]
        if known:
            token, at = self._dice.choice(known), self._house.world.at
            self._house.tell(f"head office: {token} is blocked")
            self.decide(
                lambda c: block_card(c, TENANT, token, "lost", reason="lost", by="ana", now=at)
            )

    def rows(self, sql: str, *values: object) -> list[Any]:
        """Ask the tables."""
        return self.watch.rows(sql, *values)

    def keep_snapshot(self) -> None:
        """Make a backup."""
        self._snapshots.append(self.database.snapshot())
        del self._snapshots[:-_KEPT]

    def restore(self) -> None:
        """Put an older backup in place: nobody tells head office that it is one."""
        if self._snapshots:
            self._house.tell("head office: its database is set back")
            merged = self._merged()
            self.database.restore(self._dice.choice(self._snapshots))
            self.head = self._started()
            self.restored += 1
            self.watch.begin_anew()
            self.expiry.begin_anew()
            self.forgotten.begin_anew()
            self.versions.begin_anew()
            parted = {account for pair in merged - self._merged() for account in pair}
            self._house.truth.office_restored(self.watch.hashes(), parted)

    def _merged(self) -> set[tuple[str, str]]:
        """Answer which accounts stand for which."""
        found = self.rows("SELECT account, root FROM accounts WHERE root <> account")
        return {(account, root) for account, root in found}

    def conflicts(self) -> int:
        """Count what was settled."""
        return int(self.rows("SELECT count(*) FROM conflicts")[0][0])

    def state(self) -> tuple[Any, ...]:
        """Answer what shows whether anything moved."""
        return tuple(
            self.rows("SELECT (SELECT count(*) FROM entries), (SELECT max(seq) FROM feed)")[0]
        )

    def close(self) -> None:
        """Leave the database to the next history, which begins it anew."""
        _idle.append(self.database)


def _opened(trade: Trade) -> Database:
    """Open a new head office's database.

    One that a history is done with is used again: what SQLAlchemy and SQLite keep of statements
    would else be made anew in each, which takes longer than to run them.
    """
    if _idle:
        database = _idle.pop()
    else:
        database = Database("sqlite://")
        database.start(migrate=False)
    database.restore(_empty(trade))
    database.transact(forget_programs)  # that a history before read in it
    return database


def _put_program(c: Connection, trade: Trade) -> None:
    """Have head office know the program that all shops have."""
    known = program(trade)
    row = {
        "tenant": TENANT,
        "name": known.id,
        "edition": known.edition,
        "text": program_text(trade),
        "put_at": _PUT_AT,
    }
    c.execute(insert(programs).values(**row))


@cache
def _empty(trade: Trade) -> bytes:
    """Make the image of a new head office, once for each trade."""
    database = Database("sqlite://")
    database.start()
    database.transact(lambda c: _put_program(c, trade))
    image = database.snapshot()
    database.stop()
    return image
