"""What a lane shows of an account is what is true now, whichever lane changed it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from lane_shop import ANA, BEN, LaneShop, lane_shop
from stocked import sale_of

from agent.till import Wish


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[LaneShop]:
    """Two lanes; Ana has 600 points."""
    with lane_shop(tmp_path / "ledger.db") as shop:

        async def stock() -> None:
            await shop.till.commit("s-0", sale_of(60_000, token=str(ANA)))

        asyncio.run(stock())
        yield shop


def test_a_sale_elsewhere_is_shown(shop: LaneShop) -> None:
    """A sale at lane 2 changes what lane 1 shows of that account, and lane 1 is told."""

    async def run() -> None:
        await shop.tap(ANA, "1")
        shop.told("1")
        await shop.sell(ANA, "2")
        member = shop.lanes["1"].member
        assert member is not None
        assert member.balance == 610  # at once
        await shop.lanes.settled()
        (told,) = shop.cards("1")
        assert (told["cause"], told["balance"], told["redeemable_now"]) == ("changed", 610, 610)

    asyncio.run(run())


def test_many_sales_are_one_look(shop: LaneShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many sales an account has at once, one look-up waits for it at most."""

    async def run() -> None:
        await shop.tap(ANA, "1")
        asked = 0
        identify = shop.till.identify

        async def counted(text: str) -> object:
            nonlocal asked
            asked += 1
            return await identify(text)

        monkeypatch.setattr(shop.till, "identify", counted)
        answers = [await shop.till.commit(f"m-{n}", sale_of(1000, token=str(ANA))) for n in (1, 2)]
        for committed in answers * 50:
            shop.lanes.sale_committed("2", committed.answer, ANA)
        await shop.lanes.settled()
        assert asked == 1

    asyncio.run(run())


def test_a_sale_during_the_look_up_is_shown(
    shop: LaneShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sale that is answered while a tap is looked up is not missing from what the tap shows."""

    async def run() -> None:
        identify = shop.till.identify

        async def slow(text: str) -> object:
            view = await identify(text)
            monkeypatch.setattr(shop.till, "identify", identify)
            await shop.sell(ANA, "2")
            return view

        monkeypatch.setattr(shop.till, "identify", slow)
        await shop.tap(ANA, "1")
        await shop.lanes.settled()
        member = shop.lanes["1"].member
        assert member is not None
        assert member.balance == 610

    asyncio.run(run())


def test_a_redemption_is_told_where_it_is_held(shop: LaneShop) -> None:
    """Hold and release are told at their lane; every lane with the account shows the balance."""

    async def run() -> None:
        await shop.tap(ANA, "1")
        await shop.tap(ANA, "2")
        shop.told("1")
        shop.told("2")
        held, _ = await shop.till.hold("r-1", Wish(token=str(ANA), points=500, lane="1"))
        shop.lanes.redemption_changed(held)
        shown = [lane.member for lane in shop.lanes if lane.member is not None]
        assert [member.balance for member in shown] == [100, 100]
        assert shop.lanes["1"].held == {"r-1": held}
        await shop.lanes.settled()
        assert [event.name for event in shop.told("1")] == ["redemption", "card"]
        assert [event.name for event in shop.told("2")] == ["card"]
        released, _ = await shop.till.release("r-1")
        shop.lanes.redemption_changed(released)
        (told,) = shop.told("1")
        assert (told.name, told.data["status"], told.data["lane"]) == (
            "redemption",
            "released",
            "1",
        )
        assert (shop.lanes["1"].held, shop.lanes["1"].ended) == ({}, released)
        await shop.lanes.settled()

    asyncio.run(run())


def test_a_sale_ends_what_was_held_for_it(shop: LaneShop) -> None:
    """A redemption that a sale captures is told as captured at the lane where it was held."""

    async def run() -> None:
        await shop.tap(ANA)
        held, _ = await shop.till.hold("r-1", Wish(token=str(ANA), points=500, lane="1"))
        shop.lanes.redemption_changed(held)
        shop.told()
        sale = sale_of(1000, token=str(ANA)).model_copy(update={"redemptions": ("r-1",)})
        answer = (await shop.till.commit("s-1", sale)).answer
        shop.lanes.sale_committed("1", answer, ANA, sale.redemptions)
        told = {event.name: event.data for event in shop.told()}
        assert (told["redemption"]["status"], told["redemption"]["captured"]) == ("captured", 500)
        assert shop.lanes["1"].held == {}
        await shop.lanes.settled()

    asyncio.run(run())


def test_a_quote_is_shown_with_its_card(shop: LaneShop) -> None:
    """A quote is told; it is shown with the card it was made for until the sale, or not at all."""

    async def run() -> None:
        await shop.tap(ANA)
        for token, shown in ((BEN, False), (ANA, True)):
            quote = await shop.till.quote(sale_of(1425, token=str(token)))
            shop.lanes.quoted("1", quote)
            assert (shop.lanes["1"].quote is not None) == shown
        names = [event.name for event in shop.told()]
        assert names == ["card", "quote", "quote"]
        await shop.tap(BEN)
        shop.lanes.choose("1", BEN)
        assert shop.lanes["1"].quote is None  # it was not Ben's basket that was judged
        await shop.lanes.settled()

    asyncio.run(run())


def test_a_void_is_told_as_the_sale(shop: LaneShop) -> None:
    """A sale that is voided is told at its lane with what came back."""

    async def run() -> None:
        await shop.tap(ANA)
        await shop.sell(ANA)
        shop.told()
        back, _ = await shop.till.void("s-1")
        shop.lanes.taken_back(back)
        (told,) = [event.data for event in shop.told() if event.name == "sale"]
        assert (told["status"], told["lane"], told["balance"]) == ("voided", "1", 600)
        assert shop.lanes["1"].back == back
        await shop.lanes.settled()

    asyncio.run(run())


def test_a_lane_nobody_configured_has_no_listeners(shop: LaneShop) -> None:
    """What happens at such a lane is dropped, and an account shown elsewhere is still told."""

    async def run() -> None:
        await shop.tap(ANA)
        shop.told()
        await shop.sell(ANA, "9")
        held, _ = await shop.till.hold("r-1", Wish(token=str(ANA), points=500, lane="9"))
        shop.lanes.redemption_changed(held)
        shop.lanes.quoted("9", await shop.till.quote(sale_of(1000)))
        await shop.lanes.settled()
        assert {event.name for event in shop.told()} == {"card"}
        member = shop.lanes["1"].member
        assert member is not None
        assert member.balance == 110

    asyncio.run(run())
