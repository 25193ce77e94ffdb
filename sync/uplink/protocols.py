"""What the uplink needs of the agent around it: a journal, a desk that keeps what is said, a wire.

Everything awaited here may complete at once, and then no event loop is needed to drive an uplink.
"""

from typing import Literal, Protocol

from agent.core.entry import Epoch, Position
from sync.messages import Allowance, FeedPage, FeedScope, Grant, HeardItem, Recall

__all__ = ["Clock", "Desk", "Epochs", "JournalSource", "Outlet", "Standing"]

Clock = Literal["synchronised", "free_running", "jumped"]
"""How far a device's wall clock can be believed."""


class Epochs(Protocol):
    """The lives of a journal."""

    @property
    def tails(self) -> tuple[Epoch, ...]:
        """The lives before the newest that head office is not known to hold whole, oldest first."""

    @property
    def dropped(self) -> tuple[int, ...]:
        """The lives before the newest of which nothing is here, or is any more, oldest first."""

    @property
    def unacknowledged(self) -> int:
        """How many entries head office is not known to hold."""

    def epoch(self, number: int) -> Epoch:
        """One life, as far as it has grown."""

    def held_of(self, number: int) -> int:
        """How far head office is known to hold one life."""


class JournalSource(Protocol):
    """What the uplink needs of a ledger."""

    @property
    def incarnation(self) -> str:
        """Which life of the disk the newest entries belong to."""

    @property
    def head(self) -> Position:
        """The newest durable entry."""

    @property
    def opened(self) -> bool:
        """Whether the newest epoch began with head office's word."""

    @property
    def frozen(self) -> str | None:
        """Why nothing is redeemed here, or None."""

    @property
    def epochs(self) -> Epochs:
        """Its lives."""

    async def read_after(self, position: tuple[int, int], *, at_most: int) -> list[bytes]:
        """Canonical bytes of the entries after (epoch, seq), in order."""

    async def hash_at(self, epoch: int, seq: int) -> bytes | None:
        """The chain's hash after an entry; the genesis hash for seq 0; None where there is none."""

    def heard_of(self, position: Position) -> None:
        """Know how far head office holds one life, for as long as this runs."""

    async def acknowledge(self, position: Position) -> None:
        """Remember how far head office holds one life, for good."""

    async def offer_again(self) -> None:
        """Forget what was acknowledged: head office may have forgotten it too."""


class Standing(Protocol):
    """How a device's rights stand."""

    @property
    def exposure_points(self) -> int:
        """Points that may be spent here without asking."""

    @property
    def floor_left(self) -> int:
        """Points that may be redeemed beyond that."""

    @property
    def clock(self) -> Clock:
        """How far the wall clock can be believed."""


class Desk(Protocol):
    """Keeps what head office says: rights in the journal, members and cards beside it."""

    async def standing(self) -> Standing:
        """Say how rights stand."""

    async def welcome(self, epoch: int, nonce: str, generation: int) -> bool:
        """Begin an epoch on head office's word; answers whether it was not begun already."""

    async def contradicted(self, why: str) -> None:
        """Head office holds another journal than this one: freeze what is spent here."""

    async def adopt_generation(self, generation: int) -> None:
        """Head office was restored and counts anew."""

    async def grant(self, grant: Grant) -> bool:
        """Take rights; answers whether they are more than before."""

    async def recall(self, recall: Recall) -> bool:
        """Return rights; answers whether this recall was new."""

    async def allow(self, allowance: Allowance) -> None:
        """Take how much may be redeemed beyond rights."""

    async def feed_from(self, scope: FeedScope | None = None) -> tuple[int, int, str | None]:
        """Answer from where to ask for the feed: head office's generation, the cursor in it, and
        the run of numbers that came with it. From the start, once, where ``scope`` is another than
        the feed was heard under; without one it is only said up to where it was heard.
        """

    async def feed(self, page: FeedPage, items: tuple[HeardItem, ...], *, since: int) -> bool:
        """Take a page that was asked for from ``since``; answers whether it follows and was new."""


class Outlet(Protocol):
    """What the uplink needs of a link."""

    def publish(
        self, topic: str, payload: bytes, *, expiry_s: int | None = None, retain: bool = False
    ) -> bool:
        """Hand a message over, or answer False: there is no connection, or no room."""
