"""A member's card that was shown and had no sale is recorded, and never in the way of a lane."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lane_shop import ANA, BEN, NOBODY, PATIENCE_S, LaneShop, lane_shop
from stocked import sale_of

from agent.lanes.flagging import MOST_AN_HOUR
from agent.ledger import LedgerUnavailable
from agent.till import Wish


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[LaneShop]:
    """Two lanes and two members."""
    with lane_shop(tmp_path / "ledger.db") as shop:
        yield shop


def test_patience_runs_out(shop: LaneShop) -> None:
    """A card nobody bought with leaves the screen after five minutes, and is recorded once."""

    async def run() -> None:
        await shop.tap(ANA)
        shop.now_s += PATIENCE_S - 1
        shop.lanes.look_after()
        assert shop.tokens() == [ANA]
        shop.cards()
        shop.now_s += 1
        shop.lanes.look_after()
        shop.lanes.look_after()
        assert [(data["status"], data["token"]) for data in shop.cards()] == [("gone", str(ANA))]
        assert shop.tokens() == []
        assert await shop.flags() == [("tap_without_basket", await shop.account(ANA), "1", "")]

    asyncio.run(run())


def test_both_of_two_cards_are_recorded(shop: LaneShop) -> None:
    """A question that nobody answers ends with the newer card's time, for both."""

    async def run() -> None:
        await shop.tap(ANA)
        shop.now_s += PATIENCE_S - 1
        await shop.tap(BEN)
        shop.now_s += PATIENCE_S - 1
        shop.lanes.look_after()
        assert shop.tokens() == [ANA, BEN]
        shop.now_s += 1
        shop.lanes.look_after()
        accounts = [flag[1] for flag in await shop.flags()]
        assert accounts == [await shop.account(ANA), await shop.account(BEN)]

    asyncio.run(run())


def test_a_replaced_card_is_recorded(shop: LaneShop) -> None:
    """A second card that a third one took the place of had no basket."""

    async def run() -> None:
        for token in (ANA, BEN, NOBODY):
            await shop.tap(token)
        assert await shop.flags() == [("tap_without_basket", await shop.account(BEN), "1", "")]

    asyncio.run(run())


def test_a_sale_is_a_basket(shop: LaneShop) -> None:
    """A card that was bought with is not recorded, and leaves the screen all the same."""

    async def run() -> None:
        await shop.tap(ANA)
        shop.now_s += PATIENCE_S - 1
        await shop.sell(ANA)
        shop.now_s += PATIENCE_S - 1
        shop.lanes.look_after()
        assert shop.tokens() == [ANA]
        shop.now_s += 1
        shop.lanes.look_after()
        assert (shop.tokens(), await shop.flags()) == ([], [])

    asyncio.run(run())


def test_a_claim_is_a_basket(shop: LaneShop) -> None:
    """A card that comes after its sale was paid had its basket."""

    async def run() -> None:
        await shop.sell(None)
        await shop.tap(ANA)
        claimed = await shop.till.claim("s-1", str(ANA))
        assert claimed.lane == "1"
        shop.lanes.sale_committed(claimed.lane, claimed.answer, ANA)
        shop.now_s += PATIENCE_S
        shop.lanes.look_after()
        assert await shop.flags() == []

    asyncio.run(run())


@pytest.mark.parametrize("lane", ["1", "2", "9"])
def test_the_sale_that_passed_a_card_over_may_be_its_basket(shop: LaneShop, lane: str) -> None:
    """A card is shown, its sale is paid without it, and then the card claims it: no flag."""

    async def run() -> None:
        await shop.tap(ANA)
        await shop.sell(None)
        claimed = await shop.till.claim("s-1", str(ANA), lane=lane)
        shop.lanes.sale_committed(claimed.lane or "", claimed.answer, claimed=True)
        shop.now_s += PATIENCE_S
        shop.lanes.look_after()
        assert await shop.flags() == []

    asyncio.run(run())


def test_a_cards_time_to_claim_begins_with_the_sale(shop: LaneShop) -> None:
    """However long it lay there before, it has its five minutes."""

    async def run() -> None:
        await shop.tap(ANA)
        shop.now_s += PATIENCE_S - 10
        await shop.sell(None)
        shop.now_s += 20
        shop.lanes.look_after()
        assert await shop.flags() == []
        shop.now_s += PATIENCE_S
        shop.lanes.look_after()
        assert [flag[0] for flag in await shop.flags()] == ["tap_without_basket"]

    asyncio.run(run())


def test_a_claim_by_another_card_is_not_its_basket(shop: LaneShop) -> None:
    """Where somebody else's card claims the sale, the card that was shown is recorded at once."""

    async def run() -> None:
        await shop.tap(ANA)
        await shop.sell(None)
        claimed = await shop.till.claim("s-1", str(BEN))
        shop.lanes.sale_committed("1", claimed.answer, claimed=True)
        assert await shop.flags() == [("tap_without_basket", await shop.account(ANA), "1", "")]

    asyncio.run(run())


@pytest.mark.parametrize("claims", [True, False])
def test_two_cards_that_a_sale_passed_over_are_both_recorded(shop: LaneShop, claims: bool) -> None:
    """Each of them, or the other one where one of them claims the sale."""

    async def run() -> None:
        await shop.tap(ANA)
        await shop.tap(BEN)
        await shop.sell(None)
        left = [ANA, BEN]
        if claims:
            claimed = await shop.till.claim("s-1", str(BEN))
            shop.lanes.sale_committed("1", claimed.answer, claimed=True)
            left = [ANA]
        shop.now_s += PATIENCE_S
        shop.lanes.look_after()
        accounts = [flag[1] for flag in await shop.flags() if flag[0] == "tap_without_basket"]
        assert accounts == [await shop.account(each) for each in left]

    asyncio.run(run())


def test_quotes_holds_and_other_lanes_are_none(shop: LaneShop) -> None:
    """A quote and a hold are no sale, and a sale at another lane is not this lane's."""

    async def run() -> None:
        for _ in range(60):
            await shop.sell(ANA, "2")
        await shop.tap(ANA)
        quote = await shop.till.quote(sale_of(1000, token=str(ANA)))
        shop.lanes.quoted("1", quote)
        wish = Wish(token=str(ANA), points=500, lane="1")
        shop.lanes.redemption_changed((await shop.till.hold("r-1", wish))[0])
        await shop.sell(ANA, "2")
        shop.now_s += PATIENCE_S
        shop.lanes.look_after()
        assert await shop.flags() == [("tap_without_basket", await shop.account(ANA), "1", "")]

    asyncio.run(run())


def test_an_unknown_card_is_nobodys(shop: LaneShop) -> None:
    """A card that nobody knows has no account, and is not recorded."""

    async def run() -> None:
        await shop.tap(NOBODY)
        shop.now_s += PATIENCE_S
        shop.lanes.look_after()
        assert await shop.flags() == []

    asyncio.run(run())


def test_a_lane_fills_no_journal(shop: LaneShop) -> None:
    """Twenty an hour are written for a lane, the rest is counted; other lanes have their own."""

    async def run() -> None:
        async def play(lane: str, times: int) -> None:
            for _ in range(times):
                await shop.tap(ANA, lane)
                (shown,) = shop.lanes[lane].cards
                shown.at_s -= PATIENCE_S
                shop.lanes.look_after()

        await play("1", MOST_AN_HOUR + 5)
        assert len(await shop.flags()) == MOST_AN_HOUR
        assert shop.lanes._flagging.withheld["1", "tap_without_basket"] == 5
        await play("2", 1)
        assert len(await shop.flags()) == MOST_AN_HOUR + 1
        shop.now_s += 3600
        await play("1", 1)
        assert len(await shop.flags()) == MOST_AN_HOUR + 2
        assert not shop.lanes._flagging.withheld

    asyncio.run(run())


def test_a_ledger_that_cannot_write_holds_no_lane_up(
    shop: LaneShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be written now is written later; the lane has gone on meanwhile."""
    monkeypatch.setattr(LedgerUnavailable, "retry_after_s", 0)

    async def full(_job: Any) -> None:
        raise LedgerUnavailable("the disk is full")

    async def run() -> None:
        with monkeypatch.context() as broken:
            broken.setattr(shop.ledger, "write", full)
            await shop.tap(ANA)
            shop.now_s += PATIENCE_S
            await shop.tap(BEN)
            assert shop.tokens() == [BEN]
            await shop.lanes.settled()
        assert await shop.flags() == [("tap_without_basket", await shop.account(ANA), "1", "")]

    asyncio.run(run())
