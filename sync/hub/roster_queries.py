"""How members and their rights are read for the lease policy.

Each of these statements is made once for a kind of database: to make one costs more than to run it.
All are given a ``tenant``, and ``names`` of accounts as :func:`sync.hub.bulk.listed` writes them.
"""

from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Select, and_, bindparam, select, union_all

from sync.hub.bulk import is_among
from sync.hub.tables import accounts, asks, devices, journals, recalls, rights, visits

__all__ = [
    "LIVE",
    "accounts_locked",
    "asks_of",
    "merged_into",
    "recalls_of",
    "rights_of",
    "stirred",
    "visits_of",
]

LIVE = and_(
    devices.c.journal_id == journals.c.id,
    devices.c.state == "live",
    journals.c.opened,
    journals.c.fenced.is_(None),
)
"""Says of a device and a journal that this is its live epoch, which may hold rights."""

_TENANT: BindParameter[str] = bindparam("tenant")


@cache
def accounts_locked(dialect: str) -> Select[Any]:
    """Answer accounts by their names, in the order of these, and lock them."""
    return (
        select(accounts)
        .where(accounts.c.tenant == _TENANT, is_among(dialect, accounts.c.account, "names"))
        .order_by(accounts.c.account)
        .with_for_update()
    )


@cache
def merged_into(dialect: str) -> Select[Any]:
    """Answer what was merged into some accounts."""
    return select(accounts.c.account, accounts.c.root).where(
        accounts.c.tenant == _TENANT, is_among(dialect, accounts.c.root, "names")
    )


@cache
def stirred(dialect: str) -> Any:
    """Answer one account that was merged into some accounts, or for points of which a till waits;
    nothing where there is none.
    """
    merged = select(accounts.c.account).where(
        accounts.c.tenant == _TENANT, is_among(dialect, accounts.c.root, "names")
    )
    waiting = select(asks.c.account).where(
        asks.c.tenant == _TENANT, is_among(dialect, asks.c.account, "names")
    )
    return union_all(merged, waiting).limit(1)


@cache
def asks_of(dialect: str) -> Select[Any]:
    """Answer which tills wait for points of some accounts, those that began first first."""
    query = _of_live_devices(
        asks, asks.c.device_id == devices.c.id, asks.c.ask, asks.c.account, asks.c.points
    )
    return query.where(
        asks.c.tenant == _TENANT,
        is_among(dialect, asks.c.account, "names"),
        asks.c.expires_at > bindparam("now"),
    ).order_by(asks.c.expires_at, asks.c.ask)


@cache
def rights_of(dialect: str) -> Select[Any]:
    """Answer which live epochs have rights to points of some accounts."""
    columns = (rights.c.account, rights.c.granted, rights.c.change, rights.c.journaled)
    query = _of_live_devices(rights, rights.c.journal_id == journals.c.id, *columns)
    its = query.where(is_among(dialect, rights.c.account, "names"))
    return its.order_by(rights.c.account, rights.c.journal_id)


@cache
def visits_of(dialect: str) -> Select[Any]:
    """Answer where the members of some accounts were, last first."""
    query = _of_live_devices(
        visits, visits.c.device_id == devices.c.id, visits.c.account, visits.c.last_at
    )
    return query.where(
        visits.c.tenant == _TENANT,
        is_among(dialect, visits.c.account, "names"),
        visits.c.visits > 0,
    ).order_by(visits.c.last_at.desc(), devices.c.id)


@cache
def recalls_of(dialect: str) -> Select[Any]:
    """Answer what was recalled of some accounts, in order."""
    return (
        select(recalls)
        .where(recalls.c.tenant == _TENANT, is_among(dialect, recalls.c.account, "names"))
        .order_by(recalls.c.recall)
    )


def _of_live_devices(table: Any, on: Any, *columns: Any) -> Select[Any]:
    """Begin a query of a table's rows with the devices they are of, in their live epochs."""
    return (
        select(devices, journals.c.epoch, *columns)
        .select_from(devices)
        .join(journals, LIVE)
        .join(table, on)
        .where(devices.c.tenant == _TENANT)
    )
