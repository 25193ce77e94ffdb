"""What readers and scanners see, as a stream: for an engineer who looks on, not for a lane."""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

from fastapi import APIRouter, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from agent.api.problems import answers
from agent.lanes import Listener
from agent.news import DeviceNews

__all__ = ["NoDevices", "Watched", "add_devices"]

_PING_S = 15
_STUCK_S = 30
"""Whoever takes nothing for so long is hung up on."""


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
