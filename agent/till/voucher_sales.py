"""Vouchers with their sale: which of them a sale uses, and which are good again when it comes back.

A sale uses the vouchers whose redemptions it names, whoever's it is and also where it is nobody's.
One that names none and was paid with a voucher uses those that were held for it. A redemption that
was given back before its sale came is judged afresh, as one of points is: the customer has left.

A sale that came back whole makes its vouchers good again. Nothing else of a voucher ever comes
back: no money, and no points. What came back in part leaves them used.
"""

import dataclasses
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from agent.core.basket import Sale
from agent.core.facts import WithdrawVoucher
from agent.core.vouchers import is_good_on
from agent.ledger import Transaction, VoucherUseRow
from agent.till.redemptions import ByWhom
from agent.till.refusals import RedemptionEnded
from agent.till.settling import Spending
from agent.till.voucher_uses import as_held, free, use
from agent.till.vouchers import known_voucher

__all__ = [
    "Using",
    "come_back",
    "of_points",
    "refuse_names",
    "use_with",
    "using",
    "with_vouchers",
]

_PAYS = "voucher"


@dataclass(frozen=True, kw_only=True, slots=True)
class Using:
    """The vouchers' redemptions that a sale names or that were held for it, how many of them it
    cannot use, and those that were used for it before.
    """

    uses: tuple[VoucherUseRow, ...] = ()
    short: int = 0
    had: tuple[str, ...] = ()

    @property
    def redemptions(self) -> tuple[str, ...]:
        """The ids of what is used with the sale now."""
        return tuple(each.redemption_id for each in self.uses)


def of_points(sale: Sale, named: Iterable[str]) -> Sale:
    """Answer a sale that names its redemptions of points alone; ``named`` are those.

    Where it names no others, it is the very sale.
    """
    names = tuple(named)
    rest = tuple(each for each in sale.redemptions if each in names)
    return sale if rest == sale.redemptions else sale.model_copy(update={"redemptions": rest})


def refuse_names(
    transaction: Transaction, sale_id: str, sale: Sale, named: Collection[str]
) -> None:
    """Hold, before anything is written, that a sale can have the vouchers that it names; ``named``
    are its redemptions of points. Raises RedemptionEnded.

    A frozen ledger uses none, and refuses none. Costs nothing where no others are named.
    """
    others = _others(sale, named)
    if not others or transaction.is_frozen:
        return
    if len(set(others)) < len(others):
        raise RedemptionEnded("the sale names a redemption twice")
    for each in others:
        known = _use(transaction, each)
        is_anothers = known.state == "used" and known.sale_id not in (None, sale_id)
        if is_anothers or known.state == "came_back":
            raise RedemptionEnded(f"redemption {each} was captured before")


def using(
    transaction: Transaction, sale_id: str, sale: Sale, named: Collection[str], *, is_short: bool
) -> Using:
    """Decide which vouchers a sale uses that ``refuse_names`` did not refuse; ``named`` are its
    redemptions of points, and ``is_short`` says that something which points should have paid for
    has none.

    On a frozen ledger, which uses none, those that it names are left out. Costs nothing where the
    sale names no other redemptions than those of points, has no tender ``voucher``, and is not
    short.
    """
    others = _others(sale, named)
    if not others and (sale.redemptions or not (is_short or _is_paid(sale))):
        return Using()
    had = transaction.voucher_uses_of_sale(sale_id, "used")
    if transaction.is_frozen:
        return Using(short=len(others) - len(set(others) & set(had)), had=tuple(had))
    if not others:
        held = transaction.voucher_uses_of_sale(sale_id, "held")
        return Using(uses=tuple(_use(transaction, each) for each in held), had=tuple(had))
    uses = tuple(_use(transaction, each) for each in others if each not in had)
    by_code = {each.code: each for each in reversed(uses) if _can_be_used(transaction, sale, each)}
    good = tuple(each for each in uses if by_code.get(each.code) is each)
    return Using(uses=good, short=len(uses) - len(good), had=tuple(had))


def with_vouchers(spending: Spending, sale: Sale, using: Using) -> Spending:
    """Put the vouchers that a sale uses to what it spends; and say whether it is short with them.

    ``sale`` names its redemptions of points alone. A reward line that none of them paid for is what
    a voucher was for, where there is one.
    """
    by_points = sale.redemptions or any(each.kind == "points" for each in sale.tenders)
    is_covered = not by_points and (using.uses or using.had)
    is_short = (spending.is_short and not is_covered) or using.short > 0
    used = (*using.redemptions, *using.had)
    if is_short == spending.is_short and not used:
        return spending
    return dataclasses.replace(spending, is_short=is_short, vouchers=used)


def use_with(transaction: Transaction, sale_id: str, sale: Sale, using: Using) -> None:
    """Write, after the sale's own entry, that it used its vouchers."""
    by_whom = ByWhom(lane=sale.lane, cashier=sale.cashier)
    for known in using.uses:
        if known.state == "released":
            made = as_held(transaction, known)
            transaction.append(replace(made, lane=sale.lane, cashier=sale.cashier))
        use(transaction, known, sale_id, by_whom)


def come_back(transaction: Transaction, sale_id: str, *, goods: bool) -> None:
    """Make the vouchers of a sale that came back whole good again, and withdraw those that came
    with it. A thing is not back with the money alone: ``goods`` says that every line came back.

    Costs two index look-ups where there are none.
    """
    for redemption_id in transaction.voucher_uses_of_sale(sale_id, "used"):
        known = _use(transaction, redemption_id)
        if goods or known_voucher(transaction, known.code).reward is None:
            free(transaction, known, "sale_came_back")
    for code in transaction.vouchers_with_sale(sale_id):
        account = known_voucher(transaction, code).account
        transaction.append(WithdrawVoucher(account=account, code=code, sale_id=sale_id))


def _is_paid(sale: Sale) -> bool:
    return any(tender.kind == _PAYS for tender in sale.tenders)


def _use(transaction: Transaction, redemption_id: str) -> VoucherUseRow:
    known = transaction.voucher_use(redemption_id)
    assert known is not None, "it is there by its index"  # noqa: S101
    return known


def _others(sale: Sale, points: Collection[str]) -> tuple[str, ...]:
    return tuple(each for each in sale.redemptions if each not in points)


def _can_be_used(transaction: Transaction, sale: Sale, known: VoucherUseRow) -> bool:
    """Say whether a sale can use it. One that was given back has to be good, and to be had, and is
    used only where a voucher paid or is a thing that was had.
    """
    if known.state != "released":
        return True
    voucher = known_voucher(transaction, known.code)
    is_good = voucher.state == "issued" and is_good_on(voucher.good_until, sale.business_date)
    return is_good and (_is_paid(sale) or any(line.is_reward for line in sale.lines))
