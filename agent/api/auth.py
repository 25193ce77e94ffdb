"""Who may call: a bearer token per till, and a cookie for screens opened on this machine.

Tokens are compared in constant time, and every configured one is compared, so that the time taken
says nothing about any of them.
"""

import hmac
import ipaddress
import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Literal

from fastapi import HTTPException, Request
from fastapi.security import HTTPBearer
from starlette.datastructures import Headers

__all__ = ["SCREEN_COOKIE", "Access", "Caller"]

# Read here and not by Starlette, which puts the server's own address where the header is malformed.
_HOST = re.compile(r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+)(?::[0-9]+)?")

SCREEN_COOKIE = "tapledger_screen"

Caller = Literal["till", "screen"]


class BadToken(HTTPException):
    """No till's token, or none at all."""

    def __init__(self) -> None:
        super().__init__(401, headers={"WWW-Authenticate": "Bearer"})


class _TillOnly(HTTPBearer):
    """Lets tills in, and says so in the API's description."""

    def __init__(self, judge: Callable[[Request], Awaitable[Caller]]) -> None:
        super().__init__(scheme_name="HTTPBearer")
        self._judge = judge

    async def __call__(self, request: Request) -> Caller:  # type: ignore[override]
        return await self._judge(request)


class Access:
    """Judges requests.

    The screens' session is derived from the till tokens, so that a page that was open before a
    restart is live again after it; a change of the tokens ends it.
    """

    def __init__(self, till_tokens: tuple[str, ...]) -> None:
        self._till_tokens = tuple(token.encode() for token in till_tokens)
        self.till = _TillOnly(self._till)
        secret = b"\0".join(self._till_tokens) or secrets.token_bytes(32)
        self.screen_session = hmac.digest(secret, b"tapledger screen", "sha256").hex()

    async def _till(self, request: Request) -> Caller:
        """Let a till in, and note which one. Raises BadToken."""
        till = self.till_of(request.headers)
        if till is None:
            raise BadToken
        request.state.till = till
        return "till"

    def till_of(self, headers: Headers) -> int | None:
        """Answer which till's token a request carries, counted from 0; None where it has none."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        given = token.strip().encode()
        matches = [hmac.compare_digest(given, known) for known in self._till_tokens]
        return matches.index(True) if scheme.lower() == "bearer" and any(matches) else None

    async def till_or_screen(self, request: Request) -> Caller:
        """Let in a till, or a screen that was opened on this machine. Raises BadToken."""
        cookie = request.cookies.get(SCREEN_COOKIE, "")
        if hmac.compare_digest(cookie.encode(), self.screen_session.encode()):
            return "screen"
        return await self._till(request)

    async def own_page(self, request: Request) -> None:
        """Hold that a button was pressed on a page of ours, not of another port of this machine.

        Another port is the same site to a cookie; the browser itself says where it was pressed
        (Fetch Metadata, Sec-Fetch-Site), and one that does not has the cookie's word.
        """
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise HTTPException(403, "press the button on the lane's own page")

    async def this_machine(self, request: Request) -> None:
        """Hold that a page is opened on this machine and under its own name.

        The Host header is held too: a foreign name that was bound to 127.0.0.1 is turned away.
        """
        peer = request.client.host if request.client else ""
        host = _HOST.fullmatch(request.headers.get("host", ""))
        if not (_is_loopback(peer) and host and _is_loopback(host[1].strip("[]"))):
            raise HTTPException(403, "open the lane's page on the store's own machine")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
