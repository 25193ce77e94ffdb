"""A card that lies at a till shows what head office tells while it lies there."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from chain_of_stores import CARD, Chain
from lane_shop import ANA, BEN, NOBODY, LaneShop, lane_shop

from agent.clock import mint_id
from agent.core.tokens import Token
from agent.lanes import Lanes
from agent.ledger import Mirror
from agent.syncdesk import SyncDesk
from agent.till import Rights
from sync.messages import AccountItem, CardItem, FeedPage
from sync.simulation.rules import SimulatedRules

Scenario = Callable[[LaneShop, SyncDesk, str], Coroutine[Any, Any, None]]


@pytest.fixture(name="play")
def _play(tmp_path: Path) -> Iterator[Callable[[Scenario], None]]:
    """Plays a scenario at a shop whose lanes hear what head office's pages tell."""
    with lane_shop(tmp_path / "ledger.db") as shop:
        rules = SimulatedRules("s001")
        rights = Rights(shop.ledger, lambda: rules.terms, mint_id=mint_id)
        desk = SyncDesk(shop.ledger, rights, Mirror(shop.ledger), rules)
        desk.heard = shop.lanes.heard

        async def run(scenario: Scenario) -> None:
            await shop.tap(ANA, "1")
            member = shop.lanes["1"].member
            assert member is not None
            shop.told("1")
            await scenario(shop, desk, member.account)

        yield lambda scenario: asyncio.run(run(scenario))


async def hear(shop: LaneShop, desk: SyncDesk, *items: AccountItem | CardItem) -> None:
    """Take a page of head office's, and let what follows from it be done."""
    _, cursor, _ = await desk.feed_from()
    page = FeedPage(nonce="n", cursor=cursor + 1, generation=0)
    assert await desk.feed(page, items, since=cursor)
    await shop.lanes.settled()


def test_what_was_earned_elsewhere_is_shown_at_once(play: Callable[[Scenario], None]) -> None:
    """The lane is told the new balance of the member whose card lies there, once."""

    async def scenario(shop: LaneShop, desk: SyncDesk, account: str) -> None:
        await hear(shop, desk, AccountItem(account=account, active=70))
        (told,) = shop.cards("1")
        assert (told["cause"], told["balance"]) == ("changed", 70)

    play(scenario)


def test_a_card_that_is_blocked_while_it_lies_there_is_shown_blocked(
    play: Callable[[Scenario], None],
) -> None:
    """Nobody need take it off and lay it down again."""

    async def scenario(shop: LaneShop, desk: SyncDesk, account: str) -> None:
        await hear(shop, desk, CardItem(token=str(ANA), account=account, state="lost"))
        (told,) = shop.cards("1")
        assert (told["cause"], told["status"]) == ("changed", "lost")

    play(scenario)


def test_an_unknown_card_becomes_a_members(play: Callable[[Scenario], None]) -> None:
    """One that was enrolled elsewhere, and was not known here when it was shown."""

    async def scenario(shop: LaneShop, desk: SyncDesk, _account: str) -> None:
        await shop.tap(NOBODY, "2")
        shop.told("2")
        await hear(
            shop,
            desk,
            AccountItem(account="zoe", active=5),
            CardItem(token=str(NOBODY), account="zoe", state="active"),
        )
        (told,) = shop.cards("2")
        assert (told["account"], told["balance"]) == ("zoe", 5)
        assert shop.told("1") == []

    play(scenario)


def test_what_changes_nothing_that_is_shown_is_not_told(play: Callable[[Scenario], None]) -> None:
    """Head office tells of each sale of this store's own, too: no screen flickers for that."""

    async def scenario(shop: LaneShop, desk: SyncDesk, account: str) -> None:
        await shop.tap(BEN, "2")
        shop.told("2")
        await hear(shop, desk, AccountItem(account=account, active=0))
        assert (shop.told("1"), shop.told("2")) == ([], [])

    play(scenario)


def test_a_page_that_is_taken_during_a_look_up_is_not_missed(
    play: Callable[[Scenario], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a tap shows is at least what head office had told when it was shown."""

    async def scenario(shop: LaneShop, desk: SyncDesk, account: str) -> None:
        identify = shop.till.identify

        async def slow(text: str) -> object:
            view = await identify(text)
            monkeypatch.setattr(shop.till, "identify", identify)
            await hear(shop, desk, AccountItem(account=account, active=30))
            return view

        monkeypatch.setattr(shop.till, "identify", slow)
        await shop.tap(ANA, "2")
        await shop.lanes.settled()
        member = shop.lanes["2"].member
        assert member is not None
        assert member.balance == 30

    play(scenario)


def test_a_sale_in_one_store_is_shown_in_another() -> None:
    """From the till through head office to the lane of the other store, where the card lies."""
    chain = Chain()
    here, there = chain.stores
    chain.enrol(here)

    async def run() -> None:
        lanes = Lanes(there.till, ("1",))
        there.desk.heard = lanes.heard
        await lanes.card_presented("1", "front", Token.parse(CARD))
        with lanes.listen("1") as listener:
            chain.sell(here, 40)
            chain.settle()
            await lanes.settled()
            told = listener._unread.get_nowait()
        assert told is not None
        assert (told.data["cause"], told.data["balance"]) == ("changed", 40)

    asyncio.run(run())
    chain.close()
