"""Who is said to have brought a new member, as an enrolment names them.

A card or number that leads to nobody who can refer stops no enrolment. Nobody refers themselves:
the card and the number of who is enrolled are nobody else's.
"""

from typing import Literal

from agent.core.phones import Phone
from agent.ledger import Profile, View
from agent.till.members import Shown, find, shown_in
from agent.till.terms import Terms

__all__ = ["Brought", "brought_by"]

Brought = Literal["referred", "unknown", "blocked", "self", "not_offered"]
"""What became of the card or number of who is said to have brought a new member."""


def brought_by(
    view: View, terms: Terms, text: str | None, own: Shown, profile: Profile
) -> tuple[str | None, Brought | None]:
    """Answer whose account brought a new member, and what is to be said of it; refuses nothing.

    ``own`` is the new member's card. Asks the ledger nothing where nobody is named, or the program
    gives nothing for it.
    """
    if text is None:
        return None, None
    if terms.program.referral is None:
        return None, "not_offered"
    shown = shown_in(text, terms)
    if shown == own or (profile.phone is not None and shown == Phone(profile.phone)):
        return None, "self"
    row = find(view, shown)
    if row is None:
        return None, "unknown"
    return (row.account, "referred") if row.card_state == "active" else (None, "blocked")
