"""Head office's books with devices and members made by hand, for tests of rights.

A device here is what the rights of one live epoch come to: what it has journaled of grants, and its
own changes. Its entries reach the books as booking posts them: the points it moved, the rights it
moved, and available as the balancing side.
"""

import sqlite3
from collections import defaultdict
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, func, insert, select, update
from sqlalchemy.pool import StaticPool

from agent.core.instant import rfc3339
from sync.hub.bulk import add_up
from sync.hub.editions import forget_programs
from sync.hub.marking import mark
from sync.hub.notices import Notice
from sync.hub.recalling import hear_returns
from sync.hub.registry import DeviceRow, device
from sync.hub.tables import (
    accounts,
    cards,
    devices,
    journals,
    metadata,
    office,
    own,
    programs,
    rights,
    tenants,
    visits,
)
from sync.messages import Grant, Recall

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TENANT = "house"
ONLINE = '{"online":true}'
_ALWAYS = "9999-12-31T00:00:00Z"
"""When a device was heard that is heard all the time."""
OFFLINE = '{"online":false}'
AHEAD = "[leases]\npoints = 100\ndevices = 2\n"

PROGRAM = """
id = "corner"
version = 1
name = "Corner points"
currency = "USD"
[[earn]]
id = "base"
points = 1
per_minor = 100
text = "1 point per $1"
"""


def _in_memory() -> Engine:
    return create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )


def driver(c: Connection) -> sqlite3.Connection:
    """Answer SQLite's own connection."""
    own: Any = c.connection.driver_connection
    return own  # type: ignore[no-any-return]


@cache
def _empty() -> bytes:
    """Make the tables once: a copy of them is made in no time."""
    engine = _in_memory()
    with engine.begin() as c:
        metadata.create_all(c)
        c.execute(insert(office).values(id=1, generation=0))
        c.execute(insert(tenants).values(tenant=TENANT))
    with engine.connect() as c:
        copied = driver(c).serialize()
    engine.dispose()
    return copied


class Office:
    """One head office in memory, on one connection."""

    def __init__(self) -> None:
        self._engine = _in_memory()
        self.c: Connection = self._engine.connect()
        driver(self.c).deserialize(_empty())
        self.now = NOW

    def __enter__(self) -> "Office":
        return self

    def __exit__(self, *_: object) -> None:
        self.c.close()
        self._engine.dispose()

    def backup(self) -> bytes:
        """Keep the database as it is."""
        self.c.commit()
        return driver(self.c).serialize()

    def restore(self, kept: bytes) -> None:
        """Set it back: by way of another connection, as under one that asked ``json_each`` SQLite
        crashes.
        """
        self.c.commit()
        with closing(sqlite3.connect(":memory:")) as copied:
            copied.deserialize(kept)
            copied.backup(driver(self.c))

    def later(self, seconds: float) -> datetime:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)
        return self.now

    def put_program(self, more: str) -> None:
        """Put a program with these tables on top."""
        version = (self.c.execute(select(func.count()).select_from(programs)).scalar() or 0) + 1
        self.c.execute(
            insert(programs).values(
                tenant=TENANT,
                name="corner",
                edition=f"corner@{version}",
                text=PROGRAM.replace("version = 1\n", f"version = {version}\n") + more,
                put_at=rfc3339(self.now + timedelta(seconds=version)),
            )
        )
        forget_programs(self.c)

    def device(self, name: str, *, presence: str = ONLINE, epoch: int = 1) -> DeviceRow:
        """Make a live device, or give one its next life."""
        found = self.c.execute(select(devices.c.id).where(devices.c.device == name)).scalar()
        if found is None:
            made = insert(devices).values(
                tenant=TENANT,
                store=f"store-{name}",
                device=name,
                presence=presence,
                last_seen_at=_ALWAYS,
            )
            found = self.c.execute(made.returning(devices.c.id)).scalar_one()
        journal = self.journal(found, epoch, opened=True)
        self.c.execute(
            update(devices).where(devices.c.id == found).values(state="live", journal_id=journal)
        )
        return device(self.c, found)

    def journal(self, device_id: int, epoch: int, **values: Any) -> int:
        """Make a journal."""
        row = {
            "device_id": device_id,
            "incarnation": f"life-{epoch}",
            "epoch": epoch,
            "seq": 1,
            "hash": bytes([epoch]) * 32,
            **values,
        }
        made = self.c.execute(insert(journals).values(row).returning(journals.c.id)).scalar_one()
        self.change(journals, made, line=values.get("line", made))
        return made

    def change(self, table: Any, key: int, **values: Any) -> None:
        """Change a row that has an id."""
        self.c.execute(update(table).where(table.c.id == key).values(**values))

    def member(self, account: str, points: int = 0, **values: Any) -> None:
        """Make an account with a card, whose points are all available."""
        row = {"tenant": TENANT, "account": account, "active": points, "available": points}
        self.c.execute(insert(accounts).values(row | values))
        token = f"em4100:{account}"
        self.c.execute(insert(cards).values(tenant=TENANT, token=token, account=account))
        mark(self.c, TENANT, "account", [account])
        mark(self.c, TENANT, "card", [token])

    def change_account(self, account: str, **values: Any) -> None:
        """Change an account's row."""
        self.c.execute(update(accounts).where(accounts.c.account == account).values(**values))

    def merge(self, old: str, root: str) -> None:
        """Merge an account into another, as head office decides it."""
        row = self.account(old)
        moved = {name: getattr(row, name) for name in ("active", "pending", "held", "available")}
        self.change_account(old, root=root, **dict.fromkeys(moved, 0))
        into = {accounts.c[name]: accounts.c[name] + points for name, points in moved.items()}
        self.c.execute(update(accounts).where(accounts.c.account == root).values(into))
        mark(self.c, TENANT, "account", [old, root])
        mark(self.c, TENANT, "card", [f"em4100:{old}", f"em4100:{root}"])

    def visit(self, device: DeviceRow, account: str) -> None:
        """Let a member shop somewhere."""
        self.later(1)
        self._meet(device, account, visits_now=1, at=rfc3339(self.now))

    def book(self, device: DeviceRow, account: str, points: int, lease: int) -> None:
        """Post what an entry of a device's live epoch says."""
        root = self.root(account)
        self.c.execute(
            update(accounts)
            .where(accounts.c.account == root)
            .values(
                active=accounts.c.active + points,
                available=accounts.c.available + points - lease,
            )
        )
        columns, fixed = ("account", "change"), {"journal_id": device.journal_id}
        add_up(self.c, rights, columns, [(account, lease)], fixed=fixed, sums=("change",))
        self._meet(device, account)

    def own(self, device: DeviceRow, account: str, **points: int) -> None:
        """Add to what a device's own entries come to, as it wrote them."""
        columns, row = ("account", *points), (account, *points.values())
        fixed = {"line": device.journal_id}
        add_up(self.c, own, columns, [row], fixed=fixed, sums=tuple(points))
        self._meet(device, account)

    def _meet(self, device: DeviceRow, account: str, *, visits_now: int = 0, at: str = "") -> None:
        """Have a device write of a member, as booking notes it."""
        columns = ("account", "device_id", "last_at", "visits")
        row, fixed = (account, device.id, at, visits_now), {"tenant": TENANT}
        add_up(self.c, visits, columns, [row], fixed=fixed, sums=("visits",), largest=("last_at",))

    def post(self, account: str, points: int) -> None:
        """Change what is posted, as booking does for whatever reason, and mark it."""
        root = self.root(account)
        moved = {"active": accounts.c.active + points, "available": accounts.c.available + points}
        self.c.execute(update(accounts).where(accounts.c.account == root).values(**moved))
        mark(self.c, TENANT, "account", [account, root])

    def visits(self) -> list[tuple[str, int, int]]:
        """List who was where how often."""
        rows = self.c.execute(select(visits.c.account, visits.c.device_id, visits.c.visits))
        return [(account, device_id, times) for account, device_id, times in rows]

    def root(self, account: str) -> str:
        """Answer whom an account was merged into."""
        return str(self.account(account).root or account)

    def account(self, account: str) -> Any:
        """Read an account's row."""
        return self.c.execute(select(accounts).where(accounts.c.account == account)).one()

    def right(self, device: DeviceRow, account: str) -> int:
        """Answer what head office says a device's live epoch has rights to."""
        total = select(rights.c.granted + rights.c.change).where(
            rights.c.journal_id == device.journal_id, rights.c.account == account
        )
        return int(self.c.execute(total).scalar() or 0)

    def amiss(self) -> list[str]:
        """List the members whose points are not available plus rights (I4)."""
        held: dict[str, int] = defaultdict(int)
        for account, points in self.c.execute(
            select(rights.c.account, func.sum(rights.c.granted + rights.c.change)).group_by(
                rights.c.account
            )
        ):
            held[self.root(account)] += points
        return [
            f"{row.account}: {row.active} posted, {row.available} here, {held[row.account]} out"
            for row in self.c.execute(select(accounts).where(accounts.c.root.is_(None)))
            if row.active != row.available + held[row.account]
        ]


class Till:
    """The rights of one live epoch as its device keeps them."""

    def __init__(self, office: Office, device: DeviceRow) -> None:
        self.office = office
        self.device = device
        self.granted: dict[str, int] = defaultdict(int)
        self.change: dict[str, int] = defaultdict(int)
        self.answered: set[tuple[str, int]] = set()

    def right(self, account: str) -> int:
        """Answer what may be spent here."""
        return self.granted[account] + self.change[account]

    def move(self, account: str, points: int, lease: int) -> None:
        """Write an entry, and let head office hear of it at once."""
        self.change[account] += lease
        assert self.right(account) >= 0
        self.office.book(self.device, account, points, lease)

    def take(self, notice: Notice) -> None:
        """Do what head office says, as often as it says it."""
        to, message = notice
        assert to.id == self.device.id
        if isinstance(message, Grant):
            self.granted[message.account] = max(
                self.granted[message.account], message.granted_total
            )
            columns, fixed = ("account", "journaled"), {"journal_id": self.device.journal_id}
            row = (message.account, message.granted_total)
            add_up(self.office.c, rights, columns, [row], fixed=fixed, largest=("journaled",))
        if isinstance(message, Recall):
            self.give_back(message)

    def give_back(self, recall: Recall) -> None:
        """Answer a recall once."""
        if (recall.account, recall.recall) in self.answered:
            return
        self.answered.add((recall.account, recall.recall))
        points = max(0, self.right(recall.account) - recall.keep)
        self.move(recall.account, 0, -points)
        hear_returns(
            self.office.c,
            TENANT,
            self.device.journal_id or 0,
            [(recall.account, recall.recall, points)],
        )
