"""``simple.toml`` does what its comments say, case by case."""

import pytest
from published import Buys, Earns, Lists, Published, RunsOut

SIMPLE = Published("simple")


@pytest.mark.parametrize("case", SIMPLE.of(Earns), ids=lambda case: case.name)
def test_what_a_basket_earns(case: Earns) -> None:
    """A point for every whole dollar of what counts in a sale, paid with money, on any day."""
    case.holds(SIMPLE.program)


@pytest.mark.parametrize("case", SIMPLE.of(Buys), ids=lambda case: case.name)
def test_what_points_buy(case: Buys) -> None:
    """A cent each, in steps of 100 from 500 up to the basket, or a coffee; or why not."""
    case.holds(SIMPLE.program)


@pytest.mark.parametrize("case", SIMPLE.of(Lists), ids=lambda case: case.name)
def test_which_rewards_are_there(case: Lists) -> None:
    """Both are always listed."""
    case.holds(SIMPLE.program)


@pytest.mark.parametrize("case", SIMPLE.of(RunsOut), ids=lambda case: case.name)
def test_points_do_not_run_out(case: RunsOut) -> None:
    """Where a program says nothing of it."""
    case.holds(SIMPLE.program)


def test_there_are_cases_enough() -> None:
    """At least 40, no two of one name."""
    names = [case.name for case in SIMPLE.cases]
    assert len(names) == len(set(names)) >= 40


def test_its_texts_fit_a_narrow_receipt() -> None:
    """Each on one line of 32 columns, with its number."""
    assert SIMPLE.texts_that_need_two_lines() == []
