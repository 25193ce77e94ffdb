"""Head office's books in a test: a database of either kind, and batches booked into it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from empty_office import start_empty
from msgspec import Raw
from postgres import PrivatePostgres
from sqlalchemy import select, text

from agent.core.basket import Sale
from agent.core.entry import GENESIS, Entry, Position, chain
from agent.core.facts import AccumulatePoints, CreateReward, Fact, OpenEpoch, RedeemReward
from sync.hub.batch import Batch
from sync.hub.booking import Booked, book
from sync.hub.checks import check_books
from sync.hub.database import Database
from sync.hub.registry import DeviceRow, JournalRow, change_device, device_of, journals_of
from sync.hub.tables import accounts, entries, metadata, own
from sync.messages import DeviceAddress, Journal

__all__ = ["EDGE", "NOW", "OTHER", "Books", "Life", "Templates", "a_capture", "a_hold", "a_sale"]

EDGE = DeviceAddress(tenant="house", store="s001", device="edge-1")
OTHER = DeviceAddress(tenant="house", store="s002", device="edge-1")
NOW = datetime(2026, 11, 21, 13, 6, tzinfo=UTC)

Lines = tuple[bytes, ...]
_AT = "2026-11-21T13:05:09.000Z"

_SALE = Sale.model_validate(
    {
        "lane": "1",
        "cashier": "ana",
        "business_date": "2026-11-21",
        "occurred_at": "2026-11-21T14:05:09+01:00",
        "currency": "USD",
        "lines": [
            {
                "sku": "4011",
                "description": "Milk",
                "category": "grocery",
                "quantity": "3.000",
                "unit_price_minor": 475,
                "amount_minor": 1425,
            }
        ],
        "tenders": [{"kind": "cash", "amount_minor": 1425}],
        "total_minor": 1425,
    }
).canonical()


def a_sale(sale_id: str, account: str | None, points: int, *, lease: int = 0) -> AccumulatePoints:
    """A sale that earned so many points."""
    return AccumulatePoints(
        sale_id=sale_id,
        sale_json=Raw(_SALE),
        status="accumulated" if account else "no_card",
        account=account,
        program="simple@1",
        points=points,
        because=(),
        flags=(),
        lease=lease,
    )


def a_hold(redemption_id: str, account: str, points: int, *, floor: int = 0) -> CreateReward:
    """Points set aside, from the device's rights but for what is floor."""
    return CreateReward(
        redemption_id=redemption_id,
        account=account,
        points=points,
        authority="floor" if floor else "lease",
        expires_at=_AT,
        floor=floor,
        lease=floor - points,
    )


def a_capture(redemption_id: str, account: str, points: int) -> RedeemReward:
    """What was held is spent."""
    return RedeemReward(redemption_id=redemption_id, account=account, points=points)


class Life:
    """One epoch of a journal as a device writes it."""

    def __init__(self, epoch: int = 0, incarnation: str = "disk-1", *facts: Fact) -> None:
        self.epoch, self.incarnation = epoch, incarnation
        self.lines: Lines = ()
        self.write(*facts)

    def write(self, *facts: Fact) -> "Life":
        """Append facts."""
        for fact in facts:
            seq = len(self.lines) + 1
            entry = Entry(
                id=f"{self.incarnation}-{self.epoch}-{seq}",
                epoch=self.epoch,
                seq=seq,
                recorded_at=_AT,
                fact=fact,
            )
            self.lines += (entry.canonical(),)
        return self

    def cut(self, seq: int) -> "Life":
        """The same life out of a backup: what came after an entry is not there."""
        cut = Life(self.epoch, self.incarnation)
        cut.lines = self.lines[:seq]
        return cut

    def head(self, seq: int | None = None) -> Position:
        """Where it stands, or stood."""
        lines = self.lines[:seq]
        return Position(epoch=self.epoch, seq=len(lines), hash=chain(GENESIS, lines))

    def then(
        self, epoch: int, incarnation: str | None = None, *, cause: Any = "welcomed"
    ) -> "Life":
        """The next epoch, which grows from the newest entry."""
        head = self.head()
        opening = OpenEpoch(
            cause=cause,
            incarnation=incarnation or self.incarnation,
            parent_incarnation=self.incarnation,
            parent_epoch=head.epoch,
            parent_seq=head.seq,
            parent_hash=head.hash.hex(),
            nonce="nonce" if cause == "welcomed" else None,
        )
        return Life(epoch, incarnation or self.incarnation, opening)

    def batch(self, first: int = 1, last: int | None = None) -> tuple[Journal, Lines]:
        """Cut a batch out of it, as a device sends it."""
        lines = self.lines[first - 1 : last]
        before = chain(GENESIS, self.lines[: first - 1])
        header = Journal(
            incarnation=self.incarnation,
            epoch=self.epoch,
            first_seq=first,
            prev_hash=before.hex(),
            last_hash=chain(before, lines).hex(),
        )
        return header, lines


class Books:
    """A head office that only books."""

    def __init__(self, url: str) -> None:
        self.database = Database(url, sleep=lambda _: None)
        if url == "sqlite://":
            start_empty(self.database)
        else:
            self.database.start()

    def take(self, batch: tuple[Journal, Lines], device: DeviceAddress = EDGE) -> Booked:
        """Book a batch."""
        return self.database.transact(
            lambda c: book(c, device_of(c, device, now=NOW), Batch(*batch), now=NOW)
        )

    def device(self, address: DeviceAddress = EDGE, **values: Any) -> DeviceRow:
        """Answer a device, changed."""

        def work(c: Any) -> DeviceRow:
            found = device_of(c, address, now=NOW)
            if values:
                change_device(c, found.id, **values)
            return device_of(c, address, now=NOW)

        return self.database.transact(work)

    def journals(self, address: DeviceAddress = EDGE) -> list[JournalRow]:
        """List a device's journals."""
        return self.database.transact(lambda c: journals_of(c, device_of(c, address, now=NOW)))

    def kept(self, journal: JournalRow) -> list[tuple[int, bytes, bytes]]:
        """Read a journal's entries: seq, canonical bytes, hash."""
        wanted = select(entries).where(entries.c.journal_id == journal.id).order_by(entries.c.seq)
        rows = self.database.read(lambda c: c.execute(wanted).all())
        return [(row.seq, bytes(row.canonical), bytes(row.hash)) for row in rows]

    def account(self, name: str) -> tuple[int, int, int, int]:
        """Answer what an account has: active, pending, held, available."""
        row = self.database.read(
            lambda c: c.execute(select(accounts).where(accounts.c.account == name)).one()
        )
        return row.active, row.pending, row.held, row.available

    def own(self, journal: JournalRow) -> dict[str, tuple[int, int, int]]:
        """Answer what the ledger that stands on a journal wrote: active, pending, held."""
        wanted = select(own).where(own.c.line == journal.line)
        rows = self.database.read(lambda c: c.execute(wanted).all())
        sums = {row.account: (row.active, row.pending, row.held) for row in rows}
        return {account: each for account, each in sums.items() if any(each)}

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Read every table whole."""
        return self.database.read(
            lambda c: {
                table.name: sorted((tuple(row) for row in c.execute(select(table))), key=repr)
                for table in metadata.sorted_tables
            }
        )

    def faults(self) -> list[str]:
        """Say what does not hold."""
        return self.database.read(check_books)

    def tamper(self, *statements: str) -> None:
        """Change what is kept, behind everybody's back."""
        for statement in statements:
            changed = self.database.transact(lambda c, sql=statement: c.execute(text(sql)).rowcount)
            assert changed == 1

    def stop(self) -> None:
        """Close it."""
        self.database.stop()


class Templates:
    """Makes databases that have head office's tables, quickly, one for each test."""

    def __init__(self, postgres: PrivatePostgres) -> None:
        self._postgres = postgres
        self._made: str | None = None

    def url(self) -> str:
        """Make a database with tables and nothing in them."""
        if self._made is None:
            self._made = self._postgres.new_database()
            books = Books(self._postgres.url(self._made))
            books.stop()
        return self._postgres.url(self._postgres.new_database(like=self._made))


def spread(life: Life, *sizes: int) -> Iterable[tuple[Journal, Lines]]:
    """Cut a life into batches of so many entries each."""
    first = 1
    for size in sizes:
        yield life.batch(first, first + size - 1)
        first += size
