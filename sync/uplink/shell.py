"""The uplink of a running agent: a link, a conversation, and the event loop between them."""

import asyncio
import contextlib
import random
import secrets
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from agent.core.entry import Position
from sync.broker import Broker
from sync.keys import KeyUnusable, load_key
from sync.link import Arrived, Link, Will
from sync.messages import MOST_BATCHES, DeviceAddress, Presence, encode, topics_down
from sync.uplink.conversation import Conversation, Wishes
from sync.uplink.protocols import Desk, JournalSource
from sync.uplink.questions import UNANSWERED, Answer

__all__ = ["Uplink"]

_TURN_S = 0.25
_TOGETHER_S = 0.01
"""What is written within this goes in one batch: points that were granted are spent a moment later,
and each batch has its price at head office, however small it is.
"""

_WINDOW = MOST_BATCHES + 8
"""Messages that the broker has not answered for; batches leave room for what a till waits for."""

_MOST_WAITING = 256
"""Messages that wait to be looked at. The broker sends no more than a quarter of that by itself."""


class Uplink:
    """Carries a conversation out over a link, on the agent's event loop."""

    def __init__(
        self,
        broker: Broker,
        address: DeviceAddress,
        journal: JournalSource,
        desk: Desk,
        *,
        key_path: Path,
        wishes: Wishes | None = None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._broker = broker
        self._address = address
        self._journal = journal
        self._desk = desk
        self._key_path = key_path
        self._wishes = wishes or Wishes()
        self._now_s = now_s
        self._inbox: deque[Arrived] = deque()
        self._wake = asyncio.Event()
        self._link: Link | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._conversation: Conversation | None = None
        self._key_fault: str | None = None
        self.dropped = 0
        """How many messages came faster than any head office sends them."""

    async def run(self) -> None:
        """Talk to head office for ever. Raises KeyUnusable, and what journal and desk raise."""
        self._loop = asyncio.get_running_loop()
        conversation = self._conversation or await self._begin()
        try:
            await self._talk(conversation)
        except asyncio.CancelledError:
            await conversation.remember()  # a stop in good order forgets nothing that was heard
            raise

    async def _talk(self, conversation: Conversation) -> None:
        clock_s = asyncio.get_running_loop().time
        while True:
            turn_at_s = clock_s() + _TOGETHER_S
            while (left_s := turn_at_s - clock_s()) > 0:
                await self._hear(conversation)
                await self._woken(left_s)
            await self._hear(conversation)
            await conversation.turn(self._now_s())
            await self._woken(_TURN_S)

    async def _woken(self, within_s: float) -> None:
        """Wait for whatever there is to do since somebody last listened, for so long at most."""
        # Not asyncio.wait_for, which loses a cancellation that comes with the wake-up.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._wake.wait()

    async def _hear(self, conversation: Conversation) -> None:
        self._wake.clear()  # first: what comes from now on wakes again
        while self._inbox:
            message = self._inbox.popleft()
            try:
                await conversation.receive(message.topic, message.payload, self._now_s())
            finally:
                message.done()  # or it would keep its place in the broker's window for good

    async def _begin(self) -> Conversation:
        """Read or make the key, and begin connecting."""
        try:
            key = await asyncio.to_thread(load_key, self._key_path)
        except KeyUnusable as error:
            self._key_fault = str(error)
            raise
        self._key_fault = None
        # The link's will and the conversation's births name one life: nothing is awaited between.
        link = self._link = self._make_link(self._journal.incarnation)
        self._conversation = conversation = Conversation(
            self._address,
            self._journal,
            self._desk,
            key,
            link,
            dice=random.random,
            mint_nonce=lambda: secrets.token_hex(8),
            wishes=self._wishes,
        )
        link.start()
        return conversation

    def _make_link(self, life: str) -> Link:
        death = encode(Presence(online=False, life=life))
        return Link(
            self._broker,
            client_id=f"{self._address}/{life}".replace("/", "."),
            topics=tuple(self._address.topic(kind) for kind in topics_down()),
            window=_WINDOW,
            on_up=lambda: self._soon(self._up),
            on_down=lambda: self._soon(self._down),
            on_message=lambda message: self._soon(lambda: self._put(message)),
            will=Will(topic=self._address.topic("presence"), death=death),
        )

    def stop(self) -> None:
        """Leave the broker. May block for up to three seconds; call it in a thread."""
        if self._link is not None:
            self._link.stop()

    def journal_grew(self, _head: Position) -> None:
        """There is something new to send; may be called from any thread."""
        self._soon(lambda: None)

    async def ask(self, account: str, points: int) -> str | None:
        """Ask head office for rights to so many points in all, while a customer waits.

        None where they were granted and journaled; else why not, in words for the cashier, or
        nothing where nobody answered in time.
        """
        return await self._wait_for(
            lambda talk, answer: talk.ask(account, points, answer, self._now_s())
        )

    async def look_up(self, token: str) -> bool:
        """Ask head office whose a card is; answers whether it is somebody's, who now is known."""
        said = await self._wait_for(lambda talk, answer: talk.look_up(token, answer, self._now_s()))
        return said is None

    async def hear_anew(self, token: str) -> bool:
        """Have head office tell what a known card's member has by now; answers whether it did."""
        _, cursor, _ = await self._desk.feed_from()
        said = await self._wait_for(
            lambda talk, answer: talk.look_up(token, answer, self._now_s(), cursor=cursor)
        )
        return said is None

    async def _wait_for(self, put: Callable[[Conversation, Answer], str | None]) -> str | None:
        talk = self._conversation
        if talk is None:
            return UNANSWERED
        said: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        nonce = put(talk, lambda answer: None if said.done() else said.set_result(answer))
        if nonce is None:
            return UNANSWERED
        try:
            async with asyncio.timeout(self._wishes.patience_s):
                return await said
        except TimeoutError:
            return UNANSWERED
        finally:
            talk.give_up(nonce)

    @property
    def online(self) -> bool:
        """Whether head office has answered on this connection."""
        return self._conversation is not None and self._conversation.online

    @property
    def halted(self) -> str | None:
        """Why head office wants nothing from this device, in its words."""
        return None if self._conversation is None else self._conversation.halted

    @property
    def refused(self) -> str | None:
        """What the broker does not let this device say, or which entries can never be sent."""
        said = None if self._link is None else self._link.refusal
        return said or (None if self._conversation is None else self._conversation.stranded)

    @property
    def refused_messages(self) -> int:
        """How many messages of head office made no sense, or came too fast to be looked at."""
        return self.dropped + (0 if self._conversation is None else self._conversation.refused)

    @property
    def fault(self) -> str | None:
        """Why head office cannot be reached, in plain words."""
        if self.halted is not None:
            return f"head office halted this device: {self.halted}"
        if self._key_fault is not None:
            return self._key_fault
        if self._link is not None and self._link.fault is not None:
            return self._link.fault
        if self.online:
            return None
        return self.refused or "head office does not answer"

    def _up(self) -> None:
        if self._conversation is not None:
            self._conversation.link_up()

    def _down(self) -> None:
        if self._conversation is not None:
            self._conversation.link_down()

    def _put(self, message: Arrived) -> None:
        """Take a message in; what a customer waits for goes first."""
        if len(self._inbox) >= _MOST_WAITING:
            self.dropped += 1
            message.done()
        elif message.topic.endswith("/grant") and self._is_asking:
            self._inbox.appendleft(message)
        else:
            self._inbox.append(message)

    @property
    def _is_asking(self) -> bool:
        return self._conversation is not None and bool(self._conversation.questions)

    def _soon(self, change: Callable[[], None]) -> None:
        """Change state on the loop and wake the task, from any thread."""

        def change_and_wake() -> None:
            change()
            self._wake.set()

        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(change_and_wake)
