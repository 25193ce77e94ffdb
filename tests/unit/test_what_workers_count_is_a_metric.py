"""What each worker of head office counts is told by ``/metrics``, worker by worker."""

from typing import cast

from books import Books

from agent.clock import system_clock
from sync.hub.crew import Crew, WorkerStatus
from sync.hub.health import metrics_of

COUNTS = {
    "entries": {"booked": 40},
    "batches": {"accepted": 7, "gap": 1},
    "greetings": {"agree": 3},
    "asks": {"answered": 5},
    "feed": {"items": 11},
    "points": {"expired": 90},
    "refused": {"bad_signature": 2},
    "answers": {"unsent": 4},
    "messages": {"dropped": 6},
}


class TwoWorkers:
    """A crew of which only one has had anything to do."""

    restarts = 0

    def statuses(self) -> tuple[WorkerStatus, ...]:
        """How they are."""
        busy = WorkerStatus(worker=1, online=True, is_turning=True, counts=COUNTS)
        return (busy, WorkerStatus(worker=2, online=True, is_turning=True))


def test_every_count_is_told(house: Books) -> None:
    """Of the worker that did it, by what it was where that has a name; who did nothing counts 0."""
    crew = cast("Crew", TwoWorkers())
    told = metrics_of(crew, house.database, system_clock).decode().splitlines()
    for line in (
        'tapledger_hub_entries_total{worker="1"} 40.0',
        'tapledger_hub_entries_total{worker="2"} 0.0',
        'tapledger_hub_batches_total{verdict="gap",worker="1"} 1.0',
        'tapledger_hub_greetings_total{verdict="agree",worker="1"} 3.0',
        'tapledger_hub_asks_total{worker="1"} 5.0',
        'tapledger_hub_feed_items_total{worker="1"} 11.0',
        'tapledger_hub_points_expired_total{worker="1"} 90.0',
        'tapledger_hub_refused_total{kind="bad_signature",worker="1"} 2.0',
        'tapledger_hub_unsent_total{worker="1"} 4.0',
        'tapledger_hub_dropped_total{worker="1"} 6.0',
    ):
        assert line in told, line
