"""Which marks of the feed concern a device that is told only of members it has seen.

It has seen a member who visited it, whom it has rights to or has written something of, or whose
card it asked for; under this account or another one that was merged with it. A device that has
seen few is told by asking what changed of these; for one that has seen many, some thousand marks
are judged by a handful of statements, however few of them concern it.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Connection,
    Integer,
    Row,
    Select,
    String,
    bindparam,
    cast,
    func,
    select,
    union_all,
)

from sync.hub.bulk import among, is_among, listed
from sync.hub.feed_items import line_of
from sync.hub.registry import DeviceRow
from sync.hub.roster import families_of
from sync.hub.tables import accounts, cards, decisions, feed, journals, own, rights, visits

__all__ = ["Mark", "concerning", "marks_of", "who_was_seen"]

Mark = Row[str, str, int]

_FOR_ALL = ("program", "pushed")
_FEW = 1_000


def who_was_seen(c: Connection, device: DeviceRow) -> set[str] | None:
    """Answer the accounts of the members that a device has seen; None where they are many."""
    wanted = {"tenant": device.tenant, "device_id": device.id, "journal_id": device.journal_id}
    met = set(c.execute(_MET, wanted).scalars())
    if not met or len(met) > _FEW:
        return None if met else met
    roots = _roots(c, device.tenant, met)
    return set(families_of(c, device.tenant, set(roots.values())))


def marks_of(
    c: Connection, device: DeviceRow, names: set[str], cursor: int, at_most: int
) -> Sequence[Mark]:
    """Answer the marks after a cursor that are about these accounts, or about everybody."""
    wanted = {"tenant": device.tenant, "names": listed(names), "cursor": cursor, "most": at_most}
    return c.execute(_about(c.dialect.name), wanted).all()


def _whom_it_met() -> CompoundSelect[Any]:
    """Make the statement that finds whom a device in its live epoch has met, a few more than few at
    most; it is made once, as that costs more than to run it.
    """
    journal_id: Any = bindparam("journal_id", type_=visits.c.device_id.type)
    line = select(journals.c.line).where(journals.c.id == journal_id).scalar_subquery()
    ways: list[Any] = [
        select(visits.c.account).where(
            visits.c.tenant == bindparam("tenant"), visits.c.device_id == bindparam("device_id")
        ),
        select(rights.c.account).where(rights.c.journal_id == journal_id),
        select(own.c.account).where(own.c.line == line),
    ]
    return union_all(*(each.limit(_FEW + 1).subquery().select() for each in ways))


@cache
def _roots_among(dialect: str) -> Select[Any]:
    """Make the statement that finds where the points of accounts are."""
    root = func.coalesce(accounts.c.root, accounts.c.account).label("root")
    return select(accounts.c.account, root).where(
        accounts.c.tenant == bindparam("tenant"), is_among(dialect, accounts.c.account, "names")
    )


@cache
def _about(dialect: str) -> Select[Any]:
    """Make the statement that finds the marks about some accounts."""
    tenant: Any = bindparam("tenant")
    tokens = select(cards.c.token).where(
        cards.c.tenant == tenant, is_among(dialect, cards.c.account, "names")
    )
    decided = select(cast(decisions.c.seq, String)).where(
        decisions.c.tenant == tenant, is_among(dialect, decisions.c.account, "names")
    )
    after = select(feed.c.kind, feed.c.key, feed.c.seq).where(
        feed.c.tenant == tenant, feed.c.seq > bindparam("cursor")
    )
    every = union_all(
        after.where(feed.c.kind.in_(_FOR_ALL)),
        after.where(feed.c.kind == "account", is_among(dialect, feed.c.key, "names")),
        after.where(feed.c.kind == "card", feed.c.key.in_(tokens)),
        after.where(feed.c.kind == "decision", feed.c.key.in_(decided)),
    ).subquery()
    return every.select().order_by(every.c.seq).limit(bindparam("most", type_=Integer))


def concerning(c: Connection, device: DeviceRow, marks: Sequence[Mark]) -> list[Mark]:
    """Answer those of the marks, each a kind, a key and a number, that concern a device."""
    about = _whom(c, device.tenant, marks)
    seen = _seen_of(c, device, about.values())
    return [
        mark for mark in marks if mark.kind in _FOR_ALL or about.get((mark.kind, mark.key)) in seen
    ]


def _whom(c: Connection, tenant: str, marks: Sequence[Mark]) -> dict[tuple[str, str], str]:
    """Answer which account each mark is about, of those that are about one."""
    keys: dict[str, list[str]] = {"account": [], "card": [], "decision": []}
    for mark in marks:
        keys.setdefault(mark.kind, []).append(mark.key)
    about = {("account", key): key for key in keys["account"]}
    if tokens := keys["card"]:
        owned = select(cards.c.token, cards.c.account).where(
            cards.c.tenant == tenant, among(c, cards.c.token, tokens)
        )
        about |= {("card", token): account for token, account in c.execute(owned)}
    if numbers := [int(key) for key in keys["decision"]]:
        decided = select(decisions.c.seq, decisions.c.account).where(
            decisions.c.tenant == tenant,
            among(c, decisions.c.seq, numbers),
            decisions.c.account.is_not(None),
        )
        about |= {("decision", str(seq)): account for seq, account in c.execute(decided)}
    return about


def _seen_of(c: Connection, device: DeviceRow, names: Iterable[str]) -> set[str]:
    """Answer which of these accounts, or of those that were merged with them, were seen."""
    roots = _roots(c, device.tenant, names)
    if not roots:
        return set()
    family = families_of(c, device.tenant, set(roots.values()))
    met = {family[account] for account in _met(c, device, list(family))}
    return {name for name, root in roots.items() if root in met}


def _roots(c: Connection, tenant: str, names: Iterable[str]) -> dict[str, str]:
    """Answer where the points of accounts are, of those that there are."""
    wanted = set(names)
    if not wanted:
        return {}
    found = c.execute(_roots_among(c.dialect.name), {"tenant": tenant, "names": listed(wanted)})
    return {row.account: row.root for row in found}


def _met(c: Connection, device: DeviceRow, names: list[str]) -> set[str]:
    """Answer which accounts a device was visited by, has rights to, or wrote of."""
    ways: list[Any] = [
        select(visits.c.account).where(
            visits.c.tenant == device.tenant,
            visits.c.device_id == device.id,
            among(c, visits.c.account, names),
        ),
        select(rights.c.account).where(
            rights.c.journal_id == device.journal_id, among(c, rights.c.account, names)
        ),
        select(own.c.account).where(own.c.line == line_of(device), among(c, own.c.account, names)),
    ]
    return set(c.execute(union_all(*ways)).scalars())


_MET = _whom_it_met()
