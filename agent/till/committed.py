"""What a till answers to a sale or a claim, and what else its lane has to know of it."""

from dataclasses import dataclass

from agent.core.answer import SaleAnswer

__all__ = ["Committed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Committed:
    """A sale's answer, whether it had been given before, the lane that a claim counts at and
    whether it was made by telephone, and the redemptions that were captured with it now.
    """

    answer: SaleAnswer
    replay: bool
    lane: str | None = None
    by_phone: bool = False
    captured: tuple[str, ...] = ()
