"""Write sums: what members have, what devices may spend, what the program issued.

Points that move on an account that was merged into another move on that other. ``available`` is the
balancing side (I4): what an account gains and no device's rights take is head office's to grant.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from agent.core.postings import PROGRAM
from sync.hub.bulk import add_up
from sync.hub.tables import accounts, program_sums

__all__ = ["OFFICE", "post"]

OFFICE = 0
"""Stands for a journal where head office itself moved points."""

_BUCKETS = ("active", "pending", "held", "available")


@dataclass(slots=True)
class _Parts:
    accounts: dict[str, list[int]] = field(default_factory=dict)
    program: dict[str, int] = field(default_factory=dict)

    def of(self, account: str) -> list[int]:
        return self.accounts.setdefault(account, [0, 0, 0, 0])


def post(
    c: Connection,
    tenant: str,
    change: Mapping[tuple[str, str], int],
    *,
    rights: Mapping[str, int] | None = None,
    journal_id: int = OFFICE,
    speaks_of: Iterable[str] = (),
) -> set[str]:
    """Post a change of worth, by owner and bucket, and of ``rights`` by account.

    Accounts that are new, and those it ``speaks_of``, get a row. Answers every account whose row
    was written: the ones named, and those they were merged into.
    """
    parts = _parts(change, rights or {})
    for account in speaks_of:
        parts.of(account)
    written = _write(c, tenant, parts.accounts)
    _move_to_roots(c, tenant, parts.accounts, written)
    add_up(
        c,
        program_sums,
        ("bucket", "points"),
        [item for item in parts.program.items() if item[1]],
        fixed={"journal_id": journal_id},
        sums=("points",),
    )
    return set(parts.accounts) | {root for root in written.values() if root is not None}


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


def _write(c: Connection, tenant: str, parts: Mapping[str, list[int]]) -> dict[str, str | None]:
    """Add to accounts' rows; answers which of them were merged, into which."""
    rows = add_up(
        c,
        accounts,
        ("account", *_BUCKETS),
        ((account, *row) for account, row in parts.items()),
        fixed={"tenant": tenant},
        sums=_BUCKETS,
        returning=("account", "root"),
    )
    return {row.account: row.root for row in rows}


def _move_to_roots(
    c: Connection, tenant: str, parts: Mapping[str, list[int]], roots: dict[str, str | None]
) -> None:
    """Move what was added to accounts that are merged into others to where their points are."""
    moves: dict[str, list[int]] = {}
    for account, root in roots.items():
        row = parts[account]
        if root is None or not any(row):
            continue
        for name, sign in ((account, -1), (root, 1)):
            moved = moves.setdefault(name, [0, 0, 0, 0])
            for place, points in enumerate(row):
                moved[place] += sign * points
    if moves:
        _write(c, tenant, moves)
