"""A scheduler that no clock leads astray.

APScheduler reckons by wall time alone. Set back by a year, a chore of every two seconds would wait
for that year, and the watchdog's with it; set on from 1970 to today, it would count every run that
was missed, some milliard of them. So whenever the scheduler wakes, which it does by time that only
grows, it asks whether somebody has set the clock. What is done every so often then goes on as it
would have, and what is done at an hour is planned anew.
"""

from datetime import timedelta
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.schedulers.base import STATE_RUNNING
from apscheduler.triggers.cron import CronTrigger

from agent.clock import device_clock
from agent.core.instant import DeviceClock

__all__ = ["SteadyScheduler"]

_SET_S = 5.0
"""By less a clock is slewed between two wake-ups."""


class SteadyScheduler(AsyncIOScheduler):  # type: ignore[misc]  # APScheduler ships no types
    """APScheduler's, for an event loop."""

    def __init__(self, *, clock: DeviceClock = device_clock, **options: Any) -> None:
        self._clock = clock
        self._booted_s = self._boot_s()
        super().__init__(**options)

    def _process_jobs(self) -> float | None:
        """Follow a clock that was set, right before anything is reckoned by it."""
        before_s, self._booted_s = self._booted_s, self._boot_s()
        set_by_s = self._booted_s - before_s
        if abs(set_by_s) >= _SET_S and self.state == STATE_RUNNING:
            self._follow(timedelta(seconds=set_by_s))
        wait_s: float | None = super()._process_jobs()
        return wait_s

    def _follow(self, set_by: timedelta) -> None:
        self.pause()  # or each change would wake it
        for job in self.get_jobs():
            if isinstance(job.trigger, CronTrigger):
                job.reschedule(job.trigger)
            else:
                job.modify(next_run_time=job.next_run_time + set_by)
        self.resume()

    def _boot_s(self) -> float:
        """When this machine was started, as the wall clock has it."""
        now = self._clock()
        return now.at.timestamp() - now.up_ms / 1_000
