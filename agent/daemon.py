"""The store daemon: builds the parts, starts them from the ledger up, and keeps them running.

A part that fails is logged, named in ``/healthz`` and started again; it never takes another with
it. Only the ledger, the program and the listening port must be there for the agent to start.
"""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import structlog

from agent import __version__
from agent.api import HealthView, create_app
from agent.api.health import frozen_because
from agent.attached import Attached, AttachedDevices, Parting
from agent.chores import until_stopped
from agent.clock import device_clock, mint_id
from agent.core.backoff import delay_s
from agent.inbox import Inbox
from agent.lanes import Lanes
from agent.ledger import Ledger, LedgerBusy, LedgerError, LedgerUnavailable
from agent.ledger.upkeep import Upkeep, UpkeepPlan
from agent.metrics import make_metrics
from agent.online import Online
from agent.rules import Rules
from agent.service import HttpServer, notify_systemd, stop_signal, watchdog_interval_s
from agent.settings import AgentSettings
from agent.steady import SteadyScheduler
from agent.till import Till
from agent.watching import DeviceWatch
from sync.certificates import warn_of_ours

__all__ = ["Agent"]

_FAULT_CHECK_S = 2
_BAD_FRAMES_EVERY_S = 60
_HELD_S = 60
_SETTLED_S = 30
"""How long after the start the ledger is replayed: by then the tills are served."""
_log = structlog.get_logger(__name__)


class Agent:
    """One agent of one store. ``run`` returns after SIGTERM or SIGINT, everything flushed."""

    def __init__(self, settings: AgentSettings) -> None:
        self._settings = settings
        self._rules = Rules(settings)
        self._ledger = Ledger(settings.ledger.path, clock=device_clock, mint_id=mint_id)
        plan = UpkeepPlan(
            keep_days=settings.ledger.keep_days,
            budget_bytes=settings.ledger.budget_mib * 2**20,
            alone=settings.hub is None,
        )
        self._upkeep = Upkeep(self._ledger, plan)
        self._till = Till(
            self._ledger,
            self._rules.terms,
            mint_id=mint_id,
            pin_hashes=settings.controls.pin_hashes,
            waits_for=tuple(settings.api.tokens) if settings.controls.wait_for_tills else (),
        )
        self._lanes = Lanes(self._till, tuple(lane.name for lane in settings.lane))
        state = settings.ledger.path.parent
        self._inbox = Inbox([each.name for each in settings.listed], settings.lane_of_device)
        self._watch = DeviceWatch(lambda: self._devices, settings.lane_of_device)
        self._devices = AttachedDevices(
            (
                Attached(each, self._watch.beside(self._inbox.of(each.name)), state=state)
                for each in settings.listed
            ),
            settings.lane_of_device,
            self._inbox.dropped,
        )
        self._online = Online(
            settings,
            self._ledger,
            self._rules,
            self._till,
            returned=self._tell_lanes,
            heard=self._lanes.heard,
        )
        self._http = HttpServer(settings.api.listen)
        self._told: HealthView | None = None
        self._loop: asyncio.AbstractEventLoop

    async def run(self) -> None:
        """Start, serve until told to stop, and stop. Raises ServiceError or LedgerError."""
        self._loop = asyncio.get_running_loop()
        stop = stop_signal()
        address = self._http.bind()
        try:
            self._ledger.start()
        except LedgerError:
            self._http.close()
            raise
        scheduler = self._schedule()
        self._inbox.open()
        tasks = [asyncio.create_task(self._keep(*part)) for part in self._desks()]
        self._online.start()
        if self._online.part is not None:
            tasks.append(asyncio.create_task(self._keep(*self._online.part)))
        self._devices.start()
        serving = asyncio.create_task(self._http.serve(self._make_app()))
        self._warn_of_access()
        _log.info("agent_started", address=address, program=self._till.program.edition)
        notify_systemd("READY=1")
        await asyncio.wait(
            [serving, asyncio.create_task(stop.wait())], return_when=asyncio.FIRST_COMPLETED
        )
        await self._stop(serving, tasks, scheduler)

    async def _stop(
        self,
        serving: asyncio.Task[None],
        tasks: list[asyncio.Task[None]],
        scheduler: SteadyScheduler,
    ) -> None:
        """Take no more, finish what is under way, then close from the outside in."""
        notify_systemd("STOPPING=1")
        self._inbox.close()
        parting = Parting(self._devices)
        scheduler.shutdown(wait=False)
        self._lanes.stop()
        self._watch.stop()
        self._http.stop()
        await serving
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._lanes.settled()
        await self._till.activity.stop()
        await parting.over()
        for part in (self._online, self._ledger):
            await asyncio.to_thread(part.stop)
        _log.info("agent_stopped")

    def _warn_of_access(self) -> None:
        for warning, said in self._settings.api.warnings():
            _log.warning(warning, **said)

    def _make_app(self) -> Callable[..., Awaitable[None]]:
        return create_app(
            till=self._till,
            lanes=self._lanes,
            watched=self._watch,
            health=self.health,
            metrics=make_metrics(
                self.health, self._ledger, self._settings.ledger.budget_mib * 2**20
            ),
            till_tokens=tuple(
                token.get_secret_value() for token in self._settings.api.tokens.values()
            ),
            lookups_per_minute=self._settings.members.lookups_per_minute,
        )

    def _desks(self) -> Iterator[tuple[str, Callable[[], Awaitable[None]]]]:
        """Answer a part for each lane's cards: they are served in order, and lanes side by side."""
        for lane in self._inbox.cards:
            yield f"taps of lane {lane}", partial(self._serve_taps, lane)
        yield "visits", self._serve_visits

    async def _serve_taps(self, lane: str) -> None:
        while True:
            device, card = await self._inbox.cards[lane].take()
            await self._lanes.card_presented(lane, device, card.token)

    async def _serve_visits(self) -> None:
        while True:
            device, visit = await self._inbox.visits.take()
            try:
                is_a_members = await self._till.visits.arrived(visit.token, visit.zone)
            except LedgerError as error:  # a promotion is lost for one, and no sale
                _log.warning("visit_not_noted", reader=device, error=str(error))
            else:
                if is_a_members:
                    _log.info("visit", reader=device, zone=visit.zone, token=visit.token.masked)

    async def _keep(self, name: str, part: Callable[[], Awaitable[None]]) -> None:
        """Run a part for ever; when it fails, log it and run it again."""
        attempt = 0
        while True:
            began_s = self._loop.time()
            try:
                await part()
            except Exception:  # noqa: BLE001 - one failing part must not stop the others
                _log.exception("part_failed", part=name)
            attempt = 0 if self._loop.time() - began_s > _HELD_S else attempt + 1
            await asyncio.sleep(delay_s(attempt, first_s=0.5, longest_s=30, dice=random.random))

    def _schedule(self) -> SteadyScheduler:
        """Set up what happens by the clock, on the event loop."""
        scheduler = SteadyScheduler()
        scheduler.add_job(self._devices.report_lost, "interval", seconds=_BAD_FRAMES_EVERY_S)
        scheduler.add_job(until_stopped(self._look_after), "interval", seconds=_FAULT_CHECK_S)
        scheduler.add_job(
            self._warn_of_certificate, "interval", hours=24, next_run_time=datetime.now(UTC)
        )
        for chore, trigger in self._chores():
            scheduler.add_job(
                until_stopped(chore), misfire_grace_time=None, coalesce=True, **trigger
            )
        interval_s = watchdog_interval_s()
        if interval_s is not None:
            scheduler.add_job(until_stopped(self._ping_watchdog), "interval", seconds=interval_s)
        scheduler.start()
        return scheduler

    def _chores(self) -> list[tuple[Callable[[], Awaitable[None]], dict[str, Any]]]:
        """Say what the ledger does for itself and when; at odd minutes, as stores are many."""
        soon = datetime.now().astimezone() + timedelta(seconds=_SETTLED_S)
        return [
            (self._upkeep.after_start, {"trigger": "date", "run_date": soon}),
            (self._upkeep.hourly, {"trigger": "interval", "hours": 1, "jitter": 300}),
            (self._upkeep.nightly, {"trigger": "cron", "hour": 3, "jitter": 3_000}),
        ]

    def _warn_of_certificate(self) -> None:
        if self._settings.hub is not None:
            warn_of_ours(self._settings.hub.broker())

    async def _look_after(self) -> None:
        """Have the ledger see to itself, and tell the lanes when health changes.

        They are told first: a look may wait long for a disk, and a cashier has a queue.
        """
        if self._rules.look():
            self._till.adopt(self._rules.terms)
        self._tell_health()
        await self._upkeep.look()
        await self._online.look()
        with contextlib.suppress(LedgerError):  # the next look tries again
            for released in await self._till.release_overdue():
                self._lanes.redemption_changed(released)
        self._lanes.look_after()
        self._till.visits.look(self._till.day_now)
        with contextlib.suppress(LedgerError):
            await self._till.activate_due()
        self._tell_health()

    def _tell_health(self) -> None:
        health = self.health()
        shown = (health.status, health.reasons, health.online)
        told = self._told
        if told is None or shown != (told.status, told.reasons, told.online):
            self._told = health
            self._tell_lanes()

    def _tell_lanes(self) -> None:
        self._lanes.status_changed(self.health().model_dump(mode="json"))

    async def _ping_watchdog(self) -> None:
        """Ping only on progress: the ledger thread has turned, even where the disk is full."""
        try:
            await self._ledger.write(lambda transaction: transaction.head())
        except LedgerBusy:
            return
        except LedgerUnavailable as error:
            _log.warning("watchdog_without_disk", error=str(error))
        notify_systemd("WATCHDOG=1")

    def health(self) -> HealthView:
        """Say how the agent is."""
        devices = self._devices.health()
        reasons = []
        if self._ledger.fault is not None:
            reasons.append(f"the ledger cannot write: {self._ledger.fault}")
        parts = [frozen_because(self._ledger.frozen), self._upkeep.alarm, self._rules.fault]
        reasons += [
            each for each in (*parts, *(gone.reason for gone in devices)) if each is not None
        ]
        reasons += self._online.reasons()
        device = self._settings.device
        return HealthView(
            status="degraded" if reasons else "ok",
            reasons=tuple(reasons),
            frozen=self._ledger.frozen,
            recording=self._ledger.fault is None and not self._upkeep.is_mending,
            device=f"{device.tenant}/{device.store}/{device.name}",
            version=__version__,
            readers=tuple(each for each in devices if each.kind == "reader"),
            scanners=tuple(each for each in devices if each.kind == "scanner"),
            **self._online.reached().model_dump(),
        )
