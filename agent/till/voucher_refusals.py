"""What a till is refused with about vouchers; agent/till/refusals.py tells what a refusal is.

::

    TillRefusal
    ├── MalformedVoucher  what was typed is no voucher's code
    ├── UnknownVoucher    no voucher has this code here
    ├── VoucherUsed       it was used, or is held for another sale
    ├── VoucherExpired    it is good no more: its last day is over, or it was withdrawn
    └── VoucherIdReused   another voucher has this id
"""

from agent.till.refusals import TillRefusal

__all__ = [
    "MalformedVoucher",
    "UnknownVoucher",
    "VoucherExpired",
    "VoucherIdReused",
    "VoucherUsed",
]


class MalformedVoucher(TillRefusal):
    """What was typed or scanned is no voucher's code."""

    code = "malformed"


class UnknownVoucher(TillRefusal):
    """No voucher has this code here."""

    code = "unknown_voucher"


class VoucherUsed(TillRefusal):
    """The voucher was used, or is held for another sale."""

    code = "voucher_used"


class VoucherExpired(TillRefusal):
    """The voucher is good no more."""

    code = "voucher_expired"


class VoucherIdReused(TillRefusal):
    """Another voucher has this id."""

    code = "voucher_id_reused"
