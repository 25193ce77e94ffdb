"""The calls a POS makes."""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from sse_starlette import EventSourceResponse, ServerSentEvent

from agent.api.adjustments import add_adjustments
from agent.api.auth import Access, Caller
from agent.api.days import add_days
from agent.api.health import Health, HealthView, Metrics
from agent.api.lookups import Lookups
from agent.api.members import add_members
from agent.api.positions import hearing
from agent.api.problems import answers, problem
from agent.api.redemptions import add_redemptions
from agent.api.sales import add_sales
from agent.core.values import Code
from agent.lanes import Lanes
from agent.till import Till

__all__ = ["router"]

_PING_S = 15


def router(
    till: Till, lanes: Lanes, lookups: Lookups, health: Health, metrics: Metrics, access: Access
) -> APIRouter:
    """Build the routes. Every call but ``/healthz`` needs a till's bearer token."""
    routes = APIRouter()
    tills_only = [Depends(hearing(till, access))]
    add_members(routes, till, lanes, lookups, tills_only)
    add_sales(routes, till, lanes, lookups, tills_only)
    add_redemptions(routes, till, lookups, tills_only)
    add_adjustments(routes, till, tills_only)
    add_days(routes, till, tills_only)
    _add_events(routes, lanes, health, access)
    _add_watching(routes, health, metrics, [Depends(access.till)])
    return routes


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

    @routes.get(
        "/metrics", dependencies=tills_only, responses=answers(), response_class=PlainTextResponse
    )
    async def prometheus() -> Response:
        """Prometheus metrics."""
        return Response(await metrics(), media_type=CONTENT_TYPE_LATEST)


def _event(name: str, data: dict[str, Any], caller: Caller) -> ServerSentEvent:
    shown = data if caller == "till" else {}
    return ServerSentEvent(event=name, data=json.dumps(shown, separators=(",", ":")))
