"""A promotion that another one always beats changes nothing, which is told as a mistake."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written_programs import complaints

from agent.core.account import Account
from agent.core.accumulate import accumulate
from agent.core.basket import Line, Sale, Tender
from agent.core.program import EarnRule, Hours, Program, Promotion, Tier, TierRules
from agent.core.program_check.lines import have_a_line
from agent.core.program_check.moments import has_a_moment
from agent.core.program_check.shadows import shadowed_promotions
from agent.core.promoting import Circumstances, applies


def promotion(name: str, *lines: str) -> str:
    """A table of a promotion."""
    return "\n".join(["", "[[promotion]]", f'id = "{name}"', f'text = "{name}"', *lines, ""])


DOUBLE, TRIPLE = 'multiplier = "2"', 'multiplier = "3"'
WINDOW = ("first_day = 2026-03-02", "last_day = 2026-03-20")

SHADOWED = {
    "the same twice": ([DOUBLE], [DOUBLE]),
    "a smaller bonus": (["bonus = 5"], ["bonus = 4"]),
    "fewer days": ([TRIPLE, *WINDOW], [DOUBLE, "first_day = 2026-03-03", WINDOW[1]]),
    "some of the weekdays": ([DOUBLE, 'weekdays = ["mon", "tue"]'], [DOUBLE, 'weekdays=["mon"]']),
    "an hour of the day": ([DOUBLE], [DOUBLE, 'hours = [{ start = "16:00", end = "18:00" }]']),
    "an hour of its hours": (
        [DOUBLE, 'hours = [{ start = "12:00", end = "18:00" }]'],
        [DOUBLE, 'hours = [{ start = "16:00", end = "18:00" }]'],
    ),
    "moments between its moments": (
        [DOUBLE, "starts_at = 2026-03-02T00:00:00Z", "ends_at = 2026-03-05T00:00:00Z"],
        [DOUBLE, "starts_at = 2026-03-03T00:00:00Z", "ends_at = 2026-03-05T00:00:00Z"],
    ),
    "one of the tiers": ([DOUBLE], [DOUBLE, 'tiers = ["gold"]']),
    "a store and a lane": ([DOUBLE], [DOUBLE, 'stores = ["s1"]', 'lanes = ["1"]']),
    "some of the goods": ([DOUBLE, 'exclude_skus = ["1"]'], [DOUBLE, 'skus = ["2"]']),
    "a rule of all rules": ([DOUBLE], [DOUBLE, 'rules = ["base"]']),
    "a larger minimum": (["bonus = 5"], ["bonus = 5", "minimum_minor = 100"]),
    "an occasion": (["bonus = 5"], ["bonus = 5", 'occasion = "first_purchase"']),
    "fewer days of an occasion": (
        ["bonus = 5", 'occasion = "welcome"', "within_days = 30"],
        ["bonus = 5", 'occasion = "welcome"', "within_days = 7"],
    ),
}


@pytest.mark.parametrize("turned", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("wide", "narrow"), SHADOWED.values(), ids=SHADOWED)
def test_what_another_always_beats(wide: list[str], narrow: list[str], turned: bool) -> None:
    """Where one gives as much whenever, wherever and to whomever, the other changes nothing."""
    tables = [promotion("wide", *wide), promotion("narrow", *narrow)]
    said = complaints("".join(tables[::-1] if turned else tables))
    assert len(said) == 1
    if wide != narrow:
        assert '[[promotion]] "narrow": ' in said[0]
        assert (
            "'wide' applies whenever this does and gives as much, so this changes nothing"
            in said[0]
        )
        assert "or write always = true" in said[0]


APART = {
    "more points": ([DOUBLE], [TRIPLE, 'tiers = ["gold"]']),
    "a bonus and a multiplier": (["bonus = 50"], [DOUBLE]),
    "a multiplier and a bonus": ([DOUBLE], ["bonus = 50"]),
    "other days": ([DOUBLE, WINDOW[0]], [DOUBLE, WINDOW[1]]),
    "another last day": ([DOUBLE, WINDOW[1]], [DOUBLE, 'tiers = ["gold"]']),
    "another first moment": (
        [DOUBLE, "starts_at = 2026-03-02T00:00:00Z"],
        [DOUBLE, 'tiers = ["gold"]'],
    ),
    "another last moment": (
        [DOUBLE, "ends_at = 2026-03-02T00:00:00Z"],
        [DOUBLE, 'tiers = ["gold"]'],
    ),
    "a wider hour": (
        [DOUBLE, 'hours = [{ start = "17:00", end = "18:00" }]'],
        [DOUBLE, 'hours = [{ start = "16:00", end = "18:00" }]', 'tiers = ["gold"]'],
    ),
    "any hour": ([DOUBLE, 'hours = [{ start = "17:00", end = "18:00" }]'], [DOUBLE, WINDOW[0]]),
    "hours of the night": (
        [DOUBLE, 'hours = [{ start = "17:00", end = "23:00" }]'],
        [DOUBLE, 'hours = [{ start = "22:00", end = "02:00" }]', 'tiers = ["gold"]'],
    ),
    "another store": ([DOUBLE, 'stores = ["s1"]'], [DOUBLE, 'stores = ["s2"]']),
    "other goods": ([DOUBLE, 'skus = ["1"]'], [DOUBLE, 'skus = ["2"]']),
    "other rules": ([DOUBLE, 'rules = ["base"]'], [DOUBLE, 'tiers = ["gold"]']),
    "a cap": (["bonus = 9", "caps = { times_in_all = 1 }"], ["bonus = 5", 'tiers = ["gold"]']),
    "a budget": (
        ["bonus = 9", "budget = { points = 90, each_store = 1, other_stores = 90 }"],
        ["bonus = 5", 'tiers = ["gold"]'],
    ),
    "always given": ([DOUBLE], [DOUBLE, "always = true"]),
    "another occasion": (
        ["bonus = 5", 'occasion = "welcome"', "within_days = 3"],
        ["bonus = 5", 'occasion = "first_purchase"'],
    ),
    "more days of an occasion": (
        ["bonus = 9", 'occasion = "birthday"', "within_days = 3"],
        ["bonus = 5", 'occasion = "birthday"', "within_days = 7"],
    ),
}


@pytest.mark.parametrize(("one", "other"), APART.values(), ids=APART)
def test_what_another_does_not_always_beat(one: list[str], other: list[str]) -> None:
    """Where there is a sale for which it would be given, nothing is said."""
    assert complaints(promotion("one", *one) + promotion("other", *other)) == []


def test_the_newest_wins_whatever_it_gives() -> None:
    """With the newest given, an older bonus of the same days is in the shadow of the newer one."""
    both = promotion("old", "bonus = 9", *WINDOW) + promotion("new", "bonus = 9", *WINDOW)
    assert '"old": ' in complaints(both, top='stacking = "newest"\n')[0]
    assert '"new": ' in complaints(both)[0]
    moment = "starts_at = 2026-03-02T00:00:00+01:00"
    later = promotion("old", "bonus = 9", moment) + promotion("new", "bonus = 9", moment)
    assert '"old": ' in complaints(later, top='stacking = "newest"\n')[0]


def test_where_all_are_given_none_is_in_a_shadow() -> None:
    """Promotions that are all given stand in nobody's way."""
    both = promotion("old", "bonus = 9") + promotion("new", "bonus = 9")
    assert complaints(both, top='stacking = "all"\n') == []


_DAY = date(2026, 3, 2)
_OFTEN: Any = st.sampled_from([frozenset(), frozenset({"a"}), frozenset({"a", "b"})])
_HOURS = st.sampled_from(
    [(), (Hours(start=time(8), end=time(12)),), (Hours(start=time(11), end=time(1)),)]
)

_WEEKDAYS: Any = st.sampled_from([frozenset(), frozenset({"mon"}), frozenset({"mon", "wed"})])


@st.composite
def promotions(draw: st.DrawFn, name: str) -> Promotion:
    """A promotion of a small world."""
    multiplied = draw(st.booleans())
    days = draw(st.sampled_from([(None, None), (2, None), (None, 3), (2, 3), (3, 3)]))
    first, last = (None if day is None else _DAY.replace(day=day) for day in days)
    return Promotion(
        id=name,
        text=name,
        multiplier=draw(st.sampled_from(["2", "3"])) if multiplied else None,
        bonus=None if multiplied else draw(st.sampled_from([1, 5])),
        rules=draw(_OFTEN) if multiplied else frozenset(),
        categories=draw(_OFTEN),
        exclude_categories=draw(st.sampled_from([frozenset(), frozenset({"b"})])),
        first_day=first,
        last_day=last,
        weekdays=draw(
            st.sampled_from([frozenset(), frozenset({"mon"}), frozenset({"mon", "wed"})])
        ),
        hours=draw(_HOURS),
        tiers=draw(_OFTEN),
        minimum_minor=draw(st.sampled_from([0, 300])) if not multiplied else 0,
    )


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """A program with two tiers, two rules and a few promotions."""
    rules = tuple(
        EarnRule(id=name, text=name, per_minor=100, categories=frozenset({name}))
        for name in ("a", "b")
    )
    tiers = tuple(Tier(id=name, text=name, reach=at) for at, name in enumerate("ab"))
    return Program(
        id="small",
        version=1,
        name="Small",
        currency="USD",
        stacking=draw(st.sampled_from(["best", "newest"])),
        earn=rules,
        promotion=tuple(draw(promotions(f"p{n}")) for n in range(draw(st.integers(1, 3)))),
        tiers=TierRules(count="points", period="rolling", keep="months", tier=tiers),
    )


@st.composite
def sales(draw: st.DrawFn) -> Sale:
    """A sale of that world."""
    amounts = draw(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 500)), max_size=3))
    total = sum(amount for _, amount in amounts)
    day = draw(st.integers(1, 4))
    return Sale(
        lane="1",
        cashier="c",
        business_date=_DAY.replace(day=day),
        occurred_at=datetime(2026, 3, day, draw(st.integers(6, 23)), tzinfo=UTC),
        currency="USD",
        lines=tuple(
            Line(sku="1", category=name, quantity="1", unit_price_minor=1, amount_minor=amount)
            for name, amount in amounts
        ),
        tenders=(Tender(kind="cash", amount_minor=total),),
        total_minor=total,
    )


@settings(max_examples=200, deadline=None)
@given(programs(), st.lists(sales(), min_size=1, max_size=8), st.sampled_from("ab"))
def test_what_is_in_a_shadow_changes_nothing(program: Program, sold: list[Sale], tier: str) -> None:
    """Whatever is sold, members get the same without the promotions that are told to be in a
    shadow; and one that applies has a moment, and one that gives has lines.
    """
    shadowed = {finding.at[1] for finding in shadowed_promotions(program)}
    kept = [each for at, each in enumerate(program.promotion) if at not in shadowed]
    without = program.model_copy(update={"promotion": tuple(kept)})
    when = Circumstances(account=Account(tier=tier))
    for sale in sold:
        assert accumulate(program, sale, when).points == accumulate(without, sale, when).points
        given_now = {each.rule for each in accumulate(program, sale, when).because}
        for each in program.promotion:
            assert not applies(each, sale, when) or has_a_moment(program, each)
            assert each.id not in given_now or have_a_line(program, each)
