"""The stamp of an entry: when it was written, and how far that can be believed.

A store's clock starts wrong after a power cut and is set while sales go on, so nothing is ordered
by it. What the clock did is written down instead: the time since boot only grows, and where wall
time moved differently somebody set the clock.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from agent.core.entry import ClockReading, Entry
from agent.core.instant import Moment, rfc3339

__all__ = ["Stamp"]

_STEP_MS = 2_000
_A_DAY = timedelta(days=1)
_SLEW = 1_000
"""A clock that is slewed runs up to 500 ppm fast or slow (adjtimex(2)); twice that is allowed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stamp:
    """A moment as the journal knows it."""

    at: datetime
    recorded_at: str
    """Wall time as the entry holds it."""
    clock: ClockReading

    @classmethod
    def of(cls, moment: Moment, before: "Stamp | None") -> tuple["Stamp", int]:
        """Stamp a moment; answers the stamp and by how many milliseconds the clock was set.

        Within a boot the clock was set where wall time moved otherwise than the time since boot;
        across boots all that can be told is that it went back.
        """
        jump_ms = 0 if before is None else _jump_ms(moment, before)
        same_boot = before is not None and before.clock.boot_id == moment.boot_id
        jumped_before = same_boot and before is not None and before.clock.jumped
        clock = ClockReading(
            boot_id=moment.boot_id,
            up_ms=moment.up_ms,
            synchronised=moment.synchronised,
            jumped=jump_ms != 0 or jumped_before,
        )
        return cls(at=moment.at, recorded_at=rfc3339(moment.at), clock=clock), jump_ms

    @property
    def is_trusted(self) -> bool:
        """Whether something holds the clock to the true time, and nobody set it in this boot."""
        return self.clock.synchronised and not self.clock.jumped

    def denies(self, said: date) -> bool:
        """Say whether a trusted clock denies that a shop's day has come; by a day it may differ."""
        return self.is_trusted and said > self.at.date() + _A_DAY

    def day(self, said: date | None) -> date:
        """Answer the day that limits count on: what was said, unless a trusted clock denies it.

        Then, and where nothing was said, it is the day of the clock.
        """
        today = self.at.date()
        denied = said is not None and self.is_trusted and abs(said - today) > _A_DAY
        return today if said is None or denied else said

    @classmethod
    def on(cls, entry: Entry) -> "Stamp | None":
        """Read the stamp off an entry; None for one that version 0.1 wrote."""
        if entry.clock is None:
            return None
        at = datetime.fromisoformat(entry.recorded_at)
        return cls(at=at, recorded_at=entry.recorded_at, clock=entry.clock)


def _jump_ms(moment: Moment, before: Stamp) -> int:
    moved_ms = round((moment.at - before.at).total_seconds() * 1000)
    if moment.boot_id != before.clock.boot_id:
        return moved_ms if moved_ms < 0 else 0
    passed_ms = moment.up_ms - before.clock.up_ms
    set_by_ms = moved_ms - passed_ms
    return set_by_ms if abs(set_by_ms) > _STEP_MS + passed_ms // _SLEW else 0
