"""What a sale earns, and why: the rules of a program applied to one basket.

Fractions are dropped once per sale and rule, after the qualifying lines have been added up;
dropping them line by line would cost the member up to a point a line.

The same function judges at the till, in a quote, at head office and in a replay. What it rests on
beside the basket is handed in as ``Circumstances``.

Cost: one pass over the lines for each earn rule, and for each promotion that applies and names
lines. Promotions of other days cost nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.core.again import Because, Then, left_of_gone
from agent.core.basket import Sale
from agent.core.earning import Bought, Worth, paid_minor, unpaid_by_rule, worth_of
from agent.core.program import Program
from agent.core.promoting import Circumstances, in_a_tier, promoted

__all__ = [
    "ANYBODY",
    "Because",
    "Circumstances",
    "Earned",
    "Then",
    "accumulate",
    "spend_minor",
    "worths",
]

ANYBODY = Circumstances()
"""A member of whom nothing is known, at no store of a name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Earned:
    """The points of one sale; ``because`` adds up to ``points``. What the program's limits took
    away is ``withheld``.
    """

    points: int
    because: tuple[Because, ...]
    withheld: int = 0


def accumulate(program: Program, sale: Sale, when: Circumstances = ANYBODY) -> Earned:
    """Judge a sale by the program. A sale in another currency earns nothing."""
    given, withheld = worths(program, sale, when)
    because = tuple(
        [
            Because(rule=each.rule, points=each.points, lines=each.lines, text=each.text)
            for each in given
        ]
    )
    points = sum([each.points for each in given])
    return Earned(points=points, because=because, withheld=withheld)


def spend_minor(program: Program, sale: Sale) -> int:
    """Answer the money of a sale that counts toward tiers: what its first rule of money counts.

    In another currency, and under a program without such a rule, none does.
    """
    rule = next((each for each in program.earn if each.per_minor is not None), None)
    if rule is None or sale.currency != program.currency:
        return 0
    bought = Bought.of(sale, redeemed_part_earns=program.redeemed_part_earns)
    counted = rule.taken(sale.lines, bought.categories)
    return paid_minor(rule, bought, counted, bought.unpaid_minor)


def worths(program: Program, sale: Sale, when: Circumstances = ANYBODY) -> tuple[list[Worth], int]:
    """Answer what each rule and promotion gives that gives any, and what limits withhold of it.

    Who is in no tier, of a program that has some, is in the lowest.
    """
    if sale.currency != program.currency:
        return [], 0
    given = _given(program, sale, in_a_tier(program, when))
    if when.again is not None:
        return given, 0
    withheld = max(0, sum([each.points for each in given]) - _room(program, when))
    return (_trimmed(given, withheld) if withheld else given), withheld


def _given(program: Program, sale: Sale, when: Circumstances) -> list[Worth]:
    bought = Bought.of(sale, redeemed_part_earns=program.redeemed_part_earns)
    tier, again = when.account.tier, when.again
    rules = [rule for rule in program.earn if not rule.tiers or tier in rule.tiers]
    unpaid = unpaid_by_rule(rules, bought)
    based = []
    for rule in rules:
        if again is not None and rule.id not in again.because:
            continue
        worth = worth_of(rule, bought, unpaid[rule.id], tier)
        if worth is None or worth.exact <= 0:
            continue
        if again is not None and worth.points > again.most(rule.id):
            worth = worth._replace(points=again.most(rule.id))
        based.append((rule, worth, unpaid[rule.id]))
    given = [worth for _, worth, _ in based if worth.points > 0]
    if program.promotion or when.pushed:
        given += promoted(program, bought, when, based)
    if again is not None:
        there = (*rules, *program.promotions_on(sale.business_date), *when.pushed)
        given += left_of_gone(again, sale, {each.id for each in there})
    return given


def _room(program: Program, when: Circumstances) -> int:
    """Answer how many points the program's limits leave room for in one sale."""
    limits, account = program.limits, when.account
    if limits.sales_per_hour is not None and account.sales_this_hour >= limits.sales_per_hour:
        return 0
    rooms = [_UNLIMITED]
    if limits.points_per_sale is not None:
        rooms.append(limits.points_per_sale)
    if limits.points_per_day is not None:
        rooms.append(max(0, limits.points_per_day - account.earned_today))
    return min(rooms)


_UNLIMITED = 10**15


def _trimmed(given: Sequence[Worth], withheld: int) -> list[Worth]:
    """Take points away, of what came last first: of promotions before what the basket earned."""
    kept: list[Worth] = []
    for each in reversed(given):
        taken = min(each.points, withheld)
        withheld -= taken
        if each.points > taken:
            kept.append(each._replace(points=each.points - taken) if taken else each)
    return kept[::-1]
