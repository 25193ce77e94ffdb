"""Vouchers at the till: how one stands, and whether it can be used here.

A voucher is a bearer's: its code is all that is asked for, so it stands in no log.
"""

from datetime import date

from agent.core.values import Value
from agent.core.vouchers import MalformedCode, is_good_on, read_code
from agent.ledger import Transaction, View, VoucherRow
from agent.till.refusals import NotRedeemable
from agent.till.voucher_refusals import (
    MalformedVoucher,
    UnknownVoucher,
    VoucherExpired,
    VoucherUsed,
)

__all__ = [
    "VoucherState",
    "day_of",
    "known_voucher",
    "look_up",
    "parse_code",
    "refuse_unusable",
]


class VoucherState(Value):
    """How a voucher stands."""

    code: str
    """Its code in its written form."""
    state: str
    """`issued`, `held`, `used`, `expired`, or `gone` where it was withdrawn."""
    say: str | None
    """Why it cannot be used here now, for the cashier; null where it can."""
    value_minor: int | None
    """What it is worth, in minor units of its currency; null where it is a thing."""
    currency: str | None
    """ISO 4217, three capitals; null where it is a thing."""
    reward: str | None
    """The thing that it is, a reward of the program by its id; null where it is money."""
    good_until: date | None
    """The last day on which it can be used: `YYYY-MM-DD`; null where it always can."""
    partner: bool
    """Whether it is for a partner of the program."""


def look_up(view: View, typed: str, day: date) -> VoucherState:
    """Say how a voucher stands on a business date. Raises MalformedVoucher, UnknownVoucher."""
    row = known_voucher(view, parse_code(typed))
    is_over = row.state == "issued" and not is_good_on(row.good_until, day)
    try:
        refuse_unusable(row, day)
    except (VoucherUsed, VoucherExpired, NotRedeemable) as refused:
        say: str | None = str(refused)
    else:
        say = None
    return VoucherState(
        code=row.code,
        state="expired" if is_over else row.state,
        say=say,
        value_minor=row.value_minor,
        currency=row.currency,
        reward=row.reward,
        good_until=row.good_until,
        partner=row.partner,
    )


def parse_code(typed: str) -> str:
    """Read a code as it is typed. Raises MalformedVoucher with a sentence for the cashier."""
    try:
        return read_code(typed)
    except MalformedCode as malformed:
        raise MalformedVoucher(_WHY_NO_CODE[str(malformed)]) from None


def known_voucher(view: View, code: str) -> VoucherRow:
    """Find a voucher. Raises UnknownVoucher."""
    row = view.voucher(code)
    if row is None:
        raise UnknownVoucher(
            "this store knows no voucher with this code; read it again, or use it at the store "
            "that gave it"
        )
    return row


def refuse_unusable(row: VoucherRow, day: date) -> None:
    """Hold that a voucher can be used here on a business date.

    Raises VoucherUsed, VoucherExpired, NotRedeemable for one that is a partner's.
    """
    if row.partner:
        raise NotRedeemable("this voucher is for a partner of the program; it is not taken here")
    if row.state == "used":
        raise VoucherUsed("this voucher was used before")
    if row.state == "held":
        raise VoucherUsed("this voucher is held for another sale; that one has to end first")
    if row.state == "gone":
        raise VoucherExpired("this voucher was withdrawn: the sale that it came with came back")
    if not is_good_on(row.good_until, day):
        raise VoucherExpired(f"this voucher was good until {row.good_until}")


def day_of(transaction: Transaction, said: date | None) -> date:
    """Answer the business date that a voucher is judged on: as it is said, unless a trusted clock
    denies that it has come, or else the one that limits count on.
    """
    return transaction.today if said is None or transaction.denies(said) else said


_WHY_NO_CODE = {
    "length": "a voucher's code has 13 letters and digits; read it again",
    "character": "this is no voucher's code; read it again",
    "check": "one character of this code is wrong; read it again",
}
