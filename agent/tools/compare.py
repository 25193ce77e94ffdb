"""Both sides of one device's journal, each replayed from zero, compared entry by entry."""

from dataclasses import dataclass
from pathlib import Path

from agent.ledger import replay
from agent.ledger.connection import open_reader
from agent.ledger.view import journaled
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
    """Compare a store's ledger with what head office holds of it. Both may be in use."""
    here = replay(ledger_path)
    connection = open_reader(ledger_path)
    try:
        ours = [canonical for _, canonical in journaled(connection)]
    finally:
        connection.close()
    found = [
        held
        for held in store.journals()
        if held.address == address and held.incarnation == here.incarnation
    ]
    if len(found) != 1:
        return Comparison(
            entries=here.entries,
            accounts=len(here.balances),
            points=0,
            differences=(f"{address}: head office holds {len(found)} journals, not 1",),
        )
    there = replay_journal(store, found[0])
    differences = [
        f"{address}: entry {seq} differs"
        for seq, (near, far) in enumerate(zip(ours, there.entries, strict=False), start=1)
        if near != far
    ]
    if len(ours) != len(there.entries):
        differences.append(
            f"{address}: {len(ours)} entries here, {len(there.entries)} at head office"
        )
    differences += [
        f"{address}: account {account} has {here.balances.get(account)} points here, "
        f"{there.balances.get(account)} at head office"
        for account in sorted(here.balances.keys() | there.balances.keys())
        if here.balances.get(account) != there.balances.get(account)
    ]
    return Comparison(
        entries=here.entries,
        accounts=len(here.balances),
        points=sum(here.balances.values()),
        differences=tuple(differences),
    )
