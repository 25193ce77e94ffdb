"""What one mark of the feed says to one device: the thing as it stands now.

Points and the device's own sum are read in one statement, so that they are of one moment.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, ScalarSelect, Select, and_, bindparam, func, select

from agent.core.facts import LARGEST
from sync.hub.bulk import among, is_among, listed
from sync.hub.day_items import lots_of, toward_of
from sync.hub.editions import editions_of
from sync.hub.member_days import MemberDays, days_of
from sync.hub.registry import DeviceRow
from sync.hub.tables import accounts, cards, decisions, journals, own, programs, pushed
from sync.messages import (
    AccountItem,
    CardItem,
    DecisionItem,
    FeedItem,
    ProgramItem,
    PushedItem,
    encode,
)

__all__ = ["MOST_BYTES", "items_of", "kept_short", "program_key"]

Keyed = Iterator[tuple[str, FeedItem]]

MOST_BYTES = 60_000
"""So much of a page is told before it is deflated; one item alone may be larger."""


def program_key(name: str, edition: str) -> str:
    """Answer the key under which a program's edition is marked; neither has spaces in it."""
    return f"{name} {edition}"


def _line(device_id: Any, journal_id: Any) -> ScalarSelect[int]:
    """Answer the line of journals that a device's ledger stands on: its live epoch's, or, before
    it was welcomed, its newest one's.
    """
    its = select(journals.c.line).where(journals.c.device_id == device_id, journals.c.branch == 0)
    if journal_id is not None:
        its = its.where(journals.c.id == journal_id)
    return its.order_by(journals.c.id.desc()).limit(1).scalar_subquery()


def items_of(
    c: Connection, device: DeviceRow, marks: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], FeedItem]:
    """Read what marks of the feed, each a kind and a key, say to a device."""
    keys: dict[str, list[str]] = defaultdict(list)
    for kind, key in marks:
        keys[kind].append(key)
    readers = {
        "account": _accounts,
        "card": _cards,
        "program": _programs,
        "pushed": _pushed,
        "decision": _decisions,
        "decision_for_all": _decisions,
    }
    return {
        (kind, key): item
        for kind, listed in keys.items()
        for key, item in readers[kind](c, device, listed)
    }


def kept_short(items: Sequence[FeedItem | None]) -> tuple[tuple[FeedItem, ...], int]:
    """Answer the first items that fit on a page, and how many marks they are. Of a mark without an
    item nothing is left to tell.
    """
    told: list[FeedItem] = []
    size = 0
    for place, item in enumerate(items):
        if item is None:
            continue
        size += len(encode(item))
        if told and size > MOST_BYTES:
            return tuple(told), place
        told.append(item)
    return tuple(told), len(items)


def _accounts(c: Connection, device: DeviceRow, keys: list[str]) -> Keyed:
    statement = _accounts_told(c.dialect.name, is_welcomed=device.journal_id is not None)
    wanted = {"tenant": device.tenant, "names": listed(keys), "device_id": device.id}
    if device.journal_id is not None:
        wanted["journal_id"] = device.journal_id
    rows = c.execute(statement, wanted).all()
    roots = [row.account for row in rows if row.root is None and row.state != "erased"]
    editions = editions_of(c, device.tenant)
    days = days_of(c, device.tenant, roots)
    for row in rows:
        its = days.get(row.account, MemberDays())
        yield (
            row.account,
            AccountItem(
                account=row.account,
                active=_told(row.others_active),
                pending=_told(row.others_pending),
                enrolled_on=row.enrolled_on,
                tier=row.tier,
                tier_since=row.tier_since,
                tier_until=row.tier_until,
                root=row.root,
                denied=row.owed > 0,
                erased=row.state == "erased",
                lots=lots_of(editions, its, active=row.active, pending=row.pending),
                last_active_on=its.last_act,
                bought=its.bought,
                toward=toward_of(editions, its),
            ),
        )


def _told(points: int) -> int:
    """Answer points as far as they can be told: no member of a real shop has more."""
    return max(-LARGEST, min(points, LARGEST))


@cache
def _accounts_told(dialect: str, *, is_welcomed: bool) -> Select[Any]:
    """Make the statement once: it costs more to make than to run it."""
    line = _line(bindparam("device_id"), bindparam("journal_id") if is_welcomed else None)
    return (
        select(
            accounts,
            (accounts.c.active - func.coalesce(own.c.active, 0)).label("others_active"),
            (accounts.c.pending - func.coalesce(own.c.pending, 0)).label("others_pending"),
        )
        .select_from(accounts)
        .outerjoin(own, and_(own.c.line == line, own.c.account == accounts.c.account))
        .where(
            accounts.c.tenant == bindparam("tenant"),
            is_among(dialect, accounts.c.account, "names"),
        )
    )


@cache
def _cards_told(dialect: str) -> Select[Any]:
    return select(cards).where(
        cards.c.tenant == bindparam("tenant"), is_among(dialect, cards.c.token, "tokens")
    )


def _cards(c: Connection, device: DeviceRow, keys: list[str]) -> Keyed:
    wanted = {"tenant": device.tenant, "tokens": listed(keys)}
    for row in c.execute(_cards_told(c.dialect.name), wanted):
        item = CardItem(
            token=row.token, account=row.account, state=row.state, replaced_by=row.replaced_by
        )
        yield row.token, item


def _programs(c: Connection, device: DeviceRow, keys: list[str]) -> Keyed:
    named = programs.c.name + " " + programs.c.edition
    rows = c.execute(
        select(programs).where(programs.c.tenant == device.tenant, among(c, named, keys))
    )
    for row in rows:
        item = ProgramItem(name=row.name, edition=row.edition, text=row.text)
        yield program_key(row.name, row.edition), item


def _pushed(c: Connection, device: DeviceRow, keys: list[str]) -> Keyed:
    text = c.execute(select(pushed.c.promotions).where(pushed.c.tenant == device.tenant)).scalar()
    for key in keys:
        yield key, PushedItem(promotions=text or "[]")


def _decisions(c: Connection, device: DeviceRow, keys: list[str]) -> Keyed:
    numbers = [int(key) for key in keys]
    rows = c.execute(
        select(decisions).where(
            decisions.c.tenant == device.tenant, among(c, decisions.c.seq, numbers)
        )
    )
    for row in rows:
        item = DecisionItem(
            seq=row.seq,
            hash=bytes(row.hash).hex(),
            canonical=bytes(row.canonical).decode(),
        )
        yield str(row.seq), item
