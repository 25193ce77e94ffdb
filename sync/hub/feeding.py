"""The feed: what head office knows, told to one device at a time, from where it stopped listening.

Everything that changes gets the tenant's next number (:mod:`sync.hub.marking`), and a device asks
for what changed after its cursor. It is told how things are now, so pages may be lost, repeated and
taken twice. A cursor of another life of this database (:mod:`sync.hub.runs`) is no place to go on
from: its device is asked to greet, which shows the restore to all.

Every device hears of programs and promotions, and of what was decided of no member in particular,
as of a disk or a clock.

An account is told less what the device itself wrote of it, as far as head office has heard that:
the device adds its own sum, and so counts what is still under way once. A merged account is told
under both names; its points are at the one that is named as root.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BindParameter, Connection, Integer, Row, bindparam, select, union_all

from agent.core.instant import rfc3339
from sync.hub.bulk import among
from sync.hub.database import upsert
from sync.hub.feed_items import items_of, kept_short
from sync.hub.marking import mark
from sync.hub.members import family_of
from sync.hub.registry import DeviceRow
from sync.hub.runs import run_at, whose
from sync.hub.tables import IS_FOR_ALL, ROOT, accounts, cards, feed, news, tenants, visits
from sync.hub.terms import generation_of
from sync.messages import FeedItem, FeedPage, FeedRequest, FeedScope

__all__ = ["page_for"]

_Mark = Row[str, str, int]

_TENANT: BindParameter[str] = bindparam("tenant")
_CURSOR: BindParameter[int] = bindparam("cursor")
_MOST: BindParameter[int] = bindparam("most", type_=Integer)

# Made once: to make a statement costs more than to run it.
_NEWEST = select(tenants.c.feed_seq, tenants.c.run).where(tenants.c.tenant == _TENANT)
_ANY = select(feed.c.kind, feed.c.key, feed.c.seq).where(
    feed.c.tenant == _TENANT, feed.c.seq > _CURSOR
)
_ITS = select(news.c.kind, news.c.key, news.c.seq).where(
    news.c.device_id == bindparam("device_id"), news.c.seq > _CURSOR
)
_ALL = _ANY.order_by(feed.c.seq).limit(_MOST)
_SEEN = (
    union_all(
        _ITS.order_by(news.c.seq).limit(_MOST).subquery().select(),
        _ANY.where(IS_FOR_ALL),
    )
    .order_by("seq")
    .limit(_MOST)
)


def page_for(
    c: Connection, device: DeviceRow, request: FeedRequest, *, now: datetime, at_most: int = 100
) -> tuple[FeedPage, tuple[FeedItem, ...]]:
    """Answer the next page, ``at_most`` items long, or what is known of the one card asked for. A
    device that was retired is told nothing.
    """
    nonce, generation = request.nonce, generation_of(c)
    if device.state == "retired":
        return FeedPage(nonce=nonce, cursor=request.cursor, generation=generation), ()
    if request.token is not None:
        return _member_of(c, device, request, request.token, now=now)
    # First: whatever a later statement finds up to this number is all there is.
    standing = c.execute(_NEWEST, {"tenant": device.tenant}).one_or_none()
    newest, run = (0, None) if standing is None else (standing.feed_seq, standing.run)
    cursor, anew = request.cursor, False
    if request.generation != generation:
        cursor = 0
    elif (its := whose(c, device.tenant, (newest, run), cursor, request.run)) != "ours":
        if its == "another" and request.run is not None:
            return FeedPage(nonce=nonce, cursor=cursor, generation=generation, greet=True), ()
        cursor, anew = 0, True
    if cursor == newest:  # mostly, of a store in which little happens
        return FeedPage(nonce=nonce, cursor=cursor, generation=generation, run=run, anew=anew), ()
    marks = _marks_after(c, device, request.scope, cursor, at_most + 1)
    keys = [(mark.kind, mark.key) for mark in marks[:at_most]]
    items = items_of(c, device, keys)
    told, fits = kept_short([items.get(key) for key in keys])
    more = fits < len(marks)
    reached = marks[fits - 1].seq if more else max([newest, *(mark.seq for mark in marks)])
    # A cursor of the newest run needs no look-up: every later number is of that run, too.
    is_of_newest_run = reached < newest and cursor > 0 and request.run == run
    if reached != newest and not is_of_newest_run:
        run = run_at(c, device.tenant, reached)
    page = FeedPage(
        nonce=nonce, cursor=reached, generation=generation, more=more, run=run, anew=anew
    )
    return page, told


def _marks_after(
    c: Connection, device: DeviceRow, scope: FeedScope, cursor: int, at_most: int
) -> Sequence[_Mark]:
    """Answer the next marks that a device is told of, the oldest first."""
    wanted: dict[str, object] = {"tenant": device.tenant, "cursor": cursor, "most": at_most}
    if scope == "all":
        return c.execute(_ALL, wanted).all()
    return c.execute(_SEEN, wanted | {"device_id": device.id}).all()


def _member_of(
    c: Connection, device: DeviceRow, request: FeedRequest, token: str, *, now: datetime
) -> tuple[FeedPage, tuple[FeedItem, ...]]:
    """Tell all that is known of the member with a card; from now on the device has seen them."""
    page = FeedPage(
        nonce=request.nonce, cursor=request.cursor, generation=generation_of(c), token=token
    )
    root = c.execute(
        select(ROOT)
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
    if c.execute(upsert(c, visits).values(seen).on_conflict_do_nothing()).rowcount:
        mark(c, device.tenant, "account", [root])  # with it come all older ones, put down for later
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
