"""Head office in memory: its own code over its own tables, looked at after each commit."""

from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

from sync.hub.database import Database
from sync.hub.office import HeadOffice
from sync.hub.outgoing import Outgoing
from sync.messages import DeviceAddress
from sync.simulation.watch.books import BooksWatch

if TYPE_CHECKING:
    from sync.simulation.house import House

__all__ = ["Office"]

_KEPT = 3
_READ_ONLY = ("feed", "presence")
"""What asks head office for nothing that moves points."""
_SWEEPS_S = 5.0


class Office:
    """Takes messages, commits, answers; and everything it commits is looked at."""

    def __init__(self, house: "House") -> None:
        self._house = house
        self._dice = Random(house.dice.random())
        self._snapshots: list[bytes] = []
        self.database = Database("sqlite://", dice=self._dice.random)
        self.database.start(migrate=False)
        self.database.restore(_empty())
        self.head = HeadOffice(self.database, clock=lambda: house.world.at, mint=house.mint)
        self.watch = BooksWatch(self.database, house.truth)
        self._swept_s = 0.0
        self.restored = 0

    def take(self, topic: str, payload: bytes) -> None:
        """A message arrived: commit it, look at what was committed, and answer."""
        self._send(self.head.handle(topic, payload), looks=not topic.endswith(_READ_ONLY))

    def turn(self) -> None:
        """Look what is due."""
        now_s = self._house.world.now_s
        if now_s - self._swept_s >= _SWEEPS_S:
            self._swept_s = now_s
            self._send(self.head.sweep())

    def _send(self, outgoing: list[Outgoing], *, looks: bool = True) -> None:
        self.watch.committed(outgoing, looks=looks)
        for each in outgoing:
            kind = each.topic.split("/", 5)[5]
            self._house.tell(f"head office: {kind} to {'/'.join(each.topic.split('/')[3:5])}")
            self._house.network.down(each.topic, each.payload, each.expiry_s)

    def release(self, address: DeviceAddress) -> None:
        """Somebody has looked at a store that was halted."""
        self.head.release(address)

    def merge_some(self) -> None:
        """A clerk finds that two accounts are one person's."""

    def rows(self, sql: str, *values: object) -> list[Any]:
        """Ask the tables."""
        return self.watch.rows(sql, *values)

    def keep_snapshot(self) -> None:
        """Make a backup."""
        self._snapshots.append(self.database.snapshot())
        del self._snapshots[:-_KEPT]

    def restore(self) -> None:
        """Put an older backup in place: nobody tells head office that it is one."""
        if self._snapshots:
            self._house.tell("head office: its database is set back")
            self.database.restore(self._dice.choice(self._snapshots))
            self.restored += 1
            self.watch.begin_anew()
            self._house.truth.office_restored(self.watch.hashes())

    def conflicts(self) -> int:
        """Count what was settled."""
        return int(self.rows("SELECT count(*) FROM conflicts")[0][0])

    def state(self) -> tuple[Any, ...]:
        """Answer what shows whether anything moved."""
        return tuple(
            self.rows("SELECT (SELECT count(*) FROM entries), (SELECT max(seq) FROM feed)")[0]
        )

    def close(self) -> None:
        """Leave nothing behind."""
        self.database.stop()


@cache
def _empty() -> bytes:
    """Make the image of a new head office, once."""
    database = Database("sqlite://")
    database.start()
    image = database.snapshot()
    database.stop()
    return image
