"""What a till is told about a sale: a pure function of the entry that records it.

A retry, a restart or a replay therefore gives the same answer to the byte, and no second copy of
the answer has to be kept.
"""

from agent.core.accumulate import Because
from agent.core.entry import Position
from agent.core.facts import AccumulatePoints, SaleFlag, SaleStatus
from agent.core.values import Value

__all__ = ["RECEIPT_WIDTH", "JournalPosition", "SaleAnswer", "sale_answer"]

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


def _receipt(fact: AccumulatePoints, position: Position) -> tuple[str, ...]:
    reference = f"Ref {position}"
    if fact.status == "no_card":
        return (reference,)
    if fact.status == "unknown_card":
        return ("Card not known: no points", reference)
    assert fact.balance is not None, "an accumulated sale states the balance it left"  # noqa: S101
    return (
        _row("Points from this sale", fact.points),
        *(_row(f"  {reason.text}", reason.points) for reason in fact.because),
        *(("No points in this currency",) if "currency_mismatch" in fact.flags else ()),
        _row("Points balance", fact.balance),
        reference,
    )


def _row(label: str, points: int) -> str:
    number = f" {points}"
    room = RECEIPT_WIDTH - len(number)
    return f"{label[:room]:<{room}}{number}"
