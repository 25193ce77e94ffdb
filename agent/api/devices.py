"""What readers and scanners see, as a stream: for an engineer who looks on, not for a lane."""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any, Literal, Protocol

from fastapi import APIRouter, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from agent.api.problems import answers
from agent.core.values import Value
from agent.lanes import Listener

__all__ = ["DeviceNews", "NoDevices", "Watched", "add_devices"]

_PING_S = 15
_STUCK_S = 30
"""Whoever takes nothing for so long is hung up on."""


class DeviceNews(Value):
    """One thing that happened to a reader or scanner. What a kind does not have is left out.

    A card's number is never here in full: ``token`` is masked as it is in the log.
    """

    at: datetime
    device: str
    lane: str | None
    kind: Literal["found", "lost", "card", "product", "visit", "refused"]
    token: str | None = None
    """Of a card and a visit: scheme and last characters."""
    proof: str | None = None
    """What the card proves: `any` (a number), `uid` (a chip's), `sdm` (a signature)."""
    counter: int | None = None
    """How often a card that signs was read in its life."""
    gtin: str | None = None
    lot: str | None = None
    expiry: str | None = None
    serial: str | None = None
    change: str | None = None
    """Of a visit: `arrived` or `left`."""
    zone: str | None = None
    reason: str | None = None
    """Why it was refused, in the words of `tapledger decode`."""
    fault: str | None = None
    """Why a device that was lost cannot be used."""

    def as_json(self) -> str:
        """Answer it as one line of JSON."""
        left_out = {name for name, value in self if value is None and name != "lane"}
        return self.model_dump_json(exclude=left_out)


class Watched(Protocol):
    """The devices, to whoever looks on."""

    def listen(self) -> AbstractContextManager[Listener[DeviceNews]]:
        """Hear what happens to every device, after how each stands now, until left."""
        ...


class NoDevices(Watched):
    """An agent without readers and scanners."""

    def listen(self) -> AbstractContextManager[Listener[DeviceNews]]:
        """Hear nothing."""
        return nullcontext(Listener[DeviceNews]())


def add_devices(routes: APIRouter, watched: Watched, tills_only: list[Any]) -> None:
    """Add the route."""

    @routes.get(
        "/v1/devices/events",
        dependencies=tills_only,
        response_class=EventSourceResponse,
        responses=answers(never=(422, 503)),
    )
    async def device_events() -> Response:
        """Stream what every reader and scanner of this agent sees: `found`, `lost`, `card`,
        `product`, `visit` and `refused` events.

        It begins with `found` or `lost` for each device. Card numbers are masked. Who does not
        keep up is hung up on.
        """

        async def stream() -> AsyncIterator[ServerSentEvent]:
            with watched.listen() as listener:
                async for news in listener.events():
                    yield ServerSentEvent(event=news.kind, data=news.as_json())

        return EventSourceResponse(stream(), ping=_PING_S, send_timeout=_STUCK_S)
