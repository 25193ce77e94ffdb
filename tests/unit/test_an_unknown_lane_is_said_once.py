"""A sale at a lane that nobody configured is taken, counts as said, and is warned of once."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from lane_shop import ANA, LaneShop, lane_shop
from stocked import sale_of
from structlog.testing import capture_logs

from agent.lanes import Lanes
from agent.lanes.strangers import MOST_NAMES, Strangers
from agent.till import Wish


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[LaneShop]:
    """A shop of the lanes 1 and 2."""
    with lane_shop(tmp_path / "ledger.db") as shop:
        yield shop


def warned(strangers: Strangers, names: list[str]) -> list[str]:
    """The lanes that the log warns of."""
    with capture_logs() as logs:
        for name in names:
            strangers.note(name)
    assert {line["event"] for line in logs} <= {"unknown_lane"}
    return [line["lane"] for line in logs]


def test_a_typo_is_taken_and_said(shop: LaneShop) -> None:
    """The sale has its points and its row of the day; the log names the lane, and only it."""

    async def trade() -> list[str]:
        with capture_logs() as logs:
            for lane in ("l", "1", "l", "2", "7"):
                assert (await shop.sell(ANA, lane)).points == 10
            await shop.lanes.settled()
        return [line["lane"] for line in logs if line["event"] == "unknown_lane"]

    assert asyncio.run(trade()) == ["l", "7"]
    day = asyncio.run(shop.till.day(sale_of(1000).business_date))
    assert {row.lane: row.sales for row in day.lanes} == {"l": 2, "1": 1, "2": 1, "7": 1}


def test_what_it_spends_is_told_where_it_was_held(shop: LaneShop) -> None:
    """The lane that shows points on hold hears that a sale elsewhere has captured them."""

    async def trade() -> list[str]:
        await shop.till.commit("s-0", sale_of(100_000, token=str(ANA)))
        held, _ = await shop.till.hold("r", Wish(token=str(ANA), points=500, lane="1"))
        shop.lanes.redemption_changed(held)
        shop.told()
        sale = sale_of(1_000, token=str(ANA)).model_copy(update={"redemptions": ("r",)})
        sold = await shop.till.commit("s", sale)
        shop.lanes.sale_committed("7", sold.answer, ANA, sold.captured)
        return [event.data["status"] for event in shop.told() if event.name == "redemption"]

    assert asyncio.run(trade()) == ["captured"]


def test_a_till_gone_wild_fills_no_log() -> None:
    """Of a hundred names each is said once, and of those beyond none."""
    names = [f"lane-{number}" for number in range(MOST_NAMES + 50)]
    strangers = Strangers(("1",))
    assert warned(strangers, names) == names[:100]
    assert warned(strangers, names) == []


def test_nothing_is_said_of_no_lane_and_of_no_configuration(shop: LaneShop) -> None:
    """A claim that says no lane, a lane that is configured, and a store without lanes."""
    assert warned(Strangers(("1",)), ["", "1"]) == []
    assert warned(Strangers(()), ["1", "2"]) == []
    assert list(Lanes(shop.till, ())) == []
