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
from agent.core.stamp_cards import CardStamps
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
    """The life of the journal: one more each time the ledger is begun anew."""
    seq: int
    """The number of the entry in its epoch, from 1; 0 before the first."""
    hash: str
    """The chain's hash after that entry: SHA-256 in lower-case hex."""

    @classmethod
    def of(cls, position: Position) -> "JournalPosition":
        """Put a position in the form answers carry."""
        return cls(epoch=position.epoch, seq=position.seq, hash=position.hash.hex())


class SaleAnswer(Value):
    """The answer to a committed sale, or to its claim."""

    sale_id: str
    """The POS's own id of the sale."""
    status: SaleStatus
    """Whose sale it is: a member's, nobody's, or that of a card nobody has."""
    account: str | None
    """The member's account; null where there is none."""
    points: int
    """Whole points that the sale earned, pending ones included."""
    because: tuple[Because, ...]
    """Why: the points of each rule, which add up to `points`."""
    balance: int | None
    """The member's active points after it, below zero in debt; null without a member."""
    redeemed: int = 0
    """Whole points that redemptions took for this sale."""
    flags: tuple[SaleFlag, ...]
    """What head office will look at; it changes nothing at the till."""
    receipt: tuple[str, ...]
    """The lines to print, each at most as wide as the lane's paper."""
    journal: JournalPosition
    """Where the sale, or its claim, stands in the journal."""
    stamps: tuple[CardStamps, ...] = ()
    """The stamp cards that it added to, and what was given for full ones."""


class BackAnswer(Value):
    """The answer to a void or a return."""

    sale_id: str
    """The sale that came back."""
    return_id: str | None
    """The POS's own id of the return; null for a void."""
    status: Literal["returned", "voided"]
    """Whether part of the sale came back or all of it was called off."""
    lane: str | None
    """The lane that it counts at."""
    account: str | None
    """The member's account; null where there is none."""
    points_taken: int
    """Whole points taken back of what the sale earned."""
    points_given_back: int
    """Whole points given back of what was redeemed for the sale."""
    balance: int | None
    """The member's active points after it, below zero in debt; null without a member."""
    flags: tuple[str, ...]
    """What head office will look at; it changes nothing at the till."""
    receipt: tuple[str, ...]
    """The lines to print, each at most as wide as the lane's paper."""
    journal: JournalPosition
    """Where the void or return stands in the journal."""
    stamps: tuple[CardStamps, ...] = ()
    """The stamp cards that it took stamps from."""


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
        stamps=CardStamps.of(fact.stamps),
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
        stamps=CardStamps.of(fact.stamps),
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
        stamps=CardStamps.of(fact.stamps),
    )
