"""Why a till that waits gets no more points, in words that a cashier can read out."""

from sqlalchemy import Connection, func, or_, select

from sync.hub.lease_policy import Life, Member
from sync.hub.tables import accounts, devices, journals, rights

__all__ = [
    "CATCHING_UP",
    "ERASED",
    "NOT_IN_TIME",
    "NOT_OPEN",
    "UNKNOWN",
    "why_short",
]

CATCHING_UP = "head office was restored and waits for all stores to report"
ERASED = "this member's data were erased"
NOT_IN_TIME = "the other store did not return the points in time"
NOT_OPEN = "head office has not opened this store's journal yet"
UNKNOWN = "head office does not know this member yet"
_NO_MORE = "head office knows of no more points of this member"


def why_short(c: Connection, tenant: str, member: Member, life: Life, *, may_grant: bool) -> str:
    """Say why a member's points do not come to where they wait."""
    if member.erased:
        return ERASED
    if not may_grant:
        return CATCHING_UP
    its = or_(accounts.c.account == member.root, accounts.c.root == member.root)
    found = c.execute(
        select(
            (devices.c.id == life.device_id).label("is_its_own"),
            func.sum(rights.c.granted + rights.c.change).label("points"),
        )
        .select_from(rights)
        .join(accounts, accounts.c.account == rights.c.account)
        .join(journals, journals.c.id == rights.c.journal_id)
        .join(devices, devices.c.id == journals.c.device_id)
        .where(
            accounts.c.tenant == tenant,
            devices.c.tenant == tenant,
            its,
            journals.c.id != life.journal_id,
        )
        .group_by("is_its_own")
    )
    points = {bool(row.is_its_own): row.points for row in found}
    if (elsewhere := points.get(False, 0)) > 0:
        return f"{elsewhere} points are at other stores that do not answer now"
    if (lost := points.get(True, 0)) > 0:
        return f"{lost} points are on a lost disk of this till until head office writes them off"
    return _NO_MORE
