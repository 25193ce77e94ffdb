"""Double entry: what one owner gains another gives, in every fact there is."""

from datetime import date
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from agent.core.entry import Entry
from agent.core.facts import (
    AccumulatePoints,
    AccumulatePromotionPoints,
    ActivatePoints,
    AddCard,
    AdjustPoints,
    CardState,
    ClaimSale,
    ClockJump,
    CreateReward,
    DeleteReward,
    Enrol,
    EraseMember,
    ExpirePoints,
    Fact,
    FlagActivity,
    HoldVoucher,
    IssueVoucher,
    LeaseGrant,
    LeaseReturn,
    LotPart,
    MergeAccounts,
    OpenEpoch,
    RateVisit,
    RedeemReward,
    ReleaseVoucher,
    ReturnPromotionPoints,
    ReturnSale,
    SettleConflict,
    UseVoucher,
    VoidSale,
    WithdrawVoucher,
    kind_of,
)
from agent.core.postings import PROGRAM, Posting, lease_of, postings_of

FACTS = st.from_type(Entry).map(lambda entry: entry.fact)
DAY = date(2026, 12, 5)
SOLD = {
    "sale_id": "s",
    "sale_json": Raw(b"{}"),
    "program": "p@1",
    "because": (),
    "flags": (),
}
CLAIMED = {"sale_id": "s", "account": "a", "token": "t:1", "program": "p@1", "because": ()}
CODE = "0000-0000-0001-2"
USE = {"redemption_id": "r", "account": "a", "code": CODE}
PROMOTED = {"account": "a", "promotion": "p", "because": ()}

Moves = dict[tuple[str, str], int]

TABLE: list[tuple[Fact, Moves, int]] = [
    (Enrol(account="a", token="t:1"), {}, 0),
    (AccumulatePoints(**SOLD, status="accumulated", account="a", points=3, lease=3),
     {("a", "active"): 3, (PROGRAM, "issued"): -3}, 3),
    (AccumulatePoints(**SOLD, status="accumulated", account="a", points=3, pending_until=DAY),
     {("a", "pending"): 3, (PROGRAM, "issued"): -3}, 0),
    (AccumulatePoints(**SOLD, status="accumulated", account="a", points=0), {}, 0),
    (AccumulatePoints(**SOLD, status="no_card", points=3), {}, 0),
    (AccumulatePromotionPoints(**PROMOTED, points=5, lease=5),
     {("a", "active"): 5, (PROGRAM, "issued"): -5}, 5),
    (AccumulatePromotionPoints(**PROMOTED, points=5, pending_until=DAY),
     {("a", "pending"): 5, (PROGRAM, "issued"): -5}, 0),
    (ReturnPromotionPoints(account="a", promotion="p", sale_id="s", from_active=3, from_pending=2,
                           lease=-3),
     {("a", "active"): -3, ("a", "pending"): -2, (PROGRAM, "issued"): 5}, -3),
    (ClaimSale(**CLAIMED, points=4, lease=4), {("a", "active"): 4, (PROGRAM, "issued"): -4}, 4),
    (ClaimSale(**CLAIMED, points=4, pending_until=DAY),
     {("a", "pending"): 4, (PROGRAM, "issued"): -4}, 0),
    (ActivatePoints(account="a", points=6, lots=(LotPart(epoch=0, seq=1, points=6),), lease=6),
     {("a", "pending"): -6, ("a", "active"): 6}, 6),
    (CreateReward(redemption_id="r", account="a", points=9, authority="floor", expires_at="x",
                  floor=4, lease=-5), {("a", "active"): -9, ("a", "held"): 9}, -5),
    (RedeemReward(redemption_id="r", account="a", points=6),
     {("a", "held"): -6, (PROGRAM, "redeemed"): 6}, 0),
    (DeleteReward(redemption_id="r", account="a", points=3, reason="released", lease=2),
     {("a", "held"): -3, ("a", "active"): 3}, 2),
    (ReturnSale(sale_id="s", return_id="b", amount_minor=9, account="a", from_active=3,
                from_pending=2, given_back=7, lease=-3),
     {("a", "active"): 4, ("a", "pending"): -2, (PROGRAM, "issued"): 5, (PROGRAM, "redeemed"): -7},
     -3),
    (ReturnSale(sale_id="s", return_id="b", amount_minor=9, account="a", from_active=3,
                given_back=3), {(PROGRAM, "issued"): 3, (PROGRAM, "redeemed"): -3}, 0),
    (ReturnSale(sale_id="s", return_id="b", amount_minor=9, from_active=3), {}, 0),
    (VoidSale(sale_id="s", account="a", from_active=3, from_pending=2, lease=-3),
     {("a", "active"): -3, ("a", "pending"): -2, (PROGRAM, "issued"): 5}, -3),
    (AdjustPoints(account="a", points=-8, reason="r", cashier="c", lease=-8),
     {("a", "active"): -8, (PROGRAM, "adjusted"): 8}, -8),
    (AdjustPoints(account="a", points=8, reason="r", cashier="c"),
     {("a", "active"): 8, (PROGRAM, "adjusted"): -8}, 0),
    (AdjustPoints(account="a", points=0, reason="r", cashier="c"), {}, 0),
    (ExpirePoints(account="a", points=2, due_on=DAY),
     {("a", "active"): -2, (PROGRAM, "expired"): 2}, 0),
    (CardState(token="t:1", account="a", state="lost"), {}, 0),
    (RateVisit(account="a", rating=5), {}, 0),
    (LeaseGrant(account="a", granted_total=100, generation=0), {}, 0),
    (LeaseReturn(account="a", recall=1, points=40), {}, -40),
    (OpenEpoch(cause="welcomed", incarnation="d", parent_incarnation="d", parent_epoch=0,
               parent_seq=1, parent_hash="00" * 32), {}, 0),
    (ClockJump(by_ms=9), {}, 0),
    (AddCard(account="a", token="t:1"), {}, 0),
    (FlagActivity(flag="wrong_pin", account="a"), {}, 0),
    (IssueVoucher(account="a", code=CODE, points=250, value_minor=500, lease=-250),
     {("a", "active"): -250, (PROGRAM, "redeemed"): 250}, -250),
    (IssueVoucher(account="a", code=CODE, reward="coffee"), {}, 0),
    (HoldVoucher(**USE, expires_at="x"), {}, 0),
    (UseVoucher(**USE), {}, 0),
    (ReleaseVoucher(**USE, reason="released"), {}, 0),
    (WithdrawVoucher(account="a", code=CODE), {}, 0),
    (MergeAccounts(account="b", into="a"), {}, 0),
    (SettleConflict(conflict="overspend", subject="a", text="t", account="a", points=5), {}, 0),
    (EraseMember(account="a"), {}, 0),
]  # fmt: skip


@pytest.mark.parametrize(("fact", "moves", "lease"), TABLE, ids=[kind_of(row[0]) for row in TABLE])
def test_a_kind_moves_points_like_this(fact: Fact, moves: Moves, lease: int) -> None:
    """Each kind moves points between these owners and buckets, and changes the rights by this."""
    assert {(p.owner, p.bucket): p.points for p in postings_of(fact)} == moves
    assert lease_of(fact) == lease


def test_no_kind_is_forgotten() -> None:
    """Each kind of fact that there is stands in the table."""
    assert {type(fact) for fact, _, _ in TABLE} == set(get_args(Fact))


@given(FACTS)
def test_the_postings_of_a_fact_sum_to_zero(fact: Fact) -> None:
    """No fact makes points or loses any: its postings sum to zero."""
    assert sum(posting.points for posting in postings_of(fact)) == 0


@given(FACTS)
def test_no_posting_moves_nothing(fact: Fact) -> None:
    """A posting moves something, and no owner's bucket is posted to twice by one fact."""
    postings = postings_of(fact)
    assert all(posting.points for posting in postings)
    assert len({(posting.owner, posting.bucket) for posting in postings}) == len(postings)


@given(FACTS)
def test_only_the_member_and_the_program_move(fact: Fact) -> None:
    """A fact moves the points of its own account and of the program, and of nobody else."""
    assert {p.owner for p in postings_of(fact)} <= {getattr(fact, "account", None), PROGRAM}


@given(st.from_type(AccumulatePoints))
def test_an_account_gains_what_the_sale_earned(fact: AccumulatePoints) -> None:
    """The points of a sale go to its account, and the program has issued them."""
    earned = fact.points if fact.account else 0
    gained = {(p.owner, p.bucket): p.points for p in postings_of(fact)}
    assert gained.get((PROGRAM, "issued"), 0) == -earned
    if fact.account:
        assert gained.get((fact.account, "active"), 0) == earned


def test_a_sale_of_one_point_is_two_postings() -> None:
    """One point earned is one point of the account's and one issued by the program."""
    fact = AccumulatePoints(**SOLD, status="accumulated", account="acc-1", points=1, balance=1)
    assert postings_of(fact) == (
        Posting("acc-1", "active", 1),
        Posting("program", "issued", -1),
    )
