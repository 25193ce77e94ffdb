"""Time: the world's, which only grows, and each device's own, which somebody may set."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from agent.core.instant import Moment

__all__ = ["DAY_S", "DeviceTime", "World"]

DAY_S = 86_400.0
_BEGINNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@dataclass(slots=True)
class World:
    """The true time, in seconds since the history began."""

    now_s: float = 0.0

    @property
    def at(self) -> datetime:
        """The true wall time."""
        return _BEGINNING + timedelta(seconds=self.now_s)

    @property
    def day(self) -> date:
        """The shops' day, as every POS says it: it follows no device's clock."""
        return self.at.date()


@dataclass(slots=True)
class DeviceTime:
    """One device's clocks: wall time that may be wrong, and the time since its boot."""

    world: World
    name: str
    wrong_by_s: float = 0.0
    boots: int = 1
    booted_s: float = field(default=0.0)

    def __call__(self) -> Moment:
        """Read them all."""
        return Moment(
            at=self.world.at + timedelta(seconds=self.wrong_by_s),
            boot_id=f"{self.name}-boot-{self.boots}",
            up_ms=round((self.world.now_s - self.booted_s) * 1000),
            synchronised=self.wrong_by_s == 0,
        )

    def reboot(self) -> None:
        """Start the time since boot again."""
        self.boots += 1
        self.booted_s = self.world.now_s
