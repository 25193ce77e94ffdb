"""``stamps.toml`` gives every tenth coffee, case by case."""

import pytest
from published import Buys, Earns, Published, RunsOut

STAMPS = Published("stamps")


@pytest.mark.parametrize("case", STAMPS.of(Earns), ids=lambda case: case.name)
def test_what_a_basket_earns(case: Earns) -> None:
    """A stamp for each drink that money paid, whatever it costs; none for the free one, however the
    till rings it up; the night owl by the clock on the wall.
    """
    case.holds(STAMPS.program)


@pytest.mark.parametrize("case", STAMPS.of(Buys), ids=lambda case: case.name)
def test_what_stamps_buy(case: Buys) -> None:
    """A drink for nine; or how many are missing."""
    case.holds(STAMPS.program)


@pytest.mark.parametrize("case", STAMPS.of(RunsOut), ids=lambda case: case.name)
def test_stamps_do_not_run_out(case: RunsOut) -> None:
    """A card of years ago is filled up like any other."""
    case.holds(STAMPS.program)


def test_ten_drinks_one_after_another_are_nine_paid_and_one_free() -> None:
    """Ten visits: nine stamps of nine, the tenth drink free and without a stamp."""
    stamps, paid = 0, 0
    for _ in range(10):
        free = stamps >= 9
        lines = ["beverage 3.50", "reward -3.50"] if free else ["beverage 3.50"]
        Earns(name="", lines=lines, points=0 if free else 1).holds(STAMPS.program)
        stamps += -9 if free else 1
        paid += not free
    assert (stamps, paid) == (0, 9)


def test_there_are_cases_enough() -> None:
    """At least 40, no two of one name."""
    names = [case.name for case in STAMPS.cases]
    assert len(names) == len(set(names)) >= 40


def test_its_texts_fit_a_narrow_receipt() -> None:
    """Each on one line of 32 columns, with its number."""
    assert STAMPS.texts_that_need_two_lines() == []


def test_its_points_are_called_stamps() -> None:
    """On receipts and on the customer's page."""
    words = STAMPS.program.phrases_in("en").model_dump().values()
    assert not [each for each in words if "point" in each.replace("{points}", "").lower()]
