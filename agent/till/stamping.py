"""Stamps at the till: what a sale adds to a member's stamp cards, and what a return takes off them.

A program without stamp cards asks the ledger nothing here, and neither does a return of a sale that
brought no stamps.
"""

from agent.core.basket import Sale
from agent.core.program import Program
from agent.core.stamp_cards import Collected, Share, came_back, collected, on_cards, stamps_left
from agent.ledger import AccountRow, KnownSale, View
from agent.till.terms import Terms

__all__ = ["stamps_back", "stamps_for", "stamps_of"]


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


def stamps_of(
    view: View,
    program: Program,
    row: AccountRow,
    sale: Sale,
    tier: str | None,
    by_sale: tuple[Collected, ...] = (),
) -> tuple[Collected, ...]:
    """Answer how a member's cards would stand after a sale."""
    if not program.stamp_card:
        return ()
    counts = view.stamps(row.account)
    return on_cards(program, sale.business_date, tier, counts, by_sale)


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
