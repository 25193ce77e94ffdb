"""The application: routes over head office's database, one file a concern."""

import traceback
from collections.abc import Callable, Mapping
from datetime import datetime

import structlog
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

from agent import __version__
from agent.web.description import describe
from agent.web.limits import BodyLimit
from sync.hub.api import pages
from sync.hub.api.access import HubAccess
from sync.hub.api.accounts import add_accounts
from sync.hub.api.cards import add_cards
from sync.hub.api.conflicts import add_conflicts
from sync.hub.api.desk import Desk
from sync.hub.api.members import add_members
from sync.hub.api.places import add_places
from sync.hub.api.problems import HUB_PROBLEMS, HubRefusal
from sync.hub.api.programs import add_programs
from sync.hub.api.promotions import add_promotions
from sync.hub.api.quarantine import add_quarantine
from sync.hub.api.reconciliation import add_reconciliation
from sync.hub.database import Database, is_down
from sync.hub.health import HubHealth

__all__ = ["create_app"]

_RETRY_AFTER_S = 5

_log = structlog.get_logger(__name__)


def create_app(
    *,
    database: Database,
    now: Callable[[], datetime],
    health: Callable[[], HubHealth],
    metrics: Callable[[], bytes],
    tokens: Mapping[str, str],
    tenant: str | None = None,
) -> FastAPI:
    """Build the API of one head office. Opens nothing and starts nothing."""
    app = FastAPI(
        title="tapledger head office",
        version=__version__,
        summary="Every account, every store, and how each conflict was settled",
        docs_url=None,  # Swagger's page loads its scripts from the Internet
        redoc_url=None,
        strict_content_type=False,  # the API takes nothing but JSON, so its header may be missing
    )
    HUB_PROBLEMS.install(app)
    app.add_exception_handler(HubRefusal, _refused)
    app.add_exception_handler(SQLAlchemyError, _unavailable)
    describe(app)
    app.add_middleware(BodyLimit, problems=HUB_PROBLEMS)
    desk, access = Desk(database, now=now, tenant=tenant), HubAccess(tokens)
    app.include_router(_open_routes(health, metrics))
    clerks = APIRouter(dependencies=[Depends(access.clerk)])
    add_accounts(clerks, desk)
    add_members(clerks, desk, access)
    add_cards(clerks, desk, access)
    add_conflicts(clerks, desk, access)
    add_places(clerks, desk, access)
    add_programs(clerks, desk, access)
    add_promotions(clerks, desk, access)
    add_quarantine(clerks, desk)
    add_reconciliation(clerks, desk)
    app.include_router(clerks)
    app.include_router(pages.router(desk, access, health))
    return app


def _open_routes(health: Callable[[], HubHealth], metrics: Callable[[], bytes]) -> APIRouter:
    routes = APIRouter()

    @routes.get("/healthz")
    async def healthz() -> HubHealth:
        """Say how the hub is; needs no token."""
        return health()

    @routes.get("/metrics", response_class=Response)
    def prometheus() -> Response:
        """Answer the metrics, in Prometheus' text format."""
        return Response(metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return routes


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HubRefusal)  # noqa: S101 - registered for nothing else
    return HUB_PROBLEMS.problem(error.code, str(error))


async def _unavailable(request: Request, error: Exception) -> JSONResponse:
    """Answer for the database: it is down, or it was asked what no waiting makes it do.

    What SQLAlchemy says of that shows what was asked, which may be a card's number.
    """
    if is_down(error):
        return HUB_PROBLEMS.problem(
            "database_unavailable", headers={"Retry-After": str(_RETRY_AFTER_S)}
        )
    route = getattr(request.scope.get("route"), "path", "")
    at = "".join(traceback.format_tb(error.__traceback__))
    _log.error("internal_error", path=route, error=type(error).__name__, at=at)
    return HUB_PROBLEMS.problem("internal", "the error is in the hub's log")
