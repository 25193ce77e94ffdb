"""The worth of an adjustment: the same change under one id counts once, whoever wrote it."""

from collections.abc import Sequence

from agent.core.facts import AdjustPoints
from sync.hub.judging.judgement import Conflict, Judgement, WorthSum
from sync.hub.judging.mentions import Mention

__all__ = ["judge_adjustment"]


def judge_adjustment(adjust_id: str, mentions: Sequence[Mention]) -> Judgement:
    """Judge all that was written under an adjustment's id; other points are another change."""
    total, written = WorthSum(), list[Mention]()
    changes: set[tuple[str, int]] = set()
    for each in sorted(mentions, key=lambda each: each.order):
        fact = each.entry.fact
        if not isinstance(fact, AdjustPoints):
            continue
        written.append(each)
        if (fact.account, fact.points) not in changes:
            changes.add((fact.account, fact.points))
            total.move(("program", "adjusted"), (fact.account, "active"), fact.points)
            total.came(fact.account, each.entry.day, "earned", max(0, fact.points))
    if len(written) < 2:
        return Judgement(worth=total.worth, days=total.days)
    late, where = written[-1], " and ".join(dict.fromkeys(each.where for each in written))
    fact = late.entry.fact
    assert isinstance(fact, AdjustPoints), "an adjustment adjusts"  # noqa: S101
    counts = "it counts once" if len(changes) == 1 else "they differ, and each counts"
    conflict = Conflict(
        kind="adjusted_twice",
        subject=adjust_id,
        account=fact.account,
        points=fact.points if len(changes) < len(written) else 0,
        store=late.store,
        device=late.device,
        text=f"A change of {fact.points} points by hand ({adjust_id}) was written {len(written)} "
        f"times, at {where}: {counts}.",
    )
    return Judgement(worth=total.worth, days=total.days, conflicts=(conflict,))
