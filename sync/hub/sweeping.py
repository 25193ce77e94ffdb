"""What head office does about rights when no device speaks.

It says again what was not answered, answers the tills that have waited long enough, and moves the
rights of members of whom it decided something itself: who was merged or erased, whose points ran
out.
"""

from datetime import datetime

from sqlalchemy import Connection, select, update

from sync.hub.asking import asks_over
from sync.hub.granting import rebalance
from sync.hub.notices import Notice
from sync.hub.recalling import recalls_due
from sync.hub.saying_again import floors_due, grants_due
from sync.hub.tables import decisions, tenants
from sync.hub.terms import terms_of

__all__ = ["follow_decisions", "sweep_rights"]

_MOST = 200

# Asked by the second: to make a statement costs more than to run it.
_BEHIND = (
    select(tenants.c.tenant, tenants.c.rights_seq)
    .where(tenants.c.rights_seq < tenants.c.decision_seq)
    .order_by(tenants.c.tenant)
)


def sweep_rights(c: Connection, *, now: datetime) -> list[Notice]:
    """Say again what was not answered or may be lost, answer the asks that have waited long enough,
    and follow what was decided.
    """
    moved = asks_over(c, now=now) + follow_decisions(c, now=now)
    # Last, as in a booking: rights are written after their accounts, and nobody waits in a circle.
    again = recalls_due(c, now=now) + grants_due(c, now=now) + floors_due(c, now=now)
    return again + moved


def follow_decisions(c: Connection, *, now: datetime) -> list[Notice]:
    """Move the rights of members about whom head office decided something since the last time."""
    behind = c.execute(_BEHIND).all()
    return [notice for tenant, seq in behind for notice in _follow(c, tenant, seq, now=now)]


def _follow(c: Connection, tenant: str, seq: int, *, now: datetime) -> list[Notice]:
    made = c.execute(
        select(decisions.c.seq, decisions.c.account)
        .where(decisions.c.tenant == tenant, decisions.c.seq > seq)
        .order_by(decisions.c.seq)
        .limit(_MOST)
    ).all()
    names = {row.account for row in made if row.account is not None}
    notices = rebalance(c, tenant, names, terms=terms_of(c, tenant, now=now), now=now)
    # Last: a booking, too, takes the tenant's row after those of its members.
    newest = made[-1].seq if made else seq
    c.execute(update(tenants).where(tenants.c.tenant == tenant).values(rights_seq=newest))
    return notices
