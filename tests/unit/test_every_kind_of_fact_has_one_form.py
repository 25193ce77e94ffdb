"""Each kind of fact has one form in bytes, here letter by letter: other versions will read them."""

from datetime import date
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw, structs

from agent.core.accumulate import Because
from agent.core.entry import ClockReading, Entry, MalformedEntry
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
    ReturnedLine,
    ReturnPromotionPoints,
    ReturnSale,
    SettleConflict,
    UseVoucher,
    VoidSale,
    WithdrawVoucher,
    kind_of,
)
from agent.core.referring import Referred
from agent.core.rewards import Toward
from agent.core.tiers import Standing

DAY = date(2026, 12, 5)
BECAUSE = (Because(rule="base", points=3, lines=(0, 2), text="1 point per $1"),)
WHY = b'"because":[{"rule":"base","points":3,"lines":[0,2],"text":"1 point per $1"}]'
CODE = "0000-0000-0001-2"
EXPIRES = "2026-11-21T09:15:00.000Z"

FORMS: list[tuple[Fact, bytes]] = [
    (Enrol(account="a", token="em4100:0C000621A5", referred_by="b"),
     b'"kind":"ENROL","account":"a","token":"em4100:0C000621A5","referred_by":"b"'),
    (AccumulatePoints(sale_id="s", sale_json=Raw(b"{}"), status="accumulated", account="a",
                      program="p@1", points=3, because=BECAUSE, balance=-2,
                      flags=("currency_mismatch",), pending_until=DAY, tier="gold", lease=3,
                      pending=7, toward=Toward(reward="coffee", short=9, text="A coffee"),
                      redeemed=5, standing=Standing(tier="gold", since=DAY, kept_until=DAY),
                      promotions=("double",), spend_minor=1425, occurred_s=-5,
                      referral=Referred(promotion="friend", referrer="b", points=2,
                                        friend_points=1, spent_minor=1425, minimum_minor=9)),
     b'"kind":"ACCUMULATE_POINTS","sale_id":"s","sale":{},"status":"accumulated","account":"a",'
     b'"program":"p@1","points":3,' + WHY + b',"balance":-2,"flags":["currency_mismatch"],'
     b'"pending_until":"2026-12-05","tier":"gold","lease":3,"pending":7,'
     b'"toward":{"reward":"coffee","short":9,"text":"A coffee"},"redeemed":5,'
     b'"standing":{"tier":"gold","since":"2026-12-05","kept_until":"2026-12-05"},'
     b'"promotions":["double"],"spend_minor":1425,"referral":{"promotion":"friend",'
     b'"referrer":"b","points":2,"friend_points":1,"spent_minor":1425,"minimum_minor":9},'
     b'"occurred_s":-5'),
    (AccumulatePromotionPoints(account="a", promotion="b-day", points=3, because=BECAUSE),
     b'"kind":"ACCUMULATE_PROMOTION_POINTS","account":"a","promotion":"b-day","points":3,' + WHY),
    (ActivatePoints(account="a", points=5, lots=(LotPart(epoch=0, seq=7, points=5),), lease=5),
     b'"kind":"ACTIVATE_POINTS","account":"a","points":5,'
     b'"lots":[{"epoch":0,"seq":7,"points":5}],"lease":5'),
    (CreateReward(redemption_id="r", account="a", points=9, authority="floor", expires_at=EXPIRES,
                  floor=4, lease=-5, lane="1", token="t:1"),
     b'"kind":"CREATE_REWARD","redemption_id":"r","account":"a","points":9,"authority":"floor",'
     b'"expires_at":"2026-11-21T09:15:00.000Z","lane":"1","floor":4,"lease":-5,'
     b'"token":"t:1"'),
    (RedeemReward(redemption_id="r", account="a", points=6, sale_id="s", lane="1", cashier="c"),
     b'"kind":"REDEEM_REWARD","redemption_id":"r","account":"a","points":6,"sale_id":"s",'
     b'"lane":"1","cashier":"c"'),
    (DeleteReward(redemption_id="r", account="a", points=3, reason="timed_out", lease=3),
     b'"kind":"DELETE_REWARD","redemption_id":"r","account":"a","points":3,'
     b'"reason":"timed_out","lease":3'),
    (ReturnSale(sale_id="s", return_id="b", amount_minor=250,
                lines=(ReturnedLine(line=0, quantity="0.250"),), account="a", from_active=2,
                lease=-2, without_customer=True),
     b'"kind":"RETURN_SALE","sale_id":"s","return_id":"b","amount_minor":250,'
     b'"lines":[{"line":0,"quantity":"0.250"}],"account":"a","from_active":2,"lease":-2,'
     b'"without_customer":true'),
    (VoidSale(sale_id="s", account="a", from_pending=2, given_back=1),
     b'"kind":"VOID_SALE","sale_id":"s","account":"a","from_pending":2,"given_back":1'),
    (ClaimSale(sale_id="s", account="a", token="t:1", program="p@1", points=3, because=BECAUSE),
     b'"kind":"CLAIM_SALE","sale_id":"s","account":"a","token":"t:1","program":"p@1","points":3,'
     + WHY),
    (AdjustPoints(account="a", points=-4, reason="typo", cashier="c", approver="d", lease=-4,
                  adjust_id="j", balance=2, lane="1"),
     b'"kind":"ADJUST_POINTS","account":"a","points":-4,"reason":"typo","cashier":"c",'
     b'"approver":"d","lease":-4,"adjust_id":"j","balance":2,"lane":"1"'),
    (ExpirePoints(account="a", points=8, due_on=DAY),
     b'"kind":"EXPIRE_POINTS","account":"a","points":8,"due_on":"2026-12-05"'),
    (CardState(token="t:1", account="a", state="replaced", replaced_by="t:2"),
     b'"kind":"CARD_STATE","token":"t:1","account":"a","state":"replaced","replaced_by":"t:2"'),
    (RateVisit(account="a", rating=5), b'"kind":"RATE_VISIT","account":"a","rating":5'),
    (LeaseGrant(account="a", granted_total=100, generation=2),
     b'"kind":"LEASE_GRANT","account":"a","granted_total":100,"generation":2'),
    (LeaseReturn(account="a", recall=1, points=0),
     b'"kind":"LEASE_RETURN","account":"a","recall":1,"points":0'),
    (OpenEpoch(cause="rebuilt", incarnation="d2", parent_incarnation="d1", parent_epoch=0,
               parent_seq=0, parent_hash="00" * 32, reason="torn"),
     b'"kind":"OPEN_EPOCH","cause":"rebuilt","incarnation":"d2","parent_incarnation":"d1",'
     b'"parent_epoch":0,"parent_seq":0,"parent_hash":"' + b"00" * 32 + b'","reason":"torn"'),
    (ClockJump(by_ms=-3_600_000), b'"kind":"CLOCK_JUMP","by_ms":-3600000'),
    (AddCard(account="a", token="em4100:0C000621A5", cashier="c"),
     b'"kind":"ADD_CARD","account":"a","token":"em4100:0C000621A5","cashier":"c"'),
    (ReturnPromotionPoints(account="a", promotion="friend", sale_id="s", from_active=2, lease=-2,
                           from_pending=3, balance=-1, lane="1", cashier="c"),
     b'"kind":"RETURN_PROMOTION_POINTS","account":"a","promotion":"friend","sale_id":"s",'
     b'"from_active":2,"from_pending":3,"balance":-1,"lane":"1","cashier":"c","lease":-2'),
    (FlagActivity(flag="wrong_pin", cashier="c", reason="adjust"),
     b'"kind":"FLAG","flag":"wrong_pin","cashier":"c","reason":"adjust"'),
    (IssueVoucher(account="a", code=CODE, points=250, value_minor=500, currency="GBP",
                  good_until=DAY, partner=True, voucher_id="v", lane="1", cashier="c",
                  lease=-250, balance=15, token="t:1"),
     b'"kind":"ISSUE_VOUCHER","account":"a","code":"0000-0000-0001-2","points":250,'
     b'"value_minor":500,"currency":"GBP","good_until":"2026-12-05","partner":true,'
     b'"voucher_id":"v","lane":"1","cashier":"c","lease":-250,"balance":15,'
     b'"token":"t:1"'),
    (HoldVoucher(redemption_id="r", account="a", code=CODE, expires_at=EXPIRES, sale_id="s"),
     b'"kind":"HOLD_VOUCHER","redemption_id":"r","account":"a","code":"0000-0000-0001-2",'
     b'"expires_at":"2026-11-21T09:15:00.000Z","sale_id":"s"'),
    (UseVoucher(redemption_id="r", account="a", code=CODE, sale_id="s", lane="1"),
     b'"kind":"USE_VOUCHER","redemption_id":"r","account":"a","code":"0000-0000-0001-2",'
     b'"sale_id":"s","lane":"1"'),
    (ReleaseVoucher(redemption_id="r", account="a", code=CODE, reason="sale_came_back",
                    sale_id="s"),
     b'"kind":"RELEASE_VOUCHER","redemption_id":"r","account":"a","code":"0000-0000-0001-2",'
     b'"reason":"sale_came_back","sale_id":"s"'),
    (WithdrawVoucher(account="a", code=CODE, sale_id="s"),
     b'"kind":"WITHDRAW_VOUCHER","account":"a","code":"0000-0000-0001-2","sale_id":"s"'),
    (MergeAccounts(account="b", into="a", reason="one card"),
     b'"kind":"MERGE_ACCOUNTS","account":"b","into":"a","reason":"one card"'),
    (SettleConflict(conflict="overspend", subject="a", text="owes 5", account="a", points=5),
     b'"kind":"SETTLE_CONFLICT","conflict":"overspend","subject":"a","text":"owes 5",'
     b'"account":"a","points":5'),
    (EraseMember(account="a", reason="asked"),
     b'"kind":"ERASE_MEMBER","account":"a","reason":"asked"'),
]  # fmt: skip


def stamped(fact: Fact) -> Entry:
    """A fact as an entry of this version."""
    return Entry(
        id="id-1",
        epoch=1,
        seq=2,
        recorded_at="2026-11-21T13:05:09.000Z",
        clock=ClockReading(boot_id="boot-1", up_ms=7, synchronised=True, jumped=False),
        business_date=date(2026, 11, 20),
        fact=fact,
    )


@pytest.mark.parametrize(("fact", "form"), FORMS, ids=[kind_of(fact) for fact, _ in FORMS])
def test_a_kind_is_written_like_this(fact: Fact, form: bytes) -> None:
    """The stamp first, then the fact by its kind, keys in order, usual values left out."""
    canonical = (
        b'{"id":"id-1","epoch":1,"seq":2,"recorded_at":"2026-11-21T13:05:09.000Z",'
        b'"clock":{"boot_id":"boot-1","up_ms":7,"synchronised":true,"jumped":false},'
        b'"business_date":"2026-11-20","fact":{' + form + b"}}"
    )
    assert stamped(fact).canonical() == canonical
    assert Entry.parse(canonical) == stamped(fact)


def test_no_kind_is_forgotten() -> None:
    """Each kind of fact that there is stands above."""
    assert {type(fact) for fact, _ in FORMS} == set(get_args(Fact))
    assert len({kind_of(fact) for fact, _ in FORMS}) == len(FORMS)


@given(st.from_type(Entry), st.sampled_from(["0", "null", '""', "[]", "0.5"]))
def test_an_entry_has_no_keys_of_anybody_else(entry: Entry, value: str) -> None:
    """A key that no version knows is refused, in the stamp and in the fact, whatever its value."""
    added = b',"extra":' + value.encode()
    for ending in (b"}", b"}}"):
        assert entry.canonical().endswith(ending)
        with pytest.raises(MalformedEntry):
            Entry.parse(entry.canonical().removesuffix(ending) + added + ending)


@pytest.mark.parametrize(
    ("fact", "key", "value"),
    [
        (FORMS[3][0], "points", 0),
        (FORMS[3][0], "lease", -1),
        (FORMS[4][0], "points", 0),
        (FORMS[4][0], "lease", 1),
        (FORMS[4][0], "floor", -1),
        (FORMS[4][0], "authority", "hope"),
        (FORMS[4][0], "redemption_id", "r 1"),
        (FORMS[6][0], "lease", -1),
        (FORMS[7][0], "lease", 1),
        (FORMS[7][0], "from_active", -1),
        (FORMS[7][0], "amount_minor", 10**12 + 1),
        (FORMS[8][0], "given_back", -1),
        (FORMS[10][0], "reason", "a\x00b"),
        (FORMS[10][0], "points", 10**12 + 1),
        (FORMS[12][0], "state", "eaten"),
        (FORMS[13][0], "rating", 6),
        (FORMS[13][0], "rating", 0),
        (FORMS[14][0], "granted_total", -1),
        (FORMS[15][0], "points", -1),
        (FORMS[16][0], "parent_hash", "00" * 31),
        (FORMS[16][0], "cause", "hoped"),
        (FORMS[21][0], "code", "0000-0000-0001"),
        (FORMS[21][0], "code", "0000-0000-000U-5"),
        (FORMS[21][0], "points", -1),
        (FORMS[21][0], "lease", 1),
        (FORMS[21][0], "value_minor", -1),
        (FORMS[24][0], "reason", "lost"),
    ],
)
def test_a_value_out_of_bounds_is_refused(fact: Fact, key: str, value: object) -> None:
    """A number or word that the kind does not allow is no entry, whoever wrote it."""
    entry = stamped(structs.replace(fact, **{key: value}))
    with pytest.raises(MalformedEntry):
        Entry.parse(entry.canonical())
