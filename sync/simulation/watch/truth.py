"""The truth: what every disk has ever said, and which of it nobody can be blamed for losing."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent.core.entry import Entry

if TYPE_CHECKING:
    from sync.simulation.device import Device

__all__ = ["Truth"]


@dataclass(slots=True)
class _Dead:
    """A disk that is gone, and what of it head office had."""

    covered: set[bytes]


@dataclass(slots=True)
class Truth:
    """Counts what all journals hold together."""

    entries: int = 0
    dead: dict[int, _Dead] = field(default_factory=dict)
    cloned: set[str] = field(default_factory=set)
    """Addresses that two boxes claimed to be."""
    caught: set[str] = field(default_factory=set)
    """Those of them that head office halted."""

    def saw(self, _device: "Device", _entry: Entry) -> None:
        """An entry was committed somewhere."""
        self.entries += 1

    def lost(self, device: "Device", held: set[bytes]) -> None:
        """A disk is gone: of what it answered, only what head office holds can be asked for."""
        self.dead[device.disk.number] = _Dead(held)

    def office_restored(self, held: set[bytes]) -> None:
        """Head office forgot something that a disk which is gone cannot send again."""
        for dead in self.dead.values():
            dead.covered &= held

    def may_miss(self, disk: int, digest: bytes) -> bool:
        """Say whether an answer of a disk may be missing."""
        dead = self.dead.get(disk)
        return dead is not None and digest not in dead.covered
