"""By what a store's day differs is named to the last point; what is no mistake alarms nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import repeat
from typing import Any

import pytest
from books import EDGE, OTHER, Books, Life, a_capture, a_hold, a_sale
from clerk import CLERK, Clerk
from msgspec.structs import replace

from agent.core.entry import Entry
from agent.core.facts import Fact, ReturnSale

DAY, LATER = "2026-11-20", "2026-11-22"
HERE = "returns here of sales made at another store or device"
THERE = "sales made here of which something came back at another store or device"
RETURN = ReturnSale(sale_id="s-1", return_id="r-1", amount_minor=475)
"""A third of the money of a sale comes back where nobody knows the sale, nor its points."""


@dataclass
class Office:
    """Head office, two stores, and a clerk who asks."""

    books: Books
    seqs: dict[Any, Life]

    def hears(self, device: Any, *facts: Fact, days: Sequence[str] = ()) -> None:
        """Take in what a store wrote on the day, or each on its own, after what it wrote before."""
        life = self.seqs.setdefault(device, Life(0, f"disk-{device.store}"))
        first = len(life.lines)
        life.write(*facts)
        new = (
            replace(Entry.read(line), business_date=date.fromisoformat(day)).canonical()
            for line, day in zip(life.lines[first:], days or repeat(DAY), strict=False)
        )
        life.lines = (*life.lines[:first], *new)
        self.books.take(life.batch(first + 1), device)

    def says(self) -> tuple[list[str], list[str]]:
        """Ask for the differences, and for those that somebody should look at."""
        found = Clerk(self.books).get("/v1/reconciliation").json()
        return found["differences"], found["to_look_at"]

    def page(self) -> str:
        """Open the status page."""
        page = Clerk(self.books, token=None)
        page.post("/", data={"token": CLERK})
        return page.get("/").text


@pytest.fixture
def office(any_books: Books) -> Office:
    """Head office in either kind of database."""
    return Office(any_books, {})


def test_a_return_at_another_store_is_named_and_alarms_nobody(office: Office) -> None:
    """The store that takes a sale of another one back writes no points, as it knows of none; head
    office takes them, says so with how many, and the page says that all is well.
    """
    office.hears(EDGE, a_sale("s-1", "ana", 60))
    office.hears(OTHER, RETURN)
    differences, to_look_at = office.says()
    assert differences == [
        f"s002 on {DAY}: the store wrote 0 points and head office posted -20: "
        f"-20 points for {HERE}; this is as it should be"
    ]
    assert to_look_at == []
    page = office.page()
    assert HERE in page
    assert "all is well" in page
    assert "the two sides differ" not in page


def test_two_returns_on_two_days_are_named_each_on_its_own(office: Office) -> None:
    """Also where both are heard at once, with the points that each took."""
    office.hears(EDGE, a_sale("s-1", "ana", 60))
    again = replace(RETURN, return_id="r-2", amount_minor=950)
    office.hears(OTHER, RETURN, again, days=(DAY, LATER))
    assert office.says()[0] == [
        f"s002 on {LATER}: the store wrote 0 points and head office posted -40: "
        f"-40 points for {HERE}; this is as it should be",
        f"s002 on {DAY}: the store wrote 0 points and head office posted -20: "
        f"-20 points for {HERE}; this is as it should be",
    ]
    assert office.books.faults() == []


def test_only_the_days_that_are_asked_for_are_told(office: Office) -> None:
    """From the one to the other, both of them included; so are their differences alone."""
    office.hears(EDGE, a_sale("s-1", "ana", 60))
    office.hears(OTHER, RETURN, replace(RETURN, return_id="r-2"), days=(DAY, LATER))
    told = {}
    for asked in (f"since={LATER}", f"until={DAY}", f"since={DAY}&until={LATER}"):
        found = Clerk(office.books).get(f"/v1/reconciliation?{asked}").json()
        days = {(each["store"], each["business_date"]) for each in found["days"]}
        told[asked] = (days, [each.split(":")[0] for each in found["differences"]])
    early, late = {("s001", DAY), ("s002", DAY)}, {("s002", LATER)}
    assert list(told.values()) == [
        (late, [f"s002 on {LATER}"]),
        (early, [f"s002 on {DAY}"]),
        (early | late, [f"s002 on {LATER}", f"s002 on {DAY}"]),
    ]


def test_only_the_day_on_which_too_much_came_back_alarms(office: Office) -> None:
    """Of two returns that are heard at once the second is more than was left of the sale."""
    office.hears(EDGE, a_sale("s-1", "ana", 60))
    most = replace(RETURN, amount_minor=950)
    office.hears(OTHER, most, replace(most, return_id="r-2"), days=(DAY, LATER))
    differences, to_look_at = office.says()
    wrote = "the store wrote 0 points and head office posted"
    assert to_look_at == [f"s002 on {LATER}: {wrote} -20: -20 points for returned_twice"]
    assert differences[1:] == [
        f"s002 on {DAY}: {wrote} -40: -40 points for {HERE}; this is as it should be"
    ]


def test_a_return_that_was_heard_before_its_sale_is_named_at_the_sales_store(
    office: Office,
) -> None:
    """The points that came back count where the sale is, once that is heard."""
    office.hears(OTHER, RETURN)
    office.hears(EDGE, a_sale("s-1", "ana", 60))
    differences, to_look_at = office.says()
    assert differences == [
        f"s001 on {DAY}: the store wrote 60 points and head office posted 40: "
        f"-20 points for {THERE}; this is as it should be"
    ]
    assert to_look_at == []


def test_a_conflict_is_named_on_its_own_day_and_is_to_be_looked_at(office: Office) -> None:
    """Of a sale that two stores wrote, the day of the one that was heard later differs; a return at
    another store on the same day is named beside it, and takes nothing of the alarm.
    """
    office.hears(EDGE, a_sale("s-1", "ana", 60), a_sale("s-2", "ana", 30))
    office.hears(OTHER, a_sale("s-2", "ana", 30), RETURN)
    differences, to_look_at = office.says()
    assert differences == to_look_at
    (said,) = differences
    assert said.endswith(f"posted -20: -30 points for duplicate_sale, -20 points for {HERE}")
    assert "the two sides differ" in office.page()


def test_two_contradictions_that_cancel_each_other_out_are_named(office: Office) -> None:
    """A sale and a redemption that two stores wrote may come to the same points together: both
    sides then agree by accident alone, and somebody should look at it.
    """
    twice = (a_sale("s-1", "ana", 30), a_hold("r-1", "ana", 30), a_capture("r-1", "ana", 30))
    office.hears(EDGE, *twice)
    office.hears(OTHER, *twice)
    differences, to_look_at = office.says()
    assert differences == to_look_at
    (said,) = differences
    assert said == (
        f"s002 on {DAY}: the store wrote 0 points and head office posted 0: "
        "-30 points for duplicate_sale, 30 points for redemption_twice"
    )
    assert "the two sides differ" in office.page()


def test_what_nothing_explains_is_said_and_alarms(office: Office) -> None:
    """Points that no cause accounts for are never left out, also where another cause is known."""
    office.hears(EDGE, a_sale("s-1", "ana", 60))
    office.hears(OTHER, RETURN)
    office.books.tamper("UPDATE days SET posted = posted + 7 WHERE written = 0")
    differences, to_look_at = office.says()
    assert differences == to_look_at
    (said,) = differences
    assert said.endswith(f"-20 points for {HERE}, 7 points that nothing known here explains")
    assert "the two sides differ" in office.page()


def test_days_that_agree_need_no_cause(office: Office) -> None:
    """A store that takes back what it sold itself knows the points."""
    back = replace(RETURN, account="ana", from_active=20)
    office.hears(EDGE, a_sale("s-1", "ana", 60), back)
    assert office.says() == ([], [])
    assert office.books.everything()["apart"] == []
