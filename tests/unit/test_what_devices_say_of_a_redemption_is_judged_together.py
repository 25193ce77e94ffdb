"""A redemption, a voucher, an adjustment: each counts once, whoever wrote of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mentioned import in_epochs, mention, mentions_of, redemption_books, sums

from agent.core.facts import (
    AdjustPoints,
    CreateReward,
    DeleteReward,
    Fact,
    HoldVoucher,
    IssueVoucher,
    RedeemReward,
    ReleaseVoucher,
    UseVoucher,
)
from agent.core.postings import PROGRAM
from sync.hub.judging import Judgement, judge

EXPIRES = "2026-11-21T13:05:09.000Z"
CODE = "0000-0000-0001-2"
HOLD = CreateReward(redemption_id="r", account="a", points=40, authority="lease",
                    expires_at=EXPIRES)  # fmt: skip
CAPTURE = RedeemReward(redemption_id="r", account="a", points=40)
RELEASE = DeleteReward(redemption_id="r", account="a", points=40, reason="timed_out")
SPENT = {("a", "active"): -40, (PROGRAM, "redeemed"): 40}
ON_HOLD = {("a", "active"): -40, ("a", "held"): 40}
BOOKS = st.lists(redemption_books(), min_size=1, max_size=3)


def judged(*books: list[Fact]) -> Judgement:
    """Judge the redemption, each book written by a store of its own."""
    return judge("redemption:r", mentions_of(books))


@given(redemption_books(), st.integers(1, 6))
def test_one_device_is_believed_to_the_point(book: list[Fact], turn: int) -> None:
    """Where one device alone wrote of it, at every moment, it is the sum of what that wrote; also
    where a new epoch began in between.
    """
    mentions = in_epochs(book, turn)
    for length in range(1, len(book) + 1):
        found = judge("redemption:r", mentions[:length])
        assert found.worth == sums(book[:length])
        assert found.conflicts == ()


@given(BOOKS, st.randoms(use_true_random=False))
def test_no_order_of_arrival_changes_it(books: list[list[Fact]], dice: object) -> None:
    """Whatever order the entries come in; and together they sum to zero and cost it once."""
    mentions = mentions_of(books)
    shuffled = list(mentions)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    found = judge("redemption:r", mentions)
    assert judge("redemption:r", shuffled) == found
    assert sum(found.worth.values()) == 0
    assert -40 <= found.worth.get(("a", "active"), 0) <= 0
    assert found.worth.get(("a", "held"), 0) >= 0


@given(BOOKS, redemption_books())
def test_a_device_more_brings_nothing_back(books: list[list[Fact]], more: list[Fact]) -> None:
    """What was spent stays spent, whatever another device says of the same redemption."""
    before = judged(*books).worth.get((PROGRAM, "redeemed"), 0)
    assert judged(*books, more).worth.get((PROGRAM, "redeemed"), 0) >= before


@pytest.mark.parametrize(
    ("books", "worth"),
    [
        ([[HOLD], [HOLD]], ON_HOLD),
        ([[HOLD, RELEASE], [HOLD]], ON_HOLD),
        ([[HOLD, RELEASE], [HOLD, RELEASE]], {}),
        ([[HOLD, CAPTURE], [HOLD]], SPENT),
        ([[HOLD, CAPTURE], [HOLD, RELEASE]], SPENT),
        ([[HOLD, CAPTURE], [HOLD, CAPTURE]], SPENT),
    ],
)
def test_one_id_counts_once(books: list[list[Fact]], worth: dict[object, int]) -> None:
    """Held at two devices it is held once, captured at any it is spent once, ended twice it gives
    back once.
    """
    assert judged(*books).worth == worth


def test_a_disk_that_went_back_redeems_once() -> None:
    """A device forgot a capture, and the hold was judged afresh, or found in doubt: the goods went
    over the counter once.
    """
    forgotten = [mention(HOLD, seq=4), mention(CAPTURE, seq=5)]
    again = [mention(fact, epoch=2, seq=seq) for seq, fact in enumerate([HOLD, CAPTURE], 1)]
    doubted = mention(RELEASE, epoch=2, seq=1)
    assert judge("redemption:r", [*forgotten, *again]).worth == SPENT
    assert judge("redemption:r", [*forgotten, doubted]).worth == SPENT


def test_a_capture_twice_is_told() -> None:
    """Captured at two devices: a clerk reads where, and what the second would have cost."""
    (conflict,) = judged([HOLD, CAPTURE], [HOLD, CAPTURE]).conflicts
    assert (conflict.kind, conflict.subject, conflict.points) == ("redemption_twice", "r", 40)
    assert "captured 2 times, at s1/d and s2/d: it counts once" in conflict.text
    assert judged([HOLD, CAPTURE], [HOLD, RELEASE]).conflicts == ()


def test_an_id_of_two_members_is_two_redemptions() -> None:
    """Two members' redemptions under one id: each pays for their own."""
    other: list[Fact] = [
        CreateReward(redemption_id="r", account="b", points=7, authority="lease",
                     expires_at=EXPIRES),
        RedeemReward(redemption_id="r", account="b", points=7),
    ]  # fmt: skip
    found = judged([HOLD, CAPTURE], other)
    assert found.worth[("a", "active")] == -40
    assert found.worth[("b", "active")] == -7
    assert "each member's counts once" in found.conflicts[0].text


def issue(**said: object) -> IssueVoucher:
    """A voucher of 250 points, worth 5.00."""
    return IssueVoucher(account="a", code=CODE, points=250, value_minor=500, currency="USD",
                        **said)  # type: ignore[arg-type]  # fmt: skip


def use(redemption_id: str) -> list[Fact]:
    """It is held and used."""
    about = {"redemption_id": redemption_id, "account": "a", "code": CODE}
    return [HoldVoucher(expires_at=EXPIRES, **about), UseVoucher(**about)]


def voucher(*books: list[Fact]) -> Judgement:
    """Judge the voucher, each book written by a store of its own."""
    return judge(f"voucher:{CODE}", mentions_of(books))


def test_a_voucher_used_in_two_stores_is_told() -> None:
    """The first use by order stands; the other is money lost, and its code is shown to nobody."""
    found = voucher([issue()], use("r2"), use("r1"))
    assert found.worth == {("a", "active"): -250, (PROGRAM, "redeemed"): 250}
    (conflict,) = found.conflicts
    assert (conflict.kind, conflict.subject, conflict.store) == ("voucher_twice", "r1", "s3")
    assert "used at s2/d and again at s3/d" in conflict.text
    assert "5.00 USD is lost" in conflict.text
    assert CODE not in conflict.text


def test_a_thing_lost_twice_is_named() -> None:
    """Where the voucher was for a thing, the thing is named; without its issue, nothing is."""
    thing = IssueVoucher(account="a", code=CODE, reward="coffee", text="A coffee")
    assert "“A coffee” is lost once" in voucher([thing], use("r1"), use("r2")).conflicts[0].text
    assert "lost once" in voucher(use("r1"), use("r2")).conflicts[0].text


def test_a_use_that_came_back_was_none() -> None:
    """A voucher whose sale came back may be used again; one redemption's use said twice is one."""
    back = ReleaseVoucher(redemption_id="r1", account="a", code=CODE, reason="sale_came_back")
    assert voucher([issue(), *use("r1"), back], use("r2")).conflicts == ()
    assert voucher([issue(), *use("r1"), use("r1")[1]]).conflicts == ()


@pytest.mark.parametrize(
    ("points", "worth", "words"),
    [((5, 5), 5, "it counts once"), ((5, 7), 12, "they differ, and each counts")],
)
def test_an_adjustment_counts_once(points: tuple[int, int], worth: int, words: str) -> None:
    """One change under one id, written by two devices, counts once; two changes are two."""
    books: list[list[Fact]] = [
        [AdjustPoints(account="a", points=each, reason="sorry", cashier="c", adjust_id="j")]
        for each in points
    ]
    found = judge("adjust:j", mentions_of(books))
    assert found.worth[("a", "active")] == worth
    assert found.conflicts[0].kind == "adjusted_twice"
    assert words in found.conflicts[0].text
    assert judge("adjust:j", mentions_of(books[:1])).worth == sums(books[0])
    assert judge("adjust:j", mentions_of(books[:1])).conflicts == ()
