"""How head office is, for ``/healthz`` and ``/metrics``: told by its workers and its database."""

from collections.abc import Iterator
from typing import Any

from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Column, Connection, Select, func, select
from sqlalchemy.exc import SQLAlchemyError

from agent.core.instant import Clock
from agent.core.values import Value
from sync.hub.crew import Crew, WorkerStatus
from sync.hub.database import Database
from sync.hub.presence import heard_since
from sync.hub.tables import conflicts, devices, office, quarantine

__all__ = ["HubHealth", "health_of", "metrics_of"]

_COUNTED = (
    ("tapledger_hub_entries", "Journal entries booked", "entries", None),
    ("tapledger_hub_batches", "Batches, by what they were", "batches", "verdict"),
    ("tapledger_hub_greetings", "HELLOs, by their answer", "greetings", "verdict"),
    ("tapledger_hub_asks", "Questions of tills for points that were answered", "asks", None),
    ("tapledger_hub_feed_items", "Items of the feed that were told", "feed", None),
    ("tapledger_hub_points_expired", "Points that ran out", "points", None),
    ("tapledger_hub_refused", "Messages not taken, by kind", "refused", "kind"),
    ("tapledger_hub_dropped", "Messages let go, as too much waited", "messages", None),
    ("tapledger_hub_unsent", "Answers that the broker did not take", "answers", None),
)
"""What workers count: as which metric, what that says, and by which label, where not in all."""


class HubHealth(Value):
    """The hub's health; ``entries`` counts what was taken since start."""

    status: str
    reasons: tuple[str, ...]
    online: bool
    workers: int
    entries: int
    refused_messages: int


def health_of(crew: Crew) -> HubHealth:
    """Say how the hub is."""
    statuses = crew.statuses()
    reasons = tuple(dict.fromkeys(fault for each in statuses for fault in each.faults))
    return HubHealth(
        status="degraded" if reasons else "ok",
        reasons=reasons,
        online=any(each.online for each in statuses),
        workers=sum(each.is_turning for each in statuses),
        entries=_sum(statuses, "entries"),
        refused_messages=_sum(statuses, "refused"),
    )


def _sum(statuses: tuple[WorkerStatus, ...], kind: str) -> int:
    return sum(sum(each.counts.get(kind, {}).values()) for each in statuses)


def metrics_of(crew: Crew, database: Database, clock: Clock) -> bytes:
    """Read every metric. Blocks while the database is asked; without it those are left out."""
    return generate_latest(_HubCollector(crew, database, clock))


class _HubCollector(Collector):
    def __init__(self, crew: Crew, database: Database, clock: Clock) -> None:
        self._crew = crew
        self._database = database
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        health = health_of(self._crew)
        yield GaugeMetricFamily(
            "tapledger_hub_degraded", "1 while /healthz says degraded", int(bool(health.reasons))
        )
        yield GaugeMetricFamily(
            "tapledger_hub_workers", "Workers that take messages", health.workers
        )
        yield GaugeMetricFamily(
            "tapledger_hub_workers_online",
            "Workers that the broker has accepted",
            sum(each.online for each in self._crew.statuses()),
        )
        yield CounterMetricFamily(
            "tapledger_hub_worker_restarts", "Workers started again", self._crew.restarts
        )
        yield from self._counted()
        try:
            yield from self._database.read(self._held)
        except SQLAlchemyError:
            return  # /healthz says that it is down

    def _counted(self) -> Iterator[Metric]:
        statuses = self._crew.statuses()
        for name, text, kind, label in _COUNTED:
            labels = ["worker"] if label is None else ["worker", label]
            family = CounterMetricFamily(name, text, labels=labels)
            for status in statuses:
                worker = str(status.worker)
                if label is None:
                    family.add_metric([worker], _sum((status,), kind))
                    continue
                for which, number in sorted(status.counts.get(kind, {}).items()):
                    family.add_metric([worker, which], number)
            yield family

    def _held(self, c: Connection) -> list[Metric]:
        found = GaugeMetricFamily(
            "tapledger_hub_conflicts",
            "Conflicts found, by kind and state",
            labels=["kind", "state"],
        )
        for kind, state, number in _by(c, conflicts.c.kind, conflicts.c.state):
            found.add_metric([kind, state], number)
        known = GaugeMetricFamily(
            "tapledger_hub_devices", "Devices known, by state", labels=["state"]
        )
        for state, number in _by(c, devices.c.state):
            known.add_metric([state], number)
        silent = select(func.count()).where(
            devices.c.state == "live", devices.c.last_seen_at < heard_since(self._clock())
        )
        behind = select(func.count()).where(
            devices.c.state != "retired",
            devices.c.generation < select(office.c.generation).scalar_subquery(),
        )
        kept = select(func.count()).select_from(quarantine)
        return [
            found,
            known,
            _gauge(c, "tapledger_hub_devices_silent", "Not heard for ten minutes", silent),
            _gauge(c, "tapledger_hub_devices_behind", "Still to catch up after a restore", behind),
            _gauge(c, "tapledger_hub_quarantined_messages", "Messages put aside", kept),
            _gauge(
                c,
                "tapledger_hub_generation",
                "When the database was found to be set back, in Unix seconds; 0 where it never was",
                select(office.c.generation),
            ),
        ]


def _by(c: Connection, *columns: Column[str]) -> list[tuple[Any, ...]]:
    counted = select(*columns, func.count()).group_by(*columns).order_by(*columns)
    return [tuple(row) for row in c.execute(counted)]


def _gauge(c: Connection, name: str, text: str, query: Select[Any]) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, c.execute(query).scalar_one())
