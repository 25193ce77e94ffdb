"""Generators of every kind of fact, within the bounds that an entry has."""

from datetime import date
from typing import get_args

from hypothesis import strategies as st

from agent.core.accumulate import Because
from agent.core.facts import (
    AccumulatePoints,
    AccumulatePromotionPoints,
    ActivatePoints,
    ActivityFlag,
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
)
from agent.core.referring import Referred
from agent.core.rewards import Toward
from agent.core.stamp_cards import Collected
from agent.core.vouchers import CODE_BYTES, code_of

__all__ = ["facts"]

_CODES = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=6)
_CODE = st.none() | _CODES
_TEXTS = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x24F, exclude_categories=["C"]), max_size=8
)
_TOKENS = st.integers(0, 16**10 - 1).map(lambda number: f"em4100:{number:010X}")
_TOKEN = st.none() | _TOKENS
_COUNTS = st.integers(0, 10**9)
_SOME = st.integers(1, 10**9)
_LESS = st.integers(-(10**9), 0)
_SIGNED = st.integers(-(10**9), 10**9)
_BALANCES = st.none() | _SIGNED
_DAYS = st.dates(date(1970, 1, 2), date(2199, 1, 1))
_SOME_DAY = st.none() | _DAYS
_MOMENT = st.just("2026-11-21T13:05:09.000Z")
_BECAUSE = st.lists(
    st.builds(Because, rule=_CODES, points=_COUNTS, lines=st.just((0, 2)), text=_TEXTS), max_size=2
).map(tuple)
_LOTS = st.lists(
    st.builds(LotPart, epoch=st.integers(0, 9), seq=_SOME, points=_SOME), max_size=3
).map(tuple)
_LINES = st.lists(
    st.builds(
        ReturnedLine, line=st.integers(0, 99), quantity=st.sampled_from(["1", "0.250", "12.5"])
    ),
    max_size=2,
).map(tuple)
_REFERRED = st.builds(
    Referred,
    promotion=_CODES,
    referrer=_CODES,
    points=_SOME,
    friend_points=_COUNTS,
    spent_minor=_SOME,
    minimum_minor=_COUNTS,
)
_STAMPS = st.lists(
    st.builds(
        Collected,
        card=_CODES,
        text=_TEXTS,
        full=_SOME,
        count=_SIGNED,
        stamps=_SIGNED,
        given=_COUNTS,
        gives=_TEXTS,
        vouchers=st.just(("0004-1061-050R-9",)),
        good_until=_SOME_DAY,
    ),
    max_size=2,
).map(tuple)
_ZONES = st.lists(_CODES, max_size=2).map(tuple)
_BY_WHOM = {"lane": _CODE, "cashier": _CODE}


def facts(
    enrolments: st.SearchStrategy[Enrol], sales: st.SearchStrategy[AccumulatePoints]
) -> st.SearchStrategy[Fact]:
    """Any fact there can be, each kind as often as the others."""
    return st.one_of(
        enrolments,
        sales,
        *_ABOUT_POINTS,
        *_ABOUT_SALES,
        *_ABOUT_VOUCHERS,
        *_ABOUT_THE_DEVICE,
        *_BY_OFFICE,
    )


_TAKEN_BACK = {
    "account": _CODE,
    "from_active": _COUNTS,
    "from_pending": _COUNTS,
    "given_back": _COUNTS,
    "balance": _BALANCES,
    "lease": _LESS,
    "withheld": _COUNTS,
    "pending": st.none() | _COUNTS,
    "date_ahead": st.booleans(),
    "without_customer": st.booleans(),
    "referrer": _CODE,
    "referral_points": _COUNTS,
    "stamps": _STAMPS,
    **_BY_WHOM,
}
_ABOUT_SALES: tuple[st.SearchStrategy[Fact], ...] = (
    st.builds(
        AccumulatePromotionPoints,
        account=_CODES,
        promotion=_CODES,
        points=_SOME,
        because=_BECAUSE,
        sale_id=_CODE,
        balance=_BALANCES,
        pending_until=_SOME_DAY,
        lease=_COUNTS,
    ),
    st.builds(
        ClaimSale,
        sale_id=_CODES,
        account=_CODES,
        token=_TOKENS,
        program=_TEXTS,
        points=_COUNTS,
        because=_BECAUSE,
        balance=_BALANCES,
        pending_until=_SOME_DAY,
        lease=_COUNTS,
        pending=st.none() | _COUNTS,
        toward=st.none() | st.builds(Toward, reward=_CODES, short=_SOME, text=_TEXTS),
        flags=st.sampled_from([(), ("points_withheld",)]),
        sold_on=_SOME_DAY,
        referral=st.none() | _REFERRED,
        occurred_s=st.none() | st.integers(-(2**40), 2**40),
        stamps=_STAMPS,
        zones=_ZONES,
        **_BY_WHOM,
    ),
    st.builds(
        ReturnSale,
        sale_id=_CODES,
        return_id=_CODES,
        amount_minor=_COUNTS,
        lines=_LINES,
        **_TAKEN_BACK,
    ),
    st.builds(
        ReturnPromotionPoints,
        account=_CODES,
        promotion=_CODES,
        sale_id=_CODES,
        from_active=_COUNTS,
        from_pending=_COUNTS,
        balance=_BALANCES,
        lease=_LESS,
        **_BY_WHOM,
    ),
    st.builds(VoidSale, sale_id=_CODES, **_TAKEN_BACK),
)
_ABOUT_POINTS: tuple[st.SearchStrategy[Fact], ...] = (
    st.builds(ActivatePoints, account=_CODES, points=_SOME, lots=_LOTS, lease=_COUNTS),
    st.builds(
        CreateReward,
        redemption_id=_CODES,
        account=_CODES,
        points=_SOME,
        authority=st.sampled_from(["lease", "online", "floor"]),
        expires_at=_MOMENT,
        reward=_CODE,
        sale_id=_CODE,
        floor=_COUNTS,
        lease=_LESS,
        token=_TOKEN,
        **_BY_WHOM,
    ),
    st.builds(
        RedeemReward,
        redemption_id=_CODES,
        account=_CODES,
        points=_SOME,
        sale_id=_CODE,
        **_BY_WHOM,
    ),
    st.builds(
        DeleteReward,
        redemption_id=_CODES,
        account=_CODES,
        points=_SOME,
        reason=st.sampled_from(["released", "timed_out", "remainder", "in_doubt"]),
        lease=_COUNTS,
    ),
    st.builds(
        AdjustPoints,
        account=_CODES,
        points=_SIGNED,
        reason=_TEXTS,
        cashier=_CODES,
        approver=_CODE,
        lease=_SIGNED,
        adjust_id=_CODE,
        balance=_BALANCES,
        lane=_CODE,
    ),
    st.builds(ExpirePoints, account=_CODES, points=_SOME, due_on=_DAYS),
)
_VOUCHERS = st.binary(min_size=CODE_BYTES, max_size=CODE_BYTES).map(code_of)
_USE = {"redemption_id": _CODES, "account": _CODES, "code": _VOUCHERS, "sale_id": _CODE}
_ABOUT_VOUCHERS: tuple[st.SearchStrategy[Fact], ...] = (
    st.builds(
        IssueVoucher,
        account=_CODES,
        code=_VOUCHERS,
        points=_COUNTS,
        value_minor=st.none() | _COUNTS,
        currency=st.sampled_from([None, "GBP"]),
        reward=_CODE,
        text=_TEXTS,
        good_until=_SOME_DAY,
        partner=st.booleans(),
        voucher_id=_CODE,
        sale_id=_CODE,
        lease=_LESS,
        balance=_BALANCES,
        token=_TOKEN,
        **_BY_WHOM,
    ),
    st.builds(HoldVoucher, expires_at=_MOMENT, **_USE, **_BY_WHOM),
    st.builds(UseVoucher, **_USE, **_BY_WHOM),
    st.builds(
        ReleaseVoucher,
        reason=st.sampled_from(["released", "timed_out", "sale_came_back"]),
        **_USE,
    ),
    st.builds(WithdrawVoucher, account=_CODES, code=_VOUCHERS, sale_id=_CODE),
)
_ABOUT_THE_DEVICE: tuple[st.SearchStrategy[Fact], ...] = (
    st.builds(AddCard, account=_CODES, token=_TOKENS, **_BY_WHOM),
    st.builds(
        FlagActivity,
        flag=st.sampled_from(get_args(ActivityFlag)),
        account=_CODE,
        reason=_TEXTS,
        **_BY_WHOM,
    ),
    st.builds(
        CardState,
        token=_TOKENS,
        account=_CODES,
        state=st.sampled_from(["active", "blocked", "lost", "replaced"]),
        replaced_by=_TOKEN,
        reason=_TEXTS,
        **_BY_WHOM,
    ),
    st.builds(RateVisit, account=_CODES, rating=st.integers(1, 5), sale_id=_CODE, lane=_CODE),
    st.builds(
        LeaseGrant,
        account=_CODES,
        granted_total=_COUNTS,
        generation=_COUNTS,
    ),
    st.builds(LeaseReturn, account=_CODES, recall=_COUNTS, points=_COUNTS),
    st.builds(
        OpenEpoch,
        cause=st.sampled_from(["welcomed", "confirmed", "restored", "rebuilt"]),
        incarnation=_CODES,
        parent_incarnation=_CODES,
        parent_epoch=_COUNTS,
        parent_seq=_COUNTS,
        parent_hash=st.binary(min_size=32, max_size=32).map(bytes.hex),
        nonce=_CODE,
        reason=_TEXTS,
    ),
    st.builds(ClockJump, by_ms=_SIGNED),
)
_BY_OFFICE: tuple[st.SearchStrategy[Fact], ...] = (
    st.builds(MergeAccounts, account=_CODES, into=_CODES, reason=_TEXTS),
    st.builds(
        SettleConflict,
        conflict=_CODES,
        subject=_CODES,
        text=_TEXTS,
        account=_CODE,
        points=_SIGNED,
    ),
    st.builds(EraseMember, account=_CODES, reason=_TEXTS),
)
