"""Asking: who wants a reward, on which day, and what their card proves."""

from datetime import date

from agent.core.phones import Phone
from agent.core.program import Program
from agent.core.rewards import Shown as Asking
from agent.core.tokens import How, Token, proof_of
from agent.ledger import AccountRow, View
from agent.till.free_things import gives_things
from agent.till.judging import standing_of

__all__ = ["asking", "day_said", "is_read"]


def asking(
    view: View,
    program: Program,
    row: AccountRow,
    shown: Token | Phone,
    how: How,
    day: date | None = None,
) -> Asking:
    """Say who asks for a reward: the tier, the day, and what the card proves.

    Without a ``day`` it is the business date of the newest entry, or the day on which that came.
    What a program does not ask for costs nothing.
    """
    has_days = any(each.first_day or each.last_day for each in program.reward)
    if day is None and (program.tiers is not None or has_days or gives_things(program)):
        day = day_said(view)
    standing = None if day is None else standing_of(view, program, row, day)
    token = shown if isinstance(shown, Token) else None
    tier = None if standing is None else standing.tier
    return Asking(tier=tier, day=day, proof=proof_of(token, how))


def day_said(view: View) -> date:
    """Answer the business date of the newest entry, or the day on which that came."""
    newest = view.newest()
    if newest is None:  # the member was enrolled elsewhere
        return date.min
    return newest.business_date or date.fromisoformat(newest.recorded_at[:10])


def is_read(shown: Token | Phone, how: How) -> bool:
    """Say whether a reader or scanner read a card: a typed number or a telephone number is none."""
    return isinstance(shown, Token) and how == "read"
