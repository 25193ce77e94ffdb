"""Both sides of one device's journal, each replayed from zero, compared entry by entry."""

from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from agent.ledger import View, replay
from agent.ledger.connection import open_reader
from agent.ledger.history import walk
from sync.hub.replay import replay_journal
from sync.hub.store import Store
from sync.messages import DeviceAddress

__all__ = ["Comparison", "compare"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """What two replays of one device found; ``differences`` is empty where they agree."""

    entries: int
    accounts: int
    points: int
    differences: tuple[str, ...]


def compare(ledger_path: Path, store: Store, address: DeviceAddress) -> Comparison:
    """Compare a store's ledger with what head office holds of it. Both may be in use.

    Each epoch of the ledger is a journal of its own at head office.
    """
    here = replay(ledger_path)
    held = {(journal.incarnation, journal.epoch): journal for journal in store.journals_of(address)}
    differences, there = list[str](), Counter[str]()
    for (incarnation, epoch), ours in _epochs(ledger_path).items():
        journal = held.get((incarnation, epoch))
        if journal is None:
            differences.append(f"{address}: head office does not hold epoch {epoch}")
            continue
        replayed = replay_journal(store, journal)
        there.update(replayed.balances)
        differences += _differences(f"{address}: epoch {epoch}", ours, replayed.entries)
    differences += [
        f"{address}: account {account} has {here.balances.get(account)} points here, "
        f"{there.get(account)} at head office"
        for account in sorted(here.balances.keys() | there.keys())
        if here.balances.get(account) != there.get(account)
    ]
    return Comparison(
        entries=here.entries,
        accounts=len(here.balances),
        points=sum(here.balances.values()),
        differences=tuple(differences),
    )


def _epochs(ledger_path: Path) -> dict[tuple[str, int], list[bytes]]:
    """Read a ledger's entries by the incarnation and epoch they belong to."""
    epochs: dict[tuple[str, int], list[bytes]] = {}
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
