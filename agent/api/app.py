"""The application: routes over the till's use cases, one file a concern."""

import time

from fastapi import FastAPI

from agent import __version__
from agent.api import calls, problems, screens
from agent.api.auth import Access
from agent.api.devices import NoDevices, Watched
from agent.api.health import Health, Metrics
from agent.api.lookups import Lookups, MonotonicClock
from agent.api.positions import TellPosition
from agent.lanes import Lanes
from agent.till import Till
from agent.web.description import describe
from agent.web.limits import BodyLimit

__all__ = ["create_app"]


def create_app(
    *,
    till: Till,
    lanes: Lanes,
    health: Health,
    metrics: Metrics,
    till_tokens: tuple[str, ...],
    watched: Watched | None = None,
    lookups_per_minute: int = 30,
    clock: MonotonicClock = time.monotonic,
) -> FastAPI:
    """Build the API of one agent. Opens nothing and starts nothing.

    Where nobody says what may be ``watched``, there are no devices.
    """
    app = FastAPI(
        title="tapledger agent",
        version=__version__,
        summary="Points at the till, from a ledger that needs no network",
        docs_url=None,  # Swagger's page loads its scripts from the Internet
        redoc_url=None,
        strict_content_type=False,  # the API takes nothing but JSON, so its header may be missing
    )
    access = Access(till_tokens)
    lookups = Lookups(till, per_minute=lookups_per_minute, clock=clock)
    till.listen(lanes.account_changed)  # a friend's sale moves another member's points
    problems.install(app)
    describe(app)
    app.add_middleware(BodyLimit, problems=problems.TILL_PROBLEMS)
    app.add_middleware(TellPosition, till=till, access=access)
    # Added to the application itself: a router that is included has each of its routes made twice.
    devices = watched or NoDevices()
    calls.add_calls(app.router, till, lanes, lookups, health, metrics, access, devices)
    app.include_router(screens.router(till, lanes, health, access))
    app.mount("/static", screens.static_files())
    return app
