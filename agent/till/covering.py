"""Covering: by what right points are spent here.

This device's own rights come first. Where they do not reach and head office answers, it is asked
once, outside any transaction, and the redemption tried once more. Where the balance that is known
here does not reach, head office is first asked what the member has by now: points may have been
earned elsewhere a moment ago. Only a store that is cut off goes beyond: the rest is the floor,
within every cap, and stands in the entry.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from agent.core.facts import Authority
from agent.core.floor import floor_left
from agent.core.point_words import PointWords
from agent.ledger import AccountRow, Transaction
from agent.till.asked_whose import AskedWhose
from agent.till.refusals import InsufficientPoints, OfflineLimit
from agent.till.terms import Terms

__all__ = [
    "AskOnline",
    "By",
    "Covered",
    "cover",
    "refuse_unheard",
    "refuse_waiting",
    "with_head_office",
]

T = TypeVar("T")

By = Literal["lease", "online", "floor"]
"""How far a redemption may reach: to this device's rights, to those that head office has granted
just now, or beyond them.
"""

AskOnline = Callable[[str, int], Awaitable[str | None]]
"""Ask head office for rights to so many points of an account. Answers None once they are journaled,
what it says where it will not, and an empty text where nobody answered in time.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Covered:
    """By what right points are spent: ``lease`` is the change of this device's rights, and
    ``floor`` what no right covers.
    """

    authority: Authority
    lease: int
    floor: int


def refuse_waiting(transaction: Transaction, terms: Terms) -> None:
    """Hold that redemptions do not wait here. Raises Frozen, OfflineLimit."""
    transaction.refuse_frozen()
    if (why := terms.why_wait(transaction)) is not None:
        raise OfflineLimit(why)


def refuse_unheard(transaction: Transaction, terms: Terms) -> None:
    """Hold the same of what needs no rights, because it was issued here. Raises as that does."""
    transaction.refuse_frozen()
    if (why := terms.why_unheard()) is not None:
        raise OfflineLimit(why)


def cover(
    transaction: Transaction,
    terms: Terms,
    member: AccountRow,
    points: int,
    by: By,
    *,
    is_proved: bool = True,
) -> Covered:
    """Decide by what right a member's points are spent; ``is_proved`` says that a reader read their
    card. Writes nothing. Raises InsufficientPoints, OfflineLimit with what can be had.
    """
    words = PointWords.in_first(terms.program)
    if member.balance < points:
        short = words.counted(points - max(0, member.balance), more=True)
        raise InsufficientPoints(
            f"{short} needed: the balance is {member.balance}", account=member.account
        )
    if terms.alone:
        return Covered(authority="lease", lease=0, floor=0)
    right = min(points, transaction.right(member.account))
    if right == points:
        authority: Authority = "online" if by == "online" else "lease"
        return Covered(authority=authority, lease=-points, floor=0)
    rules = terms.program.offline
    used = transaction.floor_use(member.account, transaction.head().epoch, transaction.today)
    left = floor_left(rules, used, is_proved=is_proved)
    if by == "floor" and points - right <= left:
        return Covered(authority="floor", lease=-right, floor=points - right)
    can = right + (left if by == "floor" else 0)
    more = right + floor_left(rules, used) if by == "floor" else can
    raise OfflineLimit(_what_can_be_had(words, can, more), account=member.account, points=points)


def _what_can_be_had(words: PointWords, can: int, with_card: int) -> str:
    """Say what a cashier can offer instead."""
    if with_card > can:
        return (
            f"{words.counted(with_card)} can be redeemed here now if the member's card itself is "
            "read"
        )
    some = words.counted(can) if can else f"none of these {words.many}"
    return f"{some} can be redeemed here now"


async def with_head_office(
    attempt: Callable[[By], Awaitable[T]], ask: AskOnline | None, whose: AskedWhose
) -> T:
    """Try a redemption by this device's rights, then with head office's help, then beyond.

    Raises what the attempt does; OfflineLimit with head office's own words where it says no.
    """
    if ask is None:
        return await _cut_off(attempt)
    try:
        return await _asking(attempt, ask)
    except InsufficientPoints as short:
        if not await whose.anew(short.account):
            raise
    return await _asking(attempt, ask)


async def _asking(attempt: Callable[[By], Awaitable[T]], ask: AskOnline) -> T:
    try:
        return await attempt("lease")
    except OfflineLimit as limit:
        if limit.account is None:
            raise
        why = await ask(limit.account, limit.points)
        if why:
            raise OfflineLimit(f"{why}; {limit}") from None
    return await (_cut_off(attempt) if why is not None else attempt("online"))


async def _cut_off(attempt: Callable[[By], Awaitable[T]]) -> T:
    try:
        return await attempt("floor")
    except OfflineLimit as limit:
        if limit.account is None:
            raise
        raise OfflineLimit(f"{limit}; more once head office answers") from None
