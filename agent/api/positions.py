"""Journal positions over HTTP: every answer to a till tells one, and a till may send it back.

``Tapledger-Position: epoch:seq:hash``, both ways. What a till sends is heard only after its token
was taken, and before anything else of its call, so that nobody without a token can freeze a ledger
and nothing is redeemed on one that was set back.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.api.auth import Access, Caller
from agent.core.heard import Heard
from agent.till import Till

__all__ = ["POSITION", "TellPosition", "hearing", "told"]

POSITION = "Tapledger-Position"

_MEANING = (
    "The position that the last answer of this agent carried. One that its journal does not have "
    "freezes redemption: the disk was set back."
)


def hearing(till: Till, access: Access) -> Callable[..., Awaitable[None]]:
    """Make what a till's calls depend on: its token, and then the position it sends."""

    async def hear(
        request: Request,
        _caller: Annotated[Caller, Depends(access.till)],
        position: Annotated[str | None, Header(alias=POSITION, description=_MEANING)] = None,
    ) -> None:
        if position is None:
            return
        try:
            heard = Heard.parse(position)
        except ValueError as error:
            mistake = {"loc": ("header", "tapledger_position"), "msg": str(error)}
            raise RequestValidationError([mistake]) from error
        await till.hear(heard, request.state.till)

    return hear


def told(till: Till) -> str:
    """Write the newest durable position as tills keep it."""
    head = till.head
    return f"{head.epoch}:{head.seq}:{head.hash.hex()}"


class TellPosition:
    """ASGI middleware that tells tills the newest durable position with each answer under /v1.

    It is outermost, so that refusals carry it too; only the 500 of a mistake of our own does not.
    """

    def __init__(self, app: ASGIApp, *, till: Till, access: Access) -> None:
        self._app = app
        self._till = till
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and put the header on the answer to a till."""
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        if self._access.till_of(Headers(scope=scope)) is None:
            await self._app(scope, receive, send)
            return

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[POSITION] = told(self._till)
            await send(message)

        await self._app(scope, receive, tell)
