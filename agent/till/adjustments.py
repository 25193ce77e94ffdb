"""Adjustments: a person changes a balance by hand, says why, and does not do it without bounds.

Up to ``adjust_alone_points`` at once a cashier may adjust alone; above it a second person agrees
with a PIN. On one business date a cashier adjusts ``adjust_day_points`` at most, added up whichever
their sign, and no PIN lifts that. The day is the one the POS said last. Where
none was said, or a clock that can be trusted is further than a day from it, it is the clock's.

A negative adjustment takes what is there and never makes a debt: only a return does. It is allowed
while the ledger is frozen too, because it gives nothing away; a positive one then brings no rights.
"""

from datetime import date
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from agent.core.answer import JournalPosition
from agent.core.entry import Recorded
from agent.core.facts import AdjustPoints, FlagActivity
from agent.core.pins import Pin
from agent.core.values import Code, Label, Value, example
from agent.ledger import Ledger, Transaction, View
from agent.till.approvals import Approvals, WrongPin
from agent.till.refusals import (
    AdjustIdReused,
    ApprovalNeeded,
    CashierLimit,
    InsufficientPoints,
    TooManyPoints,
    UnknownAccount,
)
from agent.till.terms import Terms

__all__ = ["AdjustAnswer", "Adjusting", "Adjustment"]

_MOST = 10**6


def _something_to_read(text: str) -> str:
    if not any(each.isprintable() and not each.isspace() for each in text):
        raise ValueError("say why")
    return text


class Adjustment(Value):
    """What a cashier wants to change, and why."""

    model_config = example(
        {"points": 50, "reason": "goodwill", "cashier": "ana", "adjust_id": "a-17"}
    )

    points: Annotated[int, Field(strict=True, ge=-_MOST, le=_MOST)]
    """Whole points to add, or below zero to take away."""
    reason: Annotated[
        Label, StringConstraints(strip_whitespace=True), AfterValidator(_something_to_read)
    ]
    """Why, in words that somebody can read later."""
    cashier: Code
    """Who adjusts."""
    approver: Code | None = None
    """The second person who agrees, above the limit."""
    pin: Pin | None = None
    """The second person's PIN."""
    adjust_id: Code | None = None
    """The POS's own id of it, so that a retry changes nothing twice."""
    lane: Code | None = None
    """The lane it is done at."""

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.points == 0:
            raise ValueError("points must not be 0")
        return self


class AdjustAnswer(Value):
    """The answer to an adjustment."""

    account: str
    """The account that was adjusted."""
    points: int
    """Whole points that were added, or taken away below zero."""
    reason: str
    """Why."""
    cashier: str
    """Who adjusted."""
    approver: str | None
    """The second person who agreed; null where none was needed."""
    lane: str | None
    """The lane it was done at."""
    adjust_id: str | None
    """The POS's own id of it."""
    balance: int | None
    """Active whole points after it; a debt is below zero."""
    journal: JournalPosition
    """Where the adjustment stands in the journal."""


class Adjusting:
    """The use case over one ledger, under one set of terms, with those who may approve."""

    def __init__(self, ledger: Ledger, terms: Terms, approvals: Approvals) -> None:
        self._ledger = ledger
        self._terms = terms
        self._approvals = approvals

    async def adjust(self, account: str, wanted: Adjustment) -> tuple[AdjustAnswer, bool]:
        """Change a balance; answers whether the same was asked before.

        Raises UnknownAccount, AdjustIdReused, ApprovalNeeded, TooManyPins, CashierLimit,
        InsufficientPoints, TooManyPoints.
        """
        known = await self._ledger.read(lambda view: _known(view, account, wanted))
        if known is not None:
            return _answer(known), True
        await self._approve(account, wanted)
        recorded, replay = await self._ledger.write(
            lambda transaction: _adjust(transaction, self._terms, account, wanted)
        )
        return _answer(recorded), replay

    async def _approve(self, account: str, wanted: Adjustment) -> None:
        """Hold that a second person agrees, where one is needed or was named.

        Before the transaction, which must not wait for a PIN. A wrong one is an entry of its own.
        """
        alone = abs(wanted.points) <= self._terms.adjust_alone_points
        if alone and wanted.approver is None and wanted.pin is None:
            return
        if wanted.approver is None or wanted.pin is None:
            raise ApprovalNeeded("a second person has to agree with a name and a PIN of their own")
        if wanted.approver.casefold() == wanted.cashier.casefold():
            raise ApprovalNeeded("nobody approves what they do themselves; ask a second person")
        try:
            await self._approvals.check(wanted.approver, wanted.pin.get_secret_value())
        except WrongPin as wrong:
            # A name that is nobody's may be anything, such as the PIN itself: it is not kept.
            reason = "" if wrong.approver is None else f"approver {wrong.approver}"
            fact = FlagActivity(
                flag="wrong_pin",
                account=account,
                cashier=wanted.cashier,
                lane=wanted.lane,
                reason=reason,
            )
            await self._ledger.write(lambda transaction: transaction.append(fact))
            raise


def _adjust(
    transaction: Transaction, terms: Terms, account: str, wanted: Adjustment
) -> tuple[Recorded, bool]:
    """Write an adjustment that was approved where it has to be."""
    known = _known(transaction, account, wanted)
    if known is not None:
        return known, True
    account, day = transaction.root(account), transaction.today
    _hold_limit(transaction, terms, wanted, day)
    if wanted.points > terms.room(transaction, account):
        raise TooManyPoints("an account cannot hold so many points")
    balance = transaction.balance(account) + wanted.points
    if wanted.points < 0 and balance < 0:
        usable = max(0, balance - wanted.points)
        raise InsufficientPoints(f"{usable} points are there; only a return leads into debt")
    lease = (
        terms.earned_lease(transaction, account, wanted.points)
        if wanted.points > 0
        else terms.taken_lease(transaction, account, -wanted.points)
    )
    fact = AdjustPoints(
        account=account,
        points=wanted.points,
        reason=wanted.reason,
        cashier=wanted.cashier,
        approver=wanted.approver,
        lease=lease,
        adjust_id=wanted.adjust_id,
        balance=balance,
        lane=wanted.lane,
    )
    return transaction.append(fact, counts_on=transaction.counts_on), False


def _hold_limit(view: View, terms: Terms, wanted: Adjustment, day: date) -> None:
    """Hold that a cashier stays within a business date's points. Raises CashierLimit."""
    adjusted = view.adjusted_by(wanted.cashier, day.isoformat())
    left = max(0, terms.adjust_day_points - adjusted)
    if abs(wanted.points) > left:
        raise CashierLimit(f"this cashier may adjust {left} more points on this business date")


def _known(view: View, account: str, wanted: Adjustment) -> Recorded | None:
    """Find an adjustment by its id. Raises UnknownAccount, AdjustIdReused."""
    if not view.knows(account):
        raise UnknownAccount("nobody has this account here")
    place = None if wanted.adjust_id is None else view.adjustment(wanted.adjust_id)
    if place is None:
        return None
    recorded = view.entry_at(*place)
    if recorded is None:
        raise AdjustIdReused("an adjustment with this id is recorded, and no longer kept here")
    fact = _fact_of(recorded)
    if fact.points != wanted.points or not view.is_same_member(fact.account, account):
        raise AdjustIdReused("another adjustment has this id; give this one an id of its own")
    return recorded


def _answer(recorded: Recorded) -> AdjustAnswer:
    """Build the answer from the entry alone, so that a retry gets the same to the byte."""
    fact = _fact_of(recorded)
    return AdjustAnswer(
        account=fact.account,
        points=fact.points,
        reason=fact.reason,
        cashier=fact.cashier,
        approver=fact.approver,
        lane=fact.lane,
        adjust_id=fact.adjust_id,
        balance=fact.balance,
        journal=JournalPosition.of(recorded.position),
    )


def _fact_of(recorded: Recorded) -> AdjustPoints:
    fact = recorded.entry.fact
    assert isinstance(fact, AdjustPoints), "adjustments point at their entries"  # noqa: S101
    return fact
