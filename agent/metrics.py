"""Prometheus metrics, read from the parts when they are asked for; nothing is counted twice."""

import asyncio
from collections.abc import Iterator, Sequence

from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from agent.api.health import Health, Metrics, PartHealth
from agent.ledger import Ledger
from agent.ledger.budget import Usage, usage

__all__ = ["make_metrics"]


class _AgentCollector(Collector):
    def __init__(self, health: Health, ledger: Ledger, used: Usage, budget_bytes: int) -> None:
        self._health = health
        self._ledger = ledger
        self._used = used
        self._budget_bytes = budget_bytes

    def collect(self) -> Iterator[Metric]:
        health = self._health()
        yield GaugeMetricFamily(
            "tapledger_online", "1 while head office answers", int(health.online)
        )
        yield GaugeMetricFamily(
            "tapledger_degraded", "1 while /healthz says degraded", int(health.status != "ok")
        )
        yield GaugeMetricFamily(
            "tapledger_unacknowledged_entries",
            "Journal entries head office has not acknowledged",
            health.unacknowledged,
        )
        yield CounterMetricFamily(
            "tapledger_refused_messages",
            "Messages of head office, and items of its feed, that were not taken",
            health.refused_messages,
        )
        yield GaugeMetricFamily(
            "tapledger_journal_seq", "Sequence number of the newest entry", self._ledger.head.seq
        )
        yield CounterMetricFamily(
            "tapledger_ledger_commits", "Transactions committed", self._ledger.commits
        )
        yield GaugeMetricFamily(
            "tapledger_ledger_frozen", "1 while points cannot be redeemed", int(bool(health.frozen))
        )
        yield from self._disk()
        yield from _of_devices(health.devices)

    def _disk(self) -> Iterator[Metric]:
        used = self._used
        taken = GaugeMetricFamily(
            "tapledger_ledger_bytes", "What the ledger's files take of the disk", labels=["part"]
        )
        taken.add_metric(["database"], used.database)
        taken.add_metric(["segments"], used.segments)
        taken.add_metric(["backups"], used.backups)
        taken.add_metric(["quarantine"], used.quarantine)
        yield taken
        yield GaugeMetricFamily(
            "tapledger_ledger_budget_bytes", "What they may take", self._budget_bytes
        )


_LABELS = ("device", "kind", "driver")


def _of_devices(devices: Sequence[PartHealth]) -> Iterator[Metric]:
    present = GaugeMetricFamily(
        "tapledger_device_present", "1 while a reader or scanner can be used", labels=_LABELS
    )
    received = CounterMetricFamily(
        "tapledger_device_received", "Bytes from a device, or commands it answered", labels=_LABELS
    )
    presentations = CounterMetricFamily(
        "tapledger_device_presentations", "Cards, products and visits it told", labels=_LABELS
    )
    refused = CounterMetricFamily(
        "tapledger_device_refused", "Frames and cards of it that were refused", labels=_LABELS
    )
    dropped = CounterMetricFamily(
        "tapledger_device_dropped", "Cards that nobody was shown: too many came", labels=_LABELS
    )
    for device in devices:
        labels = [device.name, device.kind, device.driver]
        present.add_metric(labels, int(device.present))
        received.add_metric(labels, device.received)
        presentations.add_metric(labels, device.presentations)
        refused.add_metric(labels, device.refused_frames)
        dropped.add_metric(labels, device.dropped)
    yield from (present, received, presentations, refused, dropped)


def make_metrics(health: Health, ledger: Ledger, budget_bytes: int) -> Metrics:
    """Make what stands behind ``/metrics``. The disk is measured in a thread: it may be slow."""

    async def metrics() -> bytes:
        used = await asyncio.to_thread(usage, ledger.places)
        return generate_latest(_AgentCollector(health, ledger, used, budget_bytes))

    return metrics
