"""A sale whose entry was dropped is still known under its id, and a retry is told so for good."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from stocked import CARD, Stock, flip, sale_of, segments_of

from agent.api import create_app
from agent.lanes import Lanes
from agent.ledger import Ledger, replay
from agent.ledger.backup import make_backup
from agent.ledger.budget import DiskBudget
from agent.metrics import make_metrics
from agent.till import SaleIdReused, SaleRecorded
from agent.tools.documents import _no_health

OLD = "sale-1"


def drop_by_budget(_stock: Stock, ledger: Ledger) -> None:
    """Let the disk budget drop what head office holds."""
    asyncio.run(DiskBudget(ledger, budget_bytes=0, alone=False).hold())


def drop_by_recovery(stock: Stock, ledger: Ledger) -> None:
    """Damage a sealed file: what follows is begun with a backup that has nothing older."""
    make_backup(stock.places, "full")
    (sealed, *_) = segments_of(stock.path)
    flip(sealed, sealed.stat().st_size // 2)
    ledger.recover("a sealed file was damaged")


DROPPED: dict[str, Callable[[Stock, Ledger], None]] = {
    "the disk budget": drop_by_budget,
    "a recovery": drop_by_recovery,
}


@pytest.fixture(params=DROPPED)
def dropped(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Stock, Ledger]]:
    """A running ledger whose oldest sales are no longer there, whatever dropped them."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell(ledger, 20)
        stock.acknowledge(ledger)
        stock.day += 50
        stock.sell(ledger, 1)
        stock.acknowledge(ledger)
        assert stock.seal(ledger) == 1
        DROPPED[request.param](stock, ledger)
        known = asyncio.run(ledger.read(lambda view: view.sale(OLD)))
        assert known is not None
        assert known.recorded is None, "this test is about a sale whose body is gone"
        yield stock, ledger


def test_a_retry_is_told_that_the_sale_counts(dropped: tuple[Stock, Ledger]) -> None:
    """The same sale again, as often as it comes, is neither written nor called another's."""
    stock, ledger = dropped
    before, head = stock.identify(ledger), ledger.head
    for _ in range(3):
        with pytest.raises(SaleRecorded, match=r"committed as entry 0:2 with 10 points"):
            stock.commit(ledger, OLD)
    assert ledger.head == head
    assert stock.identify(ledger) == before
    replay(stock.path)


def test_a_basket_of_another_total_is_another_sale(dropped: tuple[Stock, Ledger]) -> None:
    """What cannot be the same sale is refused as one that reuses the id."""
    stock, ledger = dropped
    head = ledger.head
    with pytest.raises(SaleIdReused, match=r"another basket of 10\.00 USD;"):
        asyncio.run(stock.till(ledger).commit(OLD, sale_of(999, token=CARD)))
    assert ledger.head == head


def test_a_pos_reads_a_code_that_ends_its_retries(dropped: tuple[Stock, Ledger]) -> None:
    """Over HTTP it is 409 ``sale_recorded``, which no POS takes for a fault that passes."""
    stock, ledger = dropped
    till = stock.till(ledger)
    app = create_app(
        till=till,
        lanes=Lanes(till, ("1",)),
        health=_no_health,
        metrics=make_metrics(_no_health, ledger, 0),
        till_tokens=("t",),
    )

    async def put() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as pos:
            return await pos.put(
                f"/v1/sales/{OLD}",
                content=sale_of(1000, token=CARD).model_dump_json(),
                headers={"Authorization": "Bearer t"},
            )

    answer = asyncio.run(put())
    assert (answer.status_code, answer.json()["code"]) == (409, "sale_recorded")
    assert "Retry-After" not in answer.headers
