"""Write sums: what members have, what devices may spend, what the program issued.

Points that move on an account that was merged into another move on that other. ``available`` is the
balancing side (I4): what an account gains and no device's rights take is head office's to grant.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row

from agent.core.postings import PROGRAM
from sync.hub.bulk import Part, add_up, add_up_all
from sync.hub.tables import accounts, program_sums

__all__ = ["OFFICE", "Posted", "post", "post_members"]

OFFICE = 0
"""Stands for a journal where head office itself moved points."""

_BUCKETS = ("active", "pending", "held", "available")
_EVERY = tuple(accounts.c.keys())
_ACCOUNT, _ROOT = _EVERY.index("account"), _EVERY.index("root")


@dataclass(slots=True)
class _Parts:
    accounts: dict[str, list[int]] = field(default_factory=dict)
    program: dict[str, int] = field(default_factory=dict)

    def of(self, account: str) -> list[int]:
        return self.accounts.setdefault(account, [0, 0, 0, 0])


@dataclass(frozen=True, kw_only=True, slots=True)
class Posted:
    """What was written of members: their accounts' rows as they are then, which stay locked, those
    of accounts they were merged into among them. ``program`` is the other side, still to be
    written.
    """

    rows: dict[str, Row[Any]]
    program: Part


def post(c: Connection, tenant: str, change: Mapping[tuple[str, str], int]) -> set[str]:
    """Post a change of worth, by owner and bucket, that head office itself decided.

    Answers every account whose row was written: the ones named, and those they were merged into.
    """
    posted = post_members(c, tenant, change)
    add_up_all(c, [posted.program])
    return set(posted.rows)


def post_members(
    c: Connection,
    tenant: str,
    change: Mapping[tuple[str, str], int],
    *,
    rights: Mapping[str, int] | None = None,
    journal_id: int = OFFICE,
    speaks_of: Iterable[str] = (),
) -> Posted:
    """Post the members' side of a change of worth, and of ``rights`` by account.

    Accounts that are new, and those it ``speaks_of``, get a row.
    """
    parts = _parts(change, rights or {})
    for account in speaks_of:
        parts.of(account)
    written = _write(c, tenant, parts.accounts)
    program = Part(
        table=program_sums,
        columns=("bucket", "points"),
        rows=[item for item in parts.program.items() if item[1]],
        fixed={"journal_id": journal_id},
        sums=("points",),
    )
    moved = _move_to_roots(c, tenant, parts.accounts, written)
    return Posted(rows=written | moved, program=program)


def _parts(change: Mapping[tuple[str, str], int], rights: Mapping[str, int]) -> _Parts:
    """Tell the program's side from the members', and work out what is available."""
    parts = _Parts()
    for (owner, bucket), points in change.items():
        if owner == PROGRAM:
            parts.program[bucket] = parts.program.get(bucket, 0) + points
            continue
        row = parts.of(owner)
        row[_BUCKETS.index(bucket)] += points
        if bucket == "active":
            row[3] += points
    for account, points in rights.items():
        parts.of(account)[3] -= points
    return parts


def _write(c: Connection, tenant: str, parts: Mapping[str, list[int]]) -> dict[str, Row[Any]]:
    """Add to accounts' rows; answers them."""
    rows = add_up(
        c,
        accounts,
        ("account", *_BUCKETS),
        ((account, *row) for account, row in parts.items()),
        fixed={"tenant": tenant},
        sums=_BUCKETS,
        returning=_EVERY,
    )
    return {row[_ACCOUNT]: row for row in rows}


def _move_to_roots(
    c: Connection, tenant: str, parts: Mapping[str, list[int]], written: dict[str, Row[Any]]
) -> dict[str, Row[Any]]:
    """Move what was added to accounts that are merged into others to where their points are."""
    moves: dict[str, list[int]] = {}
    for account, row in written.items():
        root, added = row[_ROOT], parts[account]
        if root is None or not any(added):
            continue
        for name, sign in ((account, -1), (root, 1)):
            moved = moves.setdefault(name, [0, 0, 0, 0])
            for place, points in enumerate(added):
                moved[place] += sign * points
    return _write(c, tenant, moves)
