"""Members as the lease policy sees them, read for many accounts at once.

The rows of the members' root accounts are locked first, in the order of their names, and stay so
until the transaction ends: whoever moves rights of a member waits for whoever else does.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from agent.core.instant import rfc3339
from sync.hub.bulk import listed
from sync.hub.lease_policy import Ahead, Holding, Life, Member, Wait
from sync.hub.members import Member as Person
from sync.hub.members import read_members
from sync.hub.presence import is_online
from sync.hub.registry import DeviceRow
from sync.hub.roster_queries import (
    LIVE,
    accounts_locked,
    asks_of,
    merged_into,
    recalls_of,
    rights_of,
    stirred,
    visits_of,
)

__all__ = ["LIVE", "Granted", "Roster", "families_of", "read_roster"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Granted:
    """How a live epoch's rights under one account stand: granted, and taken as far as heard."""

    granted: int = 0
    journaled: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Roster:
    """The members, and what it takes to speak to their devices."""

    tenant: str
    members: tuple[Member, ...]
    devices: dict[int, DeviceRow]
    epochs: dict[int, int]
    granted: dict[tuple[int, str], Granted]


def read_roster(
    c: Connection,
    tenant: str,
    names: Iterable[str],
    *,
    ahead: Ahead,
    now: datetime,
    known: Mapping[str, Person] | None = None,
) -> Roster:
    """Read what is to be known of the members whose accounts these are; ``known`` are they as they
    are now, with their rows locked. Costs seven queries at most, however many they are, and one
    where they are known and nothing is leased ahead, asked for or owed.
    """
    names = set(names)
    nobody = Roster(tenant=tenant, members=(), devices={}, epochs={}, granted={})
    if not names:
        return nobody
    roots = _roots_among(known or {}, names) or _lock_roots(c, tenant, names)
    if not (ahead.points or _any_stirred(roots)) and _is_quiet(c, tenant, roots):
        return nobody
    root_of = families_of(c, tenant, roots)
    waiting = _asked(c, tenant, root_of, now=now)
    held = _held(c, tenant, root_of)
    recent = _visited(c, tenant, root_of) if ahead.points else []
    rows = (*waiting, *held, *recent)
    found = _Found(c, tenant, root_of, rows, now=now)
    found.take_holdings(held)
    found.take_visits(recent)
    found.take_asks(waiting)
    return Roster(
        tenant=tenant,
        members=tuple([found.member(row) for row in roots.values()]),
        devices={row.id: DeviceRow.of(row) for row in rows},
        epochs={row.journal_id: row.epoch for row in rows},
        granted={
            (row.journal_id, row.account): Granted(granted=row.granted, journaled=row.journaled)
            for row in held
        },
    )


def _roots_among(known: Mapping[str, Person], names: set[str]) -> dict[str, Person]:
    """Answer the root accounts of these, where they are known; nothing where one is not."""
    if not names <= known.keys():
        return {}
    roots = {known[name].root for name in names}
    return {root: known[root] for root in sorted(roots)} if roots <= known.keys() else {}


def _lock_roots(c: Connection, tenant: str, names: Iterable[str]) -> dict[str, Person]:
    """Read and lock the root accounts of these; mostly they are roots themselves."""
    named = _locked(c, tenant, names)
    roots = {name: row for name, row in named.items() if row.root == name}
    missing = {row.root for row in named.values()} - roots.keys()
    return roots | (_locked(c, tenant, missing) if missing else {})


def _locked(c: Connection, tenant: str, names: Iterable[str]) -> dict[str, Person]:
    wanted = {"tenant": tenant, "names": listed(names)}
    return read_members(c.execute(accounts_locked(c.dialect.name), wanted))


def _is_quiet(c: Connection, tenant: str, roots: Iterable[str]) -> bool:
    """Say that nobody waits for points of these members, and no account was merged into theirs."""
    wanted = {"tenant": tenant, "names": listed(roots)}
    return c.execute(stirred(c.dialect.name), wanted).first() is None


def families_of(c: Connection, tenant: str, roots: Iterable[str]) -> dict[str, str]:
    """Answer the root of each account that is one of these or was merged into one."""
    wanted = {"tenant": tenant, "names": listed(roots)}
    merged = c.execute(merged_into(c.dialect.name), wanted)
    return {root: root for root in roots} | {row.account: row.root for row in merged}


def _any_stirred(roots: dict[str, Person]) -> bool:
    return any(row.available < row.due or row.state == "erased" for row in roots.values())


def _asked(c: Connection, tenant: str, root_of: dict[str, str], *, now: datetime) -> list[Row[Any]]:
    wanted = {"tenant": tenant, "names": listed(root_of), "now": rfc3339(now)}
    return list(c.execute(asks_of(c.dialect.name), wanted))


def _held(c: Connection, tenant: str, root_of: dict[str, str]) -> list[Row[Any]]:
    wanted = {"tenant": tenant, "names": listed(root_of)}
    return list(c.execute(rights_of(c.dialect.name), wanted))


def _visited(c: Connection, tenant: str, root_of: dict[str, str]) -> list[Row[Any]]:
    wanted = {"tenant": tenant, "names": listed(root_of)}
    return list(c.execute(visits_of(c.dialect.name), wanted))


def _life(row: Row[Any], now: datetime) -> Life:
    online = is_online(row.presence, row.last_seen_at, now=now)
    return Life(journal_id=row.journal_id, device_id=row.id, online=online)


class _Found:
    """What was found of each member, gathered under their root accounts."""

    def __init__(
        self,
        c: Connection,
        tenant: str,
        root_of: dict[str, str],
        rows: Iterable[Row[Any]],
        *,
        now: datetime,
    ) -> None:
        self._root_of = root_of
        self._lives = {row.journal_id: _life(row, now) for row in rows}
        self._recalls = _recalled(c, tenant, root_of) if self._lives else {}
        self._holdings: dict[str, list[Holding]] = defaultdict(list)
        self._visits: dict[str, dict[int, Life]] = defaultdict(dict)
        self._waits: dict[str, list[Wait]] = defaultdict(list)

    def take_holdings(self, rows: Iterable[Row[Any]]) -> None:
        """Take in what live epochs hold."""
        for row in rows:
            if right := row.granted + row.change:
                keep, deaf = self._recalls.get((row.journal_id, row.account), (None, False))
                holding = Holding(
                    life=self._lives[row.journal_id],
                    account=row.account,
                    right=right,
                    heard=row.journaled + row.change,
                    keep=keep,
                    deaf=deaf,
                )
                self._holdings[self._root_of[row.account]].append(holding)

    def take_visits(self, rows: Iterable[Row[Any]]) -> None:
        """Take in where members were, newest first."""
        for row in rows:
            visited = self._visits[self._root_of[row.account]]
            visited.setdefault(row.journal_id, self._lives[row.journal_id])

    def take_asks(self, rows: Iterable[Row[Any]]) -> None:
        """Take in which tills wait, oldest first."""
        for row in rows:
            root = self._root_of[row.account]
            life = self._lives[row.journal_id]
            right, heard = self._rights_of(root, life)
            unsure = heard >= row.points
            missing = row.points if unsure else max(0, row.points - right)
            wait = Wait(ask=row.ask, life=life, points=missing, unsure=unsure)
            self._waits[root].append(wait)

    def _rights_of(self, root: str, life: Life) -> tuple[int, int]:
        for held in self._holdings[root]:
            if held.life == life and held.account == root:
                return held.right, held.heard
        return 0, 0

    def member(self, row: Person) -> Member:
        """Put one member together."""
        root = row.account
        return Member(
            root=root,
            available=row.available,
            due=row.due,
            erased=row.state == "erased",
            holdings=tuple(self._holdings[root]),
            recent=tuple(self._visits[root].values()),
            waiting=tuple(self._waits[root]),
        )


def _recalled(
    c: Connection, tenant: str, root_of: dict[str, str]
) -> dict[tuple[int, str], tuple[int | None, bool]]:
    """Answer, by epoch and account, what the open recall leaves there, and whether the last one
    was answered with nothing.
    """
    rows = c.execute(recalls_of(c.dialect.name), {"tenant": tenant, "names": listed(root_of)})
    standing: dict[tuple[int, str], tuple[int | None, bool]] = {}
    for row in rows:
        keep, _ = standing.get((row.journal_id, row.account), (None, False))
        if row.answered_points is None:
            keep = row.keep if keep is None else min(keep, row.keep)
        standing[row.journal_id, row.account] = (keep, row.answered_points == 0)
    return standing
