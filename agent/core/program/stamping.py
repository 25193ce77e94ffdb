"""Stamp cards: goods that are counted beside points, and a thing that so many of them bring."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from agent.core.calendar import days_after, months_after
from agent.core.instant import BusinessDate
from agent.core.mistakes import Amiss, Finding
from agent.core.program.parts import Lines, Texts, is_between
from agent.core.values import Code, Label

__all__ = ["StampCard"]

_Count = Annotated[int, Field(strict=True, ge=1, le=1_000)]


class StampCard(Lines):
    """A stamp for each whole piece of the goods that the card is about; ``stamps`` of them fill it,
    and a full card gives one thing, as a voucher that is good for ``good_months``.

    It collects from ``first_day`` to ``last_day``, for members of ``tiers``, and at most
    ``stamps_per_sale`` with one sale. ``text`` is what receipts call the stamps.
    """

    gives: Label
    """What a full card gives, in the first of the languages: "A coffee of your choice"."""
    gives_texts: Texts = Field(default_factory=dict)
    """The same in the other languages: { es = "…" }."""
    stamps: _Count
    """So many stamps fill the card: with 9 every tenth is free."""
    stamps_per_sale: _Count | None = None
    """A sale brings at most so many."""
    tiers: frozenset[Code] = frozenset()
    """Only for members of these tiers."""
    first_day: BusinessDate | None = None
    """The first business date on which it collects."""
    last_day: BusinessDate | None = None
    """The last business date on which it collects."""
    good_months: Annotated[int, Field(strict=True, ge=1, le=120)] | None = None
    """What a full card gives can be had for so many months; without it, always."""

    @model_validator(mode="after")
    def _it_can_collect(self) -> Self:
        if self.first_day and self.last_day and self.last_day < self.first_day:
            what = "last_day is before first_day, so it would never collect"
            raise Amiss(Finding(("last_day",), what, f"write {self.first_day} or later"))
        return self

    def collects(self, day: date, tier: str | None) -> bool:
        """Say whether a member of a tier collects stamps on a business date."""
        return is_between(self.first_day, day, self.last_day) and (
            not self.tiers or tier in self.tiers
        )

    def good_until(self, filled_on: date) -> date | None:
        """Answer the last day on which what a card gives can be had; None where it always can."""
        months = self.good_months
        return None if months is None else days_after(months_after(filled_on, months), -1)
