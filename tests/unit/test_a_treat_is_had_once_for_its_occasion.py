"""What costs nothing is there on the member's own days, and as often as the program says."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_programs import program as small
from small_programs import sale_body

from agent.core.account import Account
from agent.core.accumulate import Circumstances
from agent.core.basket import Sale
from agent.core.explain import explain
from agent.core.free_rewards import free_rewards
from agent.core.program import Program
from agent.core.rewards import Shown, Spendable, offers, toward
from agent.tools.shadow import burn_of

_TIERS = """
[tiers]
count = "points"
period = "rolling"
keep = "months"
[[tiers.tier]]
id = "green"
reach = 0
text = "Green"
[[tiers.tier]]
id = "gold"
reach = 100
text = "Gold"
[[reward]]
id = "cake"
cost_points = 0
text = "A cake"
"""
_BIRTHDAY = 'occasion = "birthday"\nwithin_days = 3\n'
_WELCOME = 'occasion = "welcome"\nwithin_days = 14\n'


def treat(more: str) -> Program:
    """A program with a cake that costs nothing."""
    return small(_TIERS + more)


def why(program: Program, day: date, account: Account) -> str | None:
    """Why a member has no cake on a day."""
    return free_rewards(program, account, day)["cake"]


@pytest.mark.parametrize(
    ("more", "birthday", "tier", "day", "expected"),
    [
        (_BIRTHDAY, "03-02", "green", date(2026, 3, 1), "on the birthday and 3 days after it only"),
        (_BIRTHDAY, "03-02", "green", date(2026, 3, 2), None),
        (_BIRTHDAY, "03-02", "green", date(2026, 3, 5), None),
        (_BIRTHDAY, "03-02", "green", date(2026, 3, 6), "3 days after it only"),
        (_BIRTHDAY, "12-30", "green", date(2027, 1, 2), None),  # over the year's end
        (_BIRTHDAY, "02-29", "green", date(2027, 3, 1), None),  # no such day: the next
        (_BIRTHDAY, "02-29", "green", date(2027, 2, 28), "3 days after it only"),
        (_BIRTHDAY, "02-29", "green", date(2028, 2, 29), None),
        (_BIRTHDAY, None, "green", date(2026, 3, 2), "no birthday is known"),
        ('occasion = "birthday"', "03-02", None, date(2026, 3, 3), "on the birthday only"),
        ('occasion = "birthday"\nwithin_days = 1', "03-02", None, date(2026, 3, 4), "1 day after"),
        (_BIRTHDAY + "tier_days = { gold = 7 }", "03-02", "gold", date(2026, 3, 9), None),
        (_BIRTHDAY + "tier_days = { gold = 7 }", "03-02", "green", date(2026, 3, 9), "3 days"),
        (
            _BIRTHDAY + "tier_days = { gold = 0 }",
            "03-02",
            "gold",
            date(2026, 3, 3),
            "birthday only",
        ),
    ],
)
def test_a_birthday_treat_is_there_around_the_birthday(
    more: str, birthday: str | None, tier: str | None, day: date, expected: str | None
) -> None:
    """From the day itself for the days that the program says, or a tier's own."""
    said = why(treat(more), day, Account(birthday=birthday, tier=tier))
    assert said is None if expected is None else expected in str(said)


@pytest.mark.parametrize(
    ("enrolled_on", "day", "expected"),
    [
        (date(2026, 3, 2), date(2026, 3, 2), None),
        (date(2026, 3, 2), date(2026, 3, 16), None),
        (date(2026, 3, 2), date(2026, 3, 17), "day of joining and 14 days after it only"),
        (date(2026, 3, 2), date(2026, 3, 1), "14 days after it only"),
        (None, date(2026, 3, 1), "not known when this member joined"),
    ],
)
def test_a_welcome_is_for_new_members(
    enrolled_on: date | None, day: date, expected: str | None
) -> None:
    """From the day of joining on."""
    said = why(treat(_WELCOME), day, Account(enrolled_on=enrolled_on))
    assert said is None if expected is None else expected in str(said)


@pytest.mark.parametrize(
    ("more", "had", "day", "expected"),
    [
        ("", [], date(2026, 12, 31), None),
        ("", [date(2026, 12, 31)], date(2026, 12, 31), "had it already"),
        ("", [date(2026, 12, 31)], date(2027, 1, 2), "had it already"),  # one birthday, two years
        ("", [date(2025, 12, 31)], date(2026, 12, 31), None),
        ("", [date(2026, 1, 2)], date(2026, 12, 31), None),  # that was of the last birthday
        ("times_per_year = 2", [date(2026, 12, 31)], date(2027, 1, 2), None),
        ("times_per_year = 2", [date(2026, 12, 31)] * 2, date(2027, 1, 2), "had it already"),
        ("times_in_all = 1", [date(2020, 12, 31)], date(2027, 1, 2), "as often as anybody can"),
        ("times_in_all = 2", [date(2020, 12, 31)], date(2027, 1, 2), None),
        ("", [date(2027, 1, 2)], date(2026, 12, 31), "had it already"),  # handed in late
    ],
)
def test_it_is_had_so_often(more: str, had: list[date], day: date, expected: str | None) -> None:
    """Once for each birthday unless the program says how often; the calendar's year does not
    matter.
    """
    program = treat(_BIRTHDAY + more)
    account = Account(birthday="12-30", rewards_had={"cake": tuple(had)})
    said = why(program, day, account)
    assert said is None if expected is None else expected in str(said)


@given(
    birthday=st.dates(date(2024, 1, 1), date(2024, 12, 31)),
    within=st.integers(0, 364),
    first=st.dates(date(2024, 1, 1), date(2027, 12, 31)),
)
def test_nobody_has_it_twice_for_one_birthday(birthday: date, within: int, first: date) -> None:
    """Whoever takes it on each day that it is there has it as often as they had birthdays."""
    program = treat(f'occasion = "birthday"\nwithin_days = {within}')
    had: list[date] = []
    days = [date.fromordinal(first.toordinal() + more) for more in range(731)]
    for day in days:
        known = Account(birthday=f"{birthday:%m-%d}", rewards_had={"cake": tuple(had)})
        if why(program, day, known) is None:
            had.append(day)
    # Two years have two birthdays, and at their beginning a third may still be kept.
    assert 2 <= len(had) <= 3
    assert all((later - earlier).days > 0 for earlier, later in pairwise(had))


def test_an_offer_says_why_not() -> None:
    """A treat is offered where its occasion, tier, basket and card fit; points are not asked for,
    not even of who owes some. Nobody is offered it without a card.
    """
    program = treat(_BIRTHDAY + 'tiers = ["gold"]\ncategories = ["bakery"]')
    owes = Spendable(balance=-5, usable=0, why_less="this member owes 5 points")
    day, free = date(2026, 3, 2), {"cake": None}
    basket = Sale.model_validate(sale_body(500))

    def said(*shown: object, sale: Sale | None = None) -> tuple[bool, str]:
        (offer,) = offers(program, owes, sale, *shown)  # type: ignore[arg-type]  # a Shown
        assert offer.cost_points == 0
        return offer.available, offer.why

    assert said(Shown(tier="gold", day=day, free=free)) == (True, "A cake")
    assert said(Shown(tier="green", day=day, free=free)) == (False, "not for this tier")
    assert said(Shown(tier="gold", day=day, free={"cake": "had"})) == (False, "had")
    assert said(Shown(tier="gold", day=day)) == (False, "show the member's card first")
    assert said() == (False, "show the member's card first")
    fits = Shown(tier="gold", day=day, free=free)
    assert said(fits, sale=basket) == (False, "nothing in the basket is what it is for")


def test_it_is_no_reward_to_save_for() -> None:
    """A treat is not the next reward of who owes points, and says nothing of a point's worth."""
    program = treat(_BIRTHDAY + "value_minor = 300")
    assert toward(program, -5) is None
    assert burn_of(program) is None


def test_an_explanation_lists_it() -> None:
    """``program explain`` lists it at no cost, with the reason; the account says what was had."""
    program = treat(_BIRTHDAY)
    sale = Sale.model_validate(sale_body(500, day="2026-03-02"))
    for had, expected in (((), True), ((date(2026, 3, 2),), False)):
        account = Account(birthday="03-02", rewards_had={"cake": had})
        (offer,) = explain(program, sale, Circumstances(account=account)).rewards
        assert (offer.reward, offer.cost_points, offer.available) == ("cake", 0, expected)


def test_an_occasion_that_nobody_knows_never_began() -> None:
    """Without a birthday, or a day of joining, there is no beginning to count from."""
    for more in (_BIRTHDAY, _WELCOME):
        (cake,) = treat(more).reward
        assert cake.began_on(date(2026, 3, 2), Account()) is None
