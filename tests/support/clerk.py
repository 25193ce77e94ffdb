"""A clerk of head office: its HTTP API over books in memory."""

import asyncio
from typing import Any

import httpx
from books import NOW, Books

from sync.hub.api import create_app
from sync.hub.health import HubHealth

__all__ = ["CLERK", "Clerk"]

CLERK = "token-of-the-clerk"
_WELL = HubHealth(status="ok", reasons=(), online=True, workers=1, entries=0, refused_messages=0)


class Clerk:
    """Asks the API, with a token or without one, and keeps the cookies it is given."""

    def __init__(
        self,
        books: Books,
        *,
        token: str | None = CLERK,
        tenant: str | None = None,
        name: str = "ana",
    ) -> None:
        self._app = create_app(
            database=books.database,
            now=lambda: NOW,
            health=lambda: _WELL,
            metrics=lambda: b"tapledger_up 1\n",
            tokens={name: CLERK},
            tenant=tenant,
        )
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._cookies = httpx.Cookies()

    def get(self, address: str) -> httpx.Response:
        """Ask for something."""
        return self._ask("GET", address)

    def post(self, address: str, **said: Any) -> httpx.Response:
        """Have something done."""
        return self._ask("POST", address, **said)

    def put(self, address: str, **said: Any) -> httpx.Response:
        """Have something kept."""
        return self._ask("PUT", address, **said)

    def delete(self, address: str) -> httpx.Response:
        """Have something taken away."""
        return self._ask("DELETE", address)

    def _ask(self, method: str, address: str, **said: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(
                transport=transport,
                base_url="http://office.test",
                headers=self._headers,
                cookies=self._cookies,
                follow_redirects=True,
            ) as client:
                answer = await client.request(method, address, **said)
                self._cookies = client.cookies
                return answer

        return asyncio.run(ask())
