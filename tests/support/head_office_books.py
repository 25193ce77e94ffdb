"""Head office's real tables in memory, and store devices that write chained entries to them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from mentioned import basket
from numbered import number_all_marks
from sqlalchemy import Connection, insert, select

from agent.core.entry import GENESIS, ClockReading, Entry, chain, link_hash
from agent.core.facts import AccumulatePoints, CreateReward, Enrol, Fact, OpenEpoch, RedeemReward
from agent.core.instant import rfc3339
from sync.hub.batch import Batch
from sync.hub.booking import Booked, book
from sync.hub.checks import check_books
from sync.hub.database import Database
from sync.hub.registry import device_of
from sync.hub.tables import accounts, cards, conflicts, decisions, feed, programs, rights
from sync.messages import DeviceAddress, Journal

__all__ = ["NOW", "TENANT", "Books", "Device", "EmptyBooks", "enrolled", "hold", "sold", "spent"]

T = TypeVar("T")
TENANT = "house"
NOW = datetime(2026, 11, 21, 13, 0, tzinfo=UTC)
DAY = date(2026, 11, 21)


@dataclass(kw_only=True)
class Device:
    """A store's one device; it says what it is told to, in one epoch that head office opened."""

    books: "Books"
    store: str
    entries: list[bytes] = field(default_factory=list)

    def says(self, *facts: Fact, **stamp: Any) -> Booked:
        """Write facts and have them booked at once."""
        self.writes(*facts, **stamp)
        return self.delivers()

    def writes(self, *facts: Fact, **stamp: Any) -> None:
        """Write facts while cut off."""
        if not self.entries:
            opened = OpenEpoch(cause="welcomed", incarnation="i", parent_incarnation="i",
                               parent_epoch=0, parent_seq=0, parent_hash="00" * 32)  # fmt: skip
            self._append(opened, stamp)
        for fact in facts:
            self._append(fact, stamp)

    def delivers(self) -> Booked:
        """Have everything booked that was not."""
        held = self.books.held.get(self.store, 0)
        new = tuple(self.entries[held:])
        before = chain(GENESIS, tuple(self.entries[:held]))
        header = Journal(
            incarnation="i",
            epoch=1,
            first_seq=held + 1,
            prev_hash=before.hex(),
            last_hash=chain(before, new).hex(),
        )
        address = DeviceAddress(tenant=TENANT, store=self.store, device="d")
        now = self.books.now

        def work(c: Connection) -> Booked:
            return book(c, device_of(c, address, now=now), Batch(header, new), now=now)

        booked = self.books.run(work)
        self.books.held[self.store] = len(self.entries)
        return booked

    def _append(self, fact: Fact, stamp: dict[str, Any]) -> None:
        seq = len(self.entries) + 1
        clock = ClockReading(boot_id="b", up_ms=seq, synchronised=True, jumped=False)
        said = {"recorded_at": rfc3339(self.books.now), "business_date": DAY, "clock": clock}
        entry = Entry(id=f"{self.store}-{seq}", epoch=1, seq=seq, fact=fact, **(said | stamp))
        self.entries.append(entry.canonical())


@dataclass(kw_only=True)
class Books:
    """Head office, and what a test asks of it."""

    database: Database
    now: datetime = NOW
    held: dict[str, int] = field(default_factory=dict)
    _devices: dict[str, Device] = field(default_factory=dict)

    def run(self, work: Callable[[Connection], T]) -> T:
        """Do something in a transaction."""
        return self.database.transact(work)

    def device(self, store: str) -> Device:
        """The device of a store."""
        return self._devices.setdefault(store, Device(books=self, store=store))

    def account(self, name: str) -> Any:
        """An account's row."""
        wanted = select(accounts).where(accounts.c.account == name)
        return self.database.read(lambda c: c.execute(wanted).one())

    def card(self, token: str) -> Any:
        """A card's row."""
        wanted = select(cards).where(cards.c.token == token)
        return self.database.read(lambda c: c.execute(wanted).one())

    def found(self, kind: str | None = None) -> list[Any]:
        """The conflicts' rows, of one kind or all."""
        wanted = select(conflicts).order_by(conflicts.c.id)
        if kind is not None:
            wanted = wanted.where(conflicts.c.kind == kind)
        return list(self.database.read(lambda c: c.execute(wanted).all()))

    def kinds(self) -> set[str]:
        """Every kind that was found."""
        return {row.kind for row in self.found()}

    def decided(self) -> list[Fact]:
        """What head office decided, in order; its own chain holds, and the feed tells each."""
        rows = self.database.read(
            lambda c: c.execute(select(decisions).order_by(decisions.c.seq)).all()
        )
        self.database.transact(number_all_marks)
        are_told = select(feed.c.key).where(feed.c.kind.startswith("decision"))
        told = self.database.read(lambda c: set(c.execute(are_told).scalars()))
        before = GENESIS
        for seq, row in enumerate(rows, start=1):
            before = link_hash(before, bytes(row.canonical))
            assert (row.seq, bytes(row.hash)) == (seq, before)
        assert told == {str(row.seq) for row in rows}
        return [Entry.parse(bytes(row.canonical)).fact for row in rows]

    def balances(self) -> bool:
        """Whether active = available + rights, over every account and those merged into it (I4)."""
        rows = self.database.read(lambda c: c.execute(select(accounts)).all())
        given = self.database.read(lambda c: c.execute(select(rights)).all())
        root = {row.account: row.root or row.account for row in rows}
        left = dict.fromkeys(root.values(), 0)
        for row in rows:
            left[root[row.account]] += row.active - row.available
        for row in given:
            left[root[row.account]] -= row.granted + row.change
        return not any(left.values())

    def amiss(self) -> list[str]:
        """What a replay of everything from zero finds otherwise than it is kept."""
        return self.database.read(check_books)

    def put_program(self, text: str, edition: str, name: str = "small") -> None:
        """Put a version of the program."""
        row = {"tenant": TENANT, "name": name, "edition": edition, "text": text,
               "put_at": rfc3339(self.now)}  # fmt: skip
        self.run(lambda c: c.execute(insert(programs).values(**row)))


@dataclass(frozen=True, kw_only=True)
class EmptyBooks:
    """Head office as it is before it has heard anything."""

    database: Database
    snapshot: bytes = field(repr=False)

    def begin(self) -> Books:
        """Begin with nothing heard."""
        self.database.restore(self.snapshot)
        return Books(database=self.database)


def enrolled(account: str, card: str = "em4100:0C000621A5") -> Enrol:
    """A card became an account."""
    return Enrol(account=account, token=card)


def sold(points: int, *, account: str = "a", sale_id: str = "s", **said: Any) -> AccumulatePoints:
    """A sale that gave a member points, which joined the device's rights."""
    return AccumulatePoints(
        **{"sale_id": sale_id, "sale_json": basket(), "status": "accumulated", "account": account,
           "program": "p@1", "points": points, "because": (), "flags": (), "lease": points} | said
    )  # fmt: skip


def hold(
    redemption_id: str, points: int, *, account: str = "a", lease: int = 0, **said: Any
) -> CreateReward:
    """Points held: so many by the device's rights, the rest on the floor."""
    return CreateReward(redemption_id=redemption_id, account=account, points=points,
                        authority="floor" if points > lease else "lease", lease=-lease,
                        expires_at="2026-11-21T14:00:00.000Z", floor=points - lease,
                        **said)  # fmt: skip


def spent(
    redemption_id: str, points: int, *, account: str = "a", lease: int = 0
) -> tuple[CreateReward, RedeemReward]:
    """Points held and captured."""
    captured = RedeemReward(redemption_id=redemption_id, account=account, points=points)
    return hold(redemption_id, points, account=account, lease=lease), captured
