"""A tier that was reached is kept as long as the program says, whatever higher one ends before."""

from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.core.calendar import months_after
from agent.core.program import Tier, TierRules
from agent.core.tiers import Standing, period_began, standing_on

_TIERS = (
    Tier(id="low", text="Low", reach=0),
    Tier(id="middle", text="Middle", reach=100),
    Tier(id="high", text="High", reach=1000),
)
BY_YEAR = TierRules(count="points", period="calendar_year", keep="next_year", tier=_TIERS)
BY_MONTHS = TierRules(count="points", period="rolling", keep="months", tier=_TIERS)


def standing(
    rules: TierRules, before: Standing | None, got: dict[date, int], day: date
) -> Standing:
    """Where a member stands who got points on days."""
    return standing_on(
        rules, before, lambda first: sum(p for on, p in got.items() if first <= on <= day), day
    )


HIGH_TO_2026 = Standing(tier="high", since=date(2025, 6, 1), kept_until=date(2026, 12, 31))


def test_what_was_reached_below_a_higher_tier_is_kept_its_time() -> None:
    """Middle that was reached in the last year of high is kept in the next, to its own end."""
    now = standing(BY_YEAR, HIGH_TO_2026, {date(2026, 3, 1): 100}, date(2027, 1, 1))
    until = date(2027, 12, 31)
    assert now == Standing(tier="middle", since=date(2027, 1, 1), kept_until=until)
    assert standing(BY_YEAR, now, {date(2026, 3, 1): 100}, until) == now
    later = standing(BY_YEAR, now, {date(2026, 3, 1): 100}, date(2028, 1, 1))
    assert later == Standing(tier="low", since=date(2028, 1, 1))


def test_it_is_kept_anew_by_as_much_in_its_own_year() -> None:
    """Also where last year's points had brought it."""
    before = Standing(tier="middle", since=date(2027, 1, 1), kept_until=date(2027, 12, 31))
    now = standing(BY_YEAR, before, {date(2027, 5, 1): 100}, date(2027, 5, 1))
    assert now == Standing(tier="middle", since=date(2027, 5, 1), kept_until=date(2028, 12, 31))
    assert standing(BY_YEAR, now, {date(2027, 5, 1): 200}, date(2027, 5, 2)) == now


def test_a_tier_that_was_reached_again_unseen_is_kept_to_its_new_end() -> None:
    """High in 2025 and in 2026, asked for in 2027 for the first time: high to the end of it."""
    now = standing(BY_YEAR, HIGH_TO_2026, {date(2026, 3, 1): 1000}, date(2027, 1, 1))
    until = date(2027, 12, 31)
    assert now == Standing(tier="high", since=date(2027, 1, 1), kept_until=until)


def test_one_step_down_is_one_step_for_everybody() -> None:
    """With ``down = "one"``, from high to middle, for no shorter time where middle was reached."""
    soft = BY_YEAR.model_copy(update={"down": "one"})
    until = date(2028, 12, 31)
    fallen = standing(soft, HIGH_TO_2026, {}, date(2027, 1, 1))
    assert fallen == Standing(tier="middle", since=date(2027, 1, 1), kept_until=until)
    reached = standing(soft, HIGH_TO_2026, {date(2026, 3, 1): 100}, date(2027, 1, 1))
    assert reached == fallen


@pytest.mark.parametrize("rules", [BY_YEAR, BY_MONTHS])
def test_the_lowest_tier_dates_from_its_first_day(rules: TierRules) -> None:
    """It is not entered again with every sale and every year."""
    low = Standing(tier="low", since=date(2025, 1, 2))
    for day in (date(2025, 1, 2), date(2025, 1, 3), date(2028, 2, 29)):
        assert standing(rules, low, {day: 99}, day) == low


def test_a_tier_that_the_period_still_brings_stays() -> None:
    """Where it is kept for a shorter time than its points count."""
    short = BY_MONTHS.model_copy(update={"keep_months": 1})
    before = Standing(tier="middle", since=date(2026, 1, 10), kept_until=date(2026, 2, 9))
    assert standing(short, before, {date(2026, 1, 10): 100}, date(2026, 3, 1)) == before


@example(day=date(2026, 3, 31), months=1)
@given(day=st.dates(date(1970, 1, 1), date(2199, 1, 1)), months=st.integers(1, 60))
def test_points_count_for_whole_months(day: date, months: int) -> None:
    """From their day up to the day before the same one so many months later, 29 February or not."""
    began = period_began(BY_MONTHS.model_copy(update={"months": months}), day)
    assert months_after(began, months) > day
    assert months_after(began - timedelta(1), months) <= day


def test_the_first_years_of_all_have_no_year_before() -> None:
    """A day in them is no mistake."""
    first, second = date(1, 6, 1), date(2, 6, 1)
    assert period_began(BY_MONTHS, first) == date.min
    assert period_began(BY_MONTHS, second) == date.min
    assert period_began(BY_MONTHS, date(3, 6, 1)) == date(2, 6, 2)
    for rules in (BY_YEAR, BY_MONTHS):
        assert standing(rules, None, {first: 99}, first) == Standing(tier="low", since=first)
