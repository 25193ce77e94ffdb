"""Voids and returns: what a sale earned is taken back, what it redeemed given back, in points.

Never more than the sale itself: each return counts against what all of them together leave of it.
Points that are still pending are taken first as pending. A member whose points are spent already
goes into debt, which the next points pay. What is given back never joins this device's rights.
"""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Annotated, Self, TypedDict

from pydantic import Field, StringConstraints, model_validator

from agent.core.accumulate import accumulate
from agent.core.entry import Recorded
from agent.core.facts import ReturnSale, VoidSale
from agent.core.facts.sales import ReturnedLine
from agent.core.instant import BusinessDate
from agent.core.taking_back import (
    ReturnExceedsSale,
    after_lines,
    goods_back,
    rewards_left,
    share_left,
)
from agent.core.values import MOST_POINTS, Code, Value, example
from agent.ledger import KnownSale, Transaction, View
from agent.till.members import TokenText, find, shown_in
from agent.till.pending import activate_due
from agent.till.refusals import (
    ReturnIdReused,
    ReturnTooLarge,
    SaleRecorded,
    SaleReturned,
    SaleVoided,
)
from agent.till.sales import sale_of
from agent.till.terms import Terms

__all__ = ["Back", "take_back", "void"]


class BackLine(Value):
    """A line of the sale that comes back: its index, and how much of it as a decimal text."""

    line: Annotated[int, Field(strict=True, ge=0, lt=10_000)]
    """Index of the line in the sale, from 0."""
    quantity: Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9]{1,9}(\.[0-9]{1,3})?$")]
    """How much of it: a decimal text above zero, up to three places."""

    @model_validator(mode="after")
    def _something_came_back(self) -> Self:
        if Decimal(self.quantity) == 0:
            raise ValueError("quantity must be above zero")
        return self


class Back(Value):
    """What comes back: lines of the sale, or so much of its total."""

    model_config = example({"lines": [{"line": 0, "quantity": "1"}], "lane": "1", "cashier": "ana"})

    lines: Annotated[tuple[BackLine, ...], Field(max_length=10_000)] = ()
    """The lines that come back; or else `amount_minor`."""
    amount_minor: Annotated[int, Field(strict=True, ge=1, le=10**12)] | None = None
    """How much of the total comes back, in minor units; or else `lines`."""
    token: TokenText | None = None
    """The card of whoever brings it, where one was shown."""
    lane: Code | None = None
    """The lane that takes it back."""
    cashier: Code | None = None
    """Who takes it back."""
    business_date: BusinessDate | None = None
    """The day it counts on: `YYYY-MM-DD`; else the one the POS said last."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.lines) == (self.amount_minor is not None):
            raise ValueError("name either lines or amount_minor")
        if len({each.line for each in self.lines}) < len(self.lines):
            raise ValueError("a line is named twice")
        return self

    @property
    def returned(self) -> tuple[ReturnedLine, ...]:
        """The lines as an entry holds them."""
        return tuple(ReturnedLine(line=each.line, quantity=each.quantity) for each in self.lines)


RecordedBack = tuple[Recorded, bool]
"""The entry that took something back, and whether it had stood there before."""


def void(
    transaction: Transaction,
    terms: Terms,
    sale_id: str,
    *,
    lane: str | None,
    cashier: str | None,
    business_date: date | None = None,
) -> RecordedBack:
    """Call a whole sale off; what came back of it already is not taken twice.

    Raises UnknownSale, SaleReturned where all of it came back.
    """
    sale = sale_of(transaction, sale_id)
    if sale.voided is not None:
        return _entry(transaction, sale_id, sale.voided), True
    if sale.returned_minor == sale.total_minor > 0:
        raise SaleReturned("all of this sale came back already")
    activate_due(transaction, terms, business_date, sale.account)
    taken = sale.points - sale.taken_back
    redeemed = sale.redeemed - sale.given_back
    moved = _moved(transaction, terms, sale, taken, redeemed)
    fact = VoidSale(sale_id=sale_id, **moved, **_by_whom(sale, lane, cashier))
    return transaction.append(fact, business_date=business_date), False


def take_back(
    transaction: Transaction, terms: Terms, sale_id: str, return_id: str, back: Back
) -> RecordedBack:
    """Take back part of a sale.

    Raises UnknownSale, SaleVoided, ReturnTooLarge, ReturnIdReused, and SaleRecorded where lines
    come back of a sale whose basket is no longer kept.
    """
    sale = sale_of(transaction, sale_id)
    earlier = transaction.returns_of(sale_id)
    if return_id in earlier:
        return _same_return(transaction, sale_id, earlier[return_id], back), True
    if sale.voided is not None:
        raise SaleVoided("this sale was voided: all of it came back already")
    try:
        left, left_minor, redeemed_left = _left(
            transaction, terms, sale, tuple(earlier.values()), back
        )
    except ReturnExceedsSale as error:
        raise ReturnTooLarge(str(error)) from error
    activate_due(transaction, terms, back.business_date, sale.account)
    taken = sale.points - left - sale.taken_back
    redeemed = sale.redeemed - redeemed_left - sale.given_back
    moved = _moved(transaction, terms, sale, taken, redeemed)
    fact = ReturnSale(
        sale_id=sale_id,
        return_id=return_id,
        amount_minor=sale.total_minor - left_minor - sale.returned_minor,
        lines=back.returned,
        without_customer=_without_customer(transaction, terms, sale, back.token),
        **moved,
        **_by_whom(sale, back.lane, back.cashier),
    )
    return transaction.append(fact, business_date=back.business_date), False


def _left(
    view: View, terms: Terms, sale: KnownSale, earlier: tuple[tuple[int, int], ...], back: Back
) -> tuple[int, int, int]:
    """Answer what all returns together leave of a sale: points, money, and redeemed points.

    Raises ReturnExceedsSale, SaleRecorded.
    """
    lines, amounts_minor = _came_back(view, earlier, back)
    discounted = sale.redeemed - sale.rewarded  # money off is shared by money; a reward is a thing
    if not lines:
        came_back = (sale.total_minor, amounts_minor)
        return (
            share_left(sale.points, *came_back),
            sale.total_minor - amounts_minor,
            share_left(discounted, *came_back) + sale.rewarded,
        )
    if sale.recorded is None:
        raise SaleRecorded("the basket of this sale is no longer kept; return it by amount_minor")
    fact, basket = sale.recorded[0], sale.recorded[0].sale
    kept = after_lines(basket, lines, rewards_shrink=not sale.rewarded)
    kept_minor = min(sale.total_minor, max(0, sum(line.amount_minor for line in kept.lines)))
    points = share_left(sale.points, sale.total_minor, sale.total_minor - kept_minor)
    if fact.program == terms.program.edition:  # rules that have changed since judge nothing
        points = min(sale.points, accumulate(terms.program, kept).points)
    if amounts_minor:
        points = share_left(points, kept_minor, amounts_minor)
    # A coupon that comes back makes the rest worth more; what came back stays come back.
    left_minor = min(kept_minor - amounts_minor, sale.total_minor - sale.returned_minor)
    came_back = (sale.total_minor, sale.total_minor - left_minor)
    if sale.total_minor == 0:  # no money was paid to share by
        came_back = goods_back(basket, kept)
    rewarded_left = rewards_left(basket, lines, sale.rewarded)
    return points, left_minor, share_left(discounted, *came_back) + rewarded_left


def _came_back(
    view: View, earlier: tuple[tuple[int, int], ...], back: Back
) -> tuple[dict[int, Decimal], int]:
    """Add up the lines, and the money without lines, of all returns and this one."""
    lines: dict[int, Decimal] = defaultdict(Decimal)
    amounts_minor = back.amount_minor or 0
    for each in back.lines:
        lines[each.line] += Decimal(each.quantity)
    for place in earlier:
        recorded = view.entry_at(*place)
        fact = None if recorded is None else recorded.entry.fact
        if not isinstance(fact, ReturnSale):
            raise SaleRecorded("an earlier return of this sale is no longer kept to count it")
        for line in fact.lines:
            lines[line.line] += Decimal(line.quantity)
        amounts_minor += 0 if fact.lines else fact.amount_minor
    return lines, amounts_minor


def _same_return(view: View, sale_id: str, place: tuple[int, int], back: Back) -> Recorded:
    recorded = _entry(view, sale_id, place)
    fact = recorded.entry.fact
    assert isinstance(fact, ReturnSale), "returns point at the entries of returns"  # noqa: S101
    amount_minor = None if fact.lines else fact.amount_minor
    if (fact.lines, amount_minor) != (back.returned, back.amount_minor):
        raise ReturnIdReused("another return has this id; give this one an id of its own")
    return recorded


def _without_customer(view: View, terms: Terms, sale: KnownSale, shown: str | None) -> bool:
    """Say whether a member's sale comes back and no card of theirs was shown; it stops nobody."""
    if sale.account is None:
        return False
    row = find(view, shown_in(shown, terms))
    return row is None or row.account != sale.account


def _entry(view: View, sale_id: str, place: tuple[int, int]) -> Recorded:
    recorded = view.entry_at(*place)
    if recorded is None:
        raise SaleRecorded(f"what came back of sale {sale_id} is recorded and no longer kept here")
    return recorded


def _split(view: View, sale: KnownSale, taken: int) -> tuple[int, int]:
    """Split points to take back into pending and active ones."""
    if sale.account is None or taken == 0:
        return 0, 0
    pending = min(taken, view.waiting(sale.account, sale.place))
    return pending, min(taken - pending, MOST_POINTS + view.balance(sale.account))


class _Moved(TypedDict):
    """What the entries of a void and of a return say alike about points."""

    account: str | None
    from_active: int
    from_pending: int
    given_back: int
    balance: int | None
    lease: int
    withheld: int


def _moved(view: View, terms: Terms, sale: KnownSale, taken: int, redeemed: int) -> _Moved:
    """Decide which points go, of so many that a sale earned, and come, of so many it redeemed."""
    pending, active = _split(view, sale, max(0, taken))
    redeemed = max(0, redeemed)
    given_back = terms.given(view, sale.account, redeemed)
    balance = None if sale.account is None else view.balance(sale.account)
    return _Moved(
        account=sale.account,
        from_active=active,
        from_pending=pending,
        given_back=given_back,
        balance=None if balance is None else balance + given_back - active,
        lease=terms.taken_lease(view, sale.account, active),
        withheld=redeemed - given_back,
    )


class _ByWhom(TypedDict):
    lane: str | None
    cashier: str | None


def _by_whom(sale: KnownSale, lane: str | None, cashier: str | None) -> _ByWhom:
    """Answer who took it back: where nobody says, it counts where the sale was."""
    if sale.recorded is not None and not (lane and cashier):
        summary = sale.recorded[0].summary
        lane, cashier = lane or summary.lane, cashier or summary.cashier
    return _ByWhom(lane=lane, cashier=cashier)
