"""The feed: what head office knows, told to one device at a time, from where it stopped listening.

Everything that changes gets the tenant's next number (:mod:`sync.hub.marking`), and a device asks
for what changed after its cursor. It is told how things are now, so pages may be lost, repeated and
taken twice.

An account is told less what the device itself wrote of it, as far as head office has heard that:
the device adds its own sum, and so counts what is still under way once. A merged account is told
under both names; its points are at the one that is named as root.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Integer, bindparam, func, select

from agent.core.instant import rfc3339
from sync.hub.bulk import among
from sync.hub.database import upsert
from sync.hub.feed_items import items_of, kept_short
from sync.hub.feed_scope import Mark, concerning, marks_of, who_was_seen
from sync.hub.marking import number_marks
from sync.hub.members import family_of
from sync.hub.registry import DeviceRow
from sync.hub.tables import accounts, cards, feed, visits
from sync.hub.terms import generation_of
from sync.messages import FeedItem, FeedPage, FeedRequest

__all__ = ["page_for"]

_LOOKED_AT = 2_000
"""So many changes are gone through for one page, though few or none of them concern the device."""


# Made once: to make a statement costs more than to run it.
_AFTER = (
    select(feed.c.kind, feed.c.key, feed.c.seq)
    .where(feed.c.tenant == bindparam("tenant"), feed.c.seq > bindparam("cursor"))
    .order_by(feed.c.seq)
    .limit(bindparam("most", type_=Integer))
)


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
    cursor, only_seen = request.cursor, request.scope == "seen"
    if request.generation != generation or cursor > newest:
        cursor = 0
    if cursor == newest:  # mostly, of a store in which little happens
        return FeedPage(nonce=request.nonce, cursor=cursor, generation=generation), ()
    marks, listed = _changed(c, device, cursor, at_most + 1, only_seen=only_seen)
    items = items_of(c, device, [(mark.kind, mark.key) for mark in listed[:at_most]])
    told, fits = kept_short([items.get((mark.kind, mark.key)) for mark in listed[:at_most]])
    more, reached = True, marks[-1].seq if marks else cursor
    if fits < len(listed):
        reached = listed[fits - 1].seq
    elif len(marks) < _LOOKED_AT:
        more, reached = False, max(reached, newest)
    page = FeedPage(nonce=request.nonce, cursor=reached, generation=generation, more=more)
    return page, told


def _changed(
    c: Connection, device: DeviceRow, cursor: int, at_most: int, *, only_seen: bool
) -> tuple[Sequence[Mark], Sequence[Mark]]:
    """Answer the next marks that were gone through, and those of them that concern the device."""
    seen = who_was_seen(c, device) if only_seen else None
    if seen is not None:
        marks = marks_of(c, device, seen, cursor, at_most)
        return marks, marks
    most = _LOOKED_AT if only_seen else at_most
    wanted = {"tenant": device.tenant, "cursor": cursor, "most": most}
    marks = c.execute(_AFTER, wanted).all()
    return marks, concerning(c, device, marks) if only_seen else marks


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
    listed = [root, *sorted(family_of(c, tenant, root) - {root})]
    tokens = c.execute(
        select(cards.c.token)
        .where(cards.c.tenant == tenant, among(c, cards.c.account, listed))
        .order_by(cards.c.token)
    ).scalars()
    return [("account", name) for name in listed] + [("card", token) for token in tokens]
