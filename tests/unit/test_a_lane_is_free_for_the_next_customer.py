"""The member before is gone from the screens when the next customer's turn comes."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from lane_shop import ANA, BEN, PATIENCE_S, LaneShop, lane_shop

from agent.core.facts import CardState
from agent.core.tokens import Token
from agent.lanes.lane import THANKS_S


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[LaneShop]:
    """Two lanes and two members."""
    with lane_shop(tmp_path / "ledger.db") as shop:
        yield shop


@pytest.mark.parametrize("next_one", [None, BEN], ids=["no card", "another member's"])
def test_the_next_customers_sale_ends_the_member_before(
    shop: LaneShop, next_one: Token | None
) -> None:
    """After Ana's sale a sale that is not hers takes her off the lane, and no tap is recorded."""

    async def run() -> None:
        await shop.tap(ANA)
        await shop.sell(ANA)
        await shop.lanes.settled()
        shop.told()
        answer = await shop.sell(next_one)
        assert (shop.tokens(), shop.lanes["1"].sale) == ([], answer)
        told = shop.told()
        assert [event.name for event in told] == ["card", "sale"]
        assert (told[0].data["status"], told[0].data["token"]) == ("gone", str(ANA))
        assert await shop.flags() == []

    asyncio.run(run())


def test_a_card_that_was_passed_over_is_recorded(shop: LaneShop) -> None:
    """A card that was shown leaves with a sale that is not its own, and had no basket.

    Where the sale had no card, the card may yet claim it, within the five minutes of any card.
    """

    async def run() -> None:
        await shop.tap(ANA)
        await shop.sell(None)
        assert (shop.tokens(), await shop.flags()) == ([], [])
        shop.now_s += PATIENCE_S
        shop.lanes.look_after()
        shop.lanes.look_after()
        assert await shop.flags() == [("tap_without_basket", await shop.account(ANA), "1", "")]

    asyncio.run(run())


def test_a_card_that_another_members_sale_passed_over_is_recorded_at_once(shop: LaneShop) -> None:
    """A sale that is another member's can be claimed by nobody."""

    async def run() -> None:
        await shop.tap(ANA)
        await shop.sell(BEN)
        assert await shop.flags() == [("tap_without_basket", await shop.account(ANA), "1", "")]

    asyncio.run(run())


def test_a_question_stays_open(shop: LaneShop) -> None:
    """While two cards are asked about, a sale without a card answers nothing."""

    async def run() -> None:
        await shop.tap(ANA)
        await shop.tap(BEN)
        await shop.sell(None)
        assert shop.tokens() == [ANA, BEN]

    asyncio.run(run())


def test_a_claim_ends_nobody(shop: LaneShop) -> None:
    """A claim of an earlier sale leaves the card that lies there for its own sale."""

    async def run() -> None:
        await shop.sell(None)
        await shop.tap(BEN)
        claimed = await shop.till.claim("s-1", str(ANA))
        shop.lanes.sale_committed("1", claimed.answer, claimed=True)
        assert shop.tokens() == [BEN]
        await shop.lanes.settled()

    asyncio.run(run())


def rests(shop: LaneShop) -> bool:
    """Let the lanes look after themselves; say whether lane 1 asks for a card again."""
    shop.lanes.look_after()
    return shop.lanes["1"].resting


def test_thanks_do_not_stay(shop: LaneShop) -> None:
    """Twenty seconds after a sale the customer's page is told to ask for a card, once; a return
    of goods, or the card again, is shown as long.
    """

    async def run() -> None:
        await shop.tap(ANA)
        shop.now_s += THANKS_S
        assert not rests(shop)  # its sale is still to come
        await shop.sell(ANA)
        shop.now_s += THANKS_S - 1
        assert not rests(shop)
        shop.told()
        shop.now_s += 1
        assert (rests(shop), rests(shop)) == (True, True)
        assert [event.name for event in shop.told()] == ["screen"]
        back, _ = await shop.till.void("s-1")
        shop.lanes.taken_back(back)
        assert not rests(shop)
        shop.now_s += THANKS_S
        assert rests(shop)
        await shop.tap(ANA)
        assert not rests(shop)
        await shop.lanes.settled()

    asyncio.run(run())


def test_what_happens_to_others_wakes_nobody(shop: LaneShop) -> None:
    """Another member's goods that come back at the lane do not show the member before again."""

    async def run() -> None:
        await shop.sell(BEN)
        await shop.tap(ANA)
        await shop.sell(ANA)
        shop.now_s += THANKS_S
        assert rests(shop)
        back, _ = await shop.till.void("s-1")
        shop.lanes.taken_back(back)
        assert rests(shop)
        await shop.lanes.settled()

    asyncio.run(run())


@pytest.mark.parametrize("state", ["blocked", "lost"])
def test_a_card_that_is_out_of_use_does_not_stay(
    shop: LaneShop, state: Literal["blocked", "lost"]
) -> None:
    """That a card is blocked or lost stands there for twenty seconds, and no longer."""

    async def run() -> None:
        account = await shop.account(ANA)
        fact = CardState(token=str(ANA), account=account, state=state)
        await shop.ledger.write(lambda transaction: transaction.append(fact))
        await shop.tap(ANA)
        shop.now_s += THANKS_S - 1
        assert not rests(shop)
        shop.now_s += 1
        assert rests(shop)

    asyncio.run(run())
