"""A comparison of two programs says who gets how much more or less, and what it is worth."""

import pytest
from small_programs import basket, program

from agent.core.program import Program
from agent.tools.shadow import Comparison, Moved, Shadow, burn_of

_DISCOUNT = """
[discount]
id = "off"
points = 100
worth_minor = {worth_minor}
step = 100
text = "Money off"
"""
_REWARDS = """
[[reward]]
id = "mug"
cost_points = 40
text = "A mug"
[[reward]]
id = "two-off"
cost_points = 60
value_minor = 200
text = "$2 off"
[[reward]]
id = "nine-off"
cost_points = 200
value_minor = 900
text = "$9 off"
"""


def _card(number: int) -> str:
    return f"em4100:{number:010X}"


def _compared(old: Program, new: Program, *amounts_minor: int) -> Comparison:
    """Compare two programs on a basket of each amount, each of a member's own."""
    shadow = Shadow(old, new)
    for number, amount_minor in enumerate(amounts_minor):
        shadow.take(basket(amount_minor, token=_card(number)))
    return shadow.comparison()


def test_points_are_worth_what_the_discount_says() -> None:
    """100 points that take 0.50 off make each worth half a cent, whatever rewards there are."""
    burn = burn_of(program(_DISCOUNT.format(worth_minor=50) + _REWARDS))
    assert burn is not None
    assert (burn.by, burn.a_point_minor * 2) == ("off", 1)


def test_points_are_worth_what_the_cheapest_reward_with_a_value_says() -> None:
    """Without a discount it is the cheapest reward that takes money off: 60 points for 2.00."""
    found = _compared(program(_REWARDS), program(_REWARDS), 9_000)
    assert found.old.burn is not None
    assert found.old.burn.by == "two-off"
    assert found.old.liability_minor == 300


def test_the_worth_of_points_that_buy_no_money_is_unknown() -> None:
    """Where nothing takes money off, the worth is unknown, and so is its difference; not zero."""
    found = _compared(program(_REWARDS), program(), 9_000)
    assert found.new.liability_minor is None
    assert found.liability_minor is None
    assert found.new.totals.points == 90


def test_the_difference_is_in_points_and_in_money() -> None:
    """Twice the points at the same worth cost twice the money."""
    discount = _DISCOUNT.format(worth_minor=100)
    found = _compared(program(discount), program(discount, per_minor="50"), 1_000, 250)
    assert (found.old.totals.points, found.new.totals.points) == (12, 25)
    assert (found.old.liability_minor, found.new.liability_minor) == (12, 25)
    assert (found.liability_minor, found.unit) == (13, "points")


def test_members_better_and_worse_off_are_counted_with_how_much() -> None:
    """Each member's sum under both programs decides; half and nine in ten are at most so far."""
    dear = program("minimum_minor = 2000\n", per_minor="50")
    found = _compared(program(), dear, *(100 * dollars for dollars in (1, 5, 9, 20, 30, 0)))
    assert found.better == Moved(members=2, p50=20, p90=30)
    assert found.worse == Moved(members=3, p50=5, p90=9)
    assert found.members == 6


def test_a_members_baskets_are_added_up_first() -> None:
    """Who loses in one basket what another brings is as well off as before."""
    shadow = Shadow(
        program('exclude_skus = ["none"]\n'), program("minimum_minor = 500\npoints = 2\n")
    )
    for amount_minor in (300, 300, 600):
        shadow.take(basket(amount_minor))
    found = shadow.comparison()
    assert (found.better.members, found.worse.members, found.changed) == (0, 0, 3)


def test_where_a_point_is_worth_something_else_money_decides() -> None:
    """Twice as many points that are worth a quarter each leave a member with half."""
    old = program(_DISCOUNT.format(worth_minor=100))
    new = program(_DISCOUNT.format(worth_minor=25), per_minor="50")
    found = _compared(old, new, 1_000)
    assert found.unit == "minor"
    assert found.worse == Moved(members=1, p50=5, p90=5)
    assert found.most_changed[0].difference == -5
    assert found.better.members == 0


def test_the_ten_most_changed_baskets_are_shown() -> None:
    """The ten are those that gain or lose most, the most first, of like ones the first; each has
    its reasons under both programs.
    """
    amounts = (100, 900, 300, 1_200, 200, 1_100, 400, 1_000, 500, 800, 600, 700, 700)
    found = _compared(program(), program(per_minor="50"), *amounts)
    sums = [each.basket.sale.total_minor for each in found.most_changed]
    assert sums == [1_200, 1_100, 1_000, 900, 800, 700, 700, 600, 500, 400]
    assert [each.basket.sale.token for each in found.most_changed[5:7]] == [_card(11), _card(12)]
    first = found.most_changed[0]
    assert [(each.rule, each.points) for each in first.old.because] == [("base", 12)]
    assert [(each.rule, each.points) for each in first.new.because] == [("base", 24)]
    assert found.changed == 13


def test_the_same_program_changes_nothing() -> None:
    """A program beside itself changes no basket and no member."""
    found = _compared(program(), program(), 1_000, 250)
    assert (found.changed, found.most_changed, found.members) == (0, (), 2)
    assert found.better == found.worse == Moved(members=0, p50=0, p90=0)


def test_different_currencies_are_not_subtracted() -> None:
    """Pounds less dollars are neither: the difference is unknown, and points decide."""
    old = program(_DISCOUNT.format(worth_minor=100))
    new = program(_DISCOUNT.format(worth_minor=50), currency='"GBP"')
    found = _compared(old, new, 1_000)
    assert (found.liability_minor, found.unit, found.other_currency) == (None, "points", 1)


@pytest.mark.parametrize("token", [None, "em4100:2A00000001"])
def test_baskets_without_a_card_are_nobodys(token: str | None) -> None:
    """A basket without a card is counted, and neither a member's nor a changed one."""
    shadow = Shadow(program(), program(per_minor="50"))
    shadow.take(basket(1_000, token=token))
    found = shadow.comparison()
    assert found.without_card == (token is None)
    assert found.members == found.changed == (token is not None)
