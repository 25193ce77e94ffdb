"""The worth of a redemption: held, spent or given back, once, however many devices wrote of it.

One device holds, captures and releases in turn, and what it did last is how it stands there. Where
several did so under one id, goods went over a counter if any of them captured: that stands, once.
Else points are held as long as one of them holds them, and given back once all have.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from agent.core.facts import CreateReward, DeleteReward, RedeemReward
from sync.hub.judging.days import given_by
from sync.hub.judging.judgement import Conflict, Judgement, WorthSum
from sync.hub.judging.mentions import Mention

__all__ = ["judge_redemption"]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Standing:
    """How a redemption stands at one device: so much still held, so much spent."""

    held: int = 0
    spent: int = 0
    captures: tuple[Mention, ...] = ()


def judge_redemption(redemption_id: str, mentions: Sequence[Mention]) -> Judgement:
    """Judge all that was written under a redemption's id, each account's for itself."""
    ordered = sorted(mentions, key=lambda each: each.order)
    by_account: dict[str, list[Mention]] = defaultdict(list)
    for each in ordered:
        fact = each.entry.fact
        if isinstance(fact, CreateReward | RedeemReward | DeleteReward):
            by_account[fact.account].append(each)
    total, captures = WorthSum(), list[Mention]()
    for account, found in sorted(by_account.items()):
        stands, captured = _together(found)
        total.move((account, "active"), (account, "held"), stands.held + stands.spent)
        total.move((account, "held"), ("program", "redeemed"), stands.spent)
        captures += captured
    for each in captures:
        total.days.update(given_by(each.entry))
    conflicts = (_twice(redemption_id, captures),) if len(captures) > 1 else ()
    return Judgement(worth=total.worth, days=total.days, conflicts=conflicts)


def _together(found: Sequence[Mention]) -> tuple[_Standing, list[Mention]]:
    """Answer how it stands by the word of all devices, and every capture there was."""
    by_device: dict[tuple[str, str], list[Mention]] = defaultdict(list)
    for each in found:
        by_device[each.at].append(each)
    all_stand = [_at_one(each) for each in by_device.values()]
    captures = [each for standing in all_stand for each in standing.captures]
    if captures:
        return max(all_stand, key=lambda each: (each.spent, -each.held)), captures
    return max(all_stand, key=lambda each: each.held), captures


def _at_one(found: Sequence[Mention]) -> _Standing:
    """Walk what one device wrote, in its order. What was once captured stays so."""
    held = spent = 0
    captures: list[Mention] = []
    for each in found:
        fact = each.entry.fact
        if isinstance(fact, CreateReward) and not captures:
            held = fact.points
        elif isinstance(fact, RedeemReward):
            held, spent = max(0, held + spent - fact.points), max(spent, fact.points)
            captures.append(each)
        elif isinstance(fact, DeleteReward):
            held = max(0, held - fact.points)
    return _Standing(held=held, spent=spent, captures=tuple(captures))


def _twice(redemption_id: str, captures: Sequence[Mention]) -> Conflict:
    late = captures[-1]
    fact = late.entry.fact
    assert isinstance(fact, RedeemReward), "a capture redeems"  # noqa: S101
    where = " and ".join(dict.fromkeys(each.where for each in captures))
    accounts = {getattr(each.entry.fact, "account", None) for each in captures}
    counts = "it counts once" if len(accounts) == 1 else "each member's counts once"
    return Conflict(
        kind="redemption_twice",
        subject=redemption_id,
        account=fact.account,
        points=fact.points if len(accounts) == 1 else 0,
        store=late.store,
        device=late.device,
        text=f"A redemption of {fact.points} points ({redemption_id}) was captured {len(captures)} "
        f"times, at {where}: {counts}.",
    )
