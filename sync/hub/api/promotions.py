"""The calls about pushed promotions: what every store gives for the next hours beside the program.

One is named by its id, which means the same promotion for ever, since stores count by it. Together
they are held to what a program's file is held to, before any store is told of them, and what
stores hear is always the whole list.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, select

from agent.core.instant import rfc3339
from agent.core.mistakes import Amiss
from agent.core.program import Promotion
from agent.core.pushing import accept
from agent.core.values import Code, Value
from sync.hub import tables
from sync.hub.api.access import HubAccess
from sync.hub.api.desk import Desk
from sync.hub.api.problems import HubRefusal, answers
from sync.hub.database import upsert
from sync.hub.editions import editions_of
from sync.hub.marking import mark

__all__ = ["add_promotions"]

Promotions = tuple[Promotion, ...]

_LIST = TypeAdapter(Promotions)
_MOST = 50
"""So many at once; a store looks at each of them for each sale."""
_MOST_BYTES = 50_000
"""Stores are told of all of them in one message."""
_FURTHEST = timedelta(days=31)
"""What begins later belongs into the program."""
_STILL_KEPT = timedelta(days=1)
"""One that is over stays in stores so long, for sales that are handed in late."""


_EXAMPLE = {
    "id": "rain-1121",
    "text": "double points while it rains",
    "multiplier": "2",
    "starts_at": "2026-11-21T14:00:00+01:00",
    "ends_at": "2026-11-21T18:00:00+01:00",
}


class PushedPromotion(Value):
    """A promotion that stores were told of."""

    id: str
    is_over: bool
    """Whether its time is over; then it counts for sales that are handed in late."""
    put_by: str | None
    """The clerk who put it last."""
    promotion: Promotion


def add_promotions(routes: APIRouter, desk: Desk, access: HubAccess) -> None:
    """Add the routes."""

    @routes.get("/v1/promotions", responses=answers(409))
    def promotions() -> list[PushedPromotion]:
        """List the promotions that are pushed, the soonest to end first."""
        return desk.read(lambda c, tenant: _views(c, tenant, desk.now()))

    @routes.put("/v1/promotions/{promotion}", responses=answers(404, 409))
    def put(
        promotion: Code,
        wanted: Annotated[Promotion, Body(examples=[_EXAMPLE])],
        clerk: Annotated[str, Depends(access.clerk)],
    ) -> PushedPromotion:
        """Have every store give this promotion between its two moments, 24 hours at most. Under an
        id that is pushed, only its end may change.
        """

        def change(c: Connection, tenant: str) -> PushedPromotion:
            now = desk.now()
            there = _pushed(c, tenant, now, to_write=True)
            taken = _taken(c, tenant, there, promotion, wanted, now)
            _keep(c, tenant, taken, _put_by(c, tenant) | {promotion: clerk}, now)
            return next(each for each in _views(c, tenant, now) if each.id == promotion)

        return desk.write(change)

    @routes.delete("/v1/promotions/{promotion}", responses=answers(404, 409), status_code=200)
    def end(promotion: Code) -> list[PushedPromotion]:
        """Have no store give it any more, from when it hears so; answers those that are left."""

        def change(c: Connection, tenant: str) -> list[PushedPromotion]:
            now = desk.now()
            there = _pushed(c, tenant, now, to_write=True)
            left = tuple(each for each in there if each.id != promotion)
            if left == there:
                raise HubRefusal("unknown_promotion", f"nothing is pushed as {promotion}")
            _keep(c, tenant, left, _put_by(c, tenant), now)
            return _views(c, tenant, now)

        return desk.write(change)


def _taken(
    c: Connection,
    tenant: str,
    there: Promotions,
    name: str,
    wanted: Promotion,
    now: datetime,
) -> Promotions:
    """Answer what is pushed with a promotion that may be. Raises what FastAPI answers 422 for."""
    if wanted.id != name:
        raise _mistake(("id",), f'write "{name}", as the address says, or change the address')
    before = next((each for each in there if each.id == name), None)
    if before is not None and before.model_copy(update={"ends_at": wanted.ends_at}) != wanted:
        raise HubRefusal(
            "promotion_id_reused",
            f"{name} is pushed and says something else; stores count by the id, so give the new one"
            " an id of its own (only ends_at of this one may change)",
        )
    if wanted.ends_at is not None and wanted.ends_at <= now:
        raise _mistake(("ends_at",), f"it is over; write a moment after {rfc3339(now)}")
    if wanted.starts_at is not None and wanted.starts_at > now + _FURTHEST:
        raise _mistake(("starts_at",), f"write a moment before {rfc3339(now + _FURTHEST)}")
    taken = (*(each for each in there if each.id != name), wanted)
    if len(taken) > _MOST or len(_LIST.dump_json(taken)) > _MOST_BYTES:
        raise _mistake(
            (), f"stores take {_MOST} promotions and {_MOST_BYTES} bytes of them at most"
        )
    _hold(c, tenant, taken, now)
    return taken


def _hold(c: Connection, tenant: str, taken: Promotions, now: datetime) -> None:
    """Hold promotions to the program as every store will: today's version and the newest."""
    editions = editions_of(c, tenant)
    if editions is None:
        raise HubRefusal(
            "unknown_program",
            "head office has no program to check it against; PUT /v1/programs/{program} first",
        )
    last = len(taken) - 1
    for program in (editions.on(now.date()), editions.newest):
        try:
            accept(program, taken)
        except Amiss as amiss:
            raise RequestValidationError(
                [_told(finding.at, finding.said, last, program.edition) for finding in amiss.found]
            ) from amiss


def _told(at: tuple[int | str, ...], said: str, last: int, edition: str) -> dict[str, Any]:
    match at:
        case ("pushed", int(place), *rest) if place == last:
            return {"loc": ("body", *rest), "msg": f"{said} ({edition})", "type": "value_error"}
        case _:
            told = f"beside what is pushed and {edition}: {said}"
            return {"loc": ("body",), "msg": told, "type": "value_error"}


def _mistake(at: tuple[str, ...], told: str) -> RequestValidationError:
    return RequestValidationError([{"loc": ("body", *at), "msg": told, "type": "value_error"}])


def _pushed(c: Connection, tenant: str, now: datetime, *, to_write: bool = False) -> Promotions:
    """Read what is pushed, but for what has been over for long enough."""
    if to_write:  # a list that is not there yet cannot be locked
        of_tenant = select(tables.tenants.c.tenant).where(tables.tenants.c.tenant == tenant)
        c.execute(of_tenant.with_for_update())
    text = c.execute(
        select(tables.pushed.c.promotions).where(tables.pushed.c.tenant == tenant)
    ).scalar()
    try:
        listed = _LIST.validate_json(text or "[]")
    except ValidationError:  # of a version that knew other promotions: no store takes them either
        return ()
    return tuple(
        each for each in listed if each.ends_at is None or each.ends_at > now - _STILL_KEPT
    )


def _put_by(c: Connection, tenant: str) -> dict[str, str]:
    """Read who put each that is pushed, by its id."""
    text = c.execute(
        select(tables.pushed.c.put_by).where(tables.pushed.c.tenant == tenant)
    ).scalar()
    return dict(json.loads(text or "{}"))


def _keep(
    c: Connection, tenant: str, promotions: Promotions, put_by: Mapping[str, str], now: datetime
) -> None:
    whose = {each.id: put_by[each.id] for each in promotions if each.id in put_by}
    row = {
        "promotions": _LIST.dump_json(promotions).decode(),
        "put_at": rfc3339(now),
        "put_by": json.dumps(whose),
    }
    new = upsert(c, tables.pushed).values(tenant=tenant, **row)
    c.execute(new.on_conflict_do_update(index_elements=["tenant"], set_=row))
    mark(c, tenant, "pushed", [""])


def _views(c: Connection, tenant: str, now: datetime) -> list[PushedPromotion]:
    put_by = _put_by(c, tenant)
    listed = [
        PushedPromotion(
            id=each.id,
            is_over=each.ends_at is not None and each.ends_at <= now,
            put_by=put_by.get(each.id),
            promotion=each,
        )
        for each in _pushed(c, tenant, now)
    ]
    never = datetime.max.replace(tzinfo=UTC)
    return sorted(listed, key=lambda each: (each.promotion.ends_at or never, each.id))
