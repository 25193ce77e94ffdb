"""A store's device: the agent's own till, rights, mirror and uplink over a disk that is an image.

A disk has a number. Whoever copies a disk, or sets it back, has a disk of another number, because
what it will answer from then on is another story.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.core.entry import Position
from agent.core.heard import Heard
from agent.ledger import Mirror
from agent.syncdesk import SyncDesk
from agent.till import Rights, Till
from sync.link import Arrived
from sync.messages import DeviceAddress, FeedScope
from sync.simulation.clocks import DeviceTime
from sync.simulation.ledger import SimulatedLedger
from sync.simulation.network import Line
from sync.simulation.now import run_now
from sync.simulation.rules import SimulatedRules
from sync.simulation.watch.floor import FloorWatch
from sync.simulation.watch.forgotten import hold_nothing_new
from sync.simulation.watch.journal import JournalWatch
from sync.simulation.watch.lots import LotWatch
from sync.simulation.watch.trust import hold_believable, hold_heard, hold_sent, knows_better
from sync.simulation.watch.versions import hold_judged
from sync.simulation.watch.violations import hold
from sync.simulation.watch.vouchers import VoucherWatch
from sync.simulation.words import in_words
from sync.uplink import UNANSWERED, Answer, Conversation, Wishes

if TYPE_CHECKING:
    from sync.simulation.house import House

__all__ = ["Device", "Disk"]

_PATIENCE_S = 0.4
_LOOKS_EVERY_S = 10.0


def _nobody(_message: Arrived) -> None:
    """Nobody listens."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Disk:
    """What a disk holds, and what the watch knows of the journal on it."""

    number: int
    image: bytes | None
    key: bytes
    """The device's private key, which lies on the disk too."""
    watch: JournalWatch
    floor: FloorWatch
    lots: LotWatch
    vouchers: VoucherWatch
    programs: tuple[tuple[str, str], ...] = ()
    """The versions of the program that head office sent: what entries call them, and the text."""

    def copy(self, number: int) -> "Disk":
        """Copy it whole."""
        return replace(
            self,
            number=number,
            watch=deepcopy(self.watch),
            floor=deepcopy(self.floor),
            lots=deepcopy(self.lots),
            vouchers=deepcopy(self.vouchers),
        )


@dataclass(slots=True, eq=False)
class Device:
    """One agent on one disk. ``start`` brings it up, ``crash`` takes its memory away."""

    name: str
    address: DeviceAddress
    disk: Disk
    house: "House"
    time: DeviceTime
    dice: Random
    lanes: dict[str, Position] = field(default_factory=dict)
    """What each lane's POS was told last: it is kept by the POS, not on this disk."""
    lane: str = "1"
    """Where customers are served now."""
    waits_for: tuple[str, ...] = ()
    """The lanes that have to be heard after a start, before anything is redeemed."""
    feed: FeedScope = "all"
    """Of whom it is told."""
    running: bool = False
    ledger: SimulatedLedger = field(init=False)
    till: Till = field(init=False)
    desk: SyncDesk = field(init=False)
    talk: Conversation = field(init=False)
    line: Line = field(init=False)
    looked_s: float = 0.0
    overheard: Callable[[Arrived], None] = _nobody
    """Gets a copy of each message that comes."""
    is_doubtful: bool = False
    """Whether head office holds more of the journal on this disk than the disk does, or other."""
    believed: dict[int, int] = field(default_factory=dict)
    """How far this device believes that head office holds each epoch."""

    @property
    def shop(self) -> str:
        """The store."""
        return self.address.store

    def start(self) -> None:
        """Start the agent on its disk."""
        house = self.house
        self.ledger = SimulatedLedger(
            self.disk.image, clock=self.time, mint_id=house.mint, name=f"{self.disk.number}.db"
        )
        self.ledger.start()
        last = self.disk.watch.head
        is_here = last.seq == 0 or self.ledger.view.hash_at(*last.place) == last.hash
        hold("I1", is_here, f"{self.name}: starts without entry {last}, which it committed")
        self.ledger.on_commit(self._grew)
        self._open_till()
        self.talk = Conversation(
            self.address,
            self.ledger,
            self.desk,
            Ed25519PrivateKey.from_private_bytes(self.disk.key),
            self,
            dice=self.dice.random,
            mint_nonce=house.mint,
            wishes=Wishes(feed=self.feed),
        )
        self._join()
        self.running = True
        self.is_doubtful, self.believed = knows_better(self), {}
        self.line = Line(
            address=str(self.address),
            client_id=f"{self.address}/{self.ledger.incarnation}",
            on_up=self.talk.link_up,
            on_down=self.talk.link_down,
            on_message=self.receive,
        )
        house.network.plug(self.line)

    def _open_till(self) -> None:
        """Have a till, and a desk that keeps head office's word, over the ledger."""
        house = self.house
        rules = SimulatedRules(
            self.shop,
            house.trade,
            sent=self.disk.programs,
            keep=self._keep_program,
        )
        self.till = Till(
            self.ledger,
            rules.terms,
            mint_id=house.mint,
            random_bytes=self.dice.randbytes,
            waits_for=self.waits_for,
        )
        rules.renewed = self.till.adopt
        rights = Rights(self.ledger, lambda: rules.terms, mint_id=house.mint)
        rights.returned = self._tell_lanes
        self.desk = SyncDesk(self.ledger, rights, Mirror(self.ledger), rules)

    def _keep_program(self, edition: str, text: str) -> None:
        self.disk = replace(self.disk, programs=(*self.disk.programs, (edition, text)))
        self.house.tell(f"{self.name}: hears of {edition}")

    def _join(self) -> None:
        """Have the till ask head office, as an agent does."""
        self.till.ask_online = self._ask_online
        self.till.is_online = lambda: self.talk.online
        self.till.members.asked_whose.ask = self._ask_whose
        self.till.members.asked_whose.ask_anew = self._ask_anew
        self.till.members.asked_whose.tells_of_all = self.feed == "all"

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        expiry_s: int | None = None,
        retain: bool = False,  # noqa: ARG002 - nobody here looks at what is retained
    ) -> bool:
        """Hand a message to the broker, as a link does."""
        hold_sent(self, topic)
        self.house.tell(f"{self.name}: {topic.rsplit('/', 1)[1]}")
        return self.house.network.up(self.line, topic, payload, expiry_s)

    def crash(self) -> None:
        """Take the power away: what was committed is on the disk, and nothing else is anywhere."""
        self.save()
        self.house.network.unplug(self.line)
        self.ledger.stop()
        self.running = False

    def save(self) -> Disk:
        """Bring what the disk holds up to date, and answer it."""
        if self.running:
            self.disk = replace(self.disk, image=self.ledger.image())
        return self.disk

    def turn(self) -> None:
        """Do what is due, as the agent does now and then."""
        if not self.running:
            return
        now_s = self.house.world.now_s
        if now_s - self.looked_s >= _LOOKS_EVERY_S:
            self.looked_s = now_s
            self.look()
        run_now(self.talk.turn(now_s))

    def look(self) -> None:
        """End holds whose time is up, and make active what waited."""
        for ended in run_now(self.till.release_overdue()):
            self.house.tell(f"{self.name}: {ended.redemption_id} timed out")
        run_now(self.till.activate_due())

    def receive(self, message: Arrived) -> None:
        """Take a message from the broker."""
        self.overheard(message)
        self.house.tell(f"{self.name}: hears {message.topic.rsplit('/', 1)[1]}")
        run_now(self.talk.receive(message.topic, message.payload, self.house.world.now_s))
        hold("I12", not self.talk.refused, f"{self.name}: does not take what head office says")
        self.turn()
        hold_heard(self)

    async def _ask_online(self, account: str, points: int) -> str | None:
        now_s = self.house.world.now_s
        return self._wait_for(lambda answer: self.talk.ask(account, points, answer, now_s))

    async def _ask_whose(self, token: str) -> bool:
        now_s = self.house.world.now_s
        return self._wait_for(lambda answer: self.talk.look_up(token, answer, now_s)) is None

    async def _ask_anew(self, token: str) -> bool:
        now_s, (_, cursor, _) = self.house.world.now_s, await self.desk.feed_from()
        said = self._wait_for(lambda answer: self.talk.look_up(token, answer, now_s, cursor=cursor))
        return said is None

    def _wait_for(self, asking: Callable[[Answer], str | None]) -> str | None:
        """Ask head office while a customer waits: everything else goes on meanwhile."""
        answers: list[str | None] = []
        nonce = asking(answers.append)
        if nonce is None:
            return UNANSWERED
        self.house.wait(_PATIENCE_S, lambda: bool(answers))
        if not answers:
            self.talk.give_up(nonce)
        return answers[0]

    def has_met(self, account: str) -> bool:
        """Say whether an account is known here, by head office's word or by an entry."""
        ledger, its = self.ledger, "SELECT 1 FROM accounts WHERE account = ?"
        told = ledger.view.mirrored(account) is not None
        return told or ledger.connection.execute(its, (account,)).fetchone() is not None

    def _grew(self, _head: Position) -> None:
        watch, day = self.disk.watch, self.house.world.day
        for canonical in self.ledger.view.page_after(watch.head.place, at_most=1_000):
            entry = watch.saw(canonical, day)
            allowed = self.house.office.watch.allowed(self.address, entry.epoch)
            self.disk.floor.saw(entry, self.ledger.epochs.acknowledged, allowed, self.name)
            self.disk.lots.saw(entry, day, self.name)
            self.disk.vouchers.saw(entry, self.name)
            self.house.uses.saw(entry, watch.head.hash)
            self.house.tell(f"{self.name}: {in_words(entry)}")
            self.house.truth.saw(self, entry, watch.head.hash)
            hold_believable(self, entry)
            hold_nothing_new(self, entry)
            hold_judged(self, entry)

    def _tell_lanes(self) -> None:
        """Tell each lane's POS the newest position, before anybody else can hear of it."""
        self.lanes = dict.fromkeys(self.lanes, self.ledger.head)

    def hear_lane(self, lane: str) -> None:
        """A POS sends the position that it was told last."""
        told = self.lanes.get(lane)
        if told is not None:
            heard = Heard(epoch=told.epoch, seq=told.seq, digest=told.hash.hex())
            till = self.waits_for.index(lane) if lane in self.waits_for else None
            run_now(self.till.hear(heard, till))

    def told_lane(self, lane: str) -> None:
        """A POS keeps the position that it was answered with."""
        self.lanes[lane] = self.ledger.head
