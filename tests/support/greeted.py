"""A store that talks to a head office whom a test plays: it hears what the test says, when it says
it, and everything the store says is kept.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent import __version__
from agent.core.entry import Position
from agent.core.facts import Enrol
from agent.core.instant import Moment
from agent.core.values import Value
from agent.ledger import Ledger, LedgerUnavailable
from agent.ledger.epochs import Epochs
from agent.ledger.mirror import Mirror
from agent.syncdesk import SyncDesk
from agent.till import Rights
from sync.messages import (
    Ask,
    Challenge,
    DeviceAddress,
    FeedRequest,
    Hello,
    Journal,
    Ok,
    Presence,
    Welcome,
    decode,
    decode_journal,
    encode,
)
from sync.simulation.ledger import SimulatedLedger
from sync.simulation.rules import SimulatedRules
from sync.uplink import Conversation, JournalSource, Wishes

__all__ = ["EDGE", "KEY", "SlowJournal", "Store", "Wire", "append", "in_memory"]

EDGE = DeviceAddress(tenant="house", store="s001", device="edge-1")
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def still_clock() -> Moment:
    """Clocks that stand still, and that something holds to the true time."""
    at = datetime(2026, 11, 21, 13, 5, 9, tzinfo=UTC)
    return Moment(at=at, boot_id="boot-1", up_ms=1_000, synchronised=True)


async def append(ledger: Ledger) -> Position:
    """Write one entry."""
    number = f"{ledger.head.epoch}-{ledger.head.seq}"
    fact = Enrol(account=f"acc-{number}", token=f"qr:card-{number}")
    recorded = await ledger.write(lambda transaction: transaction.append(fact))
    return recorded.position


class SlowJournal:
    """A ledger's journal that takes so long to look something up that other things happen."""

    def __init__(self, ledger: Ledger) -> None:
        self.meanwhile: Callable[[], None] = lambda: None
        self._ledger = ledger

    @property
    def incarnation(self) -> str:
        """The ledger's incarnation."""
        return self._ledger.incarnation

    @property
    def head(self) -> Position:
        """The ledger's head."""
        return self._ledger.head

    @property
    def opened(self) -> bool:
        """Whether head office opened the ledger's present epoch."""
        return self._ledger.opened

    @property
    def frozen(self) -> str | None:
        """Why the ledger is frozen."""
        return self._ledger.frozen

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

    def heard_of(self, position: Position) -> None:
        """Know it in the ledger."""
        self._ledger.heard_of(position)

    async def acknowledge(self, position: Position) -> None:
        """Remember it in the ledger."""
        await self._ledger.acknowledge(position)

    async def offer_again(self) -> None:
        """Offer the ledger's entries again."""
        await self._ledger.offer_again()


class Wire:
    """A link that keeps what is published, while it is ``up``."""

    def __init__(self) -> None:
        self.up = True
        self.kinds: list[str] = []
        self.hellos: list[Hello] = []
        self.batches: list[tuple[Journal, tuple[bytes, ...]]] = []
        self.asks: list[Ask] = []
        self.requests: list[FeedRequest] = []
        self.births: list[Presence] = []

    def publish(
        self, topic: str, payload: bytes, *, expiry_s: int | None = None, retain: bool = False
    ) -> bool:
        """Take every message, whenever it expires; only the birth is retained."""
        if not self.up:
            return False
        address, kind = DeviceAddress.of_topic(topic)
        assert address == EDGE
        assert expiry_s is None or expiry_s > 0
        assert retain == (kind == "presence")
        self.kinds.append(kind)
        match kind:
            case "hello":
                self.hellos.append(decode(payload, Hello))
            case "journal":
                self.batches.append(decode_journal(payload))
            case "ask":
                self.asks.append(decode(payload, Ask))
            case "feed":
                self.requests.append(decode(payload, FeedRequest))
            case "presence":
                self.births.append(decode(payload, Presence))
        return True

    @property
    def hello(self) -> Hello:
        """The newest HELLO."""
        return self.hellos[-1]


class Store:
    """One store's side over a real ledger, with the agent's own desk."""

    def __init__(
        self,
        ledger: Ledger,
        journal: JournalSource | None = None,
        wishes: Wishes | None = None,
        *,
        version: str = __version__,
    ) -> None:
        self.ledger = ledger
        self.wire = Wire()
        self.now_s = 100.0
        self.told: list[Position] = []
        self._nonces = 0
        self.rules = rules = SimulatedRules("s001")
        rights = Rights(ledger, lambda: rules.terms, mint_id=self._mint)
        rights.returned = lambda: self.told.append(ledger.head)
        self.desk = desk = SyncDesk(ledger, rights, Mirror(ledger, version=version), rules)
        self.talk = Conversation(
            EDGE,
            journal or ledger,
            desk,
            KEY,
            self.wire,
            dice=lambda: 1.0,
            mint_nonce=self._mint,
            wishes=wishes,
        )

    def _mint(self) -> str:
        self._nonces += 1
        return f"n-{self._nonces}"

    async def turn(self, after_s: float = 0.0) -> None:
        """Let time pass, and do what is due."""
        self.now_s += after_s
        await self.talk.turn(self.now_s)

    async def greet(self) -> Hello:
        """Bring the link up, so that the HELLO goes out."""
        self.talk.link_up()
        await self.turn()
        return self.wire.hello

    async def hear(self, kind: str, message: Value | bytes) -> None:
        """Let a message arrive, and do what is due then. A disk that is full is forgiven."""
        payload = message if isinstance(message, bytes) else encode(message)
        with suppress(LedgerUnavailable):
            await self.talk.receive(EDGE.topic(f"down/{kind}"), payload, self.now_s)
            await self.turn()

    def ok(self, position: Position, **changes: object) -> Ok:
        """Head office's answer to the newest HELLO: it holds the journal up to a position."""
        answer = Ok(
            nonce=self.wire.hello.nonce,
            epoch=position.epoch,
            seq=position.seq,
            hash=position.hash.hex(),
            time="2026-11-21T13:05:09.000Z",
        )
        return answer.model_copy(update=changes)

    async def open(self) -> None:
        """Greet and be welcomed to a first epoch, and have all of it acknowledged so far."""
        hello = await self.greet()
        challenge = Challenge(nonce=hello.nonce, challenge="say-it-again")
        await self.hear("challenge", challenge)
        welcome = Welcome(
            nonce=self.wire.hello.nonce,
            new_epoch=self.ledger.head.epoch + 1,
            time="2026-11-21T13:05:09.000Z",
        )
        await self.hear("welcome", welcome)
        tails = [tail.model_copy() for tail in self.wire.hello.tails]
        held = tuple(
            {"incarnation": t.incarnation, "epoch": t.epoch, "seq": t.head_seq, "hash": t.head_hash}
            for t in tails
        )
        ok = self.ok(self.ledger.head).model_dump() | {"tails": held}
        await self.hear("ok", Ok.model_validate(ok))


def in_memory() -> Iterator[Store]:
    """A store on a ledger in memory: everything it awaits is there at once."""
    numbers = count(1)
    ledger = SimulatedLedger(
        None, clock=still_clock, mint_id=lambda: f"id-{next(numbers)}", name="greeted.db"
    )
    ledger.start()
    yield Store(ledger)
    ledger.stop()
