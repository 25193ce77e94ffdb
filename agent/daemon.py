"""The store daemon: builds the parts, starts them from the ledger up, and keeps them running.

A part that fails is logged, named in ``/healthz`` and started again; it never takes another with
it. Only the ledger, the program and the listening port must be there for the agent to start.
"""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from agent import __version__
from agent.api import HealthView, create_app
from agent.api.health import PartHealth, frozen_because
from agent.clock import device_clock, mint_id
from agent.core.backoff import delay_s
from agent.lanes import Lanes
from agent.ledger import Ledger, LedgerBusy, LedgerError, LedgerUnavailable
from agent.ledger.upkeep import Upkeep, UpkeepPlan
from agent.metrics import make_metrics
from agent.rules import Rules
from agent.service import HttpServer, notify_systemd, stop_signal, watchdog_interval_s
from agent.settings import AgentSettings
from agent.till import Till
from drivers.device import CardPresented, DeviceEvent
from sync.messages import DeviceAddress
from sync.uplink import Uplink

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
        )
        self._lanes = Lanes(self._till, tuple(lane.name for lane in settings.lane))
        state = settings.ledger.path.parent
        self._devices = tuple(
            each.make(self._seen_in_thread, state=state) for each in settings.listed
        )
        self._uplink = self._make_uplink()
        self._http = HttpServer(settings.api.listen)
        self._taps: asyncio.Queue[CardPresented] = asyncio.Queue(100)
        self._refused_before: dict[str, int] = {}
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
        tasks = [asyncio.create_task(self._keep("taps", self._serve_taps))]
        if self._uplink is not None:
            self._ledger.on_commit(self._uplink.journal_grew)
            self._uplink.start()
            tasks.append(asyncio.create_task(self._keep("uplink", self._uplink.run)))
        for device in self._devices:
            device.start()
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
        scheduler: AsyncIOScheduler,
    ) -> None:
        """Take no more, finish what is under way, then close from the outside in."""
        notify_systemd("STOPPING=1")
        scheduler.shutdown(wait=False)
        self._lanes.stop()
        self._http.stop()
        await serving
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._lanes.settled()
        await self._till.activity.stop()
        for part in (*self._devices, self._uplink, self._ledger):
            if part is not None:
                await asyncio.to_thread(part.stop)
        _log.info("agent_stopped")

    def _warn_of_access(self) -> None:
        for warning, said in self._settings.api.warnings():
            _log.warning(warning, **said)

    def _make_app(self) -> Callable[..., Awaitable[None]]:
        return create_app(
            till=self._till,
            lanes=self._lanes,
            health=self.health,
            metrics=make_metrics(
                self.health, self._ledger, self._settings.ledger.budget_mib * 2**20
            ),
            till_tokens=tuple(
                token.get_secret_value() for token in self._settings.api.tokens.values()
            ),
            lookups_per_minute=self._settings.members.lookups_per_minute,
        )

    def _make_uplink(self) -> Uplink | None:
        device, hub = self._settings.device, self._settings.hub
        if hub is None:
            return None
        address = DeviceAddress(tenant=device.tenant, store=device.store, device=device.name)
        return Uplink(hub.broker(), address, self._ledger)

    def _seen_in_thread(self, event: DeviceEvent) -> None:
        if isinstance(event, CardPresented):
            self._loop.call_soon_threadsafe(self._tapped, event)

    def _tapped(self, card: CardPresented) -> None:
        """Queue a tap. A hundred unanswered taps mean nobody looks: the next ones are dropped."""
        if self._taps.full():
            _log.warning("tap_dropped", reader=card.device, token=card.token.masked)
        else:
            self._taps.put_nowait(card)

    async def _serve_taps(self) -> None:
        lane_of = self._settings.lane_of_device
        while True:
            card = await self._taps.get()
            if card.device in lane_of:
                await self._lanes.card_presented(lane_of[card.device], card.device, card.token)

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

    def _schedule(self) -> AsyncIOScheduler:
        """Set up what happens by the clock, on the event loop."""
        scheduler = AsyncIOScheduler()
        scheduler.add_job(self._report_refused, "interval", seconds=_BAD_FRAMES_EVERY_S)
        scheduler.add_job(self._look_after, "interval", seconds=_FAULT_CHECK_S)
        for chore, trigger in self._chores():
            scheduler.add_job(chore, misfire_grace_time=None, coalesce=True, **trigger)
        interval_s = watchdog_interval_s()
        if interval_s is not None:
            scheduler.add_job(self._ping_watchdog, "interval", seconds=interval_s)
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

    def _report_refused(self) -> None:
        """Log once a minute how many frames each reader garbled."""
        for device in self._devices:
            refused = device.counters.refused
            if new := refused - self._refused_before.get(device.name, 0):
                _log.warning("frames_refused", reader=device.name, frames=new)
                self._refused_before[device.name] = refused

    async def _look_after(self) -> None:
        """Have the ledger see to itself, and tell the lanes when health changes.

        They are told first: a look may wait long for a disk, and a cashier has a queue.
        """
        if self._rules.look():
            self._till.adopt(self._rules.terms)
        self._tell_health()
        await self._upkeep.look()
        with contextlib.suppress(LedgerError):  # the next look tries again
            for released in await self._till.release_overdue():
                self._lanes.redemption_changed(released)
        self._lanes.look_after()
        with contextlib.suppress(LedgerError):
            await self._till.activate_due()
        self._tell_health()

    def _tell_health(self) -> None:
        health = self.health()
        shown = (health.status, health.reasons, health.online)
        told = self._told
        if told is None or shown != (told.status, told.reasons, told.online):
            self._told = health
            self._lanes.status_changed(health.model_dump(mode="json"))

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
        readers = self._reader_health()
        reasons = []
        if self._ledger.fault is not None:
            reasons.append(f"the ledger cannot write: {self._ledger.fault}")
        parts = [frozen_because(self._ledger.frozen), self._upkeep.alarm, self._rules.fault]
        reasons += [each for each in (*parts, *(r.reason for r in readers)) if each is not None]
        if self._uplink is not None and self._uplink.contradiction is not None:
            reasons.append(f"sync is halted: {self._uplink.contradiction}")
        unacknowledged = 0 if self._uplink is None else self._ledger.epochs.unacknowledged
        device = self._settings.device
        return HealthView(
            status="degraded" if reasons else "ok",
            reasons=tuple(reasons),
            unacknowledged=unacknowledged,
            frozen=self._ledger.frozen,
            recording=self._ledger.fault is None and not self._upkeep.is_mending,
            online=self._uplink is not None and self._uplink.online,
            offline_because=None if self._uplink is None else self._uplink.fault,
            alone=self._uplink is None,
            device=f"{device.tenant}/{device.store}/{device.name}",
            version=__version__,
            readers=readers,
        )

    def _reader_health(self) -> tuple[PartHealth, ...]:
        lane_of = self._settings.lane_of_device
        return tuple(
            PartHealth(
                name=device.name,
                lane=lane_of.get(device.name),
                present=device.fault is None,
                fault=device.fault,
                presentations=device.counters.presentations,
                refused_frames=device.counters.refused,
            )
            for device in self._devices
        )
