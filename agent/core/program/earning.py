"""Accrual rules: what a sale earns by itself, whoever buys and whenever."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from agent.core.basket import Quantity
from agent.core.mistakes import Amiss, Finding
from agent.core.program.parts import Lines, Rate
from agent.core.values import Code, Points, Value

__all__ = ["EarnRule", "Step", "TenderKind"]

_Count = Annotated[Points, Field(ge=1, le=1_000_000)]
_Money = Annotated[int, Field(strict=True, ge=0, le=10**12)]

TenderKind = Literal["cash", "card", "voucher", "gift_card", "other"]
"""Ways of paying that may earn nothing; ``points`` has a rule of its own for the whole program."""


class Step(Value):
    """So many points from so much money on."""

    from_minor: Annotated[int, Field(strict=True, ge=1, le=10**12)]
    """From so much money on, in minor units."""
    points: _Count
    """So many points for the sale."""


class EarnRule(Lines):
    """Points for what one sale bought of the lines that the rule is about.

    It says one of four: ``points`` for every whole ``per_minor`` of money; for every whole
    ``per_quantity`` (of litres, or pieces); once for each sale, ``per_visit``; or by the highest of
    the ``steps`` that the money reaches. ``tier_rates`` multiply what money or quantity bring, and
    fractions of a unit count with them: 19.99 at 1.2 per 1.00 is 23. Fractions of a point are
    dropped once for each sale and rule, never line by line.

    Money is what was paid, after discount and with tax; ``before_tax`` leaves the tax out and
    ``before_discount`` puts the discount back. What ``exclude_tenders`` paid earns nothing. Below
    ``minimum_minor`` of such money the rule gives nothing at all.
    """

    points: _Count = 1
    """Points for each `per_minor`, `per_quantity` or visit; default 1."""
    per_minor: Annotated[int, Field(strict=True, ge=1, le=10**12)] | None = None
    """Points for every whole so many minor units: 100 is every 1.00."""
    per_quantity: Quantity | None = None
    """Points for every whole so many pieces, or litres of fuel: "2" or "0.5"."""
    per_visit: Annotated[bool, Field(strict=True)] = False
    """true: once for each sale."""
    steps: tuple[Step, ...] = ()
    """Points by the highest step that the money reaches."""
    tier_rates: dict[Code, Rate] = Field(default_factory=dict)
    """What points are multiplied by in a tier: { gold = "1.2" }."""
    tiers: frozenset[Code] = frozenset()
    """Only for members of these tiers."""
    minimum_minor: _Money = 0
    """Below so much money, in minor units, the rule gives nothing."""
    before_tax: Annotated[bool, Field(strict=True)] = False
    """true: the tax does not count."""
    before_discount: Annotated[bool, Field(strict=True)] = False
    """true: what a discount took off counts."""
    exclude_tenders: frozenset[TenderKind] = frozenset()
    """What was paid so earns nothing."""

    @model_validator(mode="after")
    def _it_makes_sense(self) -> Self:
        if found := list(self._amiss()):
            raise Amiss(*found)
        return self

    def _amiss(self) -> Iterator[Finding]:
        ways = (self.per_minor, self.per_quantity, self.per_visit or None, self.steps or None)
        if sum(way is not None for way in ways) != 1:
            fix = "write per_minor, per_quantity, per_visit = true or [[earn.steps]]"
            yield Finding((), "say what it counts, and one thing alone", fix)
        if self.tier_rates and (self.per_visit or self.steps):
            what = "tier_rates go with per_minor or per_quantity"
            yield Finding(("tier_rates",), what, "take them out")
        if self.per_quantity is not None and float(self.per_quantity) == 0:
            yield Finding(("per_quantity",), "it must be above zero", 'write "1" for each piece')
        money = [step.from_minor for step in self.steps]
        if money != sorted(set(money)):
            fix = "begin with the smallest from_minor, each larger than the last"
            yield Finding(("steps",), "the steps do not rise", fix)
