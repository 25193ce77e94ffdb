"""Activity: what somebody did at a till that is no other entry, for head office to look at."""

from agent.core.facts import FlagActivity
from agent.ledger import Transaction

__all__ = ["record"]


def record(transaction: Transaction, fact: FlagActivity) -> None:
    """Append a flag; it moves no points. Costs one entry and one row of the flags."""
    transaction.append(fact)
