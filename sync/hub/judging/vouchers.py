"""The worth of a voucher: the points it was issued for, once; and whether it was used once.

Whoever shows a voucher may use it, in the store that issued it. A box and its copy, or a disk that
was set back, may each take one code. The first use in order stands; each other one is money or a
thing lost.
"""

from collections.abc import Sequence

from agent.core.facts import IssueVoucher, ReleaseVoucher, UseVoucher
from agent.core.money import format_money
from sync.hub.judging.judgement import Conflict, Judgement, WorthSum
from sync.hub.judging.mentions import Mention

__all__ = ["judge_voucher"]

_SHOWN = 6
"""How much of a code a clerk is shown: enough to find it on a slip, too little to use it."""


def judge_voucher(mentions: Sequence[Mention]) -> Judgement:
    """Judge all that was written of a voucher's code."""
    ordered = sorted(mentions, key=lambda each: each.order)
    total = WorthSum()
    issued = next((f for f in (m.entry.fact for m in ordered) if isinstance(f, IssueVoucher)), None)
    if issued is not None:
        total.move((issued.account, "active"), ("program", "redeemed"), issued.points)
    uses = _uses(ordered)
    conflicts = tuple(_twice(uses[0], each, issued) for each in uses[1:])
    return Judgement(worth=total.worth, conflicts=conflicts)


def _uses(ordered: Sequence[Mention]) -> list[Mention]:
    """Answer the uses that did not come back with their sale, one for each redemption."""
    uses: dict[str, Mention] = {}
    back: set[str] = set()
    for each in ordered:
        fact = each.entry.fact
        if isinstance(fact, UseVoucher):
            uses.setdefault(fact.redemption_id, each)
        elif isinstance(fact, ReleaseVoucher) and fact.reason == "sale_came_back":
            back.add(fact.redemption_id)
    return [each for redemption_id, each in uses.items() if redemption_id not in back]


def _twice(first: Mention, late: Mention, issued: IssueVoucher | None) -> Conflict:
    fact = late.entry.fact
    assert isinstance(fact, UseVoucher), "a use uses"  # noqa: S101
    lost = "what it was for is lost once"
    if issued is not None and issued.value_minor is not None and issued.currency is not None:
        lost = f"{format_money(issued.value_minor, issued.currency)} is lost"
    elif issued is not None and issued.text:
        lost = f"“{issued.text}” is lost once"
    return Conflict(
        kind="voucher_twice",
        subject=fact.redemption_id,
        account=fact.account,
        points=0 if issued is None else issued.points,
        store=late.store,
        device=late.device,
        text=f"The voucher ending in {fact.code[-_SHOWN:]} was used at {first.where} and again at "
        f"{late.where}: the first use stands, and {lost}.",
    )
