"""Where tapledger itself errs, its log says at which call, and not with whose card."""

import asyncio
from pathlib import Path

import httpx
import pytest
from stocked import CARD, Stock
from structlog.testing import capture_logs

from agent.api import HealthView, create_app
from agent.lanes import Lanes
from agent.ledger import Ledger
from agent.metrics import make_metrics


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger in a directory."""
    return Stock(tmp_path / "ledger.db")


def _no_health() -> HealthView:
    raise NotImplementedError("nobody asks")


def test_an_address_with_a_card_is_not_logged(
    stock: Stock, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log names the route, whose address may hold a card's number."""
    till = stock.till(ledger)

    async def broken(*_: object) -> None:
        raise RuntimeError("a mistake")

    monkeypatch.setattr(till.members, "block_card", broken)
    app = create_app(
        till=till,
        lanes=Lanes(till, ("1",)),
        health=_no_health,
        metrics=make_metrics(_no_health, ledger, 0),
        till_tokens=("t",),
    )

    async def post() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        headers = {"Authorization": "Bearer t"}
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as pos:
            return await pos.post(f"/v1/cards/{CARD}/block", json={}, headers=headers)

    with capture_logs() as logs:
        answer = asyncio.run(post())
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    (line,) = [line for line in logs if line["event"] == "internal_error"]
    assert line["path"] == "/v1/cards/{token:path}/block"
    assert CARD not in repr(logs)
    assert CARD not in answer.text
