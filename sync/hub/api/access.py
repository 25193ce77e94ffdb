"""Who may call: a bearer token for each clerk or program, and a cookie for the page.

Tokens are compared in constant time, and every configured one is compared. The page's session is
derived from the tokens: it outlives a restart, and ends when the tokens change.
"""

import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping

from fastapi import HTTPException, Request
from fastapi.security import HTTPBearer

__all__ = ["COOKIE", "HubAccess"]

COOKIE = "tapledger_office"


_HOW_TO = 'send "Authorization: Bearer …" with a token of [api.tokens] in the hub\'s configuration'


class _BadToken(HTTPException):
    def __init__(self) -> None:
        super().__init__(401, _HOW_TO, headers={"WWW-Authenticate": "Bearer"})


class _Bearer(HTTPBearer):
    """Lets clerks in, and says so in the API's description."""

    def __init__(self, judge: Callable[[Request], Awaitable[str]]) -> None:
        super().__init__(scheme_name="HTTPBearer")
        self._judge = judge

    async def __call__(self, request: Request) -> str:  # type: ignore[override]
        return await self._judge(request)


class HubAccess:
    """Judges requests. ``tokens`` are by the name of whom each was given to."""

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self._tokens = {name: token.encode() for name, token in tokens.items()}
        secret = b"\0".join(self._tokens.values()) or secrets.token_bytes(32)
        self.session = hmac.digest(secret, b"tapledger office", "sha256").hex()
        self.clerk = _Bearer(self._clerk)

    async def _clerk(self, request: Request) -> str:
        """Let a clerk in; answers their name. Raises 401."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        name = self.name_of(token.strip())
        if name is None or scheme.lower() != "bearer":
            raise _BadToken
        return name

    def name_of(self, token: str) -> str | None:
        """Answer whose token it is; None where it is nobody's."""
        given = token.encode()
        matches = [
            name for name, known in self._tokens.items() if hmac.compare_digest(given, known)
        ]
        return matches[0] if matches else None

    def has_session(self, request: Request) -> bool:
        """Say whether a browser has signed in."""
        cookie = request.cookies.get(COOKIE, "")
        return hmac.compare_digest(cookie.encode(), self.session.encode())

    async def own_page(self, request: Request) -> None:
        """Hold that a form was sent from a page of ours (Fetch Metadata, Sec-Fetch-Site)."""
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise HTTPException(403, "send the form from head office's own page")
