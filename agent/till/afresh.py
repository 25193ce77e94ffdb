"""Judged afresh: a redemption whose hold is over, and is to be spent all the same.

Its points were given back, or it was held in an epoch that is over: then nobody knows what became
of the rights it took, and it is in doubt. Either is held once more under its own id, by the rights
and the floor of now, as if it came for the first time.
"""

from msgspec.structs import replace

from agent.core.facts import CreateReward, DeleteReward
from agent.ledger import HoldRow, Transaction, View
from agent.till.covering import cover
from agent.till.refusals import RedemptionEnded
from agent.till.terms import Terms

__all__ = ["hold_afresh", "is_in_doubt"]


def is_in_doubt(view: View, terms: Terms, known: HoldRow) -> bool:
    """Say whether a redemption is held by rights of an epoch that is over.

    A store without a head office has no rights to lose.
    """
    is_held = not (known.captured or known.released)
    return is_held and not terms.alone and known.place[0] != view.head().epoch


def hold_afresh(
    transaction: Transaction,
    terms: Terms,
    made: CreateReward,
    known: HoldRow,
    *,
    lane: str | None,
    cashier: str | None,
) -> None:
    """Hold again what was given back or is in doubt, as a new redemption under the same id.

    ``made`` is the entry that held it. It keeps the sale that it was held for, by which a retry of
    its hold is known, and which no sale that named it since has changed; the capture that follows
    says which sale spends it.

    Raises InsufficientPoints, OfflineLimit, RedemptionEnded, and has then written nothing.
    """
    if transaction.root(known.account) != known.account:
        raise RedemptionEnded("its account was merged into another; hold it anew for that")
    row = transaction.account(known.account)
    if row is None:
        raise RedemptionEnded("its member was erased")
    row = replace(row, balance=row.balance + known.points - known.released)
    covered = cover(transaction, terms, row, known.points, "floor", is_proved=False)
    if not known.released:
        transaction.append(_in_doubt(made.redemption_id, known.account, known.points))
    transaction.append(
        replace(
            made,
            authority=covered.authority,
            floor=covered.floor,
            lane=lane,
            cashier=cashier,
            lease=covered.lease,
            token=None,  # nobody shows it now
        ),
        counts_on=transaction.counts_on,
    )


def _in_doubt(redemption_id: str, account: str, points: int) -> DeleteReward:
    return DeleteReward(
        redemption_id=redemption_id, account=account, points=points, reason="in_doubt"
    )
