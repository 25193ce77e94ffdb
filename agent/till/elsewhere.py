"""Returns of sales that another store took, or that a lost disk did.

This store cannot know what such a sale earned or redeemed. Where the POS says that it is another
store's, the return is written down with the money that came back and no points; head office works
out what it takes and gives, from all returns of the sale together, and waits for the sale where
that comes later.
"""

from agent.core.facts import ReturnSale
from agent.ledger import Transaction
from agent.till.back import Back
from agent.till.refusals import ReturnIdReused, SaleRecorded
from agent.till.take_back import RecordedBack, take_back
from agent.till.terms import Terms

__all__ = ["take_back_anywhere"]


def take_back_anywhere(
    transaction: Transaction, terms: Terms, sale_id: str, return_id: str, back: Back
) -> RecordedBack:
    """Take back part of a sale, of this store or, where the POS says so, of another one.

    Raises as ``take_back.take_back`` does.
    """
    if not back.elsewhere or transaction.sale(sale_id) is not None:
        return take_back(transaction, terms, sale_id, return_id, back)
    place = transaction.returns_of(sale_id).get(return_id)
    if place is not None:
        recorded = transaction.entry_at(*place)
        if recorded is None:
            raise SaleRecorded(f"return {return_id} is recorded and no longer kept here")
        fact = recorded.entry.fact
        assert isinstance(fact, ReturnSale), "returns point at their entries"  # noqa: S101
        if not back.asks_for(fact.lines, fact.amount_minor):
            raise ReturnIdReused("another return of this sale has this id")
        return recorded, True
    said = back.business_date
    fact = ReturnSale(
        sale_id=sale_id,
        return_id=return_id,
        amount_minor=back.amount_minor or 0,
        lane=back.lane,
        cashier=back.cashier,
        date_ahead=said is not None and transaction.denies(said),
    )
    return transaction.append(fact, business_date=said), False
