"""Facts about vouchers: given to a member, held for a sale, used once, good again, withdrawn.

A voucher is money, or a thing: a reward of the program. Whoever shows its code may use it, so that
``account`` says whose it was when it was given, and not who uses it.
"""

from datetime import date
from typing import Literal

from agent.core.facts.base import Count, FactBase, Negative
from agent.core.values import Code, Label, Points, WrittenToken
from agent.core.vouchers import VoucherCode

__all__ = [
    "HoldVoucher",
    "IssueVoucher",
    "ReleaseVoucher",
    "UseVoucher",
    "VoucherReleaseReason",
    "WithdrawVoucher",
]

VoucherReleaseReason = Literal["released", "timed_out", "sale_came_back"]


class IssueVoucher(FactBase, frozen=True, kw_only=True, tag="ISSUE_VOUCHER"):
    """A member got a voucher, for ``points`` or for none.

    It is worth ``value_minor`` of its ``currency``, or is a ``reward``, whose ``text`` says in
    the program's first language what it is. ``good_until`` is its last
    day; without one it is good for ever. One that is for a ``partner`` is not taken here.
    ``voucher_id`` is the POS's own id of a voucher it asked for, ``sale_id`` the sale that one
    came with. ``balance`` is what the member was told. ``token`` is the card that was shown where
    points were turned into it.
    """

    account: Code
    code: VoucherCode
    points: Count = 0
    value_minor: Count | None = None
    currency: Code | None = None
    reward: Code | None = None
    text: Label = ""
    good_until: date | None = None
    partner: bool = False
    voucher_id: Code | None = None
    sale_id: Code | None = None
    lane: Code | None = None
    cashier: Code | None = None
    lease: Negative = 0
    balance: Points | None = None
    token: WrittenToken | None = None


class HoldVoucher(FactBase, frozen=True, kw_only=True, tag="HOLD_VOUCHER"):
    """A voucher is set aside for a redemption, so that nobody else uses it meanwhile."""

    redemption_id: Code
    account: Code
    code: VoucherCode
    expires_at: str
    sale_id: Code | None = None
    lane: Code | None = None
    cashier: Code | None = None


class UseVoucher(FactBase, frozen=True, kw_only=True, tag="USE_VOUCHER"):
    """A voucher that was held was used. Of one that was used for no sale, a second such entry of
    the same redemption says for which sale it was.
    """

    redemption_id: Code
    account: Code
    code: VoucherCode
    sale_id: Code | None = None
    lane: Code | None = None
    cashier: Code | None = None


class ReleaseVoucher(FactBase, frozen=True, kw_only=True, tag="RELEASE_VOUCHER"):
    """A voucher is good again: its hold ended, or the sale that used it came back whole."""

    redemption_id: Code
    account: Code
    code: VoucherCode
    reason: VoucherReleaseReason
    sale_id: Code | None = None


class WithdrawVoucher(FactBase, frozen=True, kw_only=True, tag="WITHDRAW_VOUCHER"):
    """A voucher is gone before it was used: the sale that it came with came back whole."""

    account: Code
    code: VoucherCode
    sale_id: Code | None = None
