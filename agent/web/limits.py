"""Bounded input: a body over the limit is refused while it arrives, never collected first."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.web.problems import Problems

__all__ = ["MAX_BODY_BYTES", "BodyLimit"]

MAX_BODY_BYTES = 1024 * 1024
"""A basket of 5,000 lines with long texts; a till's longest is nowhere near."""

_TOO_LARGE = f"a body may hold {MAX_BODY_BYTES} bytes"


class _TooLarge(Exception):
    """Ends the reading of a body."""


class BodyLimit:
    """ASGI middleware that answers 413 for a body over ``MAX_BODY_BYTES``."""

    def __init__(self, app: ASGIApp, *, problems: Problems) -> None:
        self._app = app
        self._problems = problems

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its body counted."""
        if scope["type"] != "http" or scope["path"] == "/healthz":  # it reads no body, of any size
            await self._app(scope, receive, send)
            return
        declared = _declared_bytes(scope)
        if declared is not None and declared > MAX_BODY_BYTES:
            await self._problems.send(send, "too_large", _TOO_LARGE)
            return
        if declared is not None:  # the server reads no more than was declared
            await self._app(scope, receive, send)
            return
        received = 0
        answered = False

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > MAX_BODY_BYTES:
                raise _TooLarge
            return message

        async def judged(message: Message) -> None:
            """Answer in place of the application, which takes what was raised for a bad body."""
            nonlocal answered
            if received <= MAX_BODY_BYTES:
                await send(message)
            elif not answered:
                answered = True
                await self._problems.send(send, "too_large", _TOO_LARGE)

        await self._app(scope, counted, judged)


def _declared_bytes(scope: Scope) -> int | None:
    """Answer the declared length; None where there is none that the server would hold."""
    headers = dict(scope["headers"])
    declared = headers.get(b"content-length", b"")
    if b"transfer-encoding" in headers or not declared.isdigit():
        return None
    return int(declared[:20])
