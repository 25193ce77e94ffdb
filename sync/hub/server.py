"""The hub daemon: ingest and its health, started from the database up."""

import asyncio

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError

from agent import __version__
from agent.clock import system_clock
from agent.core.values import Value
from agent.service import (
    HttpServer,
    ServiceError,
    notify_systemd,
    stop_signal,
    watchdog_interval_s,
)
from sync.hub.ingest import Ingest
from sync.hub.settings import HubSettings
from sync.hub.store import Store

__all__ = ["Hub", "HubHealth"]

_log = structlog.get_logger(__name__)


class HubHealth(Value):
    """The hub's health; ``entries`` counts what was taken since start."""

    status: str
    reasons: tuple[str, ...]
    online: bool
    entries: int
    refused_messages: int


class Hub:
    """One head office process. ``run`` returns after SIGTERM or SIGINT."""

    def __init__(self, settings: HubSettings) -> None:
        self._settings = settings
        self._store = Store(settings.database.url)
        self._ingest = Ingest(
            settings.broker.broker(), self._store, name=settings.name, clock=system_clock
        )
        self._http = HttpServer(settings.api.listen)

    async def run(self) -> None:
        """Start, serve until told to stop, and stop. Raises ServiceError."""
        stop = stop_signal()
        address = self._http.bind()
        try:
            self._store.start()
        except SQLAlchemyError as error:
            self._http.close()
            raise ServiceError(f"cannot open {self._settings.database.url}: {error}") from error
        self._ingest.start()
        serving = asyncio.create_task(self._http.serve(self._make_app()))
        scheduler = self._schedule()
        _log.info("hub_started", address=address)
        notify_systemd("READY=1")
        await asyncio.wait(
            [serving, asyncio.create_task(stop.wait())], return_when=asyncio.FIRST_COMPLETED
        )
        notify_systemd("STOPPING=1")
        scheduler.shutdown(wait=False)
        self._http.stop()
        await serving
        await asyncio.to_thread(self._ingest.stop)
        self._store.stop()
        _log.info("hub_stopped")

    def _schedule(self) -> AsyncIOScheduler:
        scheduler = AsyncIOScheduler(timezone="UTC")
        interval_s = watchdog_interval_s()
        if interval_s is not None:
            scheduler.add_job(self._ping_watchdog, "interval", seconds=interval_s)
        scheduler.start()
        return scheduler

    async def _ping_watchdog(self) -> None:
        """Ping only on progress: the ingest thread has come round."""
        if await asyncio.to_thread(self._ingest.turned_within, 10.0):
            notify_systemd("WATCHDOG=1")

    def _make_app(self) -> FastAPI:
        app = FastAPI(title="tapledger hub", version=__version__, docs_url=None, redoc_url=None)

        @app.get("/healthz")
        async def healthz() -> HubHealth:
            """Say how the hub is; needs no token."""
            return self.health()

        return app

    def health(self) -> HubHealth:
        """Say how the hub is."""
        ended = None if self._ingest.running else "the ingest thread has ended"
        faults = (ended, self._ingest.fault, self._ingest.link.fault)
        reasons = tuple(fault for fault in faults if fault is not None)
        return HubHealth(
            status="degraded" if reasons else "ok",
            reasons=reasons,
            online=self._ingest.link.connected,
            entries=self._ingest.entries,
            refused_messages=self._ingest.refused,
        )
