"""Lanes: what is going on at each till right now, and who wants to hear of it.

A lane holds the card shown last and the sale committed last, because that is what its screen shows.
Listeners get events through bounded queues; one that does not keep up is dropped and connects
again, which shows it the present state.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

import structlog

from agent.core.answer import SaleAnswer
from agent.core.tokens import Token
from agent.ledger import LedgerUnavailable
from agent.till import AccountView, Till, UnknownCard

__all__ = ["EventName", "Lane", "LaneEvent", "Lanes", "Listener"]

_MOST_UNREAD = 100

_log = structlog.get_logger(__name__)

EventName = Literal["card", "sale", "status"]


@dataclass(frozen=True, kw_only=True, slots=True)
class LaneEvent:
    """Something a lane's screen and POS want to know; ``data`` is JSON-ready."""

    name: EventName
    data: dict[str, Any]


class Listener:
    """One open stream. Ends when the agent stops, or when it fell too far behind."""

    def __init__(self) -> None:
        self._unread: asyncio.Queue[LaneEvent | None] = asyncio.Queue(_MOST_UNREAD)
        self._ended = False

    def tell(self, event: LaneEvent) -> None:
        """Hand an event over; a listener with no room left is ended."""
        try:
            self._unread.put_nowait(event)
        except asyncio.QueueFull:
            self.end()

    def end(self) -> None:
        """Make the stream stop after what it has read."""
        self._ended = True
        with suppress(asyncio.QueueFull):
            self._unread.put_nowait(None)

    async def events(self) -> AsyncIterator[LaneEvent]:
        """Yield events as they come, until ended."""
        while not self._ended or not self._unread.empty():
            event = await self._unread.get()
            if event is None:
                return
            yield event


@dataclass(slots=True, kw_only=True)
class Lane:
    """One till's present state."""

    name: str
    presentations: int = 0
    reader: str | None = None
    token: Token | None = None
    member: AccountView | None = None
    sale: SaleAnswer | None = None
    trouble: str | None = None
    listeners: set[Listener] = field(default_factory=set)

    def tell(self, event: LaneEvent) -> None:
        """Tell everyone who listens to this lane."""
        for listener in tuple(self.listeners):
            listener.tell(event)


class Lanes:
    """Every lane of the store. Lives on the event loop; nothing here is called from a thread."""

    def __init__(self, till: Till, names: tuple[str, ...]) -> None:
        self._till = till
        self._stopped = False
        self._lanes = {name: Lane(name=name) for name in names}

    def __contains__(self, name: str) -> bool:
        return name in self._lanes

    def __getitem__(self, name: str) -> Lane:
        return self._lanes[name]

    def __iter__(self) -> Iterator[Lane]:
        return iter(self._lanes.values())

    async def card_presented(self, name: str, reader: str, token: Token) -> None:
        """A card was laid on one of the lane's readers: say whose it is."""
        lane = self._lanes[name]
        lane.presentations += 1
        this_one = lane.presentations
        member, trouble, status = await self._look_up(token)
        if this_one != lane.presentations:
            return  # another card was laid down while this one was looked up
        lane.reader, lane.token, lane.member, lane.trouble = reader, token, member, trouble
        lane.sale = None
        _log.info("card_presented", lane=name, reader=reader, token=token.masked, status=status)
        seen = {"lane": name, "reader": reader, "token": str(token), "status": status}
        account = {} if member is None else member.model_dump(mode="json")
        lane.tell(LaneEvent(name="card", data=account | seen))

    async def _look_up(self, token: Token) -> tuple[AccountView | None, str | None, str]:
        """Answer the member, what went wrong, and the status to tell."""
        try:
            member = await self._till.identify(str(token))
        except UnknownCard:
            return None, None, "unknown_card"
        except LedgerUnavailable as error:
            return None, str(error), "unavailable"
        return member, None, member.status

    async def card_enrolled(self, token: Token, name: str | None) -> None:
        """A card became an account: a lane that shows it as unknown shows the member now."""
        for lane in self._lanes.values():
            if lane.token == token and lane.reader and name in (None, lane.name):
                await self.card_presented(lane.name, lane.reader, token)

    def sale_committed(self, name: str, answer: SaleAnswer) -> None:
        """A sale of this lane is on disk. A lane nobody configured has nobody listening."""
        lane = self._lanes.get(name)
        if lane is None:
            return
        lane.sale = answer
        if not lane.listeners:
            return
        lane.tell(LaneEvent(name="sale", data=answer.model_dump(mode="json") | {"lane": name}))

    def status_changed(self, data: dict[str, Any]) -> None:
        """The line went down or came back, a reader was lost or found: every lane hears of it."""
        for lane in self._lanes.values():
            lane.tell(LaneEvent(name="status", data=data))

    @contextmanager
    def listen(self, name: str) -> Iterator[Listener]:
        """Hear what happens at one lane, until left."""
        listener = Listener()
        listeners = self._lanes[name].listeners
        listeners.add(listener)
        if self._stopped:  # a POS connects again at once when its stream ends
            listener.end()
        try:
            yield listener
        finally:
            listeners.discard(listener)

    def stop(self) -> None:
        """End every stream, and those that are opened from now on."""
        self._stopped = True
        for lane in self._lanes.values():
            for listener in lane.listeners:
                listener.end()
