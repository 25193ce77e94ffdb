"""An entry counts on one day, in a store and at head office alike."""

from datetime import date

import pytest
from head_office_books import hold, sold

from agent.core.entry import Entry
from agent.core.facts import Fact
from sync.hub.judging import given_by

_PAST_MIDNIGHT_IN_UTC = "2026-11-22T01:30:00.000Z"


def _entry(fact: Fact, business_date: date | None) -> Entry:
    return Entry(
        id="e",
        epoch=0,
        seq=1,
        recorded_at=_PAST_MIDNIGHT_IN_UTC,
        business_date=business_date,
        fact=fact,
    )


@pytest.mark.parametrize(
    ("fact", "business_date", "day"),
    [
        (sold(10), date(2026, 11, 20), "2026-11-20"),
        (sold(10), None, "2026-11-21"),
        (hold("r", 5), date(2026, 11, 20), "2026-11-20"),
        (hold("r", 5), None, "2026-11-22"),
    ],
)
def test_an_entry_counts_on_its_day(fact: Fact, business_date: date | None, day: str) -> None:
    """Its business date; that of its sale, where version 0.1 wrote it; else the clock's in UTC."""
    assert _entry(fact, business_date).day == day


def test_head_office_files_an_old_sale_on_its_day() -> None:
    """Points that version 0.1 gave run out at head office as they do at the till that gave them."""
    given = given_by(_entry(sold(10), None))
    assert {day for _, day, _ in given} == {"2026-11-21"}
