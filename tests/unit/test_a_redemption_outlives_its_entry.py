"""What became of a redemption is answered, also when its entry was dropped to keep the budget."""

import asyncio
from pathlib import Path

import pytest
from stocked import CARD, Stock

from agent.ledger import Ledger, replay
from agent.till import RedemptionIdReused, Till, Wish


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger; whatever a test did to it, it replays."""
    return Stock(tmp_path / "ledger.db")


async def _hold(till: Till) -> None:
    for redemption_id in ("captured", "released", "open"):
        await till.hold(redemption_id, Wish(token=CARD, points=500, sale_id="later", lane="1"))
    await till.capture("captured")
    await till.release("released")


def drop(stock: Stock, ledger: Ledger) -> Till:
    """Hold three redemptions, end two of them, and give up the segment that they stand in."""
    stock.enrol(ledger)
    stock.sell(ledger, 150)
    asyncio.run(_hold(stock.till(ledger)))
    stock.sell_and_seal(ledger, 1)
    stock.acknowledge(ledger)
    stock.drop_oldest(ledger)
    assert not list(stock.places.segments.iterdir())
    return stock.till(ledger)


def test_a_retry_is_answered_as_before(stock: Stock) -> None:
    """A capture, a release and a hold that are asked for again; another wish is another one's."""
    with stock.running() as ledger:
        till = drop(stock, ledger)
        for again in (till.capture("captured"), till.release("released")):
            answer, replayed = asyncio.run(again)
            assert (answer.status, answer.points, replayed) == (answer.redemption_id, 500, True)
        answer, replayed = asyncio.run(till.hold("captured", Wish(token=CARD, points=500)))
        assert (answer.status, answer.captured, answer.lane, replayed) == (
            "captured",
            500,
            None,
            True,
        )
        with pytest.raises(RedemptionIdReused):
            asyncio.run(till.hold("captured", Wish(token=CARD, reward="coffee")))
    replay(stock.path)


def test_its_points_go_back_when_its_time_is_up(stock: Stock) -> None:
    """A hold that is still open when its time is up stops nobody's look at what is due."""
    with stock.running() as ledger:
        till = drop(stock, ledger)
        (released,) = asyncio.run(till.release_overdue())
        assert (released.redemption_id, released.status) == ("open", "released")
    replay(stock.path)
