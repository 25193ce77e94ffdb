"""The calls about members: what an account has, where it is, and every entry that speaks of it."""

import json
from typing import Annotated, Any, cast

from fastapi import APIRouter, Query
from sqlalchemy import (
    ColumnElement,
    Connection,
    false,
    literal,
    select,
    true,
    tuple_,
    union_all,
)

from agent.core.entry import Entry
from agent.core.facts import kind_of
from agent.core.postings import PROGRAM, postings_of
from agent.core.values import Code, Value
from sync.hub import tables
from sync.hub.api.desk import Desk
from sync.hub.api.problems import HubRefusal, answers
from sync.hub.members import family_of
from sync.messages import LARGEST_NUMBER

__all__ = ["OfficeAccount", "account_view", "add_accounts"]

_MOST_ENTRIES = 500
_PARTS = 5
"""Of a place in the list: moment, store, device, epoch, seq."""


class LeaseView(Value):
    """Rights to an account that one device has."""

    store: str
    device: str
    epoch: int
    points: int
    """Whole points that this device may still spend."""
    fenced: str | None
    """`unclean` where the device lost its disk or its identity: then they wait for an operator."""


class CardView(Value):
    """A card of an account."""

    token: str
    state: str
    replaced_by: str | None


class OfficeAccount(Value):
    """An account as head office holds it. Points are whole points, and
    `balance = available + the points of all leases`.
    """

    account: str
    root: str
    """The account that it was merged into, or itself."""
    merged: tuple[str, ...]
    """The accounts that were merged into it."""
    state: str
    """`active`, or `erased`."""
    tier: str | None
    balance: int
    """Active points; a debt is below zero."""
    pending: int
    held: int
    available: int
    """Points of the balance to which no device has rights."""
    denied: bool
    """Whether no store may give points beyond its rights: the member owes some."""
    enrolled_on: str | None
    leases: tuple[LeaseView, ...]
    cards: tuple[CardView, ...]


class EntryView(Value):
    """An entry that speaks of an account, as a device or head office wrote it."""

    store: str
    """The store, or `head office`."""
    device: str
    epoch: int
    seq: int
    kind: str
    points: int | None
    """What it moved for this account as it was written; null where it moves none."""
    recorded_at: str
    received_at: str
    business_date: str | None
    place: str
    """Where it stands in the list, to be asked for what comes `before` it."""
    entry: dict[str, Any]
    """The whole entry."""


def add_accounts(routes: APIRouter, desk: Desk) -> None:
    """Add the routes."""

    @routes.get("/v1/accounts/{account}", responses=answers(404, 409))
    def account(account: Code) -> OfficeAccount:
        """Say what an account has and where the rights to it are."""
        return desk.read(lambda c, tenant: account_view(c, tenant, account))

    @routes.get("/v1/accounts/{account}/entries", responses=answers(404, 409))
    def entries(
        account: Code,
        limit: Annotated[int, Query(ge=1, le=_MOST_ENTRIES)] = 100,
        before: Annotated[
            str | None,
            Query(
                max_length=300,
                pattern=r"^[^\x00]*$",
                description="`place` of the last one, or a moment",
            ),
        ] = None,
    ) -> list[EntryView]:
        """List the entries that speak of an account or of one merged into it, the newest first."""
        return desk.read(lambda c, tenant: _entries(c, tenant, account, limit, before))


def account_view(c: Connection, tenant: str, account: str) -> OfficeAccount:
    """Read an account, as its root has it. Raises HubRefusal."""
    row = _row(c, tenant, account)
    root = _row(c, tenant, row.root) if row.root else row
    family = family_of(c, tenant, root.account)
    return OfficeAccount(
        account=account,
        root=root.account,
        merged=tuple(sorted(family - {root.account})),
        state=row.state,
        tier=root.tier,
        balance=root.active,
        pending=root.pending,
        held=root.held,
        available=root.available,
        denied=root.owed > 0,
        enrolled_on=row.enrolled_on,
        leases=_leases(c, tenant, family),
        cards=_cards(c, tenant, family),
    )


def _row(c: Connection, tenant: str, account: str) -> Any:
    found = c.execute(
        select(tables.accounts).where(
            tables.accounts.c.tenant == tenant, tables.accounts.c.account == account
        )
    ).one_or_none()
    if found is None:
        raise HubRefusal("unknown_account", "no member has this account")
    return found


def _leases(c: Connection, tenant: str, family: set[str]) -> tuple[LeaseView, ...]:
    rights, journals, devices = tables.rights, tables.journals, tables.devices
    left = (rights.c.granted + rights.c.change).label("left")
    found = c.execute(
        select(devices.c.store, devices.c.device, journals.c.epoch, journals.c.fenced, left)
        .select_from(rights)
        .join(journals, journals.c.id == rights.c.journal_id)
        .join(devices, devices.c.id == journals.c.device_id)
        .where(devices.c.tenant == tenant, rights.c.account.in_(family), left != 0)
        .order_by(devices.c.store, devices.c.device, journals.c.epoch)
    )
    return tuple(
        LeaseView(
            store=row.store,
            device=row.device,
            epoch=row.epoch,
            points=row.left,
            fenced=row.fenced,
        )
        for row in found
    )


def _cards(c: Connection, tenant: str, family: set[str]) -> tuple[CardView, ...]:
    cards = tables.cards
    found = c.execute(
        select(cards.c.token, cards.c.state, cards.c.replaced_by)
        .where(cards.c.tenant == tenant, cards.c.account.in_(family))
        .order_by(cards.c.token)
    )
    return tuple(CardView(token=t, state=s, replaced_by=r) for t, s, r in found)


def _entries(
    c: Connection, tenant: str, account: str, limit: int, before: str | None
) -> list[EntryView]:
    row = _row(c, tenant, account)
    family = family_of(c, tenant, row.root or row.account)
    entries, journals, devices = tables.entries, tables.journals, tables.devices
    decisions = tables.decisions
    written = (
        select(
            devices.c.store,
            devices.c.device,
            journals.c.epoch,
            entries.c.seq,
            entries.c.canonical,
            entries.c.received_at.label("at"),
        )
        .select_from(entries)
        .join(journals, journals.c.id == entries.c.journal_id)
        .join(devices, devices.c.id == journals.c.device_id)
        .where(devices.c.tenant == tenant, entries.c.account.in_(family))
    )
    decided = select(
        literal("head office"),
        literal("hub"),
        literal(0),
        decisions.c.seq,
        decisions.c.canonical,
        decisions.c.decided_at,
    ).where(decisions.c.tenant == tenant, decisions.c.account.in_(family))
    found = union_all(written, decided).subquery()
    newest = (
        select(found)
        .where(_is_before(found, before))
        .order_by(*(found.c[each].desc() for each in ("at", "store", "device", "epoch", "seq")))
        .limit(limit)
    )
    return [_entry_view(row, family) for row in c.execute(newest)]


def _is_before(found: Any, before: str | None) -> ColumnElement[bool]:
    """Say that an entry comes after a place in the list, or is older than a moment."""
    if before is None:
        return true()
    at, *of = before.split("|")
    if len(of) != _PARTS - 1 or not (of[2].isdecimal() and of[3].isdecimal()):
        return cast(ColumnElement[bool], found.c.at < before)
    store, device, epoch, seq = of[0], of[1], int(of[2]), int(of[3])
    if max(epoch, seq) > LARGEST_NUMBER:
        return false()
    columns = (found.c.at, found.c.store, found.c.device, found.c.epoch, found.c.seq)
    return tuple_(*columns) < tuple_(at, store, device, epoch, seq)


def _entry_view(row: Any, family: set[str]) -> EntryView:
    entry = Entry.read(bytes(row.canonical))
    moved = [
        posting.points
        for posting in postings_of(entry.fact)
        if posting.owner != PROGRAM and posting.owner in family
    ]
    day = entry.business_date
    return EntryView(
        store=row.store,
        device=row.device,
        epoch=row.epoch,
        seq=row.seq,
        kind=kind_of(entry.fact),
        points=sum(moved) if moved else None,
        recorded_at=entry.recorded_at,
        received_at=row.at,
        business_date=None if day is None else day.isoformat(),
        place=f"{row.at}|{row.store}|{row.device}|{row.epoch}|{row.seq}",
        entry=json.loads(bytes(row.canonical)),
    )
