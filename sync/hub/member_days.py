"""What each day brought each member, over all stores: kept as sums, so that no entry is read again.

Which points are left of those that came on a day follows from the balance: what is spent is the
oldest, so the newest are what is there. Expiry at head office and what the stores are told both
ask here, so that a till shows for which day points run out that head office will let run out then.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, Text, bindparam, cast, func, or_, select

from sync.hub.bulk import Part, add_up_all, is_among, listed
from sync.hub.judging import Days
from sync.hub.tables import ROOT, accounts, member_days

__all__ = ["MemberDays", "add_days", "brought_by", "days_of", "left_of"]


class _Day(msgspec.Struct, frozen=True, array_like=True):
    """What one day brought, as the database lists it: the sums in their order."""

    day: str
    earned: int
    toward_points: int
    toward_minor: int
    purchases: int
    redemptions: int
    waits: int


_SUMS = _Day.__struct_fields__[1:]
_every_day = msgspec.json.Decoder(list[_Day])


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
    rows = c.execute(_days(c.dialect.name), {"tenant": tenant, "names": listed(wanted)})
    found = {name: MemberDays() for name in wanted}
    return found | {name: _member(_every_day.decode(days)) for name, days in rows if name in found}


@cache
def _days(dialect: str) -> Select[Any]:
    """Make the statement that reads members' days, once; those of one member are one text. A row
    for each would cost more to take from the driver than all that is done with it.
    """
    each = (member_days.c.day, *(member_days.c[name] for name in _SUMS))
    days: ColumnElement[Any]
    if dialect == "postgresql":
        days = cast(func.json_agg(func.json_build_array(*each)), Text)
    else:
        days = func.json_group_array(func.json_array(*each))
    named = (is_among(dialect, column, "names") for column in (accounts.c.account, accounts.c.root))
    return (
        select(ROOT, days)
        .select_from(accounts)
        .join(
            member_days,
            (member_days.c.tenant == accounts.c.tenant)
            & (member_days.c.account == accounts.c.account),
        )
        .where(accounts.c.tenant == bindparam("tenant"), or_(*named))
        .group_by(ROOT)
    )


def _member(rows: list[_Day]) -> MemberDays:
    by_day = {each.day: each for each in rows}
    if len(by_day) < len(rows):
        by_day = _together(rows)
    days = [by_day[name] for name in sorted(by_day)]
    return MemberDays(
        earned={each.day: each.earned for each in days if each.earned},
        waits={each.day: each.waits for each in days if each.waits > 0},
        toward={
            each.day: (each.toward_points, each.toward_minor)
            for each in days
            if each.toward_points or each.toward_minor
        },
        last_act=max(
            (each.day for each in days if each.purchases > 0 or each.redemptions > 0), default=None
        ),
        bought=any(each.purchases > 0 for each in days),
    )


def _together(rows: Iterable[_Day]) -> dict[str, _Day]:
    """Add up what one day brought under each of a member's accounts."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0] * len(_SUMS))
    for each in rows:
        for place, name in enumerate(_SUMS):
            sums[each.day][place] += getattr(each, name)
    return {day: _Day(day, *brought) for day, brought in sums.items()}


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
    for most in (days.waits, dict(came)) if rest else ():
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
