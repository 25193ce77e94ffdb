"""Stamps at the till: what a sale adds to a member's stamp cards, and what a return takes off them.

A program without stamp cards asks the ledger nothing here, and neither does a return of a sale that
brought no stamps.
"""

from collections.abc import Collection
from datetime import date
from typing import TypeVar

from msgspec.structs import replace

from agent.core.basket import Sale
from agent.core.entry import Recorded
from agent.core.facts import AccumulatePoints, ClaimSale, IssueVoucher
from agent.core.program import Program
from agent.core.stamp_cards import (
    CardStamps,
    Collected,
    came_back,
    collected,
    on_cards,
    stamps_left,
)
from agent.core.taking_back import Share
from agent.core.vouchers import CODE_BYTES, RandomBytes, code_of
from agent.ledger import AccountRow, KnownSale, Transaction, View
from agent.till.terms import Terms

__all__ = ["append_bought", "new_code", "stamps_back", "stamps_for", "stamps_on"]

_Bought = TypeVar("_Bought", AccumulatePoints, ClaimSale)


def stamps_for(
    view: View, program: Program, row: AccountRow, sale: Sale, tier: str | None
) -> tuple[Collected, ...]:
    """Answer what a sale adds to a member's cards. On a frozen ledger, which may not know what was
    given already, full cards stay full until the next sale after it.
    """
    if not program.stamp_card:
        return ()
    counts = view.stamps(row.account)
    return collected(program, sale, tier, counts, gives=view.frozen() is None)


def stamps_on(
    view: View,
    program: Program,
    row: AccountRow,
    day: date,
    tier: str | None,
    by_sale: tuple[Collected, ...] = (),
) -> tuple[CardStamps, ...]:
    """Answer how a member's cards stand on a business date, or would after a sale."""
    if not program.stamp_card:
        return ()
    return CardStamps.of(on_cards(program, day, tier, view.stamps(row.account), by_sale))


def append_bought(
    transaction: Transaction,
    fact: _Bought,
    random_bytes: RandomBytes,
    *,
    business_date: date | None = None,
    counts_on: date | None = None,
) -> tuple[_Bought, Recorded]:
    """Append the entry of a sale or a claim, with the codes of what its full cards gave, and issue
    those vouchers after it. Answers the fact as it stands, and where.
    """
    fact = _with_codes(transaction, fact, random_bytes)
    recorded = transaction.append(fact, business_date=business_date, counts_on=counts_on)
    _give_vouchers(transaction, fact)
    return fact, recorded


def _with_codes(view: View, fact: _Bought, random_bytes: RandomBytes) -> _Bought:
    """Give each thing that a sale brought a voucher's code, which its receipt prints."""
    if not any(card.given for card in fact.stamps):
        return fact
    taken: set[str] = set()
    cards = []
    for card in fact.stamps:
        codes: list[str] = []
        for _ in range(card.given):
            codes.append(new_code(view, random_bytes, taken))
            taken.add(codes[-1])
        cards.append(replace(card, vouchers=tuple(codes)))
    return replace(fact, stamps=tuple(cards))


def _give_vouchers(transaction: Transaction, fact: AccumulatePoints | ClaimSale) -> None:
    """Issue the vouchers that the entry of a sale or a claim names; they follow it in one commit.

    They name no sale that they came with: what a full card gave stays given when that comes back,
    and the stamps that it took are owed instead.
    """
    codes = [(card, code) for card in fact.stamps for code in card.vouchers]
    if codes and fact.account is not None:
        by_whom = fact.summary if isinstance(fact, AccumulatePoints) else fact
        for card, code in codes:
            transaction.append(
                IssueVoucher(
                    account=fact.account,
                    code=code,
                    reward=card.card,
                    text=card.gives,
                    good_until=card.good_until,
                    lane=by_whom.lane,
                    cashier=by_whom.cashier,
                    balance=fact.balance,
                )
            )


def new_code(view: View, random_bytes: RandomBytes, taken: Collection[str] = ()) -> str:
    """Make a code that no voucher has here; by chance alone none ever would."""
    while (code := code_of(random_bytes(CODE_BYTES))) in taken or view.voucher(code) is not None:
        pass
    return code


def stamps_back(
    view: View, terms: Terms, sale_id: str, sale: KnownSale, left: Share | None
) -> tuple[Collected, ...]:
    """Answer what comes off the cards that a sale added to; all of it where nothing is left."""
    brought = _brought(view, sale_id, sale)
    if not brought or sale.account is None:
        return ()
    program = None if sale.recorded is None else terms.edition(sale.recorded[0].program)
    before = {card: stamps for card, _, _, stamps, _ in brought}
    now = {} if left is None else stamps_left(program, left, before)
    counts = view.stamps(sale.account)
    found = []
    for card, text, full, stamps, taken_back in brought:
        taken = stamps - now.get(card, 0) - taken_back
        if taken > 0:
            count = counts.get(card, 0)
            found.append(came_back(Collected(card=card, text=text, full=full, count=count), taken))
    return tuple(found)


def _brought(view: View, sale_id: str, sale: KnownSale) -> list[tuple[str, str, int, int, int]]:
    """Look up what a sale brought, unless its own entry says that it was nothing."""
    known = sale.recorded
    if known is not None and sale.claimed is None and not known[0].stamps:
        return []
    return view.stamped(sale_id)
