"""The hub daemon: workers, what they tell, and an HTTP server, started from the database up."""

import asyncio
import threading
from pathlib import Path

import structlog
from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError

from agent.clock import system_clock
from agent.service import (
    HttpServer,
    ServiceError,
    notify_systemd,
    stop_signal,
    watchdog_interval_s,
)
from agent.steady import SteadyScheduler
from sync.certificates import warn_of_ours
from sync.hub.api import create_app
from sync.hub.crew import Crew, OneWorker, WorkerProcesses
from sync.hub.database import Database
from sync.hub.health import health_of, metrics_of
from sync.hub.reposting import repost
from sync.hub.settings import HubSettings
from sync.hub.unopened import UNOPENED, why_unopened

__all__ = ["Hub"]

_log = structlog.get_logger(__name__)


class Hub:
    """One head office. ``run`` returns after SIGTERM or SIGINT.

    ``workers`` above 1 are processes of their own, which read ``configs`` themselves.
    """

    def __init__(
        self, settings: HubSettings, *, workers: int = 1, configs: tuple[Path, ...] = ()
    ) -> None:
        self._settings = settings
        self._database = Database(settings.database.url)
        self._crew: Crew = (
            OneWorker(settings, self._database)
            if workers == 1
            else WorkerProcesses(configs, count=workers)
        )
        self._http = HttpServer(settings.api.listen)

    async def run(self) -> None:
        """Start, serve until told to stop, and stop. Raises ServiceError."""
        stop = stop_signal()
        address = self._http.bind()
        try:
            self._database.start()
        except UNOPENED as error:
            self._http.close()
            raise ServiceError(why_unopened(self._settings.database.url, error)) from error
        self._post_what_waits()
        await self._crew.start()
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
        await asyncio.gather(serving, self._crew.stop())
        self._database.stop()
        _log.info("hub_stopped")

    def _post_what_waits(self) -> None:
        """Post entries that only this version can read, or that 0.1 left, while devices are heard.

        It may take minutes, and goes on where it was after the next start.
        """
        threading.Thread(target=self._repost, name="repost", daemon=True).start()

    def _repost(self) -> None:
        try:
            posted = repost(self._database, now=system_clock())
        except SQLAlchemyError as error:
            _log.error("entries_not_posted", error=type(error).__name__)
        else:
            _log.info("entries_posted", entries=posted)

    def _schedule(self) -> SteadyScheduler:
        scheduler = SteadyScheduler(timezone="UTC")
        interval_s = watchdog_interval_s()
        if interval_s is not None:
            scheduler.add_job(self._ping_watchdog, "interval", seconds=interval_s)
        scheduler.add_job(
            self._warn_of_certificate, "interval", hours=24, next_run_time=system_clock()
        )
        scheduler.start()
        return scheduler

    def _warn_of_certificate(self) -> None:
        warn_of_ours(self._settings.broker.broker())

    async def _ping_watchdog(self) -> None:
        """Ping only on progress: some worker comes round. Of several, those that do not
        are restarted by their crew.
        """
        if any(status.is_turning for status in self._crew.statuses()):
            notify_systemd("WATCHDOG=1")

    def _make_app(self) -> FastAPI:
        api = self._settings.api
        return create_app(
            database=self._database,
            now=system_clock,
            health=lambda: health_of(self._crew),
            metrics=lambda: metrics_of(self._crew, self._database, system_clock),
            tokens={name: token.get_secret_value() for name, token in api.tokens.items()},
            tenant=api.tenant,
        )
