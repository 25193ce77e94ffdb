"""What is done every so often is done so often, and what is done at night at night, whatever
becomes of the clock.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import pytest

from agent.clock import device_clock
from agent.core.instant import Moment
from agent.steady import SteadyScheduler

YEAR = timedelta(days=365)
EVERY_S = 0.02


class Clock(datetime):
    """The wall clock of APScheduler, which somebody sets."""

    set_by = timedelta(0)

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        """Answer the time."""
        return datetime.now(tz) + Clock.set_by


def clock() -> Moment:
    """The clocks of the device: who sets one leaves the other."""
    now = device_clock()
    return Moment(at=now.at + Clock.set_by, boot_id="b", up_ms=now.up_ms, synchronised=True)


@pytest.fixture(autouse=True)
def settable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every part of APScheduler that runs here asks that clock."""
    for module in ("schedulers.base", "triggers.interval", "triggers.date", "executors.base"):
        monkeypatch.setattr(f"apscheduler.{module}.datetime", Clock)
    monkeypatch.setattr(Clock, "set_by", timedelta(0))


@pytest.fixture
def done() -> list[str]:
    """What was done."""
    return []


def run(set_by: timedelta, done: list[str], *, then: Callable[[SteadyScheduler], Any]) -> None:
    """Have chores done, set the clock, and see that they are done again."""

    async def work() -> None:
        scheduler = SteadyScheduler(clock=clock, timezone=UTC)

        async def often() -> None:
            done.append("often")

        async def night() -> None:
            done.append("night")

        scheduler.add_job(often, "interval", seconds=EVERY_S)
        far = (datetime.now(UTC).hour + 12) % 24
        scheduler.add_job(night, "cron", hour=far, id="night")
        scheduler.start()
        async with asyncio.timeout(10):
            while len(done) < 3:
                await asyncio.sleep(EVERY_S)
            Clock.set_by = set_by
            so_far = len(done)
            while len(done) < so_far + 5:
                await asyncio.sleep(EVERY_S)
        then(scheduler)
        scheduler.shutdown(wait=False)

    asyncio.run(work())


@pytest.mark.parametrize(
    "set_by", [-5 * YEAR, -timedelta(hours=1), timedelta(hours=1), 56 * YEAR], ids=str
)
def test_a_clock_that_is_set_holds_no_chore_up(set_by: timedelta, done: list[str]) -> None:
    """Chores go on at once, none is made up for, and the night is the next one by the new clock."""

    def night_is_next(scheduler: SteadyScheduler) -> None:
        night = scheduler.get_job("night").next_run_time
        assert timedelta(0) < night - Clock.now(UTC) <= timedelta(days=1)

    run(set_by, done, then=night_is_next)
    assert "night" not in done
    assert len(done) < 100
