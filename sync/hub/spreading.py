"""Whom each mark of the feed concerns: put down for each device as the mark gets its number.

A device that wants to know of its own members alone hears of whom it has met: who visited it, whom
it wrote of, whose card it asked for, and all accounts that are one person's with these. A member
shops in a few stores, so this costs little for each change, however many stores there are; a store
that listens reads what is there for it and nothing else.

What a device is to hear of a member that it has just met is all there is of them, older marks too:
they keep their numbers, so that it hears of these when it listens from the start. One that listens
on from where it stands has passed these numbers: whatever of that member's accounts and cards is
older is marked again.
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Connection,
    FromClause,
    Select,
    String,
    Subquery,
    Table,
    bindparam,
    cast,
    func,
    select,
    true,
)

from sync.hub.bulk import among, handed_over, is_among, listed, looked_up, rows_of
from sync.hub.database import upsert_in
from sync.hub.marking import mark
from sync.hub.roster import families_of
from sync.hub.tables import ROOT, accounts, cards, decisions, feed, news, visits

__all__ = ["spread"]

_Numbered = tuple[str, str, int]
"""A mark: its kind, its key and its number."""

_TENANT: BindParameter[str] = bindparam("tenant")
_COLUMNS = ["device_id", "kind", "key", "seq"]
_SAID = {"name": String(), "kind": String(), "key": String(), "seq": BigInteger()}
_KIN = {"name": String(), "other": String()}
_NEW = {"device_id": BigInteger(), "name": String()}


def spread(c: Connection, tenant: str, numbered: Iterable[_Numbered]) -> None:
    """Put marks before all devices that have met whom they are about. In order of their numbers:
    the caller has the tenant's row. What is about nobody concerns all (``tables.IS_FOR_ALL``), and
    is not put down for each.
    """
    about = _whom(c, tenant, numbered)
    if not about:
        return
    kin = _kin(c, tenant, set(about.values()))
    said = [(account, kind, key, seq) for (kind, key, seq), account in about.items()]
    dialect = c.dialect.name
    given = handed_over(dialect, "said", tuple(_SAID), said) | {"tenant": tenant}
    given |= handed_over(dialect, "kin", tuple(_KIN), kin)
    if new := c.execute(_met_anew(dialect), given).all():
        wanted = given | handed_over(dialect, "new", tuple(_NEW), [tuple(row) for row in new])
        for statement in _older(dialect):
            c.execute(statement, wanted)
        met = {name for _, name in new}
        _mark_again(c, tenant, {other for name, other in kin if name in met}, set(about))
    c.execute(_newest(dialect), given)


def _whom(c: Connection, tenant: str, marks: Iterable[_Numbered]) -> dict[_Numbered, str]:
    """Answer which account each mark is about, of those that are about one."""
    by_kind: dict[str, dict[str, _Numbered]] = defaultdict(dict)
    for each in marks:
        by_kind[each[0]][each[1]] = each
    about = {each: key for key, each in by_kind["account"].items()}
    if tokens := by_kind["card"]:
        owned = select(cards.c.token, cards.c.account).where(
            cards.c.tenant == tenant, among(c, cards.c.token, tokens)
        )
        about |= {tokens[token]: account for token, account in c.execute(owned)}
    if made := by_kind["decision"]:
        decided = select(decisions.c.seq, decisions.c.account).where(
            decisions.c.tenant == tenant,
            among(c, decisions.c.seq, map(int, made)),
            decisions.c.account.is_not(None),
        )
        about |= {made[str(seq)]: account for seq, account in c.execute(decided)}
    return about


def _kin(c: Connection, tenant: str, names: set[str]) -> list[tuple[str, str]]:
    """List with each account all that are one person's with it, itself too."""
    found = c.execute(_roots_among(c.dialect.name), {"tenant": tenant, "names": listed(names)})
    roots = {name: name for name in names} | {row.account: row.root for row in found}
    family: dict[str, list[str]] = defaultdict(list)
    for account, root in families_of(c, tenant, set(roots.values())).items():
        family[root].append(account)
    return [(name, other) for name, root in roots.items() for other in family[root]]


def _mark_again(c: Connection, tenant: str, family: set[str], numbered: set[_Numbered]) -> None:
    """Have told anew what members have, but for what has just been ``numbered``."""
    told = {(kind, key) for kind, key, _ in numbered}
    tokens = select(cards.c.token).where(
        cards.c.tenant == tenant, among(c, cards.c.account, family)
    )
    for kind, keys in (("account", family), ("card", set(c.execute(tokens).scalars()))):
        older = [key for key in keys if (kind, key) not in told]
        if older:
            mark(c, tenant, kind, older)


@cache
def _roots_among(dialect: str) -> Select[Any]:
    """Make the statement that finds where the points of accounts are."""
    return select(accounts.c.account, ROOT.label("root")).where(
        accounts.c.tenant == _TENANT, is_among(dialect, accounts.c.account, "names")
    )


@cache
def _heard(dialect: str) -> tuple[FromClause, Subquery, Any]:
    """Join to what is said the devices that have met whom it is about; answers the join, what is
    said in it, and the devices' columns.
    """
    said, kin = rows_of(dialect, "said", _SAID), rows_of(dialect, "kin", _KIN)
    theirs = said.join(kin, kin.c.name == said.c.name)
    is_met = (visits.c.tenant == _TENANT, visits.c.account == kin.c.other)
    heard, met = looked_up(dialect, theirs, visits, *is_met)
    return heard, said, met


@cache
def _met_anew(dialect: str) -> Select[Any]:
    """Make what finds the devices that never heard of a member, with the account that is told."""
    heard, said, met = _heard(dialect)
    known = select(news.c.seq).where(
        news.c.device_id == met.device_id, news.c.kind == "account", news.c.key == said.c.name
    )
    is_new = (said.c.kind == "account", known.scalar_subquery().is_(None))
    return select(met.device_id, said.c.name).select_from(heard).where(*is_new).distinct()


@cache
def _newest(dialect: str) -> Any:
    """Make what puts marks before each device that has met whom they are about."""
    heard, said, met = _heard(dialect)
    its = (met.device_id, said.c.kind, said.c.key)
    newest = select(*its, func.max(said.c.seq)).select_from(heard).where(true()).group_by(*its)
    put = upsert_in(dialect, news).from_select(_COLUMNS, newest)
    return put.on_conflict_do_update(index_elements=_COLUMNS[:3], set_={"seq": put.excluded.seq})


@cache
def _older(dialect: str) -> list[Any]:
    """Make what puts down, as they are numbered, all marks about members that devices have just
    met.
    """
    things = (
        (accounts, "account", "account"),
        (cards, "card", "token"),
        (decisions, "decision", "seq"),
    )
    return [_about_them(dialect, *each) for each in things]


def _about_them(dialect: str, table: Table, kind: str, key: str) -> Any:
    new, kin = rows_of(dialect, "new", _NEW), rows_of(dialect, "kin", _KIN)
    theirs = new.join(kin, kin.c.name == new.c.name)
    is_theirs = (table.c.tenant == _TENANT, table.c.account == kin.c.other)
    things, found = looked_up(dialect, theirs, table, *is_theirs)
    is_its = (feed.c.tenant == _TENANT, feed.c.kind == kind, feed.c.key == cast(found[key], String))
    marks, mark = looked_up(dialect, things, feed, *is_its)
    its = select(new.c.device_id, mark.kind, mark.key, mark.seq).select_from(marks).where(true())
    return upsert_in(dialect, news).from_select(_COLUMNS, its).on_conflict_do_nothing()
