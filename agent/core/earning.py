"""What one earn rule gives for one basket."""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple, Self

from agent.core.basket import REWARD, Sale
from agent.core.program import EarnRule
from agent.core.program.parts import as_fraction

__all__ = ["Bought", "Worth", "paid_minor", "thousandths", "worth_of"]


class Bought(NamedTuple):
    """A sale with what all rules ask of its lines, read once: reading a checked value's field takes
    longer than whatever a rule does with it. ``unpaid_minor`` is what points paid for.
    """

    sale: Sale
    categories: list[str]
    amounts_minor: list[int]
    unpaid_minor: int

    @classmethod
    def of(cls, sale: Sale, *, redeemed_part_earns: bool) -> Self:
        """Read a sale. Where what points paid for earns too, nothing of it is unpaid."""
        categories = [line.category for line in sale.lines]
        by_points = REWARD in categories or "points" in [tender.kind for tender in sale.tenders]
        return cls(
            sale=sale,
            categories=categories,
            amounts_minor=[line.amount_minor for line in sale.lines],
            unpaid_minor=(
                sale.paid_with_points_minor if by_points and not redeemed_part_earns else 0
            ),
        )


class Worth(NamedTuple):
    """What a rule gives: ``points`` is ``exact`` without its fraction, unless a cap lowered it.

    ``basis`` is what was counted for it: money in minor units, thousandths of a quantity, or 1.
    """

    rule: str
    text: str
    lines: tuple[int, ...]
    basis: int
    exact: int | Fraction
    points: int


def worth_of(
    rule: EarnRule, bought: Bought, tier: str | None, lines: tuple[int, ...] | None = None
) -> Worth | None:
    """Apply a rule to what was paid for the lines it counts, or for those of them in ``lines``;
    None where there is no such line.

    Negative lines (a coupon, a bottle returned) lower what was really paid, and so does what was
    paid with points, and with tenders that the rule leaves out.
    """
    counted = rule.taken(bought.sale.lines, bought.categories) if lines is None else lines
    if not counted:
        return None
    money_minor = paid_minor(rule, bought, counted)
    basis: int = money_minor
    exact: int | Fraction = 0
    if 0 < money_minor >= rule.minimum_minor:
        basis, exact = _exactly(rule, bought.sale, counted, money_minor, tier)
    return Worth(
        rule=rule.id, text=rule.text, lines=counted, basis=basis, exact=exact, points=int(exact)
    )


def paid_minor(rule: EarnRule, bought: Bought, counted: Sequence[int]) -> int:
    """Answer what was paid for lines in money that the rule counts, never below zero."""
    sale, amounts_minor = bought.sale, bought.amounts_minor
    paid = sum([amounts_minor[index] for index in counted]) - bought.unpaid_minor
    if rule.before_tax:
        paid -= sum(sale.lines[index].tax_minor for index in counted)
    if rule.before_discount:
        paid += sum(sale.lines[index].discount_minor for index in counted)
    if rule.exclude_tenders:
        left_out = [each for each in sale.tenders if each.kind in rule.exclude_tenders]
        paid -= max(0, sum(each.amount_minor for each in left_out))
    return max(0, paid)


def thousandths(quantity: str) -> int:
    """Read a quantity of up to three places as whole thousandths.

    >>> thousandths("2.5"), thousandths("3")
    (2500, 3000)
    """
    whole, _, places = quantity.partition(".")
    return int(whole) * 1000 + int(places.ljust(3, "0") or 0)


def _exactly(
    rule: EarnRule, sale: Sale, counted: Sequence[int], money_minor: int, tier: str | None
) -> tuple[int, int | Fraction]:
    """Answer what is counted, and the points for it before a fraction is dropped."""
    if rule.per_visit:
        return 1, rule.points
    if rule.steps:
        reached = [step.points for step in rule.steps if step.from_minor <= money_minor]
        return money_minor, reached[-1] if reached else 0
    if rule.per_minor is not None:
        basis, unit = money_minor, rule.per_minor
    else:
        assert rule.per_quantity is not None  # noqa: S101 - the rule itself holds that
        basis, unit = _bought(sale, counted, money_minor), thousandths(rule.per_quantity)
    if not rule.tier_rates:
        return basis, basis // unit * rule.points
    rate = rule.tier_rates.get(tier or "")
    factor = as_fraction(rate or "1")
    return basis, Fraction(basis * rule.points * factor.numerator, unit * factor.denominator)


def _bought(sale: Sale, counted: Sequence[int], money_minor: int) -> int:
    """Answer the quantity of lines in thousandths, less the share that points paid for."""
    goods = [line for line in (sale.lines[index] for index in counted) if line.amount_minor > 0]
    quantity = sum(thousandths(line.quantity) for line in goods)
    whole_minor = sum(line.amount_minor for line in goods)
    return quantity if money_minor >= whole_minor else quantity * money_minor // whole_minor
