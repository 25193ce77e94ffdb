"""A store's device: the agent's own till, rights, mirror and uplink over a disk that is an image.

A disk has a number. Whoever copies a disk, or sets it back, has a disk of another number, because
what it will answer from then on is another story.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from agent.core.entry import Entry, Position
from agent.core.heard import Heard
from agent.till import Terms, Till
from sync.messages import DeviceAddress
from sync.simulation.clocks import DeviceTime, World
from sync.simulation.ledger import SimulatedLedger
from sync.simulation.now import run_now
from sync.simulation.program import program
from sync.simulation.watch.journal import JournalWatch

__all__ = ["Device", "Disk"]

_Grown = Callable[["Device", Entry], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Disk:
    """What a disk holds, and what the watch knows of the journal on it."""

    number: int
    image: bytes | None
    watch: JournalWatch

    def copy(self, number: int) -> "Disk":
        """Copy it whole."""
        return replace(self, number=number, watch=self.watch.copy())


@dataclass(slots=True, eq=False)
class Device:
    """One agent on one disk. ``start`` brings it up, ``crash`` takes its memory away."""

    name: str
    address: DeviceAddress
    disk: Disk
    world: World
    time: DeviceTime
    mint: Callable[[], str]
    random_bytes: Callable[[int], bytes]
    grown: _Grown
    lanes: dict[str, Position] = field(default_factory=dict)
    """What each lane's POS was told last: it is kept by the POS, not on this disk."""
    running: bool = False
    ledger: SimulatedLedger = field(init=False)
    till: Till = field(init=False)

    @property
    def shop(self) -> str:
        """The store."""
        return self.address.store

    def start(self) -> None:
        """Start the agent on its disk."""
        self.ledger = SimulatedLedger(
            self.disk.image, clock=self.time, mint_id=self.mint, name=f"{self.disk.number}.db"
        )
        self.ledger.start()
        self.ledger.on_commit(self._grew)
        terms = Terms(program=program(), alone=False, store=self.shop)
        self.till = Till(self.ledger, terms, mint_id=self.mint, random_bytes=self.random_bytes)
        self.running = True

    def crash(self) -> None:
        """Take the power away: what was committed is on the disk, and nothing else is anywhere."""
        self.save()
        self.ledger.stop()
        self.running = False

    def save(self) -> Disk:
        """Bring what the disk holds up to date, and answer it."""
        if self.running:
            self.disk = replace(self.disk, image=self.ledger.image())
        return self.disk

    def _grew(self, _head: Position) -> None:
        watch, day = self.disk.watch, self.world.day
        for canonical in self.ledger.view.page_after(watch.head.place, at_most=1_000):
            self.grown(self, watch.saw(canonical, day))

    def hear_lane(self, lane: str) -> None:
        """A POS sends the position that it was told last."""
        told = self.lanes.get(lane)
        if told is not None:
            heard = Heard(epoch=told.epoch, seq=told.seq, digest=told.hash.hex())
            run_now(self.till.hear(heard))

    def told_lane(self, lane: str) -> None:
        """A POS keeps the position that it was answered with."""
        self.lanes[lane] = self.ledger.head
