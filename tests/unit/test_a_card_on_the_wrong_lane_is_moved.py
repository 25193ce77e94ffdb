"""A card that was laid on the wrong lane's reader is moved: it is a tap at the other lane."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from lane_shop import ANA, BEN, NOBODY, LaneShop, lane_shop

from agent.core.tokens import Token
from agent.lanes import NoCardShown, NoSuchCard, SameLane, UnknownLane


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[LaneShop]:
    """Two lanes and two members."""
    with lane_shop(tmp_path / "ledger.db") as shop:
        yield shop


def test_a_card_moves(shop: LaneShop) -> None:
    """It leaves its lane, which says so, and comes to the other; both is told and recorded."""

    async def run() -> None:
        await shop.tap(ANA)
        shop.cards()
        await shop.lanes.move("1", "2")
        (left,), (came,) = shop.cards("1"), shop.cards("2")
        assert (left["status"], left["to"], left["token"]) == ("moved", "2", str(ANA))
        assert (came["token"], came["lane"], came["cause"]) == (str(ANA), "2", "moved")
        assert came["account"] == await shop.account(ANA)
        assert (shop.tokens("1"), shop.tokens("2")) == ([], [ANA])
        assert shop.lanes["1"].moved == (ANA, "2")
        assert await shop.flags() == [("tap_moved", await shop.account(ANA), "1", "to lane 2")]

    asyncio.run(run())


def test_a_moved_card_is_asked_about_there(shop: LaneShop) -> None:
    """Where the other lane has a card that waits for its sale, the two are asked about."""

    async def run() -> None:
        await shop.tap(BEN, "2")
        await shop.tap(ANA, "1")
        await shop.lanes.move("1", "2")
        told = shop.cards("2")[-1]
        assert (told["question"], told["first"]["token"]) == ("which_card", str(BEN))
        assert shop.tokens("2") == [BEN, ANA]

    asyncio.run(run())


@pytest.mark.parametrize(("which", "moved", "stays"), [(None, BEN, ANA), (ANA, ANA, BEN)])
def test_of_two_cards_one_moves(
    shop: LaneShop, which: Token | None, moved: Token, stays: Token
) -> None:
    """Of two cards the newer one moves unless another is named; the one that stays is meant."""

    async def run() -> None:
        await shop.tap(ANA)
        await shop.tap(BEN)
        shop.cards()
        await shop.lanes.move("1", "2", which)
        assert (shop.tokens("1"), shop.tokens("2")) == ([stays], [moved])
        told = shop.cards("1")
        assert [(data["cause"], data["token"]) for data in told] == [
            ("moved", str(moved)),
            ("chosen", str(stays)),
        ]

    asyncio.run(run())


def test_a_moved_card_has_its_basket_there(shop: LaneShop) -> None:
    """A sale at the lane it moved to is its sale: nothing is recorded but the move."""

    async def run() -> None:
        await shop.tap(ANA)
        await shop.lanes.move("1", "2")
        await shop.sell(ANA, "2")
        await shop.tap(BEN, "2")
        await shop.tap(BEN, "1")
        assert [flag[0] for flag in await shop.flags()] == ["tap_moved"]

    asyncio.run(run())


def test_what_cannot_be_moved_stays(shop: LaneShop) -> None:
    """No card, no such card, no such lane, the same lane: refused, and nothing is recorded."""

    async def run() -> None:
        with pytest.raises(NoCardShown):
            await shop.lanes.move("1", "2")
        await shop.tap(ANA)
        for refusal, (lane, to, which) in {
            NoSuchCard: ("1", "2", NOBODY),
            UnknownLane: ("1", "9", None),
            SameLane: ("1", "1", None),
        }.items():
            with pytest.raises(refusal):
                await shop.lanes.move(lane, to, which)
        assert (shop.tokens("1"), shop.tokens("2"), await shop.flags()) == ([ANA], [], [])

    asyncio.run(run())
