"""Whatever contradicts is settled once: points as judged, a row in plain words, and a decision that
goes down the feed.
"""

from datetime import date, timedelta
from typing import Any

import pytest
from head_office_books import TENANT, Books, enrolled, hold, sold, spent
from mentioned import basket

from agent.core.facts import (
    AdjustPoints,
    ClockJump,
    Fact,
    HoldVoucher,
    IssueVoucher,
    ReturnSale,
    SettleConflict,
    UseVoucher,
    VoidSale,
)
from agent.core.instant import rfc3339
from sync.hub.decisions import settle_by_hand

CODE = "0000-0000-0001-2"
VOUCHER = IssueVoucher(account="a", code=CODE, points=4, value_minor=500, currency="USD")


def back(return_id: str, amount_minor: int) -> ReturnSale:
    """What came back at a store that never had the sale."""
    return ReturnSale(sale_id="s", return_id=return_id, amount_minor=amount_minor)


def use(redemption_id: str) -> tuple[Fact, Fact]:
    """The voucher is held and used."""
    about = {"redemption_id": redemption_id, "account": "a", "code": CODE}
    return HoldVoucher(expires_at="2026-11-21T14:00:00.000Z", **about), UseVoucher(**about)


def adjusted(points: int) -> AdjustPoints:
    """A change by hand under one id."""
    return AdjustPoints(account="a", points=points, reason="sorry", cashier="c", adjust_id="j")


SAID: dict[str, tuple[list[Fact], list[Fact], int]] = {
    "duplicate_sale": ([sold(10, lease=0)], [sold(12, lease=0)], 12),
    "sale_id_reused": (
        [sold(10, lease=0)], [sold(7, lease=0, sale_json=basket(700))], 17
    ),
    "returned_twice": (
        [sold(10, lease=0), ReturnSale(sale_id="s", return_id="r1", amount_minor=900, account="a",
                                       from_active=9)],
        [back("r2", 900)], 0
    ),
    "redemption_twice": (
        [sold(50, lease=0), *spent("r", 20)], [*spent("r", 20)], 30
    ),
    "voucher_twice": ([sold(10, lease=0), VOUCHER, *use("r1")], [*use("r2")], 6),
    "adjusted_twice": ([adjusted(8)], [adjusted(8)], 8),
}  # fmt: skip


@pytest.mark.parametrize("kind", SAID)
@pytest.mark.parametrize("order", [("s1", "s2"), ("s2", "s1")])
def test_what_two_stores_contradict_in_is_settled(
    house: Books, kind: str, order: tuple[str, str]
) -> None:
    """Whichever store is heard first, the sums are the same; one row and one decision say so."""
    first, second, worth = SAID[kind]
    house.device("s1").writes(enrolled("a"), *first)
    house.device("s2").writes(*second)
    for store in order:
        house.device(store).delivers()
    assert house.account("a").active == worth
    assert house.balances()
    (row,) = house.found(kind)
    (settled,) = [
        each for each in house.decided()
        if isinstance(each, SettleConflict) and each.conflict == kind
    ]  # fmt: skip
    assert (settled.subject, settled.text) == (row.subject, row.text)
    assert row.decision_seq is not None


def test_more_money_that_goes_out_is_told_anew(house: Books) -> None:
    """The row is the only one who says that a shop paid too much: each time it paid more."""
    house.device("s1").says(enrolled("a"), sold(10, lease=0))
    for store, amount_minor in (("s5", 900), ("s4", 200), ("s3", 5_000), ("s3", 1)):
        house.device(store).says(back(f"r-{store}-{amount_minor}", amount_minor))
    told = [row.text.split(" more came back")[0] for row in house.found("returned_twice")]
    assert told == ["1.00 USD", "51.00 USD", "51.01 USD"]
    assert house.account("a").active == 0


def test_less_than_was_told_is_no_news(house: Books) -> None:
    """Who knows the sale writes a return that was known already by more than it was: a clerk heard
    of more money before, and hears again once it is more than it is now.
    """
    store = house.device("s1")
    store.says(enrolled("a"), sold(10, lease=0))
    house.device("s2").says(back("r1", 900))
    house.device("s3").says(back("r2", 900))
    known = ReturnSale(
        sale_id="s", return_id="r1", amount_minor=500, account="a", from_active=5, lease=0
    )
    store.says(known)
    house.device("s4").says(back("r3", 50))
    told = [row.text.split(" more came back")[0] for row in house.found("returned_twice")]
    assert told == ["8.00 USD", "4.50 USD"]
    assert house.account("a").active == 0
    assert house.amiss() == []


def test_a_sale_three_times_is_one_row(house: Books) -> None:
    """Found again with every store that is heard, it is told once."""
    for store in ("s1", "s2", "s3"):
        house.device(store).says(sold(10, lease=0))
    assert len(house.found()) == 1
    assert len(house.decided()) == 1


@pytest.mark.parametrize(
    ("stamp", "words"),
    [
        ({"recorded_at": "2027-03-01T00:00:00.000Z"}, "at 2027-03-01"),
        ({"business_date": date(2026, 12, 24)}, "sales of 2026-12-24, which has not come"),
    ],
)
def test_entries_of_the_future_count_and_are_reported(
    house: Books, stamp: dict[str, object], words: str
) -> None:
    """A clock that is ahead, or a day that has not come: every entry counts, and a person is told
    once, however long it lasts; and once more of what comes after they have looked.
    """
    house.device("s1").says(enrolled("a"), sold(10), sold(5, sale_id="t"), **stamp)
    house.device("s1").says(sold(1, sale_id="u"), **stamp)
    assert house.account("a").active == 16
    (row,) = house.found()
    assert (row.kind, row.subject) == ("wrong_clock", "house/s1/d")
    assert row.state == "open", "until somebody has looked"
    assert words in row.text
    house.now += timedelta(days=1)
    house.device("s1").says(sold(1, sale_id="v"), **stamp)
    assert len(house.found()) == 1
    house.run(lambda c: settle_by_hand(c, TENANT, row.id, by="ana", reason="set", now=house.now))
    house.device("s1").says(sold(1, sale_id="w"), **stamp)
    assert [each.state for each in house.found()] == ["resolved", "open"]


def test_a_clock_set_by_far_is_reported(house: Books) -> None:
    """An hour is far, a minute is not."""
    house.device("s1").says(ClockJump(by_ms=60_000))
    assert not house.found()
    house.device("s1").says(ClockJump(by_ms=-3_600_000))
    assert "set it back by 60 min" in house.found("wrong_clock")[0].text


def test_a_clock_in_order_is_no_finding(house: Books) -> None:
    """A few minutes ahead, and a day that has begun somewhere, are in order."""
    ahead = rfc3339(house.now + timedelta(minutes=5))
    house.device("s1").says(sold(1), recorded_at=ahead, business_date=date(2026, 11, 22))
    assert not house.found()


_PROGRAM = """
id = "small"
version = {version}
name = "Small"
currency = "USD"
effective_from = {begins}
[[earn]]
id = "base"
per_minor = {per_minor}
text = "points"
"""


def put(house: Books, version: int, begins: str, per_minor: int, more: str = "") -> None:
    """Put a version of the program."""
    text = _PROGRAM.format(version=version, begins=begins, per_minor=per_minor) + more
    house.put_program(text, f"small@{version}")


@pytest.mark.parametrize(
    ("judged_by", "shown", "has"),
    [("small@1", 10, 20), ("small@2", 20, 20), ("small@3", 100, 100), ("mine@1", 3, 3)],
)
def test_a_sale_of_another_version_gets_what_is_missing(
    house: Books, judged_by: str, shown: int, has: int
) -> None:
    """What was shown stands; where the version in force on the day gives more, the member gets the
    rest by a decision; a program that head office does not have is left alone.
    """
    put(house, 1, "2026-01-01", 100)
    put(house, 2, "2026-11-01", 50)
    put(house, 3, "2026-12-01", 10)
    house.device("s1").says(enrolled("a"), sold(shown, program=judged_by))
    assert house.account("a").active == has
    assert house.balances()
    skewed = judged_by in ("small@1", "small@3")
    assert house.kinds() == ({"program_skew"} if skewed else set())
    if has > shown:
        given = house.decided()[-1]
        assert isinstance(given, AdjustPoints)
        assert given.points == has - shown


_BACK: dict[str, Any] = {"sale_id": "s", "account": "a", "lease": 0}

_WELCOME = """
[[promotion]]
id = "welcome"
bonus = 500
occasion = "first_purchase"
text = "Welcome"
"""


@pytest.mark.parametrize(
    ("judged_by", "flags", "has"),
    [
        ("small@1", (), 20),
        ("small@1", ("points_withheld",), 10),
        ("small@9", (), 10),
    ],
)
def test_a_skew_gives_nothing_that_both_versions_give(
    house: Books, judged_by: str, flags: tuple[str, ...], has: int
) -> None:
    """Head office does not know what a store knew of a member: what does not differ between the
    versions, such as a bonus for a first purchase, is not given anew. Where a limit withheld
    points, or nobody has the version, what was shown stands, and a row says so.
    """
    put(house, 1, "2026-01-01", 100, _WELCOME)
    put(house, 2, "2026-11-01", 50, _WELCOME)
    house.device("s1").says(enrolled("a"), sold(10, program=judged_by, flags=flags))
    assert house.account("a").active == has
    (row,) = house.found("program_skew")
    assert ("cannot be compared" in row.text) == (has == 10)


@pytest.mark.parametrize(
    ("bonus_in", "promotions", "shown", "has"),
    [(2, (), 10, 20), (1, (), 10, 20), (1, ("welcome",), 510, 510)],
)
def test_a_bonus_that_one_version_has_is_the_first_purchases_alone(
    house: Books, bonus_in: int, promotions: tuple[str, ...], shown: int, has: int
) -> None:
    """A bonus for a first purchase that only one of two versions gives is neither given to whom no
    store had it for, nor taken from what the rest of the sale is due.
    """
    put(house, 1, "2026-01-01", 100, _WELCOME if bonus_in == 1 else "")
    put(house, 2, "2026-11-01", 50, _WELCOME if bonus_in == 2 else "")
    sale = sold(shown, program="small@1", promotions=promotions)
    house.device("s1").says(enrolled("a"), sale)
    assert house.account("a").active == has


def test_a_skew_is_made_up_once(house: Books) -> None:
    """The same sale by two stores, both with the old version: the difference is given once."""
    put(house, 1, "2026-01-01", 100)
    put(house, 2, "2026-11-01", 50)
    for store in ("s1", "s2"):
        house.device(store).says(sold(10, program="small@1", lease=0))
    assert house.account("a").active == 20


@pytest.mark.parametrize("first", ["small@1", "small@2"])
def test_a_skew_is_none_where_another_store_knew_better(house: Books, first: str) -> None:
    """The same sale by two stores, of which one had the version in force: it counts as that one's,
    and no more is due, whoever is heard first.
    """
    put(house, 1, "2026-01-01", 100)
    put(house, 2, "2026-11-01", 50)
    points = {"small@1": 10, "small@2": 20}
    for judged_by in sorted(points, key=lambda each: each != first):
        store = house.device(judged_by.replace("@", "-"))
        store.says(sold(points[judged_by], program=judged_by, lease=0))
    assert house.account("a").active == 20
    assert house.balances()
    assert house.amiss() == []


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(
    ("back", "has"),
    [
        ((ReturnSale(**_BACK, return_id="r", amount_minor=500, from_active=5),), 10),
        ((ReturnSale(**_BACK, return_id="r", amount_minor=1_000, from_active=10),), 0),
        ((VoidSale(**_BACK, from_active=10),), 0),
    ],
)
def test_what_was_added_goes_with_what_comes_back(
    house: Books, back: tuple[Fact, ...], has: int, at_once: bool
) -> None:
    """Ten points were shown, and ten were added: of a sale that comes back by half, half of both
    stays, whether head office hears of that later or together with the sale.
    """
    put(house, 1, "2026-01-01", 100)
    put(house, 2, "2026-11-01", 50)
    store = house.device("s1")
    if at_once:
        store.says(enrolled("a"), sold(10, program="small@1"), *back)
    else:
        store.says(enrolled("a"), sold(10, program="small@1"))
        assert house.account("a").active == 20
        store.says(*back)
    assert house.account("a").active == has
    assert house.balances()
    assert house.amiss() == []


def test_a_store_that_is_in_order_brings_up_nothing(house: Books) -> None:
    """A day like any other: no row, no decision."""
    house.device("s1").says(enrolled("a"), sold(10), hold("r", 4, lease=4))
    assert not house.found()
    assert house.decided() == []
