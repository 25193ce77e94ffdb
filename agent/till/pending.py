"""Pending points: they wait for the end of the program's return window, and then are active."""

from collections import defaultdict
from datetime import date

from agent.core.facts import ActivatePoints
from agent.core.facts.points import LotPart
from agent.ledger import Transaction
from agent.till.terms import Terms

__all__ = ["activate_due"]

_MOST_LOTS = 100


def activate_due(transaction: Transaction, terms: Terms, day: date) -> None:
    """Make active what has waited until a business date; a hundred lots at once at most.

    Called with whatever says a business date, so that the first sale of a day does it for the
    members of the sales long ago, and the next sales for the rest. Costs one index look-up where
    nothing is due.
    """
    parts: dict[str, list[LotPart]] = defaultdict(list)
    for account, epoch, seq, points in transaction.due_lots(day.isoformat(), at_most=_MOST_LOTS):
        parts[account].append(LotPart(epoch=epoch, seq=seq, points=points))
    for account, lots in parts.items():
        points = sum(lot.points for lot in lots)
        transaction.append(
            ActivatePoints(
                account=account,
                points=points,
                lots=tuple(lots),
                lease=terms.earned_lease(transaction, points),
            ),
            business_date=day,
        )
