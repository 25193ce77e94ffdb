"""The notebook: what the people at the tills were answered, kept outside every machine."""

from dataclasses import dataclass, field

from agent.core.basket import Sale
from agent.core.entry import Position

__all__ = ["Answered", "Notebook", "Redeemed", "Sold", "Voucher"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """One answer that a till got: what it rests on, and from which disk."""

    what: str
    subject: str
    store: str
    disk: int
    """Which disk answered; a clone and a disk that was set back are disks of their own."""
    position: Position
    text: str
    """The answer without what moves on, to compare a repeat with."""


@dataclass(slots=True)
class Sold:
    """A sale of some till."""

    sale_id: str
    sale: Sale
    store: str
    token: str | None
    left_minor: int
    voided: bool = False


@dataclass(slots=True)
class Redeemed:
    """A redemption of some till, and how the till believes it stands."""

    redemption_id: str
    store: str
    token: str
    points: int
    open: bool = True


@dataclass(slots=True)
class Voucher:
    """A voucher that somebody has: whoever knows the code may show it."""

    code: str
    store: str
    worth_minor: int
    held: list[str] = field(default_factory=list)
    """The redemptions under which tills hold it, as they believe."""


@dataclass(slots=True)
class Notebook:
    """Everything that was answered."""

    answers: list[Answered] = field(default_factory=list)
    sales: list[Sold] = field(default_factory=list)
    redemptions: list[Redeemed] = field(default_factory=list)
    vouchers: list[Voucher] = field(default_factory=list)
    told: dict[tuple[int, str, str], str] = field(default_factory=dict)
    """What a disk answered, by what was asked and of which subject."""
