"""What a till is told about a sale: a pure function of the entry that records it, and of the paper
that its lane prints on.

A retry, a restart or a replay therefore gives the same answer to the byte, and no second copy of
the answer has to be kept.
"""

from typing import Literal

from agent.core.accumulate import Because
from agent.core.entry import Position
from agent.core.facts import AccumulatePoints, ClaimSale, ReturnSale, SaleFlag, SaleStatus, VoidSale
from agent.core.flags import flags_of
from agent.core.receipt import PLAIN, Paper, receipt
from agent.core.values import Value

__all__ = [
    "BackAnswer",
    "JournalPosition",
    "SaleAnswer",
    "back_answer",
    "claim_answer",
    "sale_answer",
]


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
    """The answer to a committed sale. ``receipt`` is the lines to print, as wide as
    the lane's paper."""

    sale_id: str
    status: SaleStatus
    account: str | None
    points: int
    because: tuple[Because, ...]
    balance: int | None
    redeemed: int = 0
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
    flags: tuple[str, ...]
    receipt: tuple[str, ...]
    journal: JournalPosition


def sale_answer(fact: AccumulatePoints, position: Position, paper: Paper = PLAIN) -> SaleAnswer:
    """Build the answer for a sale recorded at ``position``, for a lane with such paper."""
    return SaleAnswer(
        sale_id=fact.sale_id,
        status=fact.status,
        account=fact.account,
        points=fact.points,
        because=fact.because,
        balance=fact.balance,
        redeemed=fact.redeemed,
        flags=fact.flags,
        receipt=receipt(fact, position, paper),
        journal=JournalPosition.of(position),
    )


def claim_answer(fact: ClaimSale, position: Position, paper: Paper = PLAIN) -> SaleAnswer:
    """Build the answer for a sale that was given to a member by the entry at ``position``."""
    return SaleAnswer(
        sale_id=fact.sale_id,
        status="accumulated",
        account=fact.account,
        points=fact.points,
        because=fact.because,
        balance=fact.balance,
        flags=fact.flags,
        receipt=receipt(fact, position, paper),
        journal=JournalPosition.of(position),
    )


def back_answer(
    fact: ReturnSale | VoidSale, position: Position, paper: Paper = PLAIN
) -> BackAnswer:
    """Build the answer for a void or a return recorded at ``position``."""
    taken = fact.from_active + fact.from_pending
    return BackAnswer(
        sale_id=fact.sale_id,
        return_id=fact.return_id if isinstance(fact, ReturnSale) else None,
        status="returned" if isinstance(fact, ReturnSale) else "voided",
        lane=fact.lane,
        account=fact.account,
        points_taken=taken,
        points_given_back=fact.given_back,
        balance=fact.balance,
        flags=flags_of(fact),
        receipt=receipt(fact, position, paper),
        journal=JournalPosition.of(position),
    )
