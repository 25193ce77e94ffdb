"""What entries come to, before any judgement: sums to be written in one go. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from agent.core.entry import Entry
from agent.core.facts import (
    AccumulatePoints,
    ClaimSale,
    CreateReward,
    Enrol,
    LeaseGrant,
    LeaseReturn,
)
from agent.core.postings import PROGRAM, Posting, lease_of
from sync.hub.said import Said

__all__ = ["Points", "Sums", "members_part", "members_points", "sum_up"]

Points = dict[tuple[str, str], int]
"""Points by owner and bucket."""

_VISITS = (AccumulatePoints, ClaimSale, CreateReward, Enrol)


@dataclass(slots=True)
class Sums:
    """What a run of entries of one journal comes to, exactly as it was written."""

    accounts: set[str] = field(default_factory=set)
    """Every account that is spoken of."""
    leases: dict[str, int] = field(default_factory=dict)
    grants: dict[str, int] = field(default_factory=dict)
    """The largest total that the device says it was granted."""
    returns: list[tuple[str, int, int]] = field(default_factory=list)
    """Account, recall and points of every answer to a recall."""
    floor: int = 0
    visits: dict[str, str] = field(default_factory=dict)
    """When each account was last here."""


def sum_up(said: Iterable[Said], *, now: str) -> Sums:
    """Add up what entries say."""
    sums = Sums()
    for each in said:
        account, entry = each.account, each.entry
        if account is None:
            continue
        fact = entry.fact
        sums.accounts.add(account)
        lease = lease_of(fact)
        if lease:
            sums.leases[account] = sums.leases.get(account, 0) + lease
        if isinstance(fact, LeaseGrant):
            sums.grants[account] = max(sums.grants.get(account, 0), fact.granted_total)
        elif isinstance(fact, LeaseReturn):
            sums.returns.append((account, fact.recall, fact.points))
        elif isinstance(fact, _VISITS):
            sums.visits[account] = max(sums.visits.get(account, ""), _when(entry, now))
            if isinstance(fact, CreateReward):
                sums.floor += fact.floor
    return sums


def members_part(postings: Iterable[Sequence[Posting]], into: Points, *, sign: int = 1) -> Points:
    """Add up what members have by bucket."""
    for each in postings:
        for owner, bucket, points in each:
            if owner != PROGRAM:
                into[owner, bucket] = into.get((owner, bucket), 0) + sign * points
    return into


def members_points(postings: Iterable[Posting]) -> int:
    """Answer what members gain all in all."""
    return sum([points for owner, _, points in postings if owner != PROGRAM])


def _when(entry: Entry, now: str) -> str:
    """Say when an entry was written, as far as its clock is to be believed."""
    believed = entry.clock is not None and entry.clock.synchronised and entry.recorded_at < now
    return entry.recorded_at if believed else now
