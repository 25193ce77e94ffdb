"""The calls a POS makes."""

from typing import Any

import structlog
from fastapi import APIRouter, Depends, Response
from prometheus_client import CONTENT_TYPE_LATEST

from agent.api.auth import Access
from agent.api.events import add_events
from agent.api.health import Health, HealthView, Metrics
from agent.api.lanes import add_lanes
from agent.api.problems import answers
from agent.api.redemptions import add_redemptions
from agent.api.sales import add_sales
from agent.core.values import Code, Value
from agent.lanes import Lanes
from agent.till import AccountView, Till, parse_token
from agent.till.members import TokenText

__all__ = ["router"]

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
    tills_only = [Depends(access.till)]
    _add_members(routes, till, lanes, tills_only)
    add_sales(routes, till, lanes, tills_only)
    add_redemptions(routes, till, lanes, tills_only)
    add_lanes(routes, lanes, tills_only)
    add_events(routes, lanes, health, access)
    _add_watching(routes, health, metrics, tills_only)
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
