"""An uplink whose link a test plays: its HELLO is out, and answers arrive when the test says."""

from collections.abc import Callable
from contextlib import suppress

from agent.core.entry import Position
from agent.core.values import Value
from agent.ledger import Ledger, LedgerUnavailable
from agent.ledger.epochs import Epochs
from sync.broker import Broker
from sync.link import Arrived
from sync.messages import DeviceAddress, Ok, encode
from sync.uplink import JournalSource, Uplink

__all__ = ["EDGE", "NOBODY", "SlowJournal", "greeting", "hear", "ok"]

EDGE = DeviceAddress(tenant="house", store="s001", device="edge-1")
NOBODY = Broker(url="mqtt://127.0.0.1:1")  # never connected to: these tests play the link


class SlowJournal:
    """A ledger's journal that takes so long to look something up that other things happen."""

    def __init__(self, ledger: Ledger) -> None:
        self.incarnation = ledger.incarnation
        self.meanwhile: Callable[[], None] = lambda: None
        self._ledger = ledger

    @property
    def head(self) -> Position:
        """The ledger's head."""
        return self._ledger.head

    @property
    def epochs(self) -> Epochs:
        """The ledger's epochs."""
        return self._ledger.epochs

    async def read_after(self, position: tuple[int, int], *, at_most: int) -> list[bytes]:
        """The ledger's entries."""
        return await self._ledger.read_after(position, at_most=at_most)

    async def hash_at(self, epoch: int, seq: int) -> bytes | None:
        """The ledger's hash, after what happens meanwhile."""
        self.meanwhile()
        return await self._ledger.hash_at(epoch, seq)

    async def acknowledge(self, position: Position) -> None:
        """Remember it in the ledger."""
        await self._ledger.acknowledge(position)


def greeting(journal: JournalSource) -> Uplink:
    """An uplink whose link has come up and whose HELLO is out."""
    uplink = Uplink(NOBODY, EDGE, journal)
    uplink._session.link_up()
    uplink._session.greeted("n-1", 1e12, lambda: 1.0)  # long before its answer is overdue
    return uplink


def ok(uplink: Uplink, position: Position, **changes: object) -> Ok:
    """Head office's answer: it holds the journal up to a position."""
    answer = Ok(
        nonce=uplink._session.nonce,
        epoch=position.epoch,
        seq=position.seq,
        hash=position.hash.hex(),
        time="2026-11-21T13:05:09.000Z",
    )
    return answer.model_copy(update=changes)


async def hear(uplink: Uplink, kind: str, message: Value) -> bool:
    """Let an answer arrive; says whether it was acknowledged to the broker."""
    done: list[bool] = []
    arrived = Arrived(
        topic=EDGE.topic(f"down/{kind}"), payload=encode(message), done=lambda: done.append(True)
    )
    uplink._inbox.put_nowait(arrived)
    with suppress(LedgerUnavailable):
        await uplink._turn()
    return bool(done)
