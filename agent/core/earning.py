"""What one earn rule gives for one basket."""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple, Self

from agent.core.basket import REWARD, Line, Sale
from agent.core.program import EarnRule
from agent.core.program.parts import Lines, as_fraction

__all__ = [
    "Bought",
    "Worth",
    "bought_thousandths",
    "paid_minor",
    "thousandths",
    "unpaid_by_rule",
    "worth_of",
]


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
    rule: EarnRule,
    bought: Bought,
    unpaid_minor: int,
    tier: str | None,
    lines: tuple[int, ...] | None = None,
) -> Worth | None:
    """Apply a rule to what was paid for the lines it counts, or for those of them in ``lines``;
    None where there is no such line. The least that the rule wants is of all lines it counts, and
    not asked of some.

    Negative lines (a coupon, a bottle returned) lower what was really paid, and so does what was
    paid with points, ``unpaid_minor``, and with tenders that the rule leaves out.
    """
    counted = rule.taken(bought.sale.lines, bought.categories) if lines is None else lines
    if not counted:
        return None
    money_minor = paid_minor(rule, bought, counted, unpaid_minor)
    basis: int = money_minor
    exact: int | Fraction = 0
    least_minor = rule.minimum_minor if lines is None else 0
    if 0 < money_minor >= least_minor:
        unpaid_minor += _left_out_minor(rule, bought.sale)
        basis, exact = _exactly(rule, bought.sale, counted, (money_minor, unpaid_minor), tier)
    return Worth(
        rule=rule.id, text=rule.text, lines=counted, basis=basis, exact=exact, points=int(exact)
    )


def paid_minor(rule: EarnRule, bought: Bought, counted: Sequence[int], unpaid_minor: int) -> int:
    """Answer what was paid for lines in money that the rule counts, never below zero."""
    sale, amounts_minor = bought.sale, bought.amounts_minor
    paid = sum([amounts_minor[index] for index in counted]) - unpaid_minor
    if rule.before_tax:
        paid -= sum(sale.lines[index].tax_minor for index in counted)
    if rule.before_discount:
        paid += sum(sale.lines[index].discount_minor for index in counted)
    return max(0, paid - _left_out_minor(rule, sale))


def unpaid_by_rule(rules: Sequence[Lines], bought: Bought) -> dict[str, int]:
    """Answer by rule what of the money that points paid lowers what it counts.

    Lines bear it once: those of the first rule in the file as much as they come to, then the others
    of the next one. So it lowers every rule but one whose lines others have borne it for.
    """
    unpaid_minor = bought.unpaid_minor
    if not unpaid_minor or len(rules) == 1:
        return dict.fromkeys([rule.id for rule in rules], unpaid_minor)
    counted = {rule.id: rule.taken(bought.sale.lines, bought.categories) for rule in rules}
    first: dict[int, str] = {}
    for name, lines in counted.items():
        first.update({index: name for index in lines if index not in first})
    left_minor, borne_minor = unpaid_minor, dict.fromkeys(counted, 0)
    for name in counted:
        own_minor = sum(bought.amounts_minor[index] for index, of in first.items() if of == name)
        borne_minor[name] = min(left_minor, max(0, own_minor))
        left_minor -= borne_minor[name]
    return {
        name: unpaid_minor
        - sum(borne_minor[other] for other in borne_minor.keys() - {first[each] for each in lines})
        for name, lines in counted.items()
    }


def _left_out_minor(rule: EarnRule, sale: Sale) -> int:
    """Answer what was paid with tenders that the rule leaves out."""
    if not rule.exclude_tenders:
        return 0
    left_out = [each for each in sale.tenders if each.kind in rule.exclude_tenders]
    return max(0, sum(each.amount_minor for each in left_out))


def thousandths(quantity: str) -> int:
    """Read a quantity of up to three places as whole thousandths.

    >>> thousandths("2.5"), thousandths("3")
    (2500, 3000)
    """
    whole, _, places = quantity.partition(".")
    return int(whole) * 1000 + int(places.ljust(3, "0") or 0)


def _exactly(
    rule: EarnRule, sale: Sale, counted: Sequence[int], paid: tuple[int, int], tier: str | None
) -> tuple[int, int | Fraction]:
    """Answer what is counted, and the points for it before a fraction is dropped.

    ``paid`` is the money that counts and what of the lines' money does not, in minor units.
    """
    money_minor, unpaid_minor = paid
    if rule.per_visit:
        return 1, rule.points
    if rule.steps:
        reached = [step.points for step in rule.steps if step.from_minor <= money_minor]
        return money_minor, reached[-1] if reached else 0
    if rule.per_minor is not None:
        basis, unit = money_minor, rule.per_minor
    else:
        assert rule.per_quantity is not None  # noqa: S101 - the rule itself holds that
        lines = [sale.lines[index] for index in counted]
        basis, unit = bought_thousandths(lines, unpaid_minor), thousandths(rule.per_quantity)
    if not rule.tier_rates:
        return basis, basis // unit * rule.points
    rate = rule.tier_rates.get(tier or "")
    factor = as_fraction(rate or "1")
    return basis, Fraction(basis * rule.points * factor.numerator, unit * factor.denominator)


def bought_thousandths(lines: Sequence[Line], unpaid_minor: int) -> int:
    """Answer the quantity of lines in thousandths, less what came back and what points paid.

    A line below zero gives goods back where the basket has such an article, and else it is a
    coupon: it makes goods cheaper, not fewer.
    """
    goods = [line for line in lines if line.amount_minor > 0]
    articles = {line.sku for line in goods}
    back = [line for line in lines if line.amount_minor < 0 and line.sku in articles]
    quantity = sum(thousandths(line.quantity) for line in goods)
    quantity -= sum(thousandths(line.quantity) for line in back)
    return max(0, quantity - _not_paid(goods, unpaid_minor))


def _not_paid(goods: Sequence[Line], unpaid_minor: int) -> int:
    """Answer what quantity, in thousandths, was not paid with money.

    It is of the dearest goods: a drink that points paid is one drink, whatever the others cost.
    """
    if not unpaid_minor:
        return 0
    by_price = [(Fraction(each.amount_minor, thousandths(each.quantity)), each) for each in goods]
    quantity = 0
    for _, line in sorted(by_price, key=lambda priced: priced[0], reverse=True):
        minor = min(unpaid_minor, line.amount_minor)
        unpaid_minor -= minor
        quantity += -(-thousandths(line.quantity) * minor // line.amount_minor)
    return quantity
