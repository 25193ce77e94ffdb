"""What a till is told about a sale: a pure function of the entry that records it.

A retry, a restart or a replay therefore gives the same answer to the byte, and no second copy of
the answer has to be kept.
"""

from typing import Literal

from agent.core.accumulate import Because
from agent.core.entry import Position
from agent.core.facts import AccumulatePoints, ClaimSale, ReturnSale, SaleFlag, SaleStatus, VoidSale
from agent.core.values import Value

__all__ = [
    "RECEIPT_WIDTH",
    "BackAnswer",
    "JournalPosition",
    "SaleAnswer",
    "back_answer",
    "claim_answer",
    "sale_answer",
]

RECEIPT_WIDTH = 32
"""Characters a line on the narrowest common receipt printer (58 mm paper, font A)."""


class JournalPosition(Value):
    """A place in this device's journal; ``hash`` is SHA-256 in lower-case hex."""

    epoch: int
    seq: int
    hash: str

    @classmethod
    def of(cls, position: Position) -> "JournalPosition":
        """Put a position in the form answers carry."""
        return cls(epoch=position.epoch, seq=position.seq, hash=position.hash.hex())


class SaleAnswer(Value):
    """The answer to a committed sale. ``receipt`` is the lines to print, at most 32 wide."""

    sale_id: str
    status: SaleStatus
    account: str | None
    points: int
    because: tuple[Because, ...]
    balance: int | None
    flags: tuple[SaleFlag, ...]
    receipt: tuple[str, ...]
    journal: JournalPosition


class BackAnswer(Value):
    """The answer to a void or a return: what was taken back of what the sale earned, and what it
    had redeemed was given back. ``receipt`` is the lines to print.
    """

    sale_id: str
    return_id: str | None
    status: Literal["returned", "voided"]
    lane: str | None
    account: str | None
    points_taken: int
    points_given_back: int
    balance: int | None
    receipt: tuple[str, ...]
    journal: JournalPosition


def sale_answer(fact: AccumulatePoints, position: Position) -> SaleAnswer:
    """Build the answer for a sale recorded at ``position``."""
    return SaleAnswer(
        sale_id=fact.sale_id,
        status=fact.status,
        account=fact.account,
        points=fact.points,
        because=fact.because,
        balance=fact.balance,
        flags=fact.flags,
        receipt=_receipt(fact, position),
        journal=JournalPosition.of(position),
    )


def claim_answer(fact: ClaimSale, position: Position) -> SaleAnswer:
    """Build the answer for a sale that was given to a member by the entry at ``position``."""
    return SaleAnswer(
        sale_id=fact.sale_id,
        status="accumulated",
        account=fact.account,
        points=fact.points,
        because=fact.because,
        balance=fact.balance,
        flags=(),
        receipt=_earned(fact, position),
        journal=JournalPosition.of(position),
    )


def back_answer(fact: ReturnSale | VoidSale, position: Position) -> BackAnswer:
    """Build the answer for a void or a return recorded at ``position``."""
    taken = fact.from_active + fact.from_pending
    rows = (
        *((_row("Points taken back", -taken),) if taken else ()),
        *((_row("Points given back", fact.given_back),) if fact.given_back else ()),
        *((_row("Points balance", fact.balance),) if fact.balance is not None else ()),
    )
    return BackAnswer(
        sale_id=fact.sale_id,
        return_id=fact.return_id if isinstance(fact, ReturnSale) else None,
        status="returned" if isinstance(fact, ReturnSale) else "voided",
        lane=fact.lane,
        account=fact.account,
        points_taken=taken,
        points_given_back=fact.given_back,
        balance=fact.balance,
        receipt=(*rows, _reference(position)),
        journal=JournalPosition.of(position),
    )


def _receipt(fact: AccumulatePoints, position: Position) -> tuple[str, ...]:
    if fact.status == "no_card":
        return (_reference(position),)
    if fact.status == "unknown_card":
        return ("Card not known: no points", _reference(position))
    return _earned(fact, position)


def _earned(fact: AccumulatePoints | ClaimSale, position: Position) -> tuple[str, ...]:
    assert fact.balance is not None, "a sale with a member states the balance it left"  # noqa: S101
    flags = fact.flags if isinstance(fact, AccumulatePoints) else ()
    waits = fact.pending_until
    return (
        _row("Points from this sale", fact.points),
        *(_row(f"  {reason.text}", reason.points) for reason in fact.because),
        *(("No points in this currency",) if "currency_mismatch" in flags else ()),
        *((f"They count from {waits}",) if waits is not None else ()),
        _row("Points balance", fact.balance),
        _reference(position),
    )


def _reference(position: Position) -> str:
    return f"Ref {position}"


def _row(label: str, points: int) -> str:
    number = f" {points}"
    room = RECEIPT_WIDTH - len(number)
    return f"{label[:room]:<{room}}{number}"
