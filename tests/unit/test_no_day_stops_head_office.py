"""Whatever day a device says, head office books what comes and lets points of others run out."""

import itertools
from datetime import date
from typing import Any

import pytest
from head_office_books import TENANT, Books, enrolled, sold, spent

from agent.core.account import Account, Lot
from agent.core.expiry import expires
from agent.core.program import Expiry
from sync.hub.deciding import expire_due

PROGRAM = """
id = "small"
version = 1
name = "Small"
currency = "USD"
[[earn]]
id = "base"
per_minor = 100
text = "points"
[expiry]
kind = "{kind}"
months = 6
"""
KINDS = ("rolling", "inactivity", "end_of_month")
LONG_AGO, NOW, LAST = date(1, 1, 1), date(2026, 8, 10), date(9999, 12, 31)
STAMPS: dict[str, dict[str, Any]] = {
    "the last day of all": {"business_date": LAST},
    "the first day of all": {"business_date": LONG_AGO},
    "a clock of 1970": {"business_date": None, "recorded_at": "1970-01-01T00:00:00.000Z"},
    "a clock of 9999": {"business_date": None, "recorded_at": "9999-12-31T23:59:59.999Z"},
    "no moment": {"business_date": None, "recorded_at": "yesterday"},
    "no day": {"business_date": None, "recorded_at": "2026-02-29T23:59:59.999Z"},
}


def expire(house: Books, on: date) -> int:
    """Head office's nightly work."""
    return house.run(lambda c: expire_due(c, TENANT, on, now=house.now)).points


@pytest.mark.parametrize(
    ("kind", "said"), [*itertools.product(("rolling",), STAMPS), ("inactivity", "a clock of 9999")]
)
def test_no_stamp_keeps_others_from_anything(house: Books, kind: str, said: str) -> None:
    """Beside an entry with such a stamp another store's sales are booked, its member's points run
    out, also a debt of that day is noted, and the books hold.
    """
    house.put_program(PROGRAM.format(kind=kind), "small@1")
    strange, other = house.device("s1"), house.device("s2")
    strange.says(enrolled("a"), sold(10, sale_id="strange", lease=0), **STAMPS[said])
    other.says(enrolled("b", "em4100:0C00000002"), business_date=date(2026, 1, 10))
    other.says(sold(7, account="b", sale_id="old", lease=0), business_date=date(2026, 1, 10))
    assert expire(house, NOW) >= 7
    assert expire(house, LAST) >= 0
    strange.says(*spent("too-much", 30), **STAMPS[said])
    other.says(sold(5, account="b", sale_id="new", lease=0))
    assert house.account("b").active == 5
    assert house.amiss() == []


def test_what_says_no_moment_is_kept_and_told(house: Books) -> None:
    """An entry whose moment nobody can read moves nothing, and a clerk is told; the next counts."""
    device = house.device("s1")
    device.says(enrolled("a"))
    device.says(sold(10, sale_id="strange", lease=0), recorded_at="yesterday")
    device.says(sold(5, sale_id="next", lease=0))
    assert house.account("a").active == 5
    assert house.kinds() == {"unreadable"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("activity", [None, LONG_AGO, LAST])
def test_points_of_the_last_day_last_as_long(kind: Any, activity: date | None) -> None:
    """There is no later day on which they could be gone."""
    lots = (Lot(points=3, earned_on=LAST),)
    (one,) = expires(Expiry(kind=kind, months=6), Account(lots=lots, last_activity_on=activity))
    assert (one.points, one.on) == (3, LAST)
