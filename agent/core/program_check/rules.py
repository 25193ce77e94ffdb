"""Earn rules that can never give anything, and words of a program that change nothing."""

from collections.abc import Iterator

from agent.core.mistakes import Finding
from agent.core.program import Program
from agent.core.program_check.lines import have_a_line

__all__ = ["idle_rules", "unused_words"]


def idle_rules(program: Program) -> Iterator[Finding]:
    """Find earn rules that are about no line at all."""
    for index, rule in enumerate(program.earn):
        if not have_a_line(program, rule):
            what = "all that it is about is excluded, so it never gives anything"
            yield Finding(("earn", index), what, "take an exclusion out, or the rule")


def unused_words(program: Program) -> Iterator[Finding]:
    """Find what stands there without an effect: what is said of other tiers."""
    for index, rule in enumerate(program.earn):
        for tier in sorted({*rule.tier_rates} - rule.tiers) if rule.tiers else ():
            what = f"the rule is not for the tier '{tier}', so its rate does nothing"
            yield Finding(("earn", index, "tier_rates", tier), what, "add it to tiers")
    for index, promotion in enumerate(program.promotion):
        for tier in sorted({*promotion.tier_days} - promotion.tiers) if promotion.tiers else ():
            what = f"the promotion is not for the tier '{tier}', so its days do nothing"
            yield Finding(("promotion", index, "tier_days", tier), what, "add it to tiers")
    if program.expiry is not None and program.tiers is not None:
        tiers = {tier.id for tier in program.tiers.tier}
        if tiers <= program.expiry.never_tiers:
            what = "these are all tiers, so no points ever run out"
            yield Finding(("expiry", "never_tiers"), what, "take [expiry] out, or one of them")
