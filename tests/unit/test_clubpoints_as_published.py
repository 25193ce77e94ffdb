"""``clubpoints.toml`` does what the grocer publishes, case by case."""

from datetime import date

import pytest
from published import Buys, Earns, Lists, Published, RunsOut

CLUB = Published("clubpoints")


@pytest.mark.parametrize("case", CLUB.of(Earns), ids=lambda case: case.name)
def test_what_a_basket_earns(case: Earns) -> None:
    """A point for every whole pound of what counts in a sale and for 2 whole litres of fuel; what
    is excluded or was paid with points earns nothing; the campaign doubled on its business dates.
    """
    case.holds(CLUB.program)


@pytest.mark.parametrize("case", CLUB.of(Buys), ids=lambda case: case.name)
def test_what_points_take_off(case: Buys) -> None:
    """A penny each, in steps of 50 from 150, up to the basket; or why not."""
    case.holds(CLUB.program)


@pytest.mark.parametrize("case", CLUB.of(Lists), ids=lambda case: case.name)
def test_points_as_money_off_are_listed_once(case: Lists) -> None:
    """With the most that is usable, and not step by step."""
    case.holds(CLUB.program)


@pytest.mark.parametrize("case", CLUB.of(RunsOut), ids=lambda case: case.name)
def test_points_do_not_run_out(case: RunsOut) -> None:
    """Vouchers do, points do not."""
    case.holds(CLUB.program)


@pytest.mark.parametrize(
    ("issued_on", "gone_on"),
    [
        (date(2026, 3, 1), date(2028, 3, 1)),
        (date(2026, 12, 31), date(2028, 12, 31)),
        (date(2024, 2, 29), date(2026, 3, 1)),
        (date(2026, 2, 28), date(2028, 2, 28)),
    ],
)
def test_a_voucher_runs_two_years(issued_on: date, gone_on: date) -> None:
    """From its day of issue; one of 29 February to the last of February, two years later."""
    discount = CLUB.program.discount
    assert discount is not None
    assert discount.voucher_gone_on(issued_on) == gone_on


def test_vouchers_of_other_programs_are_good_for_ever() -> None:
    """Where a program does not say how long one can be used."""
    discount = Published("simple").program.discount
    assert discount is not None
    assert discount.voucher_gone_on(date(2026, 3, 1)) is None


def test_there_are_cases_enough() -> None:
    """At least 40, no two of one name."""
    names = [case.name for case in CLUB.cases]
    assert len(names) == len(set(names)) >= 40


def test_it_is_in_pounds_without_tiers() -> None:
    """GBP, and points are worth twice as much at a partner."""
    program = CLUB.program
    assert (program.currency, program.tiers) == ("GBP", None)
    assert program.discount is not None
    assert program.discount.partner_rate == "2"


def test_its_texts_fit_a_narrow_receipt() -> None:
    """Each on one line of 32 columns, with its number."""
    assert CLUB.texts_that_need_two_lines() == []
