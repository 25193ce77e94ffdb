"""A store with nothing but a journal in memory: what an uplink needs, and no more.

It speaks the product's own protocol through :class:`sync.uplink.Conversation`; what head office
grants it journals as a real store does, and what the feed tells it forgets.
"""

from dataclasses import dataclass
from itertools import count

from msgspec import Struct
from msgspec.structs import replace

from agent.core.entry import GENESIS, Entry, Position, link_hash
from agent.core.facts import AccumulatePoints, Fact, LeaseGrant, LeaseReturn, OpenEpoch
from agent.ledger.acknowledged import Acknowledged
from agent.ledger.epochs import Epochs
from sync.messages import Allowance, FeedPage, FeedScope, Grant, HeardItem, Recall
from sync.uplink.protocols import Clock

__all__ = ["MemoryDesk", "MemoryJournal"]

_RECORDED_AT = "2026-03-02T12:00:00.000Z"


class _Life(Struct):
    lines: list[bytes]
    hashes: list[bytes]


class MemoryJournal:
    """A journal of one ledger, epoch by epoch."""

    def __init__(self, incarnation: str) -> None:
        self.incarnation = incarnation
        self.opened = False
        self.frozen: str | None = None
        self._lives: dict[int, _Life] = {}
        self._numbers = count(1)
        self.epochs = Epochs({0: 0}, {0: incarnation})
        self._begin(0)

    def _begin(self, epoch: int) -> None:
        self._lives[epoch] = _Life([], [GENESIS])
        self.head = Position(epoch=epoch, seq=0, hash=GENESIS)

    def append(self, *facts: Fact) -> None:
        """Write facts into the newest epoch. What a sale earns there joins its rights, once head
        office has opened it.
        """
        epoch, life = self.head.epoch, self._lives[self.head.epoch]
        for fact in facts:
            entry = Entry(
                id=f"{self.incarnation}-{next(self._numbers)}",
                epoch=epoch,
                seq=len(life.lines) + 1,
                recorded_at=_RECORDED_AT,
                fact=self._with_rights(fact),
            )
            life.lines.append(entry.canonical())
            life.hashes.append(link_hash(life.hashes[-1], life.lines[-1]))
        self.head = Position(epoch=epoch, seq=len(life.lines), hash=life.hashes[-1])
        self.epochs.grew(self.head, self.incarnation)

    def _with_rights(self, fact: Fact) -> Fact:
        if self.opened and isinstance(fact, AccumulatePoints) and fact.pending_until is None:
            return replace(fact, lease=fact.points)
        return fact

    def open(self, epoch: int, nonce: str) -> None:
        """Begin an epoch on head office's word."""
        parent = self.head
        self._begin(epoch)
        self.append(
            OpenEpoch(
                cause="welcomed",
                incarnation=self.incarnation,
                parent_incarnation=self.incarnation,
                parent_epoch=parent.epoch,
                parent_seq=parent.seq,
                parent_hash=parent.hash.hex(),
                nonce=nonce,
            )
        )
        self.opened = True

    async def read_after(self, position: tuple[int, int], *, at_most: int) -> list[bytes]:
        """Answer the entries after (epoch, seq)."""
        epoch, seq = position
        return self._lives[epoch].lines[seq : seq + at_most]

    async def hash_at(self, epoch: int, seq: int) -> bytes | None:
        """Answer the chain's hash after an entry."""
        life = self._lives.get(epoch)
        return life.hashes[seq] if life is not None and seq < len(life.hashes) else None

    def heard_of(self, position: Position) -> None:
        """Know how far head office holds one life."""
        held = self.epochs.held
        self.epochs.held = held.at(position.epoch, position.seq, self.epochs.heads)

    async def acknowledge(self, position: Position) -> None:
        """Nothing here outlives the process."""

    async def offer_again(self) -> None:
        """Forget what was acknowledged."""
        self.epochs.held = Acknowledged()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Standing:
    exposure_points: int = 0
    floor_left: int = 0
    clock: Clock = "synchronised"


class MemoryDesk:
    """Keeps rights in the journal, and of the feed how far it was told."""

    def __init__(self, journal: MemoryJournal) -> None:
        self._journal = journal
        self._cursor = 0
        self._run: str | None = None
        self._rights: dict[str, int] = {}
        self._recalls: dict[str, int] = {}
        self.items = 0
        """How much the feed has told."""

    async def standing(self) -> _Standing:
        """Say how rights stand."""
        return _Standing()

    async def welcome(self, epoch: int, nonce: str, generation: int) -> bool:  # noqa: ARG002
        """Begin an epoch on head office's word."""
        if self._journal.head.epoch >= epoch:
            return False
        self._journal.open(epoch, nonce)
        return True

    async def contradicted(self, why: str) -> None:
        """Fail: a measurement without faults has no contradictions."""
        raise RuntimeError(f"head office holds another journal: {why}")

    async def adopt_generation(self, generation: int) -> None:
        """Fail, alike."""
        raise RuntimeError(f"head office was restored ({generation})")

    async def grant(self, grant: Grant) -> bool:
        """Journal rights that are more than before."""
        if grant.granted_total <= self._rights.get(grant.account, 0):
            return False
        self._rights[grant.account] = grant.granted_total
        self._journal.append(
            LeaseGrant(
                account=grant.account,
                granted_total=grant.granted_total,
                generation=grant.generation,
            )
        )
        return True

    async def recall(self, recall: Recall) -> bool:
        """Answer a recall with nothing: what is here stays."""
        if recall.recall <= self._recalls.get(recall.account, 0):
            return False
        self._recalls[recall.account] = recall.recall
        self._journal.append(LeaseReturn(account=recall.account, recall=recall.recall, points=0))
        return True

    async def allow(self, allowance: Allowance) -> None:
        """Nothing is redeemed here."""

    async def feed_from(self, scope: FeedScope | None = None) -> tuple[int, int, str | None]:  # noqa: ARG002
        """Go on where the last page ended: a crowd's scope never changes."""
        return 0, self._cursor, self._run

    async def feed(self, page: FeedPage, items: tuple[HeardItem, ...], *, since: int) -> bool:  # noqa: ARG002
        """Take a page."""
        if page.token is None:
            self._cursor, self._run = page.cursor, page.run
        self.items += len(items)
        return True
