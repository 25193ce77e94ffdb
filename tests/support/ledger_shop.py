"""A real ledger in a directory, and beside it the notebook and every byte that was answered.

What is to be written is foreseen first: where it will stand, under which stamp, or why it will be
refused. Then it is sent, alone or together with others, and each answer is held to
what was foreseen.
"""

import asyncio
import hashlib
import itertools
import shutil
from contextlib import closing
from datetime import date
from typing import NamedTuple

from in_memory import make_directory
from ledger_model import Notebook, Place
from ledger_rows import live_rows, noted_rows
from toy_clock import Seen, ToyClock

from agent.core.entry import ClockReading, Entry, Position, Recorded
from agent.core.facts import (
    ClockJump,
    CreateReward,
    EpochCause,
    Fact,
    HoldVoucher,
    IssueVoucher,
    OpenEpoch,
    RedeemReward,
    UseVoucher,
)
from agent.core.instant import rfc3339
from agent.ledger import Frozen, Ledger, LedgerContradiction, journaled, replay
from agent.ledger.connection import open_reader
from agent.ledger.sealing import seal_old_entries

__all__ = ["Shop"]


_SPENDING = CreateReward | RedeemReward | IssueVoucher | HoldVoucher | UseVoucher


class _Foreseen(NamedTuple):
    """An entry as it has to be."""

    fact: Fact
    said: date | None
    seen: Seen


class _Asked(NamedTuple):
    """A fact on its way to the ledger; where it has to stand, or why it has to be refused."""

    fact: Fact
    day: date | None
    answer: Place | type[Exception]


class Shop:
    """The ledger under test and what a careful person would know of it."""

    def __init__(self) -> None:
        self._directory = make_directory()
        self._loop = asyncio.Runner()
        self._numbers = itertools.count()
        self._waiting: list[_Asked] = []
        self._answered: dict[Place, bytes] = {}
        self._foreseen: dict[Place, _Foreseen] = {}
        self._seen: Seen | None = None
        self._said: date | None = None
        self.together = 1
        self._ids: set[str] = set()
        self._checked: set[Place] = set()
        self.repeat_id: str | None = None
        self.clock = ToyClock()
        self.notebook = Notebook()
        self.head: Place = (0, 0)
        self.acknowledged: Place = (0, 0)
        self.frozen = False
        self.rebuilt = 0
        self.open()
        self.incarnation = self.ledger.incarnation

    @property
    def places(self) -> list[Place]:
        """Where entries stand, in order."""
        return list(self._foreseen)

    def open(self) -> None:
        """Start a ledger on the directory."""
        self.ledger = Ledger(self._directory / "ledger.db", clock=self.clock, mint_id=self._mint_id)
        self.ledger.start()

    def close(self) -> None:
        """Leave nothing behind."""
        self.ledger.stop()
        self._loop.close()
        shutil.rmtree(self._directory)

    def _mint_id(self) -> str:
        return self.repeat_id or f"id-{next(self._numbers)}"

    def run(self, coroutine):  # type: ignore[no-untyped-def]  # whatever it answers
        """Run something on the ledger's loop."""
        return self._loop.run(coroutine)

    def ask(self, fact: Fact, day: date | None = None) -> None:
        """Have a fact written that fits all that was written before."""
        if self.frozen and isinstance(fact, _SPENDING):
            self.ask_in_vain(fact, Frozen)
        else:
            self._post(_Asked(fact, day, self._foresee(fact, day)))

    def ask_in_vain(
        self, fact: Fact, why: type[Exception] = LedgerContradiction, day: date | None = None
    ) -> None:
        """Have a fact written that must be refused and leave no trace."""
        self._post(_Asked(fact, day, why))

    def contradict(self, fact: Fact, day: date) -> None:
        """Have a fact written that contradicts an earlier one."""
        redeems = isinstance(fact, _SPENDING)
        self.ask_in_vain(fact, Frozen if self.frozen and redeems else LedgerContradiction, day)

    def _post(self, asked: _Asked) -> None:
        self._waiting.append(asked)
        if len(self._waiting) >= self.together:
            self.send()

    def send(self) -> None:
        """Send what waits, all at once, and hold each answer to what was foreseen."""
        asked, self._waiting, self.together = self._waiting, [], 1

        async def write(fact: Fact, day: date | None) -> Recorded:
            return await self.ledger.write(lambda t: t.append(fact, business_date=day))

        async def write_all() -> list[Recorded | BaseException]:
            jobs = (write(one.fact, one.day) for one in asked)
            return await asyncio.gather(*jobs, return_exceptions=True)

        for one, answer in zip(asked, self.run(write_all()), strict=True):
            if isinstance(one.answer, type):
                assert type(answer) is one.answer, (one.fact, answer)
                continue
            assert isinstance(answer, Recorded), (one.fact, answer)
            assert answer.entry.fact == one.fact
            assert (answer.entry.epoch, answer.entry.seq) == one.answer
            self._answered[one.answer] = answer.canonical

    def _foresee(self, fact: Fact, day: date | None) -> Place:
        self._said = day or self._said
        self._look_at_the_clock()
        return self._note(fact)

    def _look_at_the_clock(self) -> None:
        """A clock that was set since the last entry is an entry of its own."""
        self._seen, jump_ms = self.clock.see(self._seen)
        if jump_ms:
            self._note(ClockJump(by_ms=jump_ms))

    def _note(self, fact: Fact) -> Place:
        assert self._seen is not None
        self.head = (self.head[0], self.head[1] + 1)
        self._foreseen[self.head] = _Foreseen(fact, self._said, self._seen)
        day = self.notebook.day_of(fact, self._said, rfc3339(self._seen.moment.at))
        self.notebook.write(fact, self.head, day)
        return self.head

    def began_a_life(self, cause: EpochCause, number: int, reason: str = "") -> None:
        """Note that the journal has just begun a new epoch."""
        self._look_at_the_clock()
        parent_hash = self.run(self.ledger.hash_at(*self.head))
        assert parent_hash is not None, "the entry it grew from is there"
        fact = OpenEpoch(
            cause=cause,
            incarnation=self.ledger.incarnation,
            parent_incarnation=self.incarnation,
            parent_epoch=self.head[0],
            parent_seq=self.head[1],
            parent_hash=parent_hash.hex(),
            reason=reason,
        )
        self.incarnation = self.ledger.incarnation
        self.head = (number, 0)
        self._note(fact)

    def welcome(self, number: int, incarnation: str) -> None:
        """Open an epoch as head office asks for it."""
        self.run(
            self.ledger.write(
                lambda t: t.open_epoch("welcomed", incarnation=incarnation, epoch=number)
            )
        )
        self.frozen = False

    def confirm(self) -> None:
        """Let an operator agree that a rebuilt ledger goes on."""
        self.run(self.ledger.confirm())
        self.frozen = False
        self.began_a_life("confirmed", self.head[0] + 1)

    def acknowledge(self, place: Place) -> None:
        """Let head office say that it holds the journal up to here."""
        for epoch, head_seq in self.ledger.epochs.heads.items():
            if epoch <= place[0]:  # each life by itself; those before this one whole
                seq = place[1] if epoch == place[0] else head_seq
                self.run(self.ledger.acknowledge(Position(epoch=epoch, seq=seq, hash=b"")))
        self.acknowledged = place

    def was_rebuilt(self, reason: str) -> None:
        """Note that the ledger was made anew; head office may have to be asked what it holds."""
        assert self.ledger.incarnation != self.incarnation
        assert self.ledger.epochs.acknowledged <= self.acknowledged
        self.acknowledged = self.ledger.epochs.acknowledged
        self.frozen = True
        self.rebuilt += 1
        self.began_a_life("rebuilt", self.head[0] + 1, reason)

    def seal(self, *, alone: bool) -> None:
        """Seal all that may be sealed: never the newest entry, nor one that only this disk has."""
        self.clock.pass_ms(1)
        made = self.run(seal_old_entries(self.ledger, keep_days=0, alone=alone))
        with closing(open_reader(self.ledger.path)) as connection:
            left = [(position.epoch, position.seq) for position, _ in journaled(connection)]
        assert not self.places or self.head in left
        for one in made:
            assert not [p for p in left if p[0] == one.epoch and p[1] <= one.last_seq], one
        assert alone or all((one.epoch, one.last_seq) <= self.acknowledged for one in made)

    def ids_in_database(self) -> list[str]:
        """The ids of the entries that are not sealed."""
        with closing(open_reader(self.ledger.path)) as connection:
            return [name for (name,) in connection.execute("SELECT id FROM journal ORDER BY id")]

    def check(self) -> None:
        """Hold the ledger to the notebook: every entry, every balance, whatever is waiting left."""
        if self._waiting:
            return
        assert (self.ledger.head.epoch, self.ledger.head.seq) == self.head
        assert (self.ledger.frozen is not None) == self.frozen
        assert self.ledger.incarnation == self.incarnation
        unacknowledged = [place for place in self._foreseen if place > self.acknowledged]
        assert self.ledger.epochs.unacknowledged == len(unacknowledged)
        with closing(open_reader(self.ledger.path)) as connection:
            journal = list(journaled(connection, self.ledger.archive))
            rows = live_rows(connection)
        assert [(position.epoch, position.seq) for position, _ in journal] == self.places
        previous = bytes(32)
        for position, canonical in journal:
            place = (position.epoch, position.seq)
            before = bytes(32) if position.seq == 1 else previous
            previous = hashlib.sha256(b"\0" + before + canonical).digest()
            assert position.hash == previous
            if (
                self._answered.setdefault(place, canonical) != canonical
                or place not in self._checked
            ):
                self._check_entry(place, canonical)
        self._check_rows(rows)

    def _check_entry(self, place: Place, canonical: bytes) -> None:
        """Hold an entry that is seen for the first time to what was foreseen and answered."""
        assert canonical == self._answered[place]
        entry, (fact, said, seen) = Entry.parse(canonical), self._foreseen[place]
        assert entry.fact == fact
        assert (entry.epoch, entry.seq, entry.business_date) == (*place, said)
        assert entry.recorded_at == rfc3339(seen.moment.at)
        assert entry.clock == ClockReading(
            boot_id=seen.moment.boot_id,
            up_ms=seen.moment.up_ms,
            synchronised=seen.moment.synchronised,
            jumped=seen.jumped,
        )
        assert entry.id not in self._ids
        self._ids.add(entry.id)
        self._checked.add(place)

    def _check_rows(self, rows: dict[str, list[tuple[object, ...]]]) -> None:
        noted = noted_rows(self.notebook)
        for table, is_rows in rows.items():
            assert is_rows == noted[table], f"{table}: {is_rows} instead of {noted[table]}"
        assert sum(points for _, _, points in rows["balances"]) == 0  # type: ignore[misc]
        buckets = self.notebook.balances
        for account in ("ana", "ben", "eve"):
            lots = [lot for lot in self.notebook.lots[account] if lot.until is None]
            assert sum(lot.points for lot in lots) == max(0, buckets[account, "active"])
            waiting = [lot for lot in self.notebook.lots[account] if lot.until is not None]
            assert sum(lot.points for lot in waiting) == buckets[account, "pending"]
            holds = [one.left for one in self.notebook.holds.values() if one.account == account]
            assert sum(holds) == buckets[account, "held"]

    def check_replay(self) -> None:
        """Hold a replay from zero to the notebook."""
        found = replay(self.ledger.path)
        assert found.entries == len(self._foreseen)
        assert found.head == self.ledger.head
        assert found.incarnation == self.incarnation
        active = {name: self.notebook.balances[name, "active"] for name in self.notebook.accounts}
        assert found.balances == active
