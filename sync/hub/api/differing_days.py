"""Which days differ on both sides, by how many points, and what each of the points comes from."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, func, select

from sync.hub import tables
from sync.hub.causes import EXPECTED, in_words

__all__ = ["DifferingDay", "differing_days", "sums_of_days"]


class DifferingDay(NamedTuple):
    """One that differs, in plain words, and whether nothing else was to be expected."""

    text: str
    is_expected: bool


def sums_of_days(tenant: str, since: date | None, until: date | None) -> Select[Any]:
    """Ask for the sums of each store's days, the newest first."""
    days = tables.days
    return _by_store(
        days,
        tenant,
        since,
        until,
        func.sum(days.c.entries).label("entries"),
        func.sum(days.c.written).label("written"),
        func.sum(days.c.posted).label("posted"),
    ).order_by(days.c.business_date.desc(), tables.devices.c.store)


def differing_days(
    c: Connection, tenant: str, since: date | None, until: date | None
) -> list[DifferingDay]:
    """Say of the days that differ why; first those that somebody should look at. One whose causes
    cancel each other out comes to the same points, and differs all the same.
    """
    days, apart = tables.days, tables.apart
    is_told = select(apart.c.journal_id, apart.c.business_date).distinct().subquery()
    same = (is_told.c.journal_id == days.c.journal_id) & (
        is_told.c.business_date == days.c.business_date
    )
    differ = (func.sum(days.c.written) != func.sum(days.c.posted)) | (
        func.count(is_told.c.journal_id) > 0
    )
    asked = sums_of_days(tenant, since, until).outerjoin(is_told, same).having(differ)
    rows = c.execute(asked).all()
    if not rows:
        return []
    total = func.sum(apart.c.points)
    by_cause = _by_store(apart, tenant, since, until, apart.c.cause, total.label("points"))
    causes: dict[tuple[str, str], dict[str, int]] = {}
    for each in c.execute(by_cause.group_by(apart.c.cause).having(total != 0)):
        causes.setdefault((each.store, each.business_date), {})[each.cause] = int(each.points)
    told = ((row, causes.get((row.store, row.business_date), {})) for row in rows)
    found = [_said(row, its) for row, its in told if its or row.written != row.posted]
    return sorted(found, key=lambda each: each.is_expected)


def _by_store(
    table: Any, tenant: str, since: date | None, until: date | None, *columns: Any
) -> Select[Any]:
    """Ask for sums of a table that has rows for each journal and day, by store and day."""
    journals, devices, day = tables.journals, tables.devices, table.c.business_date
    query = (
        select(devices.c.store, day, *columns)
        .select_from(table)
        .join(journals, journals.c.id == table.c.journal_id)
        .join(devices, devices.c.id == journals.c.device_id)
        .where(devices.c.tenant == tenant)
        .group_by(devices.c.store, day)
    )
    if since is not None:
        query = query.where(day >= since.isoformat())
    if until is not None:
        query = query.where(day <= until.isoformat())
    return query


def _said(row: Any, causes: Mapping[str, int]) -> DifferingDay:
    """Name every cause; what none of them explains is said as such, and never left out."""
    unexplained = int(row.posted) - int(row.written) - sum(causes.values())
    named = [f"{causes[cause]} points for {in_words(cause)}" for cause in _in_order(causes)]
    if unexplained:
        named.append(f"{unexplained} points that nothing known here explains")
    is_expected = not unexplained and causes.keys() <= EXPECTED
    text = (
        f"{row.store} on {row.business_date or 'no business date'}: the store wrote "
        f"{int(row.written)} points and head office posted {int(row.posted)}: {', '.join(named)}"
    )
    return DifferingDay(f"{text}; this is as it should be" if is_expected else text, is_expected)


def _in_order(causes: Iterable[str]) -> list[str]:
    return sorted(causes, key=lambda cause: (cause in EXPECTED, cause))
