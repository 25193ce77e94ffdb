"""The store's side of the protocol, without a loop, a thread or a clock of its own.

:class:`sync.session.Session` decides what may be said, :class:`Conversation` says it. Whoever
drives it calls ``link_up`` and ``link_down``, hands over what arrives with ``receive``, and calls
``turn`` when something happened and now and then; a daemon and a simulation do that alike.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.core.values import Value
from sync.messages import (
    Ask,
    DeviceAddress,
    FeedRequest,
    FeedScope,
    MalformedMessage,
    Presence,
    encode,
)
from sync.session import LONGEST_SILENCE_S, Session, Stream
from sync.uplink.batches import Batches, Stranded
from sync.uplink.feeding import Feeding
from sync.uplink.greeting import make_hello, make_presence
from sync.uplink.hearing import Hearing
from sync.uplink.protocols import Desk, JournalSource, Outlet
from sync.uplink.questions import UNANSWERED, Answer, Questions

__all__ = ["Conversation", "Wishes"]

_PRESENCE_EVERY_S = 60.0
"""Longer than a former life's will may take: the broker misses a client within one and a half times
its keepalive, and then waits for the will's delay (``sync/link.py``).
"""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """What a store may choose: which members it is told of, and how long a till waits."""

    feed: FeedScope = "all"
    patience_s: float = 0.4
    version: str = ""


class Conversation:
    """One device's talk with head office. ``mint_nonce`` makes a fresh one, ``dice`` answers from 0
    to 1.
    """

    def __init__(
        self,
        address: DeviceAddress,
        journal: JournalSource,
        desk: Desk,
        key: Ed25519PrivateKey,
        outlet: Outlet,
        *,
        dice: Callable[[], float],
        mint_nonce: Callable[[], str],
        wishes: Wishes | None = None,
    ) -> None:
        self._address, self._journal, self._desk, self._key = address, journal, desk, key
        self._outlet = outlet
        self._dice, self._mint_nonce = dice, mint_nonce
        self._wishes = wishes or Wishes()
        self.session = Session()
        self.questions = Questions()
        self._feeding = Feeding()
        self._batches = Batches(address, journal, key)
        self._hearing = Hearing(
            self.session, journal, desk, self.questions, self._feeding, dice=dice
        )
        # As the will at the broker calls it; the journal's may change while the link stays.
        self._life = journal.incarnation
        self._told: Presence | None = None
        self._has_told = False
        self._presence_due_s = 0.0
        self.refused = 0
        """How many messages made no sense."""

    def link_up(self) -> None:
        """The broker is there, and answers can be heard."""
        self.session.link_up()
        self._told, self._has_told, self._presence_due_s = None, False, 0.0

    def link_down(self) -> None:
        """The broker is gone."""
        self.session.link_down()
        self.questions.give_up()

    @property
    def online(self) -> bool:
        """Whether head office has answered on this connection."""
        return self.session.answered and self.session.state != "halted"

    @property
    def halted(self) -> str | None:
        """Why head office wants nothing from this device, or None."""
        return self._hearing.halted

    @property
    def stranded(self) -> str | None:
        """Which entries can never be sent, or None."""
        return next(iter(self._hearing.stranded.values()), None)

    async def receive(self, topic: str, payload: bytes, now_s: float) -> None:
        """Take one message. Raises what the journal and the desk raise; the next HELLO asks again
        for what could not be kept.
        """
        try:
            address, kind = DeviceAddress.of_topic(topic)
            if address != self._address:
                raise MalformedMessage(f"{topic} is not ours")
            await self._hearing.take(kind, payload, now_s)
        except MalformedMessage as error:
            self.refused += 1
            _log.warning("message_refused", topic=topic, error=str(error))
        except Exception:
            self.session.greet_again(now_s)
            raise

    async def turn(self, now_s: float) -> None:
        """Do what is due, what matters most first. Raises what the journal and the desk raise."""
        self.questions.look(now_s)
        if self._has_changed_lives():
            self.session.greet_again(now_s)
        if self.session.hello_due(now_s):
            await self._greet(now_s)
        await self._send(now_s)
        await self._hearing.remember(now_s)
        await self._ask_for_feed(now_s)
        await self._tell_presence(now_s)

    async def remember(self) -> None:
        """Write down what was acknowledged since that was done last; before an orderly stop."""
        await self._hearing.remember(math.inf)

    def ask(self, account: str, points: int, answer: Answer, now_s: float) -> str | None:
        """Ask for rights to so many points in all while somebody waits; answers the question's
        nonce, or None where nobody can be asked now. ``answer`` is called once, later.
        """
        nonce = self._mint_nonce()
        epoch = self._journal.head.epoch
        return self._ask(
            "ask", nonce, Ask(ask=nonce, epoch=epoch, account=account, points=points), answer, now_s
        )

    def look_up(self, token: str, answer: Answer, now_s: float, *, cursor: int = 0) -> str | None:
        """Ask whose a card is that nobody here knows; as ``ask``. From the feed's own ``cursor``
        on, what is told is newer than what is known here of that member, and is taken.
        """
        nonce = self._mint_nonce()
        request = FeedRequest(nonce=nonce, cursor=cursor, scope=self._wishes.feed, token=token)
        return self._ask("feed", nonce, request, answer, now_s)

    def give_up(self, nonce: str) -> None:
        """Whoever asked waits no longer."""
        self.questions.answer(nonce, UNANSWERED)

    def _ask(
        self, kind: str, nonce: str, message: Value, answer: Answer, now_s: float
    ) -> str | None:
        session = self.session
        may = session.may_ask(now_s) and session.epoch == self._journal.head.epoch
        if not may or self.questions.is_full:
            return None
        if not self._publish(kind, message, expiry_s=math.ceil(self._wishes.patience_s)):
            return None
        self.questions.ask(nonce, answer, now_s + self._wishes.patience_s)
        return nonce

    def _has_changed_lives(self) -> bool:
        """Say whether another epoch has begun since the HELLO, or tails wait that it left out."""
        session, journal = self.session, self._journal
        if session.state != "open":
            return False
        if journal.head.epoch != session.epoch:
            return True
        tails = {life.number for life in journal.epochs.tails} - self._hearing.stranded.keys()
        return bool(tails) and not tails & self._hearing.offered

    async def _greet(self, now_s: float) -> None:
        heard, session = await self._desk.feed_from(), self.session
        repeats = session.repeats(self._journal.head.epoch)
        hello = await make_hello(
            self._address,
            self._journal,
            self._key,
            nonce=session.nonce if repeats else self._mint_nonce(),
            challenge=session.challenge,
            heard=heard,
            version=self._wishes.version,
            stranded=self._hearing.stranded.keys(),
        )
        if hello is None:
            return  # the ledger is being made anew: the next turn sees it as it stands then
        self._hearing.generation = hello.generation
        self._hearing.offered = frozenset(tail.epoch for tail in hello.tails)
        if self._publish("hello", hello, expiry_s=int(LONGEST_SILENCE_S)):
            self._batches.forget()
            session.greeted(hello.nonce, hello.epoch, now_s, self._dice)
            # A former life's will may have come to the broker after this one's birth.
            self._told = None
            if not session.stands:
                self._feeding.restart()

    async def _send(self, now_s: float) -> None:
        """Send what the window lets go; the tails first, as what follows may rest on them."""
        for stream in self.session.streams:
            epoch = stream.epoch
            if epoch in self._hearing.stranded:
                continue
            while self.session.may_send(epoch, self._journal.epochs.epoch(epoch).head_seq, now_s):
                try:
                    batch = await self._batches.after(epoch, stream.sent)
                except Stranded:
                    await self._hearing.strand(epoch, stream.sent, now_s)
                    break
                # The session may have been greeted anew while the journal was read.
                if batch is None or not self._is_open_for(stream):
                    break
                if not self._outlet.publish(self._address.topic("journal"), batch.payload):
                    return
                self._batches.went(batch)
                self.session.batch_sent(epoch, batch.last_seq, now_s)

    def _is_open_for(self, stream: Stream) -> bool:
        return self.session.state == "open" and self.session.stream(stream.epoch) is stream

    async def _ask_for_feed(self, now_s: float) -> None:
        sending = any(stream.under_way for stream in self.session.streams)
        if self.session.state != "open" or not self._feeding.is_due(now_s, sending=sending):
            return
        generation, cursor, run = await self._desk.feed_from(self._wishes.feed)
        request = FeedRequest(
            nonce=self._mint_nonce(),
            cursor=cursor,
            generation=generation,
            scope=self._wishes.feed,
            run=run,
        )
        if self._publish("feed", request, expiry_s=int(LONGEST_SILENCE_S)):
            self._feeding.asked(request.nonce, cursor, now_s, self._dice)

    async def _tell_presence(self, now_s: float) -> None:
        if self.session.state == "down" or now_s < self._presence_due_s:
            return
        standing = await self._desk.standing()
        presence = make_presence(
            self._journal, standing, version=self._wishes.version, life=self._life
        )
        if presence == self._told or self._publish("presence", presence, retain=True):
            # The first of a connection is told twice: a former life's will may come between.
            self._told = presence if self._has_told else None
            self._has_told, self._presence_due_s = True, now_s + _PRESENCE_EVERY_S

    def _publish(
        self, kind: str, message: Value, *, expiry_s: int | None = None, retain: bool = False
    ) -> bool:
        return self._outlet.publish(
            self._address.topic(kind), encode(message), expiry_s=expiry_s, retain=retain
        )
