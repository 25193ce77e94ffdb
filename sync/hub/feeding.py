"""The feed: what head office knows, told to one device at a time, from where it stopped listening.

Everything that changes gets the tenant's next number (:mod:`sync.hub.marking`), and a device asks
for what changed after its cursor. It is told how things are now, so pages may be lost, repeated and
taken twice.

An account is told less what the device itself wrote of it, as far as head office has heard that:
the device adds its own sum, and so counts what is still under way once. A merged account is told
under both names; its points are at the one that is named as root.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, String, and_, cast, func, or_, select
from sqlalchemy.orm import aliased

from agent.core.instant import rfc3339
from sync.hub.bulk import among
from sync.hub.database import upsert
from sync.hub.feed_items import items_of, kept_short, line_of
from sync.hub.marking import number_marks
from sync.hub.registry import DeviceRow
from sync.hub.tables import accounts, cards, decisions, feed, own, rights, visits
from sync.hub.terms import generation_of
from sync.messages import FeedItem, FeedPage, FeedRequest

__all__ = ["page_for"]


def page_for(
    c: Connection, device: DeviceRow, request: FeedRequest, *, now: datetime, at_most: int = 200
) -> tuple[FeedPage, tuple[FeedItem, ...]]:
    """Answer the next page, ``at_most`` items long, or what is known of the one card asked for. A
    device that was retired is told nothing.
    """
    if device.state == "retired":
        return FeedPage(nonce=request.nonce, cursor=request.cursor, generation=generation_of(c)), ()
    if request.token is not None:
        return _member_of(c, device, request, request.token, now=now)
    generation = generation_of(c)
    # First: whatever a later statement finds up to this number is all there is.
    newest = number_marks(c, device.tenant)
    cursor = request.cursor
    if request.generation != generation or cursor > newest:
        cursor = 0
    marks = _changed(c, device, cursor, request.scope == "seen", at_most + 1)
    listed = marks[:at_most]
    items = items_of(c, device, [(mark.kind, mark.key) for mark in listed])
    told, fits = kept_short([items.get((mark.kind, mark.key)) for mark in listed])
    more = fits < len(marks)
    reached = listed[fits - 1].seq if fits else cursor
    page = FeedPage(
        nonce=request.nonce,
        cursor=reached if more else max(reached, newest),
        generation=generation,
        more=more,
    )
    return page, told


def _changed(
    c: Connection, device: DeviceRow, cursor: int, only_seen: bool, at_most: int
) -> list[Row[str, str, int]]:
    query = select(feed.c.kind, feed.c.key, feed.c.seq).where(
        feed.c.tenant == device.tenant, feed.c.seq > cursor
    )
    if only_seen:
        query = query.where(_concerns(device))
    return list(c.execute(query.order_by(feed.c.seq).limit(at_most)))


def _concerns(device: DeviceRow) -> ColumnElement[bool]:
    """Say that a mark concerns a device that is told only of members it has seen."""
    its_account = select(cards.c.account).where(
        cards.c.tenant == device.tenant, cards.c.token == feed.c.key
    )
    decided = select(decisions.c.account).where(
        decisions.c.tenant == device.tenant, cast(decisions.c.seq, String) == feed.c.key
    )
    return or_(
        feed.c.kind.in_(("program", "pushed")),
        and_(feed.c.kind == "account", _has_seen(device, feed.c.key)),
        and_(
            feed.c.kind == "card", _has_seen(device, its_account.correlate(feed).scalar_subquery())
        ),
        and_(
            feed.c.kind == "decision", _has_seen(device, decided.correlate(feed).scalar_subquery())
        ),
    )


def _has_seen(device: DeviceRow, account: ColumnElement[str]) -> ColumnElement[bool]:
    """Say that a device has seen a member: it was visited, has rights, wrote something, or asked
    for the card; under this account or another one that was merged with it.
    """
    named, other = aliased(accounts), aliased(accounts)
    root = func.coalesce(named.c.root, named.c.account)
    visited = select(visits.c.account).where(
        visits.c.tenant == device.tenant,
        visits.c.account == other.c.account,
        visits.c.device_id == device.id,
    )
    holds = select(rights.c.account).where(
        rights.c.journal_id == device.journal_id, rights.c.account == other.c.account
    )
    wrote = select(own.c.account).where(
        own.c.line == line_of(device), own.c.account == other.c.account
    )
    return (
        select(named.c.account)
        .join(other, or_(other.c.account == root, other.c.root == root))
        .where(
            named.c.tenant == device.tenant,
            named.c.account == account,
            other.c.tenant == device.tenant,
            or_(visited.exists(), holds.exists(), wrote.exists()),
        )
        .exists()
    )


def _member_of(
    c: Connection, device: DeviceRow, request: FeedRequest, token: str, *, now: datetime
) -> tuple[FeedPage, tuple[FeedItem, ...]]:
    """Tell all that is known of the member with a card; from now on the device has seen them."""
    page = FeedPage(
        nonce=request.nonce, cursor=request.cursor, generation=generation_of(c), token=token
    )
    root = c.execute(
        select(func.coalesce(accounts.c.root, accounts.c.account))
        .join(cards, cards.c.account == accounts.c.account)
        .where(
            cards.c.tenant == device.tenant,
            cards.c.token == token,
            accounts.c.tenant == device.tenant,
        )
    ).scalar()
    if root is None:
        return page, ()
    seen = {
        "tenant": device.tenant,
        "account": root,
        "device_id": device.id,
        "last_at": rfc3339(now),
        "visits": 0,
    }
    c.execute(upsert(c, visits).values(seen).on_conflict_do_nothing())
    keys = _keys_of_family(c, device.tenant, root)
    items = items_of(c, device, keys)
    told, _ = kept_short([items.get(key) for key in keys])
    return page, told


def _keys_of_family(c: Connection, tenant: str, root: str) -> list[tuple[str, str]]:
    """List a member's accounts, the root first, and their cards."""
    family = or_(accounts.c.account == root, accounts.c.root == root)
    names = c.execute(
        select(accounts.c.account)
        .where(accounts.c.tenant == tenant, family)
        .order_by(accounts.c.account != root, accounts.c.account)
    ).scalars()
    listed = list(names)
    tokens = c.execute(
        select(cards.c.token)
        .where(cards.c.tenant == tenant, among(c, cards.c.account, listed))
        .order_by(cards.c.token)
    ).scalars()
    return [("account", name) for name in listed] + [("card", token) for token in tokens]
