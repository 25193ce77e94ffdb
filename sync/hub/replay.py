"""Replay head office's journals from zero: chain, sequence, and balances that follow from them."""

from dataclasses import dataclass

from agent.core.entry import GENESIS, Entry, link_hash
from agent.core.facts import Enrol
from agent.core.postings import PROGRAM, postings_of
from sync.hub.store import HeldJournal, Store

__all__ = ["HubReplay", "Unsound", "replay_journal"]


class Unsound(Exception):
    """A journal held by head office does not hold together; the message names the entry."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HubReplay:
    """One journal as replayed; ``entries`` are canonical bytes in order."""

    entries: tuple[bytes, ...]
    balances: dict[str, int]
    """Active points that this journal moved, of every account it speaks of."""


def replay_journal(store: Store, held: HeldJournal) -> HubReplay:
    """Replay one journal and compare with the stored balances. Raises Unsound.

    Holds the whole journal in memory: meant for a demo, a test or one device under suspicion.
    """
    previous, totals, lines = GENESIS, dict[tuple[str, str], int](), list[bytes]()
    accounts: set[str] = set()
    with store.entries(held) as entries:
        for expected_seq, (seq, canonical, entry_hash) in enumerate(entries, start=1):
            previous = link_hash(previous, canonical)
            if seq != expected_seq or entry_hash != previous:
                raise Unsound(f"{held.address}: entry {seq} does not follow from the one before it")
            lines.append(canonical)
            fact = Entry.parse(canonical).fact
            if isinstance(fact, Enrol):
                accounts.add(fact.account)
            for posting in postings_of(fact):
                key = (posting.owner, posting.bucket)
                totals[key] = totals.get(key, 0) + posting.points
    if previous != held.head.hash:
        raise Unsound(f"{held.address}: the head is not the last entry")
    if totals != store.balances(held):
        raise Unsound(f"{held.address}: the balances do not follow from the entries")
    accounts |= {owner for owner, _ in totals if owner != PROGRAM}
    balances = {account: totals.get((account, "active"), 0) for account in accounts}
    return HubReplay(entries=tuple(lines), balances=balances)
