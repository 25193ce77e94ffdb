"""A sale is judged by the version in force on its business date, and what was shown stands."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from agent.core.accumulate import ANYBODY, accumulate
from agent.core.basket import Sale
from agent.core.program import Editions, Program
from agent.core.skew import Skew, skew_of

SaleBody = Callable[..., dict[str, Any]]


def version(number: int, points: int, effective_from: date | None, **changed: Any) -> Program:
    """A version that gives so many points for each dollar."""
    rule = {"id": "base", "points": points, "per_minor": 100, "text": "points per $1"}
    program = {"id": "p", "name": "P", "currency": "USD", "earn": [rule], "version": number}
    return Program.model_validate(program | {"effective_from": effective_from} | changed)


SPRING, LEAP_DAY = date(2027, 3, 1), date(2028, 2, 29)
EDITIONS = Editions([version(3, 1, LEAP_DAY), version(1, 1, None), version(2, 3, SPRING)])


@pytest.mark.parametrize(
    ("day", "number"),
    [
        (date.min, 1),
        (date(2027, 2, 28), 1),
        (SPRING, 2),
        (date(2028, 2, 28), 2),
        (LEAP_DAY, 3),
        (date.max, 3),
    ],
)
def test_a_version_begins_on_its_day(day: date, number: int) -> None:
    """Not a day before, and in whatever order the versions were read."""
    assert EDITIONS.on(day).version == number


def test_the_first_version_is_older_than_its_day() -> None:
    """A sale from before the first version is judged by that one: there is no other."""
    assert Editions([version(1, 1, SPRING)]).on(date(2020, 1, 1)).version == 1


def test_a_version_is_found_by_the_name_in_entries() -> None:
    """As journal entries name it; one that is not kept is not there."""
    assert EDITIONS.of("p@2") is EDITIONS.programs[1]
    assert EDITIONS.of("p@9") is None
    assert EDITIONS.newest.version == 3


@pytest.mark.parametrize(
    ("programs", "complaint"),
    [
        ([], "there is no program"),
        ([version(1, 1, None), version(2, 1, None)], "p@1 and p@2 begin on one day"),
        ([version(2, 1, None), version(1, 1, SPRING)], "p@1 begins after p@2"),
        ([version(1, 1, None), version(2, 1, SPRING, id="q")], "'p' and 'q' are two programs"),
        ([version(1, 1, None), version(2, 1, SPRING, currency="GBP")], "p@1 is in USD, p@2 in GBP"),
    ],
)
def test_versions_that_do_not_go_together_are_refused(
    programs: list[Program], complaint: str
) -> None:
    """With what is wrong, and with which of them."""
    with pytest.raises(ValueError, match=complaint):
        Editions(programs)


@pytest.mark.parametrize(
    ("day", "judged_by", "more", "why"),
    [
        ("2027-03-01", "p@2", None, ""),
        ("2027-03-01", "p@1", 20, "p@1 while p@2 was in force: 10 points were shown, and 20 more"),
        ("2027-02-28", "p@2", 0, "it gives 10 points; the 30 that were shown stand"),
        ("2028-02-29", "p@1", 0, "p@1 while p@3 was in force: both give 10 points"),
    ],
)
def test_what_was_shown_stands(
    sale_body: SaleBody, day: str, judged_by: str, more: int | None, why: str
) -> None:
    """A store that did not know the version in force took nothing from its customer by it."""
    sale = Sale.model_validate(sale_body(1_000, business_date=day))
    judge = EDITIONS.of(judged_by)
    assert judge is not None
    shown = accumulate(judge, sale).points
    skew = skew_of(EDITIONS, sale, judged_by=judged_by, shown=shown, when=ANYBODY)
    assert (None if skew is None else skew.more) == more
    assert why in ("" if skew is None else skew.why)


def test_nothing_is_taken_for_a_skew() -> None:
    """However much less the version in force gives."""
    assert Skew(judged_by="p@1", in_force="p@2", shown=50, due=0).more == 0


def test_a_version_that_was_replaced_is_known_by_what_it_judged(sale_body: SaleBody) -> None:
    """One that a higher version took the place of is in force on no day, but a sale that it judged
    before that was put gets what is missing.
    """
    put = [version(1, 1, None), version(2, 3, SPRING), version(3, 5, SPRING)]
    editions = Editions.as_they_came(put)
    assert editions.on(SPRING).version == 3
    assert [each.version for each in editions.programs] == [1, 3]
    assert editions.of("p@2") == put[1]
    sale = Sale.model_validate(sale_body(1_000, business_date=SPRING.isoformat()))
    skew = skew_of(editions, sale, judged_by="p@2", shown=30, when=ANYBODY)
    assert skew is not None
    assert (skew.in_force, skew.due, skew.more) == ("p@3", 50, 20)
