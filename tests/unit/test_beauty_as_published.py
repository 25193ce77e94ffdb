"""``beauty.toml`` does what the perfumery publishes, case by case."""

from pathlib import Path

import pytest
from published import Buys, Earns, Lists, Next, Published, RunsOut, Stands

from agent.core.program import Program

BEAUTY = Published("beauty")

_FIRST = Path(__file__).parents[1] / "data" / "programs" / "beauty-1.toml"
FIRST = Program.parse(_FIRST.read_text("utf-8"), source="beauty-1.toml")


@pytest.mark.parametrize("case", BEAUTY.of(Earns), ids=lambda case: case.name)
def test_what_a_basket_earns(case: Earns) -> None:
    """A point for every whole dollar of merchandise, in every tier; nothing for gift cards and what
    points paid.
    """
    case.holds(BEAUTY.program)


@pytest.mark.parametrize("case", BEAUTY.of(Buys), ids=lambda case: case.name)
def test_what_a_reward_is_worth(case: Buys) -> None:
    """$10 for 500 off a basket of $10, $100 for 2,500 for Rouge alone; or why not."""
    case.holds(BEAUTY.program)


@pytest.mark.parametrize("case", BEAUTY.of(Lists), ids=lambda case: case.name)
def test_which_rewards_are_there(case: Lists) -> None:
    """Both are listed for everybody."""
    case.holds(BEAUTY.program)


@pytest.mark.parametrize("case", BEAUTY.of(RunsOut), ids=lambda case: case.name)
def test_when_points_run_out(case: RunsOut) -> None:
    """The whole balance, after 12 months without a purchase or a redemption."""
    case.holds(BEAUTY.program)


@pytest.mark.parametrize("case", BEAUTY.of(Next), ids=lambda case: case.name)
def test_what_is_missing_for_the_next_tier(case: Next) -> None:
    """VIB at $350 in a calendar year, Rouge at $1,000."""
    case.holds(BEAUTY.program)


@pytest.mark.parametrize("case", BEAUTY.of(Stands), ids=lambda case: case.name)
def test_how_a_tier_is_reached_kept_and_left(case: Stands) -> None:
    """By the money of a calendar year, at once; valid for that year and the next, whatever higher
    tier ends in between.
    """
    case.holds(BEAUTY.program)


@pytest.mark.parametrize(
    ("tier", "money", "points"),
    [
        (None, "19.99", 19),
        ("insider", "19.99", 19),
        ("vib", "19.99", 24),
        ("rouge", "19.99", 29),
        ("vib", "0.79", 0),
        ("vib", "0.80", 1),
        ("vib", "10.00", 12),
        ("rouge", "10.00", 15),
    ],
)
def test_its_first_version_earned_by_tier(tier: str | None, money: str, points: int) -> None:
    """1, 1.25 and 1.5 points a dollar, floored once: 19.99 x 1.25 = 24.9875 is 24."""
    Earns(name="", tier=tier, lines=[f"beauty {money}"], points=points).holds(FIRST)


def test_its_versions_are_told_apart_by_date() -> None:
    """Both are the same program, the second from a later day on."""
    assert (FIRST.edition, BEAUTY.program.edition) == ("beauty@1", "beauty@2")
    assert FIRST.effective_from is not None
    assert BEAUTY.program.effective_from is not None
    assert FIRST.effective_from < BEAUTY.program.effective_from


def test_there_are_cases_enough() -> None:
    """At least 40, no two of one name."""
    names = [case.name for case in BEAUTY.cases]
    assert len(names) == len(set(names)) >= 40


def test_its_texts_fit_a_narrow_receipt() -> None:
    """Each on one line of 32 columns, with its number."""
    assert BEAUTY.texts_that_need_two_lines() == []
