"""Whatever contradicts is settled once: points as judged, a row in plain words, and a decision that
goes down the feed.
"""

from datetime import date, timedelta

import pytest
from head_office_books import Books, enrolled, hold, sold, spent
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
)
from agent.core.instant import rfc3339

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
    books: Books, kind: str, order: tuple[str, str]
) -> None:
    """Whichever store is heard first, the sums are the same; one row and one decision say so."""
    first, second, worth = SAID[kind]
    books.device("s1").writes(enrolled("a"), *first)
    books.device("s2").writes(*second)
    for store in order:
        books.device(store).delivers()
    assert books.account("a").active == worth
    assert books.balances()
    (row,) = books.found(kind)
    (settled,) = [
        each for each in books.decided()
        if isinstance(each, SettleConflict) and each.conflict == kind
    ]  # fmt: skip
    assert (settled.subject, settled.text) == (row.subject, row.text)
    assert row.decision_seq is not None


def test_a_sale_three_times_is_one_row(books: Books) -> None:
    """Found again with every store that is heard, it is told once."""
    for store in ("s1", "s2", "s3"):
        books.device(store).says(sold(10, lease=0))
    assert len(books.found()) == 1
    assert len(books.decided()) == 1


@pytest.mark.parametrize(
    ("stamp", "words"),
    [
        ({"recorded_at": "2027-03-01T00:00:00.000Z"}, "at 2027-03-01"),
        ({"business_date": date(2026, 12, 24)}, "sales of 2026-12-24, which has not come"),
    ],
)
def test_entries_of_the_future_count_and_are_reported(
    books: Books, stamp: dict[str, object], words: str
) -> None:
    """A clock that is ahead, or a day that has not come: every entry counts, and a person is told
    once for the device and the day, however many there are.
    """
    books.device("s1").says(enrolled("a"), sold(10), sold(5, sale_id="t"), **stamp)
    books.device("s1").says(sold(1, sale_id="u"), **stamp)
    assert books.account("a").active == 16
    (row,) = books.found()
    assert (row.kind, row.subject) == ("wrong_clock", "house/s1/d 2026-11-21")
    assert words in row.text
    books.now += timedelta(days=1)
    books.device("s1").says(sold(1, sale_id="v"), **stamp)
    assert len(books.found()) == 2


def test_a_clock_set_by_far_is_reported(books: Books) -> None:
    """An hour is far, a minute is not."""
    books.device("s1").says(ClockJump(by_ms=60_000))
    assert not books.found()
    books.device("s1").says(ClockJump(by_ms=-3_600_000))
    assert "set it back by 60 min" in books.found("wrong_clock")[0].text


def test_a_clock_in_order_is_no_finding(books: Books) -> None:
    """A few minutes ahead, and a day that has begun somewhere, are in order."""
    ahead = rfc3339(books.now + timedelta(minutes=5))
    books.device("s1").says(sold(1), recorded_at=ahead, business_date=date(2026, 11, 22))
    assert not books.found()


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


def put(books: Books, version: int, begins: str, per_minor: int) -> None:
    """Put a version of the program."""
    text = _PROGRAM.format(version=version, begins=begins, per_minor=per_minor)
    books.put_program(text, f"small@{version}")


@pytest.mark.parametrize(
    ("judged_by", "shown", "has"),
    [("small@1", 10, 20), ("small@2", 20, 20), ("small@3", 100, 100), ("mine@1", 3, 3)],
)
def test_a_sale_of_another_version_gets_what_is_missing(
    books: Books, judged_by: str, shown: int, has: int
) -> None:
    """What was shown stands; where the version in force on the day gives more, the member gets the
    rest by a decision; a program that head office does not have is left alone.
    """
    put(books, 1, "2026-01-01", 100)
    put(books, 2, "2026-11-01", 50)
    put(books, 3, "2026-12-01", 10)
    books.device("s1").says(enrolled("a"), sold(shown, program=judged_by))
    assert books.account("a").active == has
    assert books.balances()
    skewed = judged_by in ("small@1", "small@3")
    assert books.kinds() == ({"program_skew"} if skewed else set())
    if has > shown:
        given = books.decided()[-1]
        assert isinstance(given, AdjustPoints)
        assert given.points == has - shown


def test_a_skew_is_made_up_once(books: Books) -> None:
    """The same sale by two stores, both with the old version: the difference is given once."""
    put(books, 1, "2026-01-01", 100)
    put(books, 2, "2026-11-01", 50)
    for store in ("s1", "s2"):
        books.device(store).says(sold(10, program="small@1", lease=0))
    assert books.account("a").active == 20


def test_a_store_that_is_in_order_brings_up_nothing(books: Books) -> None:
    """A day like any other: no row, no decision."""
    books.device("s1").says(enrolled("a"), sold(10), hold("r", 4, lease=4))
    assert not books.found()
    assert books.decided() == []
