"""Facts of head office: what it decided by itself. A device never writes them."""

from typing import Annotated

from msgspec import Meta

from agent.core.facts.base import FactBase
from agent.core.values import Code, Points, Text

__all__ = ["OFFICE_FACTS", "EraseMember", "MergeAccounts", "SettleConflict"]

_Words = Annotated[str, Meta(max_length=1_000)]


class MergeAccounts(FactBase, frozen=True, kw_only=True, tag="MERGE_ACCOUNTS"):
    """Two accounts are one member's: what ``account`` has, and what is written of it from now on,
    is ``into``'s.
    """

    account: Code
    into: Code
    reason: Text = ""


class SettleConflict(FactBase, frozen=True, kw_only=True, tag="SETTLE_CONFLICT"):
    """Entries contradicted each other, or the world; this is how it was settled, in plain words.

    ``conflict`` is its kind and ``subject`` what it is about. ``points`` are those that stand
    otherwise than somebody wrote them. It moves nothing itself: the worth of what it is about does.
    """

    conflict: Code
    subject: _Words
    text: _Words
    account: Code | None = None
    points: Points = 0


class EraseMember(FactBase, frozen=True, kw_only=True, tag="ERASE_MEMBER"):
    """A member asked to be forgotten: their cards are nobody's, and their points are gone with
    the account. The journal never knew their name.
    """

    account: Code
    reason: Text = ""


OFFICE_FACTS = (MergeAccounts, SettleConflict, EraseMember)
"""With EXPIRE_POINTS, what only head office may say."""
