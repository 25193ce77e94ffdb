"""The clocks of a device, with hands that a test moves: wall time, time since boot, which boot."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from agent.core.instant import Moment

__all__ = ["Seen", "ToyClock"]

_SUDDEN_MS = 2_000
_IN_A_THOUSAND = 1_000


@dataclass(frozen=True, slots=True)
class Seen:
    """What the clocks said when an entry was last written, and whether they had been set."""

    moment: Moment
    jumped: bool


class ToyClock:
    """Stands still until it is told to move; whole milliseconds only."""

    def __init__(self) -> None:
        self.now = Moment(
            at=datetime(2026, 11, 21, 9, tzinfo=UTC), boot_id="boot-1", up_ms=0, synchronised=True
        )

    def __call__(self) -> Moment:
        """Answer as a device's clocks do."""
        return self.now

    def pass_ms(self, passed_ms: int, *, fast_ms: int = 0) -> None:
        """Time passes, and the wall clock gains a little on it, or loses."""
        at = self.now.at + timedelta(milliseconds=passed_ms + fast_ms)
        self.now = replace(self.now, at=at, up_ms=self.now.up_ms + passed_ms)

    def set_by(self, by_ms: int, *, synchronised: bool) -> None:
        """Somebody sets the wall clock."""
        at = self.now.at + timedelta(milliseconds=by_ms)
        self.now = replace(self.now, at=at, synchronised=synchronised)

    def reboot(self, *, later_ms: int) -> None:
        """The device starts again and believes that so much time has passed; it may be wrong."""
        number = int(self.now.boot_id.removeprefix("boot-")) + 1
        at = self.now.at + timedelta(milliseconds=later_ms)
        self.now = Moment(at=at, boot_id=f"boot-{number}", up_ms=700, synchronised=False)

    def see(self, before: Seen | None) -> tuple[Seen, int]:
        """Say what an entry written now has to hold, and by how much the clock was set since.

        Since the same boot, wall time and time since boot should have gained the same, give or
        take two seconds and one part in a thousand. Since an earlier boot, only going back shows.
        """
        if before is None:
            return Seen(self.now, False), 0
        gained_ms = (self.now.at - before.moment.at) // timedelta(milliseconds=1)
        if before.moment.boot_id != self.now.boot_id:
            return Seen(self.now, gained_ms < 0), min(0, gained_ms)
        passed_ms = self.now.up_ms - before.moment.up_ms
        set_by_ms = gained_ms - passed_ms
        if abs(set_by_ms) <= _SUDDEN_MS + passed_ms // _IN_A_THOUSAND:
            set_by_ms = 0
        return Seen(self.now, before.jumped or set_by_ms != 0), set_by_ms
