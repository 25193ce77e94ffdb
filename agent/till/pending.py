"""Pending points: they wait for the end of the program's return window, and then are active.

What is due is judged by the business date that the POS said, on which no clock has a say. A sale,
void or return whose date lies ahead of a trusted clock's is flagged, since it ends the wait of a
whole store.
"""

from collections import defaultdict
from datetime import date

from agent.core.facts import ActivatePoints
from agent.core.facts.points import LotPart
from agent.ledger import Transaction, View
from agent.till.members import find, shown_in
from agent.till.terms import Terms

__all__ = ["activate_due", "activate_for", "activate_more", "is_due_now", "points_due"]

_MOST_LOTS = 100

_Lots = list[tuple[str, int, int, int]]


def is_due_now(view: View, said: date | None = None) -> bool:
    """Say whether anything waits no longer on a business date, or the one said last; writes
    nothing.
    """
    newest = view.newest()
    day = said or (None if newest is None else newest.business_date)
    return day is not None and bool(view.due_lots(day.isoformat(), at_most=1))


def points_due(view: View, account: str, day: date) -> tuple[int, int]:
    """Add up what an account has pending that a sale of a business date makes active, and what of
    it brings rights.
    """
    lots = view.due_lots_of(account, day.isoformat())
    return sum(points for *_, points in lots), _with_rights(lots, view.head().epoch)


def activate_due(
    transaction: Transaction, terms: Terms, said: date | None, account: str | None
) -> bool:
    """Make active what has waited until a business date, or the one said last; answers whether
    anything had.

    All of ``account``, which is at the till, and a hundred lots of others at most; the agent goes
    on with the rest by itself. Costs one index look-up where nothing is due.
    """
    day = said or transaction.business_date
    if day is None or not transaction.due_lots(day.isoformat(), at_most=1):
        return False
    if account is not None:
        _activate(transaction, terms, said, transaction.due_lots_of(account, day.isoformat()))
    activate_more(transaction, terms, said)
    return True


def activate_for(
    transaction: Transaction, terms: Terms, token_text: str, said: date | None = None
) -> None:
    """Make active what is due of whoever shows a card or says a number, as ``activate_due``.

    A date that a trusted clock denies makes nothing active: here no sale would be flagged for it.
    """
    member = find(transaction, shown_in(token_text, terms))
    if said is not None and transaction.denies(said):
        said = None
    activate_due(transaction, terms, said, None if member is None else member.account)


def activate_more(transaction: Transaction, terms: Terms, said: date | None = None) -> int:
    """Make a hundred due lots active, those that wait longest first; answers how many it were."""
    day = said or transaction.business_date
    if day is None:
        return 0
    lots = transaction.due_lots(day.isoformat(), at_most=_MOST_LOTS)
    _activate(transaction, terms, said, lots)
    return len(lots)


def _activate(transaction: Transaction, terms: Terms, said: date | None, due: _Lots) -> None:
    """Write an entry for each account. It has the date that the POS said."""
    present, waited = transaction.head().epoch, defaultdict[str, _Lots](list)
    for lot in due:
        waited[lot[0]].append(lot)
    for account, lots in waited.items():
        transaction.append(
            ActivatePoints(
                account=account,
                points=sum(points for *_, points in lots),
                lots=tuple(
                    LotPart(epoch=at, seq=seq, points=points) for _, at, seq, points in lots
                ),
                lease=terms.earned_lease(transaction, account, _with_rights(lots, present)),
            ),
            business_date=said,
        )


def _with_rights(lots: _Lots, present: int) -> int:
    """Add up what of some lots brings rights: what was sold in the present epoch.

    What waited since an older one may have become active in another life of this disk, too, and be
    spent there. Head office counts it once, and grants what is not.
    """
    return sum(points for _, epoch, _, points in lots if epoch == present)
