"""The calls a POS makes."""

from typing import Any

from fastapi import APIRouter, Depends, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from agent.api.adjustments import add_adjustments
from agent.api.auth import Access
from agent.api.days import add_days
from agent.api.devices import Watched, add_devices
from agent.api.events import add_events
from agent.api.health import Health, HealthView, Metrics
from agent.api.lanes import add_lanes
from agent.api.lookups import Lookups
from agent.api.members import add_members
from agent.api.positions import hearing
from agent.api.problems import answers
from agent.api.redemptions import add_redemptions
from agent.api.sales import add_sales
from agent.api.vouchers import add_vouchers
from agent.lanes import Lanes
from agent.till import Till

__all__ = ["add_calls"]


def add_calls(
    routes: APIRouter,
    till: Till,
    lanes: Lanes,
    lookups: Lookups,
    health: Health,
    metrics: Metrics,
    access: Access,
    watched: Watched,
) -> None:
    """Add the routes. Every call but ``/healthz`` needs a till's bearer token."""
    tills_only = [Depends(hearing(till, access))]
    add_members(routes, till, lanes, lookups, tills_only)
    add_sales(routes, till, lanes, lookups, tills_only)
    add_redemptions(routes, till, lanes, lookups, tills_only)
    add_vouchers(routes, till, lanes, lookups, tills_only)
    add_adjustments(routes, till, lanes, tills_only)
    add_days(routes, till, tills_only)
    add_lanes(routes, lanes, tills_only)
    add_events(routes, till, lanes, health, access)
    add_devices(routes, watched, [Depends(access.till)])
    _add_watching(routes, health, metrics, [Depends(access.till)])


def _add_watching(
    routes: APIRouter, health: Health, metrics: Metrics, tills_only: list[Any]
) -> None:
    @routes.get("/healthz")
    async def healthz() -> HealthView:
        """Say how the agent is. Always 200 while it serves; needs no token."""
        return health()

    @routes.get(
        "/metrics",
        dependencies=tills_only,
        responses=answers(never=(422, 503)),
        response_class=PlainTextResponse,
    )
    async def prometheus() -> Response:
        """Prometheus metrics."""
        return Response(await metrics(), media_type=CONTENT_TYPE_LATEST)
