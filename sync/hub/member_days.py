"""What each day brought each member, over all stores: kept as sums, so that no entry is read again.

Which points are left of those that came on a day follows from the balance: what is spent is the
oldest, so the newest are what is there. Expiry at head office and what the stores are told both
ask here, so that a till shows for which day points run out that head office will let run out then.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from sqlalchemy import Connection, func, or_, select

from sync.hub.bulk import Part, add_up_all, among
from sync.hub.judging import Days
from sync.hub.tables import ROOT, accounts, member_days

__all__ = ["MemberDays", "add_days", "brought_by", "days_of", "left_of"]

_SUMS = ("earned", "toward_points", "toward_minor", "purchases", "redemptions", "waits")


@dataclass(frozen=True, kw_only=True, slots=True)
class MemberDays:
    """What the days of one member brought, under all their accounts; each ``YYYY-MM-DD``."""

    earned: dict[str, int] = field(default_factory=dict)
    toward: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Points and money that count toward tiers, of the days that have any."""
    waits: dict[str, int] = field(default_factory=dict)
    """How many of the points that came are pending, of the days that have any."""
    last_act: str | None = None
    """The day of the last purchase or redemption."""
    bought: bool = False
    """Whether anything was bought that was not brought back whole."""


def brought_by(tenant: str, brought: Days) -> Part:
    """Answer what days brought; nothing that comes to nothing gets a row."""
    rows: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * len(_SUMS))
    for (account, day, what), number in brought.items():
        if number:
            rows[account, day][_SUMS.index(what)] += number
    return Part(
        table=member_days,
        columns=("account", "day", *_SUMS),
        rows=[(account, day, *sums) for (account, day), sums in rows.items()],
        fixed={"tenant": tenant},
        sums=_SUMS,
    )


def add_days(c: Connection, tenant: str, brought: Days) -> None:
    """Add to what days brought."""
    add_up_all(c, [brought_by(tenant, brought)])


def days_of(c: Connection, tenant: str, roots: Iterable[str]) -> dict[str, MemberDays]:
    """Read the days of members, by their root accounts. Costs a row for each day on which a member
    bought, spent or was given something.
    """
    wanted = list(roots)
    sums = [func.sum(member_days.c[name]) for name in _SUMS]
    rows = c.execute(
        select(ROOT, member_days.c.day, *sums)
        .select_from(accounts)
        .join(
            member_days,
            (member_days.c.tenant == accounts.c.tenant)
            & (member_days.c.account == accounts.c.account),
        )
        .where(
            accounts.c.tenant == tenant,
            or_(among(c, accounts.c.account, wanted), among(c, accounts.c.root, wanted)),
        )
        .group_by(ROOT, member_days.c.day)
        .order_by(ROOT, member_days.c.day)
    )
    found = {name: MemberDays() for name in wanted}
    for name, listed in groupby(rows, key=itemgetter(0)):
        if name in found:
            found[name] = _member([(row[1], *map(int, row[2:])) for row in listed])
    return found


def _member(rows: list[tuple[str, int, int, int, int, int, int]]) -> MemberDays:
    return MemberDays(
        earned={day: earned for day, earned, *_ in rows if earned},
        waits={day: waits for day, *_, waits in rows if waits > 0},
        toward={day: (points, minor) for day, _, points, minor, *_ in rows if points or minor},
        last_act=max((row[0] for row in rows if max(row[4:6]) > 0), default=None),
        bought=any(row[4] > 0 for row in rows),
    )


def left_of(days: MemberDays, *, active: int, pending: int) -> list[tuple[str, int]]:
    """List what is still there of what came on each day, the oldest first: of all active points the
    newest, beside the pending ones, whose days are known.

    >>> earned = {"2026-01-05": 40, "2026-02-05": 30, "2026-03-05": 20}
    >>> left_of(MemberDays(earned=earned, waits={"2026-02-05": 10}), active=60, pending=10)
    [('2026-01-05', 20), ('2026-02-05', 20), ('2026-03-05', 20)]
    """
    came, owed = {}, 0
    for day in sorted(days.earned, reverse=True):
        kept = days.earned[day] - owed
        owed = max(0, -kept)  # taken back of a sale that no day here brought: older ones pay
        came[day] = max(0, kept)
    rest = max(0, pending)
    # What a return took of other sales' is not known by its day: those it left wait longest.
    for most in (days.waits, dict(came)):
        for day, points in came.items():
            waits = min(rest, points, most.get(day, 0))
            came[day] = points - waits
            rest -= waits
    left, found = max(0, active), []
    for day, points in came.items():
        there = min(left, points)
        left -= there
        if there:
            found.append((day, there))
    return found[::-1]
