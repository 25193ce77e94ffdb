"""Why a day comes to other points than the stores wrote on it. Pure.

A store writes what it sees. What several journals say of one thing is judged together, and that may
come to something else than each wrote: a store that takes a sale of another one back does not know
what points it gave, and writes none. That is as it should be. A contradiction is not, and is a
conflict; the cause is then its kind.
"""

from collections.abc import Iterable, Sequence

from agent.core.facts import (
    AccumulatePoints,
    AccumulatePromotionPoints,
    ClaimSale,
    ReturnPromotionPoints,
    ReturnSale,
    VoidSale,
)
from sync.hub.judging import Conflict, Mention

__all__ = ["EXPECTED", "cause_of", "in_words"]

_RETURNED_HERE = "returned_here"
_RETURNED_THERE = "returned_there"
_TOLD_BY_SEVERAL = "told_by_several"

EXPECTED = frozenset({_RETURNED_HERE, _RETURNED_THERE})
"""What happens where nobody made a mistake."""

_WORDS = {
    _RETURNED_HERE: "returns here of sales made at another store or device",
    _RETURNED_THERE: "sales made here of which something came back at another store or device",
    _TOLD_BY_SEVERAL: "what more than one journal told of, without contradiction",
}

_GIFTS = (AccumulatePoints, AccumulatePromotionPoints, ClaimSale)
_BACK = (ReturnSale, VoidSale, ReturnPromotionPoints)


def cause_of(
    was: Iterable[Conflict],
    found: Iterable[Conflict],
    new: Sequence[Mention],
    others: Sequence[Mention],
) -> str:
    """Say by what new entries change a thing otherwise than they say; ``others`` were there, and
    the conflicts that ``was``. One that stays as it was is no cause, where anything else is.
    """
    before, after = ({(each.kind, each.subject) for each in some} for some in (was, found))
    if before != after:
        return min(kind for kind, _ in before ^ after)
    givers = {each.at for each in (*new, *others) if isinstance(each.entry.fact, _GIFTS)}
    if _came_back_elsewhere(new, givers):
        return _RETURNED_HERE
    if _came_back_elsewhere(others, givers):
        return _RETURNED_THERE
    return min((kind for kind, _ in after), default=_TOLD_BY_SEVERAL)


def _came_back_elsewhere(said: Iterable[Mention], givers: set[tuple[str, str]]) -> bool:
    return any(each.at not in givers for each in said if isinstance(each.entry.fact, _BACK))


def in_words(cause: str) -> str:
    """Say a cause in plain words; a conflict is called by its kind, as in the list of those."""
    return _WORDS.get(cause, cause)
