"""Tiers over years of buying, day by day, against a notebook that counts days one at a time."""

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from program_strategies import tier_rules

from agent.core.account import Account
from agent.core.program import EarnRule, Program, Tier, TierRules
from agent.core.tiers import Reached, Standing, next_tier, period_began, standing_on, tier_of

_BEGIN = date(2023, 11, 20)
_DAY = timedelta(days=1)
_HISTORIES = st.dictionaries(
    st.integers(0, 900).map(lambda days: _BEGIN + timedelta(days)),
    st.integers(1, 200),
    max_size=12,
)


def months_later(day: date, months: int) -> date:
    """The same day so many months later; where there is none, the first of the next month."""
    year, month = day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1
    try:
        return date(year, month, day.day)
    except ValueError:
        return date(year + month // 12, month % 12 + 1, 1)


def counts_on(rules: TierRules, earned_on: date, day: date) -> bool:
    """Say whether what was earned on one day counts on another."""
    if earned_on > day:
        return False
    if rules.period == "calendar_year":
        return earned_on.year == day.year
    return months_later(earned_on, rules.months) > day


def reached_by(history: Mapping[date, int], day: date) -> Reached:
    """What a member had earned by a day, from any day on."""
    return lambda first: sum(points for on, points in history.items() if first <= on <= day)


def live(rules: TierRules, history: Mapping[date, int], days: int) -> list[Standing]:
    """A member's standing on each day."""
    standing: Standing | None = None
    lived = []
    for count in range(days):
        day = _BEGIN + timedelta(count)
        standing = standing_on(rules, standing, reached_by(history, day), day)
        lived.append(standing)
    return lived


def kept_to(rules: TierRules, day: date) -> date:
    """The last day for which a tier that is reached on a day is kept."""
    if rules.keep == "next_year":
        return date(day.year + 1, 12, 31)
    return months_later(day, rules.keep_months) - _DAY


def of_last_year(
    rules: TierRules, history: Mapping[date, int], day: date, earned: int
) -> tuple[int, date]:
    """What a day brings, and up to when: what last year brought is kept in this one, where so."""
    if rules.period == "calendar_year" and rules.keep == "next_year":
        total = sum(points for on, points in history.items() if on.year == day.year - 1)
        place = sum(tier.reach <= total for tier in rules.tier) - 1
        if place > earned:
            return place, date(day.year, 12, 31)
    return earned, kept_to(rules, day)


def in_a_notebook(rules: TierRules, history: Mapping[date, int], days: int) -> list[str]:
    """The tier of each day, by counting every day's points anew."""
    place, since, kept, written = 0, _BEGIN, date.max, []
    for count in range(days):
        day = _BEGIN + timedelta(count)
        counting = {on: points for on, points in history.items() if counts_on(rules, on, day)}
        total = sum(counting.values())
        earned = sum(tier.reach <= total for tier in rules.tier) - 1
        if rules.period == "calendar_year":
            carried = rules.keep == "next_year" and kept == date(day.year, 12, 31)
            anew = since.year < day.year or carried
        else:
            since_then = sum(points for on, points in counting.items() if on > since)
            anew = since_then >= rules.tier[place].reach
        if earned > place or (earned == place > 0 and anew):
            place, since, kept = earned, day, kept_to(rules, day)
        elif place > 0 and day > kept + timedelta(rules.grace_days):
            left, until = of_last_year(rules, history, day, earned)
            if rules.down == "one" and left < place:
                left, until = place - 1, kept_to(rules, day)
            if earned != place:
                place, since, kept = left, day, until
        written.append(rules.tier[place].id)
    return written


@given(rules=tier_rules(), history=_HISTORIES)
@settings(max_examples=50)
def test_it_agrees_with_a_notebook(rules: TierRules, history: dict[date, int]) -> None:
    """Reached at once, kept, kept anew, lost after its grace, all at once or one by one."""
    assert [each.tier for each in live(rules, history, 900)] == in_a_notebook(rules, history, 900)


@given(rules=tier_rules(), history=_HISTORIES)
def test_nobody_loses_what_was_promised(rules: TierRules, history: dict[date, int]) -> None:
    """No tier below what the period brought; none lost before its last day and grace, and with
    ``one`` no two on one day; the lowest has no last day, and is not entered anew every day.
    """
    lived = live(rules, history, 700)
    for count, standing in enumerate(lived):
        day = _BEGIN + timedelta(count)
        total = sum(points for on, points in history.items() if counts_on(rules, on, day))
        place = rules.index(standing.tier)
        assert rules.tier[place].reach <= total or standing.kept_until is not None
        assert all(tier.reach > total for tier in rules.tier[place + 1 :])
        assert (standing.kept_until is None) == (place == 0)
    for count, (before, after) in enumerate(pairwise(lived), start=1):
        fell = rules.index(before.tier) - rules.index(after.tier)
        if fell > 0:
            assert before.kept_until is not None
            end = before.kept_until + timedelta(rules.grace_days)
            assert _BEGIN + timedelta(count) > end
            assert fell == 1 or rules.down == "earned"
        if fell == 0 and after.kept_until is None:
            assert after == before


@given(rules=tier_rules(), history=_HISTORIES, at=st.integers(0, 400))
def test_asked_twice_it_answers_the_same(
    rules: TierRules, history: dict[date, int], at: int
) -> None:
    """A standing that was worked out for a day does not change on that day."""
    day = _BEGIN + timedelta(at)
    standing = live(rules, history, at + 1)[-1]
    assert standing_on(rules, standing, reached_by(history, day), day) == standing


def rolling(months: int, *reach: int, **said: object) -> TierRules:
    """Rules of a period of months with tiers a, b, c."""
    tiers = [Tier(id=n, text=n, reach=r) for n, r in zip("abc", (0, *reach), strict=False)]
    fixed = {"count": "points", "period": "rolling", "months": months, "keep": "months"}
    return TierRules.model_validate({**fixed, "tier": tuple(tiers), **said})


@pytest.mark.parametrize(
    ("months", "day", "first"),
    [
        (12, "2026-03-10", "2025-03-11"),
        (12, "2024-02-28", "2023-03-01"),
        (12, "2024-02-29", "2023-03-01"),
        (12, "2024-03-01", "2023-03-02"),
        (12, "2025-02-28", "2024-02-29"),
        (1, "2025-03-28", "2025-03-01"),
        (1, "2025-03-31", "2025-03-01"),
        (1, "2025-04-01", "2025-03-02"),
        (1, "2025-04-30", "2025-03-31"),
        (13, "0002-01-15", "0001-01-01"),
        (60, "0003-01-15", "0001-01-01"),
        (12, "0001-12-31", "0001-01-01"),
        (12, "9999-12-31", "9999-01-01"),
    ],
)
def test_the_period_at_its_edges(months: int, day: str, first: str) -> None:
    """The first day that counts, by hand: leap days, short months, the first and the last year."""
    found = period_began(rolling(months), date.fromisoformat(day))
    assert found == date.fromisoformat(first)


@given(months=st.integers(1, 60), day=st.dates(date(1970, 1, 1), date(9999, 12, 30)))
def test_the_period_moves_on(months: int, day: date) -> None:
    """From one day to the next nothing begins to count that had counted no more."""
    rules = rolling(months)
    assert period_began(rules, day) <= period_began(rules, day + _DAY)
    assert months_later(period_began(rules, day) - _DAY, months) <= day


def test_a_calendar_year_begins_at_nothing() -> None:
    """On 1 January progress is 0; a tier of last year is kept to the end of this one."""
    rules = rolling(12, 100, period="calendar_year", keep="next_year")
    history = {date(2023, 12, 31): 150}
    lived = dict(zip((_BEGIN + timedelta(n) for n in range(800)), live(rules, history, 800),
                     strict=True))  # fmt: skip
    assert lived[date(2023, 12, 30)].tier == "a"
    assert lived[date(2023, 12, 31)] == Standing(
        tier="b", since=date(2023, 12, 31), kept_until=date(2024, 12, 31)
    )
    assert reached_by(history, date(2024, 1, 1))(period_began(rules, date(2024, 1, 1))) == 0
    assert lived[date(2024, 12, 31)].tier == "b"
    assert lived[date(2025, 1, 1)].tier == "a"


def test_a_tier_is_kept_to_its_last_day_and_grace() -> None:
    """Gold of 15 January is kept for a year, a day of grace more, and then is lost."""
    rules = rolling(1, 100, keep_months=12, grace_days=1)
    lived = dict(zip((_BEGIN + timedelta(n) for n in range(500)),
                     live(rules, {date(2024, 1, 15): 100}, 500), strict=True))  # fmt: skip
    assert lived[date(2024, 1, 15)].kept_until == date(2025, 1, 14)
    assert lived[date(2025, 1, 15)].tier == "b"
    assert lived[date(2025, 1, 16)].tier == "a"


def test_one_step_down_at_a_time() -> None:
    """With ``one`` the highest tier is followed by the one below, kept for as long again."""
    rules = rolling(1, 100, 200, keep_months=1, down="one")
    lived = live(rules, {_BEGIN: 250}, 100)
    tiers = [after.tier for before, after in pairwise([None, *lived]) if before != after and after]
    assert tiers == ["c", "b", "a"]


@pytest.mark.parametrize(
    ("count", "tier", "short"),
    [("points", "a", 70), ("points", "b", 170), ("spend", "a", 40), ("spend", None, 40)],
)
def test_what_is_missing_for_the_next_tier(count: str, tier: str | None, short: int) -> None:
    """It is said in points or in money, whichever counts; above the highest there is none."""
    rules = rolling(12, 100, 200, count=count)
    program = Program(
        id="p", version=1, name="P", currency="USD", tiers=rules,
        earn=(EarnRule(id="base", text="Base", per_minor=100),),
    )  # fmt: skip
    account = Account(tier=tier, qualifying_points=30, qualifying_spend_minor=60)
    ahead = next_tier(program, account)
    assert ahead is not None
    assert ahead.tier == ("c" if tier == "b" else "b")
    assert (ahead.points, ahead.spend_minor) == (
        (short, None) if count == "points" else (None, short)
    )
    assert next_tier(program, account.model_copy(update={"tier": "c"})) is None
    found = tier_of(program, account)
    assert found is not None
    assert found.id == (tier or "a")
    plain = program.model_copy(update={"tiers": None})
    assert next_tier(plain, account) is None
    assert tier_of(plain, account) is None
