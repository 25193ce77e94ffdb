"""A ledger in a directory whose days can be turned, with members and sales in it.

Every operation that was answered is written down beside it, so that a test can ask afterwards
whether an answer still stands.
"""

import asyncio
import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.clock import mint_id
from agent.core.basket import Line, Sale, Tender
from agent.core.entry import Position
from agent.core.instant import Moment
from agent.core.program import Program
from agent.ledger import Ledger, Transaction
from agent.ledger.budget import DiskBudget, usage
from agent.ledger.connection import open_reader
from agent.ledger.places import Places
from agent.ledger.sealing import seal_old_entries
from agent.ledger.view import View, journaled
from agent.paths import shipped_program
from agent.till import AccountView, Committed, Enrolment, Terms, Till

__all__ = ["CARD", "Stock", "break_page", "digest", "everything", "flip", "sale_of", "scribble"]

CARD = "em4100:0C000621A5"
_PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
_FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def sale_of(amount_minor: int, *, token: str | None = CARD) -> Sale:
    """A sale of one line."""
    line = Line(
        sku="1",
        description="Milk",
        category="grocery",
        quantity="1.000",
        unit_price_minor=amount_minor,
        amount_minor=amount_minor,
    )
    return Sale(
        lane="1",
        cashier="ana",
        business_date=_FIRST_DAY.date(),
        occurred_at=_FIRST_DAY,
        currency="USD",
        token=token,
        lines=(line,),
        tenders=(Tender(kind="cash", amount_minor=amount_minor),),
        total_minor=amount_minor,
    )


@dataclass
class Stock:
    """One ledger, opened and closed as a test likes; ``answered`` outlives all of it."""

    path: Path
    day: int = 0
    answered: dict[str, Position] = field(default_factory=dict)

    def clock(self) -> Moment:
        """A device that was never switched off: both clocks say the same."""
        since = timedelta(days=self.day)
        up_ms = int(since.total_seconds() * 1000)
        return Moment(at=_FIRST_DAY + since, boot_id="boot-1", up_ms=up_ms, synchronised=True)

    @property
    def places(self) -> Places:
        """Where its files lie."""
        return Places(self.path)

    @contextmanager
    def running(self) -> Iterator[Ledger]:
        """Start the ledger, and stop it afterwards."""
        ledger = Ledger(self.path, clock=self.clock, mint_id=mint_id)
        ledger.start()
        try:
            yield ledger
        finally:
            ledger.stop()

    def till(self, ledger: Ledger) -> Till:
        """A till of the shipped program."""
        return Till(ledger, Terms(program=_PROGRAM), mint_id=mint_id)

    def enrol(self, ledger: Ledger, card: str = CARD) -> None:
        """Make a member of a card."""
        view = asyncio.run(self.till(ledger).members.enrol(Enrolment(token=card)))
        self._note(f"enrol {card}", view.as_of.epoch, view.as_of.seq, ledger)

    def sell(self, ledger: Ledger, count: int, *, card: str = CARD) -> None:
        """Commit so many sales at once, each of 10.00 and an id of its own."""
        ids = [f"sale-{len(self.answered) + number}" for number in range(count)]
        till, sale = self.till(ledger), sale_of(1000, token=card)

        async def sell() -> list[Committed]:
            return await asyncio.gather(*(till.commit(sale_id, sale) for sale_id in ids))

        for sale_id, committed in zip(ids, asyncio.run(sell()), strict=True):
            journal = committed.answer.journal
            self._note(sale_id, journal.epoch, journal.seq, ledger)

    def commit(self, ledger: Ledger, sale_id: str, *, card: str = CARD) -> Committed:
        """Commit one sale, or ask again for the answer of one that was."""
        committed = asyncio.run(self.till(ledger).commit(sale_id, sale_of(1000, token=card)))
        journal = committed.answer.journal
        if not committed.replay:
            self._note(sale_id, journal.epoch, journal.seq, ledger)
        return committed

    def identify(self, ledger: Ledger, card: str = CARD) -> AccountView:
        """Tap a card."""
        return asyncio.run(self.till(ledger).identify(card))

    def acknowledge(self, ledger: Ledger, position: Position | None = None) -> None:
        """Let head office hold everything of every life, or one life up to a position."""
        asyncio.run(self._acknowledge(ledger, position))

    async def _acknowledge(self, ledger: Ledger, position: Position | None) -> None:
        if position is not None:
            await ledger.acknowledge(position)
            return
        for epoch, seq in (await ledger.read(lambda view: view.epoch_heads())).items():
            held = await ledger.hash_at(epoch, seq)
            assert held is not None
            await ledger.acknowledge(Position(epoch=epoch, seq=seq, hash=held))

    def seal(self, ledger: Ledger, *, keep_days: float = 30, alone: bool = False) -> int:
        """Seal what is old; answers how many segments that made."""
        return len(asyncio.run(seal_old_entries(ledger, keep_days=keep_days, alone=alone)))

    def sell_and_seal(self, ledger: Ledger, count: int, *, times: int = 1) -> None:
        """Commit so many sales and one 50 days later, which leaves the older ones to a segment."""
        for _ in range(times):
            self.sell(ledger, count)
            self.acknowledge(ledger)
            self.day += 50
            self.sell(ledger, 1)
            assert self.seal(ledger) == 1

    def drop_oldest(self, ledger: Ledger) -> None:
        """Give up the oldest segment for a budget that is a byte too small."""
        asyncio.run(ledger.write(Transaction.cut_log))  # or its room would be enough
        budget_bytes = usage(self.places).total - 1
        asyncio.run(DiskBudget(ledger, budget_bytes=budget_bytes, alone=False).hold())

    def _note(self, what: str, epoch: int, seq: int, ledger: Ledger) -> None:
        digest_at = asyncio.run(ledger.hash_at(epoch, seq))
        assert digest_at is not None
        self.answered[what] = Position(epoch=epoch, seq=seq, hash=digest_at)


def everything(path: Path) -> list[tuple[Position, bytes]]:
    """Every kept entry, sealed or not."""
    from agent.ledger.history import walk  # noqa: PLC0415 - reads as what it is for

    return list(walk(path, progress=lambda _done, _of: None))


def in_database(path: Path) -> list[tuple[int, int]]:
    """The places of the entries that the database itself holds."""
    with closing(open_reader(path)) as connection:
        return [(position.epoch, position.seq) for position, _ in journaled(connection)]


def segments_of(path: Path) -> list[Path]:
    """The sealed files that the database knows, in order."""
    with closing(open_reader(path)) as connection:
        return [Places(path).segments / segment.name for segment in View(connection).segments()]


def digest(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def flip(path: Path, offset: int, mask: int = 0xFF) -> None:
    """Turn bits of one byte around."""
    content = bytearray(path.read_bytes())
    content[offset % len(content)] ^= mask
    path.write_bytes(content)


def scribble(path: Path, statement: str, *parameters: object) -> None:
    """Change a ledger behind its back, its guards taken off, with a correct file around it."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TRIGGER IF EXISTS journal_is_never_updated")
        connection.execute("DROP TRIGGER IF EXISTS journal_is_never_deleted")
        assert connection.execute(statement, parameters).rowcount > 0


def break_page(stock: Stock) -> None:
    """Ruin the database's pages, and have the running ledger read them again."""
    with closing(sqlite3.connect(stock.path)) as other:
        other.execute("INSERT OR REPLACE INTO meta VALUES ('x', 'y')")
        other.commit()
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = stock.path.stat().st_size
    with stock.path.open("r+b") as file:
        for page in range(2, size // 4096):
            file.seek(page * 4096)
            file.write(b"\xaa" * 64)
