"""The calls a POS makes."""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Query, Response
from prometheus_client import CONTENT_TYPE_LATEST
from sse_starlette import EventSourceResponse, ServerSentEvent

from agent.api.auth import Access, Caller
from agent.api.health import Health, HealthView, Metrics
from agent.api.positions import hearing
from agent.api.problems import answers, problem
from agent.api.redemptions import add_redemptions
from agent.api.sales import add_sales
from agent.core.values import Code, Value
from agent.lanes import Lanes
from agent.till import AccountView, Till, parse_token
from agent.till.members import TokenText

__all__ = ["router"]

_PING_S = 15

_log = structlog.get_logger(__name__)


class CardShown(Value):
    """A card as a reader or a cashier gave it: ``scheme:value`` or the bare number."""

    token: TokenText


class Enrolment(CardShown):
    """A card to make an account for; lane and cashier are recorded where given."""

    lane: Code | None = None
    cashier: Code | None = None


def router(till: Till, lanes: Lanes, health: Health, metrics: Metrics, access: Access) -> APIRouter:
    """Build the routes. Every call but ``/healthz`` needs a till's bearer token."""
    routes = APIRouter()
    tills_only = [Depends(hearing(till, access))]
    _add_members(routes, till, lanes, tills_only)
    add_sales(routes, till, lanes, tills_only)
    add_redemptions(routes, till, tills_only)
    _add_events(routes, lanes, health, access)
    _add_watching(routes, health, metrics, [Depends(access.till)])
    return routes


def _add_members(routes: APIRouter, till: Till, lanes: Lanes, tills_only: list[Any]) -> None:
    @routes.post("/v1/identify", dependencies=tills_only, responses=answers(404))
    async def identify(card: CardShown) -> AccountView:
        """Say whose card this is, from the local ledger."""
        return await till.identify(card.token)

    @routes.post("/v1/accounts", status_code=201, dependencies=tills_only, responses=answers(409))
    async def enrol(enrolment: Enrolment) -> AccountView:
        """Make an account for a card at once, also with no network."""
        view = await till.enrol(enrolment.token, lane=enrolment.lane, cashier=enrolment.cashier)
        await lanes.card_enrolled(parse_token(enrolment.token), enrolment.lane)
        return view


def _add_events(routes: APIRouter, lanes: Lanes, health: Health, access: Access) -> None:
    @routes.get("/v1/events", response_class=EventSourceResponse, responses=answers(404))
    async def events(
        lane: Annotated[Code, Query()],
        caller: Annotated[Caller, Depends(access.till_or_screen)],
    ) -> Response:
        """Stream what happens at one lane: ``card``, ``sale`` and ``status`` events.

        The first event is always ``status``. A screen is told that something happened, not what:
        it asks for its panel, so that no card number reaches a browser.
        """
        if lane not in lanes:
            return problem("unknown_lane", f"no lane '{lane}' is configured")

        async def stream() -> AsyncIterator[ServerSentEvent]:
            with lanes.listen(lane) as listener:
                yield _event("status", health().model_dump(mode="json"), caller)
                async for event in listener.events():
                    yield _event(event.name, event.data, caller)

        return EventSourceResponse(stream(), ping=_PING_S)


def _add_watching(
    routes: APIRouter, health: Health, metrics: Metrics, tills_only: list[Any]
) -> None:
    @routes.get("/healthz")
    async def healthz() -> HealthView:
        """Say how the agent is. Always 200 while it serves; needs no token."""
        return health()

    @routes.get("/metrics", dependencies=tills_only, responses=answers())
    async def prometheus() -> Response:
        """Prometheus metrics."""
        return Response(await metrics(), media_type=CONTENT_TYPE_LATEST)


def _event(name: str, data: dict[str, Any], caller: Caller) -> ServerSentEvent:
    shown = data if caller == "till" else {}
    return ServerSentEvent(event=name, data=json.dumps(shown, separators=(",", ":")))
