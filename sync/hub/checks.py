"""Checks of head office's books: what must hold at every commit, and what a replay must find.

Each answers sentences, one for each thing that is wrong; none, where all is well.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from agent.core.postings import PROGRAM
from sync.hub.replay import replay_books
from sync.hub.tables import (
    accounts,
    devices,
    journals,
    member_days,
    own,
    program_sums,
    rights,
)
from sync.hub.walking import Unsound

__all__ = ["check_books", "check_sums"]

_BUCKETS = ("active", "pending", "held")


def check_books(c: Connection) -> list[str]:
    """Check everything: what :func:`check_sums` does, every chain, and that all sums are those of a
    replay from zero. Linear in all entries.
    """
    try:
        replayed = replay_books(c)
    except Unsound as error:
        return [*check_sums(c), str(error)]
    roots = _roots(c)
    worth: Counter[tuple[Any, ...]] = Counter()
    program: Counter[tuple[Any, ...]] = Counter()
    for (tenant, owner, bucket), points in replayed.worth.items():
        if owner == PROGRAM:
            program[(bucket,)] += points
        else:
            worth[tenant, roots.get((tenant, owner), owner), bucket] += points
    members = {key: points for key, points in replayed.own.items() if key[1] != PROGRAM}
    return [
        *check_sums(c),
        *_differences("account", _posted(c, roots), worth),
        *_differences("the program's", _program(c), program),
        *_differences("line", _own(c), members),
        *_differences("the day of", _days(c), replayed.days),
        *_differences("the rights of journal", _changes(c), replayed.leases),
        *_differences("the floor of journal", _floors(c), replayed.floors),
    ]


def check_sums(c: Connection) -> list[str]:
    """Check what must hold at every commit: postings that sum to zero (I3), and ``active =
    available + rights`` for every member (I4). Linear in accounts.
    """
    roots = _roots(c)
    points = sum(_posted(c, roots).values()) + sum(_program(c).values())
    found = [f"I3: all postings come to {points} points, not to 0"] if points else []
    left: Counter[tuple[str, str]] = Counter()
    for row in c.execute(select(accounts)):
        name = roots.get((row.tenant, row.account), row.account)
        left[row.tenant, name] += row.active - row.available
    held = (
        select(devices.c.tenant, rights.c.account, func.sum(rights.c.granted + rights.c.change))
        .join(journals, journals.c.id == rights.c.journal_id)
        .join(devices, devices.c.id == journals.c.device_id)
        .group_by(devices.c.tenant, rights.c.account)
    )
    for tenant, account, right in c.execute(held):
        left[tenant, roots.get((tenant, account), account)] -= int(right)
    return found + [
        f"I4: account {account} of {tenant} has {points} points more than are available or leased"
        for (tenant, account), points in sorted(left.items())
        if points
    ]


def _differences(what: str, kept: Mapping[Any, int], replayed: Mapping[Any, int]) -> Iterable[str]:
    """Say where sums are not what a replay finds."""
    for key in sorted(kept.keys() | replayed.keys(), key=str):
        here, there = kept.get(key, 0), replayed.get(key, 0)
        if here != there:
            name = "/".join(str(part) for part in key) if isinstance(key, tuple) else str(key)
            yield f"{what} {name}: {here} points are kept, a replay from zero finds {there}"


def _roots(c: Connection) -> dict[tuple[str, str], str]:
    merged = select(accounts.c.tenant, accounts.c.account, accounts.c.root)
    rows = c.execute(merged.where(accounts.c.root.is_not(None)))
    return {(row.tenant, row.account): row.root for row in rows}


def _posted(c: Connection, roots: Mapping[tuple[str, str], str]) -> Counter[tuple[Any, ...]]:
    sums: Counter[tuple[Any, ...]] = Counter()
    for row in c.execute(select(accounts)):
        name = roots.get((row.tenant, row.account), row.account)
        for bucket in _BUCKETS:
            sums[row.tenant, name, bucket] += getattr(row, bucket)
    return sums


def _program(c: Connection) -> dict[tuple[Any, ...], int]:
    found = select(program_sums.c.bucket, func.sum(program_sums.c.points))
    rows = c.execute(found.group_by(program_sums.c.bucket))
    return {(bucket,): int(points) for bucket, points in rows}


def _own(c: Connection) -> dict[tuple[Any, ...], int]:
    return {
        (row.line, row.account, bucket): getattr(row, bucket)
        for row in c.execute(select(own))
        for bucket in _BUCKETS
    }


def _days(c: Connection) -> dict[tuple[Any, ...], int]:
    return {
        (row.tenant, row.account, row.day, what): getattr(row, what)
        for row in c.execute(select(member_days))
        for what in ("earned", "toward_points", "toward_minor", "purchases", "redemptions", "waits")
    }


def _changes(c: Connection) -> dict[tuple[int, str], int]:
    return {(row.journal_id, row.account): row.change for row in c.execute(select(rights))}


def _floors(c: Connection) -> dict[int, int]:
    return {row.id: row.floor for row in c.execute(select(journals.c.id, journals.c.floor))}
