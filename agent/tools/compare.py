"""Both sides of one device's journal, each replayed from zero, compared entry by entry."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from agent.ledger import View, replay
from agent.ledger.connection import open_reader
from agent.ledger.history import walk
from sync.hub.database import Database
from sync.hub.registry import DeviceRow, journals_of
from sync.hub.tables import devices, own
from sync.hub.walking import walk as walk_held
from sync.messages import DeviceAddress

__all__ = ["Comparison", "compare"]

_Life = tuple[str, int]
"""Incarnation and epoch."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """What two replays of one device found; ``differences`` is empty where they agree."""

    entries: int
    accounts: int
    points: int
    differences: tuple[str, ...]


def compare(ledger_path: Path, database: Database, address: DeviceAddress) -> Comparison:
    """Compare a store's ledger with what head office holds of it. Both may be in use.

    Each epoch of the ledger is a journal of its own at head office. Points are those of this
    ledger's own entries at both sides.
    """
    here = replay(ledger_path)
    epochs = _epochs(ledger_path)
    held, there = database.read(lambda c: _held(c, address, list(epochs)))
    differences: list[str] = []
    for (incarnation, epoch), ours in epochs.items():
        theirs = held.get((incarnation, epoch))
        if theirs is None:
            differences.append(f"{address}: head office does not hold epoch {epoch}")
            continue
        differences += _differences(f"{address}: epoch {epoch}", ours, theirs)
    differences += [
        f"{address}: account {account} has {here.balances.get(account)} points here, "
        f"{there.get(account)} at head office"
        for account in sorted(here.balances.keys() | there.keys())
        if here.balances.get(account, 0) != there.get(account, 0)
    ]
    return Comparison(
        entries=here.entries,
        accounts=len(here.balances),
        points=sum(here.balances.values()),
        differences=tuple(differences),
    )


def _held(
    c: Connection, address: DeviceAddress, epochs: list[_Life]
) -> tuple[dict[_Life, tuple[bytes, ...]], dict[str, int]]:
    """Read the journals of a device, held to their chains, and what its newest one comes to.

    Raises Unsound.
    """
    named = select(devices).filter_by(
        tenant=address.tenant, store=address.store, device=address.device
    )
    row = c.execute(named).one_or_none()
    journals = [] if row is None else journals_of(c, DeviceRow.of(row))
    firsts = {(each.incarnation, each.epoch): each for each in journals if each.branch == 0}
    held = {life: tuple(each.canonical for each in walk_held(c, firsts[life])) for life in firsts}
    newest = firsts.get(epochs[-1]) if epochs else None
    sums = select(own.c.account, own.c.active).where(own.c.line == (newest and newest.line))
    return held, {row.account: row.active for row in c.execute(sums)}


def _epochs(ledger_path: Path) -> dict[_Life, list[bytes]]:
    """Read a ledger's entries by the incarnation and epoch they belong to."""
    epochs: dict[_Life, list[bytes]] = {}
    with closing(open_reader(ledger_path)) as connection:
        view = View(connection)
        for position, canonical in walk(ledger_path, progress=lambda _done, _of: None):
            key = (view.incarnation(position.epoch), position.epoch)
            epochs.setdefault(key, []).append(canonical)
    return epochs


def _differences(whose: str, ours: list[bytes], theirs: tuple[bytes, ...]) -> list[str]:
    found = [
        f"{whose}: entry {seq} differs"
        for seq, (near, far) in enumerate(zip(ours, theirs, strict=False), start=1)
        if near != far
    ]
    if len(ours) != len(theirs):
        found.append(f"{whose}: {len(ours)} entries here, {len(theirs)} at head office")
    return found
