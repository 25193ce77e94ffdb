"""The store's side: greet head office, send the journal after the last acknowledged entry.

:class:`sync.session.Session` decides; :class:`Uplink` is the task that carries it out.
"""

import asyncio
import contextlib
import random
import secrets
import time
from collections.abc import Callable
from typing import Protocol

import structlog

from agent.core.entry import Epoch, Position, chain
from sync.broker import Broker
from sync.link import Arrived, Link, Will
from sync.messages import (
    MAX_PAYLOAD_BYTES,
    MOST_BATCHES,
    Ack,
    DeviceAddress,
    Halt,
    Hello,
    Journal,
    MalformedMessage,
    Ok,
    Presence,
    decode,
    encode,
    encode_journal,
)
from sync.session import LONGEST_SILENCE_S, Session

__all__ = ["JournalSource", "Uplink"]

_MOST_ENTRIES = 200
"""Entries of a batch; real sales deflate to some 30 KiB then, half of what a payload may hold."""

_TURN_S = 0.25

_log = structlog.get_logger(__name__)


class Epochs(Protocol):
    """The lives of a journal."""

    @property
    def offered(self) -> Epoch:
        """The oldest epoch that head office is not known to hold whole, else the newest."""

    def epoch(self, number: int) -> Epoch:
        """One epoch, as far as it has grown."""


class JournalSource(Protocol):
    """What the uplink needs of a ledger."""

    @property
    def incarnation(self) -> str:
        """Which life of the disk the newest entries belong to."""

    @property
    def head(self) -> Position:
        """The newest durable entry."""

    @property
    def epochs(self) -> Epochs:
        """Its lives."""

    async def read_after(self, position: tuple[int, int], *, at_most: int) -> list[bytes]:
        """Canonical bytes of the entries after (epoch, seq), in order."""

    async def hash_at(self, epoch: int, seq: int) -> bytes | None:
        """The chain's hash after an entry; the genesis hash for seq 0; None where there is none."""

    async def acknowledge(self, position: Position) -> None:
        """Remember how far head office holds the journal."""


class Uplink:
    """Carries a session out over a link, on the agent's event loop."""

    def __init__(self, broker: Broker, address: DeviceAddress, journal: JournalSource) -> None:
        self._broker = broker
        self._address = address
        self._journal = journal
        self._session = Session()
        self._epoch = 0  # the one this session greeted for
        self._inbox: asyncio.Queue[Arrived] = asyncio.Queue()  # bounded by our Receive Maximum
        self._wake = asyncio.Event()
        self._link: Link | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.contradiction: str | None = None

    def start(self) -> None:
        """Begin connecting; call on the event loop."""
        self._loop = asyncio.get_running_loop()
        topic = self._address.topic
        self._link = Link(
            self._broker,
            client_id=f"{self._address}/{self._journal.incarnation}".replace("/", "."),
            topics=(topic("down/ok"), topic("down/ack"), topic("down/halt")),
            window=MOST_BATCHES,
            on_up=lambda: self._soon(self._session.link_up),
            on_down=lambda: self._soon(self._session.link_down),
            on_message=lambda message: self._soon(lambda: self._inbox.put_nowait(message)),
            will=Will(
                topic=topic("presence"),
                birth=encode(Presence(online=True)),
                death=encode(Presence(online=False)),
            ),
        )
        self._link.start()

    def stop(self) -> None:
        """Leave the broker. May block for up to three seconds; call it in a thread."""
        if self._link is not None:
            self._link.stop()

    def journal_grew(self, _head: Position) -> None:
        """There is something new to send; may be called from any thread."""
        self._soon(self._look_for_a_new_life)

    def _look_for_a_new_life(self) -> None:
        """Greet for an epoch that began since the last was contradicted, or is whole over there."""
        session, offered = self._session, self._journal.epochs.offered.number
        if session.lift(self._journal.head.epoch):
            self.contradiction = None
        elif offered != self._epoch and session.has_all(self._life().head_seq):
            session.link_up()

    @property
    def online(self) -> bool:
        """Whether head office has answered on this connection."""
        return self._session.state == "open"

    @property
    def fault(self) -> str | None:
        """Why head office cannot be reached, in plain words."""
        if self.contradiction is not None:
            return self.contradiction
        if self._link is not None and self._link.fault is not None:
            return self._link.fault
        return None if self.online else "head office does not answer"

    async def run(self) -> None:
        """Talk to head office for ever. Raises only what the journal raises."""
        while True:
            await self._turn()
            self._wake.clear()
            if self._inbox.empty():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), _TURN_S)

    async def _turn(self) -> None:
        while not self._inbox.empty():
            message = self._inbox.get_nowait()
            try:
                await self._receive(message)
            except MalformedMessage as error:
                _log.warning("message_refused", topic=message.topic, error=str(error))
            finally:
                message.done()  # or it would keep its place in the broker's window for good
        now_s = time.monotonic()
        if self._session.hello_due(now_s):
            await self._greet(now_s)
        while self._session.may_send(self._life().head_seq):
            if not await self._send_batch():
                break

    def _life(self) -> Epoch:
        """Answer the epoch this session greeted for, as far as it has grown."""
        return self._journal.epochs.epoch(self._epoch)

    async def _receive(self, message: Arrived) -> None:
        _, kind = DeviceAddress.of_topic(message.topic)
        match kind:
            case "down/ok":
                await self._take_ok(decode(message.payload, Ok))
            case "down/ack":
                await self._take_ack(decode(message.payload, Ack))
            case "down/halt":
                halt = decode(message.payload, Halt)
                self._halt(f"head office refuses entry {halt.epoch}:{halt.seq} ({halt.reason})")

    async def _take_ok(self, ok: Ok) -> None:
        if not self._session.expects(ok):
            return
        life = self._life()
        if ok.seq > life.head_seq and ok.epoch < self._journal.head.epoch:
            # Entries of an earlier life were lost here and head office has them: nothing to send.
            ours = await self._journal.hash_at(life.number, life.head_seq)
            if ours is None:
                return  # the ledger is being made anew: the next HELLO says where it stands then
            ok = ok.model_copy(update={"seq": life.head_seq, "hash": ours.hex()})
        if not await self._is_ours(ok):
            return
        if self._session.expects(ok):  # the link may have gone while the journal was read
            self._session.opened(ok.seq)
            await self._acknowledge(ok)
            _log.info("head_office_answered", epoch=ok.epoch, seq=ok.seq)

    async def _take_ack(self, ack: Ack) -> None:
        if self._session.state != "open" or not await self._is_ours(ack):
            return
        if self._session.acked(ack.seq, time.monotonic()):
            await self._acknowledge(ack)

    async def _is_ours(self, held: Ok | Ack) -> bool:
        """Compare what head office holds with our own journal; a difference halts the session."""
        ours = await self._journal.hash_at(held.epoch, held.seq)
        if ours is None:
            self._halt(
                f"head office holds entry {held.epoch}:{held.seq}, which is not here any more"
            )
        elif ours.hex() != held.hash:
            self._halt(f"head office holds another entry {held.epoch}:{held.seq} than this device")
        else:
            return True
        return False

    async def _acknowledge(self, held: Ok | Ack) -> None:
        await self._journal.acknowledge(
            Position(epoch=held.epoch, seq=held.seq, hash=bytes.fromhex(held.hash))
        )
        self._look_for_a_new_life()

    def _halt(self, why: str) -> None:
        self._session.halt(self._journal.head.epoch)
        self.contradiction = why
        _log.error("sync_halted", error=why)

    async def _greet(self, now_s: float) -> None:
        life = self._journal.epochs.offered  # old epochs are offered whole before newer ones
        head_hash = await self._journal.hash_at(life.number, life.head_seq)
        if head_hash is None:
            return  # the ledger is being made anew: the next turn sees it as it stands then
        self._epoch = life.number
        nonce = secrets.token_hex(8)
        hello = Hello(
            incarnation=life.incarnation,
            nonce=nonce,
            epoch=life.number,
            head_seq=life.head_seq,
            head_hash=head_hash.hex(),
        )
        if self._publish("hello", encode(hello), expiry_s=int(LONGEST_SILENCE_S)):
            self._session.greeted(nonce, now_s, random.random)

    async def _send_batch(self) -> bool:
        """Send the next entries; False where the link has no room or the journal nothing."""
        life, sent = self._life(), self._session.sent
        epoch, left = life.number, life.head_seq - sent
        previous = await self._journal.hash_at(epoch, sent)
        entries = await self._journal.read_after((epoch, sent), at_most=min(left, _MOST_ENTRIES))
        if previous is None or not entries:
            return False
        batch, payload = self._pack(epoch, sent + 1, previous, tuple(entries))
        if self._session.state != "open" or not self._publish("journal", payload):
            return False
        self._session.batch_sent(sent + len(batch), time.monotonic())
        return True

    def _pack(
        self, epoch: int, first_seq: int, previous: bytes, entries: tuple[bytes, ...]
    ) -> tuple[tuple[bytes, ...], bytes]:
        """Encode as many entries as one payload holds; a single entry always goes."""
        while True:
            header = Journal(
                incarnation=self._journal.epochs.epoch(epoch).incarnation,
                epoch=epoch,
                first_seq=first_seq,
                prev_hash=previous.hex(),
                last_hash=chain(previous, entries).hex(),
            )
            payload = encode_journal(header, entries)
            if len(payload) <= MAX_PAYLOAD_BYTES or len(entries) == 1:
                return entries, payload
            entries = entries[: len(entries) // 2]

    def _publish(self, kind: str, payload: bytes, *, expiry_s: int | None = None) -> bool:
        link = self._link
        return link is not None and link.publish(
            self._address.topic(kind), payload, expiry_s=expiry_s
        )

    def _soon(self, change: Callable[[], None]) -> None:
        """Change state on the loop and wake the task, from any thread."""

        def change_and_wake() -> None:
            change()
            self._wake.set()

        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(change_and_wake)
