"""A till whose question met damage is told to ask again soon: it is mended within seconds."""

import asyncio

import httpx
from fastapi import FastAPI

from agent.api.problems import install
from agent.daemon import _FAULT_CHECK_S
from agent.ledger import LedgerDamaged


def test_a_till_is_not_kept_waiting() -> None:
    """The wait is no shorter than it takes until somebody looks, and no cashier's minute."""
    app = FastAPI()
    install(app)

    @app.get("/")
    def ask() -> None:
        raise LedgerDamaged("a page is ruined")

    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as pos:
            return await pos.get("/")

    answer = asyncio.run(get())
    assert (answer.status_code, answer.json()["code"]) == (503, "ledger_unavailable")
    assert _FAULT_CHECK_S <= int(answer.headers["Retry-After"]) <= 5
