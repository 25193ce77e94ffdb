"""Rewards that cost nothing: whether an occasion of a member brings one, and how often they had it.

What a member had is counted from the beginning of the occasion, so that none comes twice; where the
calendar's year ends does not matter. What they had on a later day counts too: a till that hands in
an earlier day's baskets gives no second treat.
"""

from datetime import date

from agent.core.account import Account
from agent.core.program import Program, Reward

__all__ = ["NOBODY", "free_rewards", "why_not_free"]

NOBODY = "show the member's card first"
"""Why nobody has what costs nothing."""

_NOT_KNOWN = {
    "birthday": "no birthday is known of this member",
    "welcome": "it is not known when this member joined",
}
_BEGINS = {"birthday": "the birthday", "welcome": "the day of joining"}


def free_rewards(program: Program, account: Account, day: date) -> dict[str, str | None]:
    """Answer for each reward that costs nothing why a member cannot have it on a business date;
    None where they can. What tier, window, card and basket allow is asked apart from it.
    """
    return {
        reward.id: why_not_free(reward, account, day) for reward in program.reward if reward.is_free
    }


def why_not_free(reward: Reward, account: Account, day: date) -> str | None:
    """Say in a cashier's words why a member has no such reward on a business date, or None."""
    assert reward.occasion is not None, "what costs nothing has an occasion"  # noqa: S101
    known = account.birthday if reward.occasion == "birthday" else account.enrolled_on
    if known is None:
        return _NOT_KNOWN[reward.occasion]
    began = reward.began_on(day, account)
    if began is None or day > reward.last_day_of(began, account.tier):
        return _not_now(reward, account.tier)
    had = account.rewards_had.get(reward.id, ())
    this_time = sum(each >= began for each in had)
    if this_time >= (reward.times_per_year or 1):
        return "this member had it already"
    if reward.times_in_all is not None and len(had) >= reward.times_in_all:
        return "this member had it as often as anybody can"
    return None


def _not_now(reward: Reward, tier: str | None) -> str:
    days, begins = reward.days_for(tier), _BEGINS[reward.occasion or ""]
    if days == 0:
        return f"it is there on {begins} only"
    return f"it is there on {begins} and {days} {'day' if days == 1 else 'days'} after it only"
