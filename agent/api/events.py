"""The lanes' event streams, for POS and screens."""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from agent.api.auth import Access, Caller
from agent.api.health import Health
from agent.api.positions import told
from agent.api.problems import answers, problem
from agent.core.values import Code
from agent.lanes import Lanes
from agent.till import Till

__all__ = ["add_events"]

_PING_S = 15


def add_events(routes: APIRouter, till: Till, lanes: Lanes, health: Health, access: Access) -> None:
    """Add the route."""

    @routes.get(
        "/v1/events", response_class=EventSourceResponse, responses=answers(404, never=(503,))
    )
    async def events(
        lane: Annotated[Code, Query(description="The lane to listen to.")],
        caller: Annotated[Caller, Depends(access.till_or_screen)],
    ) -> Response:
        """Stream what happens at one lane: ``card``, ``quote``, ``sale``, ``redemption`` and
        ``status`` events.

        The first event is always ``status``; its ``position`` is what the header
        `Tapledger-Position` says, and comes anew before rights go back to head office, so that
        a till that is quiet knows of it too. A screen is told that something happened, not what:
        it asks for its panel, so that no card number reaches a browser.
        """
        if lane not in lanes:
            return problem("unknown_lane", f"no lane '{lane}' is configured")

        def stated(status: dict[str, Any]) -> dict[str, Any]:
            return status | {"position": told(till)}

        async def stream() -> AsyncIterator[ServerSentEvent]:
            with lanes.listen(lane) as listener:
                yield _event("status", stated(health().model_dump(mode="json")), caller)
                async for event in listener.events():
                    if event.name == "screen" and caller == "till":
                        continue
                    data = stated(event.data) if event.name == "status" else event.data
                    yield _event(event.name, data, caller)

        return EventSourceResponse(stream(), ping=_PING_S)


def _event(name: str, data: dict[str, Any], caller: Caller) -> ServerSentEvent:
    shown = data if caller == "till" else {}
    return ServerSentEvent(event=name, data=json.dumps(shown, separators=(",", ":")))
