"""Which devices there are, and the journals held of each.

A device's row is the lock of all that is done for it: whoever works on its journals has it first,
so that two workers never book the same device at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any, Self

from sqlalchemy import Connection, bindparam, insert, select, update

from agent.core.entry import GENESIS, Position
from agent.core.instant import rfc3339
from sync.hub.database import upsert_in
from sync.hub.tables import devices, entries, journals, office, tenants
from sync.messages import DeviceAddress

__all__ = [
    "DeviceRow",
    "JournalRow",
    "all_journals",
    "branches_of",
    "change_device",
    "change_journal",
    "device",
    "device_of",
    "find_branches",
    "find_device",
    "hash_at",
    "journal",
    "journals_of",
    "make_journal",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceRow:
    """A device as head office knows it; the fields are the columns of its row."""

    id: int
    tenant: str
    store: str
    device: str
    state: str
    halted_because: str | None
    public_key: str | None
    journal_id: int | None
    highest_epoch: int
    challenge: str | None
    welcomed_incarnation: str | None
    welcomed_from_epoch: int | None
    welcomed_epoch: int | None
    generation: int
    catch_up: str | None
    feed_cursor: int
    presence: str | None
    version: str | None
    first_seen_at: str | None
    last_seen_at: str | None

    @property
    def address(self) -> DeviceAddress:
        """Where it is reached."""
        return DeviceAddress(tenant=self.tenant, store=self.store, device=self.device)

    @classmethod
    def of(cls, row: Any) -> Self:
        """Read a row of the table."""
        return cls(**{name: getattr(row, name) for name in _DEVICE})


@dataclass(frozen=True, kw_only=True, slots=True)
class JournalRow:
    """One epoch of one incarnation of a device, or a branch of it; fields are its columns."""

    id: int
    device_id: int
    incarnation: str
    epoch: int
    branch: int
    line: int | None
    parent_id: int | None
    parent_seq: int | None
    parent_hash: bytes | None
    first_seq: int
    seq: int
    hash: bytes
    opened: bool
    fenced: str | None
    fenced_because: str | None
    floor: int
    allowance: int
    written_off: bool
    updated_at: str | None

    @property
    def head(self) -> Position:
        """The newest entry held of it."""
        return Position(epoch=self.epoch, seq=self.seq, hash=self.hash)

    @property
    def gives_rights(self) -> bool:
        """Whether what its entries say of rights counts.

        Not in an epoch that a device opened by itself, not on a branch of one, and no longer once
        its rights came home.
        """
        return self.opened and self.branch == 0 and not self.written_off

    @classmethod
    def of(cls, row: Any) -> Self:
        """Read a row that begins with the columns of the table."""
        values = dict(zip(_JOURNAL, _of_journal(row), strict=True))
        for name in ("hash", "parent_hash"):
            if values[name] is not None:
                values[name] = bytes(values[name])
        return cls(**values)


_DEVICE = tuple(field.name for field in fields(DeviceRow))
_JOURNAL = tuple(field.name for field in fields(JournalRow))
# By place: a box may have thousands of journals, and to find a column by its name costs the most.
_of_journal = itemgetter(*map(list(journals.c.keys()).index, _JOURNAL))

# These are made once: it costs more to make a statement than to run it.
_BY_ADDRESS = select(devices).where(
    devices.c.tenant == bindparam("tenant"),
    devices.c.store == bindparam("store"),
    devices.c.device == bindparam("device"),
)
_BY_ADDRESS_LOCKED = _BY_ADDRESS.with_for_update()
_DEVICE_BY_ID = select(devices).where(devices.c.id == bindparam("id"))
_JOURNAL_BY_ID = select(journals).where(journals.c.id == bindparam("id"))
_OF_DEVICE = (
    select(journals).where(journals.c.device_id == bindparam("device_id")).order_by(journals.c.id)
)
_CHANGE_DEVICE = update(devices).where(devices.c.id == bindparam("its_id"))
_CHANGE_JOURNAL = update(journals).where(journals.c.id == bindparam("its_id"))
_MAKE_JOURNAL = insert(journals).returning(*journals.c)


def device_of(c: Connection, address: DeviceAddress, *, now: datetime) -> DeviceRow:
    """Answer a device's row, locked until the transaction ends; it is made where it is new."""
    found = find_device(c, address) or _make_device(c, address, now=now)
    # Another worker may have heard of the device at the same moment: the first made the row.
    found = found or find_device(c, address)
    assert found is not None, "a row that was just made is there"  # noqa: S101
    return found


def _make_device(c: Connection, address: DeviceAddress, *, now: datetime) -> DeviceRow | None:
    """Make a device's row; None where another worker has made it meanwhile."""
    make_tenant, make_device = _making(c.dialect.name)
    c.execute(make_tenant, {"tenant": address.tenant})
    row = {"tenant": address.tenant, "store": address.store, "device": address.device}
    made = c.execute(make_device, row | {"first_seen_at": rfc3339(now)}).one_or_none()
    return None if made is None else DeviceRow.of(made)


@cache
def _making(dialect: str) -> tuple[Any, Any]:
    """Make the statements for a new device and its tenant: it has nothing to catch up with, as head
    office never told it anything.
    """
    present = select(office.c.generation).scalar_subquery()
    device = upsert_in(dialect, devices).values(generation=present).on_conflict_do_nothing()
    return upsert_in(dialect, tenants).on_conflict_do_nothing(), device.returning(*devices.c)


def find_device(c: Connection, address: DeviceAddress, *, locked: bool = True) -> DeviceRow | None:
    """Answer a device's row, locked until the transaction ends or only read; None where it was
    never heard.
    """
    key = {"tenant": address.tenant, "store": address.store, "device": address.device}
    found = c.execute(_BY_ADDRESS_LOCKED if locked else _BY_ADDRESS, key).one_or_none()
    return None if found is None else DeviceRow.of(found)


def device(c: Connection, device_id: int) -> DeviceRow:
    """Answer a device's row by its number, not locked."""
    return DeviceRow.of(c.execute(_DEVICE_BY_ID, {"id": device_id}).one())


def change_device(c: Connection, device_id: int, **values: Any) -> None:
    """Change columns of a device's row."""
    c.execute(_CHANGE_DEVICE, {"its_id": device_id, **values})


def journals_of(c: Connection, device: DeviceRow) -> list[JournalRow]:
    """List the journals of a device, oldest first."""
    found = c.execute(_OF_DEVICE, {"device_id": device.id}).all()
    return [JournalRow.of(row) for row in found]


def all_journals(c: Connection) -> list[JournalRow]:
    """List the journals of all devices, oldest first. Linear in them."""
    return [JournalRow.of(row) for row in c.execute(select(journals).order_by(journals.c.id))]


def journal(c: Connection, journal_id: int) -> JournalRow:
    """Answer one journal."""
    return JournalRow.of(c.execute(_JOURNAL_BY_ID, {"id": journal_id}).one())


def find_branches(
    c: Connection, device: DeviceRow, incarnation: str, epoch: int
) -> list[JournalRow]:
    """List what is held of one epoch: its first branch, and those that contradict it."""
    return branches_of(journals_of(c, device), incarnation, epoch)


def branches_of(journals: Iterable[JournalRow], incarnation: str, epoch: int) -> list[JournalRow]:
    """List what is held of one epoch among a device's journals: its first branch, and those that
    contradict it.
    """
    found = [each for each in journals if (each.incarnation, each.epoch) == (incarnation, epoch)]
    return sorted(found, key=lambda each: each.branch)


def make_journal(
    c: Connection,
    device: DeviceRow,
    incarnation: str,
    epoch: int,
    *,
    branch: int = 0,
    head: Position | None = None,
    **values: Any,
) -> JournalRow:
    """Begin a journal of which nothing is held yet, after ``head`` where it is a branch."""
    head = head or Position(epoch=epoch, seq=0, hash=GENESIS)
    row = {
        "device_id": device.id,
        "incarnation": incarnation,
        "epoch": epoch,
        "branch": branch,
        "first_seq": head.seq + 1,
        "seq": head.seq,
        "hash": head.hash,
        **values,
    }
    made = JournalRow.of(c.execute(_MAKE_JOURNAL, row).one())
    if made.line is not None:
        return made
    change_journal(c, made.id, line=made.id)
    return replace(made, line=made.id)


def change_journal(c: Connection, journal_id: int, **values: Any) -> None:
    """Change columns of a journal's row."""
    c.execute(_CHANGE_JOURNAL, {"its_id": journal_id, **values})


def hash_at(c: Connection, held: JournalRow, seq: int) -> bytes | None:
    """Answer the hash held for an entry of a journal, on a branch also of those before it; the
    genesis hash for 0; None where none is held.
    """
    if seq == held.seq:
        return held.hash
    if seq == 0:
        return GENESIS
    if seq < held.first_seq and held.parent_id is not None:
        return hash_at(c, journal(c, held.parent_id), seq)
    found = c.execute(
        select(entries.c.hash).where(entries.c.journal_id == held.id, entries.c.seq == seq)
    ).scalar()
    return None if found is None else bytes(found)
