"""``stars.toml`` does what the coffee house publishes, case by case."""

import pytest
from published import Buys, Earns, Lists, Next, Published, RunsOut, Stands

STARS = Published("stars")


@pytest.mark.parametrize("case", STARS.of(Earns), ids=lambda case: case.name)
def test_what_a_basket_earns(case: Earns) -> None:
    """A Star a dollar times the tier's rate, floored once a sale, nothing for alcohol or for what
    Stars paid; reloads by their steps; promotions on their business dates, in their tiers.
    """
    case.holds(STARS.program)


@pytest.mark.parametrize("case", STARS.of(Lists), ids=lambda case: case.name)
def test_which_rewards_are_there(case: Lists) -> None:
    """One reward for each cost, all of them listed, those there that the balance pays."""
    case.holds(STARS.program)


@pytest.mark.parametrize("case", STARS.of(Buys), ids=lambda case: case.name)
def test_what_a_reward_is_worth(case: Buys) -> None:
    """Up to $2 for 60 and merchandise up to $20 for 400, or why not."""
    case.holds(STARS.program)


@pytest.mark.parametrize("case", STARS.of(RunsOut), ids=lambda case: case.name)
def test_when_stars_run_out(case: RunsOut) -> None:
    """Six months after the calendar month in which they were earned, of Gold and Reserve never."""
    case.holds(STARS.program)


@pytest.mark.parametrize("case", STARS.of(Next), ids=lambda case: case.name)
def test_what_is_missing_for_the_next_tier(case: Next) -> None:
    """Gold at 500 Stars, Reserve at 2,500."""
    case.holds(STARS.program)


@pytest.mark.parametrize("case", STARS.of(Stands), ids=lambda case: case.name)
def test_how_a_tier_is_reached_kept_and_left(case: Stands) -> None:
    """By the Stars of 12 months, at once; kept for 12 months, and by as many Stars again."""
    case.holds(STARS.program)


def test_there_are_cases_enough() -> None:
    """At least 40, no two of one name."""
    names = [case.name for case in STARS.cases]
    assert len(names) == len(set(names)) >= 40


def test_there_is_one_reward_for_each_cost() -> None:
    """25, 60, 100, 200, 300 and 400 Stars."""
    assert [each.cost_points for each in STARS.program.reward] == [25, 60, 100, 200, 300, 400]


def test_its_texts_fit_a_narrow_receipt() -> None:
    """Each on one line of 32 columns, with its number."""
    assert STARS.texts_that_need_two_lines() == []


def test_its_points_are_called_stars() -> None:
    """On receipts and on the customer's page."""
    words = STARS.program.phrases_in("en").model_dump().values()
    assert not [each for each in words if "point" in each.replace("{points}", "").lower()]
