"""A replay judges each basket with what its member has by then, as a till would have."""

import pytest
from small_programs import basket, program

from agent.tools.baskets import BadBaskets
from agent.tools.replay import Replay

_OTHER = "em4100:2A00000002"

_TIERS = """
tier_rates = {{ gold = "2" }}
[tiers]
count = "{count}"
period = "rolling"
months = 12
keep = "months"
keep_months = 12
[[tiers.tier]]
id = "green"
reach = 0
text = "Green"
[[tiers.tier]]
id = "gold"
reach = {reach}
text = "Gold"
"""

_BONUS = """
[[promotion]]
id = "more"
bonus = 10
text = "10 more"
"""


@pytest.mark.parametrize(("count", "reach"), [("points", 30), ("spend", 3_000)])
def test_a_tier_counts_from_the_basket_after_it(count: str, reach: int) -> None:
    """The basket that reaches a tier earns by the one before; the next earns by the new one, and
    another member's does not.
    """
    replay = Replay(program(_TIERS.format(count=count, reach=reach)))
    baskets = [basket(2_900), basket(100), basket(1_000), basket(1_000, token=_OTHER)]
    assert [replay.judge(each).points for each in baskets] == [29, 1, 20, 10]


def test_a_tier_that_was_kept_to_its_end_is_left() -> None:
    """A year after the last purchase a member earns by the lowest tier again."""
    replay = Replay(program(_TIERS.format(count="points", reach=30)))
    days = ["2026-03-02", "2026-03-03", "2027-03-01", "2028-06-01"]
    points = [replay.judge(basket(3_000, day=day)).points for day in days]
    assert points == [30, 60, 60, 30]


@pytest.mark.parametrize(("day", "next_points"), [("2027-03-01", 2), ("2027-03-02", 1)])
def test_a_periods_first_day_counts(day: str, next_points: int) -> None:
    """Twelve months up to a day begin on the day after the same date, and that one counts whole."""
    replay = Replay(program(_TIERS.format(count="points", reach=30)))
    replay.judge(basket(2_000, day="2026-03-02"))
    replay.judge(basket(1_000, day=day))
    assert replay.judge(basket(100, day=day)).points == next_points


def test_a_first_purchase_is_a_members_first_basket() -> None:
    """What is given for the first purchase is given once to each member."""
    replay = Replay(program(_BONUS + 'occasion = "first_purchase"\n'))
    baskets = [basket(100), basket(100), basket(100, token=_OTHER), basket(100, token=_OTHER)]
    assert [replay.judge(each).points for each in baskets] == [11, 1, 11, 1]


@pytest.mark.parametrize(
    ("caps", "points"),
    [
        ("times_per_day = 1", [11, 1, 11]),
        ("times_in_all = 2", [11, 11, 1]),
        ("points_per_day = 15", [11, 6, 11]),
        ("points_in_all = 25", [11, 11, 6]),
    ],
)
def test_caps_hold_for_a_member(caps: str, points: list[int]) -> None:
    """Caps of a day count the baskets of a business date, the others all of a member's."""
    replay = Replay(program(f"{_BONUS}caps = {{ {caps} }}\n"))
    days = ["2026-03-02", "2026-03-02", "2026-03-03"]
    assert [replay.judge(basket(100, day=day)).points for day in days] == points
    assert replay.judge(basket(100, day=days[-1], token=_OTHER)).points == 11


def test_a_budget_is_a_stores_own() -> None:
    """What one store gave of a promotion with a budget leaves the other its allowance."""
    budget = "budget = { points = 100, stores = { s1 = 15, s2 = 10 } }\n"
    replay = Replay(program(_BONUS + budget))
    baskets = [
        basket(100),
        basket(100, token=_OTHER),
        basket(100),
        basket(100, store="s2"),
        basket(100, store="s3"),
        basket(100, store=None),
    ]
    assert [replay.judge(each).points for each in baskets] == [11, 6, 1, 11, 1, 1]


@pytest.mark.parametrize(
    ("limit", "points"), [("points_per_day = 15", [10, 5, 10]), ("sales_per_hour = 1", [10, 0, 10])]
)
def test_limits_count_the_baskets_before(limit: str, points: list[int]) -> None:
    """What goes beyond a limit of the day or the hour is withheld, and is counted as withheld."""
    replay = Replay(program(f"[limits]\n{limit}\n"))
    days = ["2026-03-02", "2026-03-02", "2026-03-03"]
    assert [replay.judge(basket(1_000, day=day)).points for day in days] == points
    assert replay.totals.points == sum(points)
    assert replay.totals.withheld == 30 - sum(points)


def test_an_hour_is_over_after_an_hour() -> None:
    """Sales of an hour are those of the sixty minutes before."""
    replay = Replay(program("[limits]\nsales_per_hour = 1\n"))
    assert [replay.judge(basket(100, hour=hour)).points for hour in (8, 9, 10)] == [1, 1, 1]


def test_a_basket_without_a_card_earns_nothing() -> None:
    """Nobody is given its points, and nobody's first purchase is over by it."""
    replay = Replay(program(_BONUS + 'occasion = "first_purchase"\n'))
    assert replay.judge(basket(100, token=None)).points == 0
    assert replay.judge(basket(100)).points == 11
    assert (replay.totals.baskets, replay.totals.earning) == (2, 1)


def test_amounts_are_taken_for_the_programs_currency() -> None:
    """A basket of another currency earns what the same amounts of the program's would."""
    assert Replay(program()).judge(basket(1_250, currency="EUR")).points == 12


def test_a_members_baskets_have_to_stand_in_order() -> None:
    """A basket of an earlier day than the member's last is refused with its place and the way out;
    another member's may be of any day.
    """
    replay = Replay(program())
    replay.judge(basket(100, day="2026-03-03"))
    replay.judge(basket(100, day="2026-03-02", token=_OTHER))
    with pytest.raises(BadBaskets, match=r"here:1: .*2026-03-03.*sort the file by business_date"):
        replay.judge(basket(100, day="2026-03-02"))


def test_totals_are_of_each_rule() -> None:
    """The totals tell baskets, points and the points of each rule."""
    replay = Replay(program(_BONUS))
    for amount_minor in (50, 1_000):
        replay.judge(basket(amount_minor))
    assert replay.totals.rules == {"base": 10, "more": 20}
    assert (replay.totals.baskets, replay.totals.points) == (2, 30)
