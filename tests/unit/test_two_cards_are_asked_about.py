"""Two cards in a row are shown and asked about: neither is dropped, and none is guessed."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from lane_shop import ANA, ANA_TOO, BEN, NOBODY, PATIENCE_S, LaneShop, lane_shop

from agent.core.facts import AddCard, CardState
from agent.core.tokens import Token
from agent.lanes import NoCardShown, NoSuchCard, UnknownLane
from agent.till import Enrolment


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[LaneShop]:
    """Two lanes and two members."""
    with lane_shop(tmp_path / "ledger.db") as shop:
        yield shop


def test_another_members_card_is_asked_about(shop: LaneShop) -> None:
    """The second tap is told with the question and both cards; the first stays where it is."""

    async def run() -> None:
        await shop.tap(ANA)
        await shop.tap(BEN)
        first, second = shop.cards()
        assert "question" not in first
        assert (second["question"], second["token"]) == ("which_card", str(BEN))
        assert second["account"] == await shop.account(BEN)
        ana = {"account": await shop.account(ANA), "token": str(ANA), "status": "active"}
        assert second["first"] == ana
        assert shop.tokens() == [ANA, BEN]

    asyncio.run(run())


@pytest.mark.parametrize("pair", [(ANA, NOBODY), (NOBODY, ANA)], ids=["second", "first"])
def test_an_unknown_card_is_asked_about(shop: LaneShop, pair: tuple[Token, Token]) -> None:
    """A card that nobody knows, a cashier's perhaps, is asked about like any other."""

    async def run() -> None:
        for token in pair:
            await shop.tap(token)
        told = shop.cards()[-1]
        assert (told["question"], told["first"]["token"]) == ("which_card", str(pair[0]))
        assert shop.tokens() == list(pair)

    asyncio.run(run())


@pytest.mark.parametrize("pair", [(ANA, BEN), (BEN, ANA)], ids=["first", "second"])
def test_a_blocked_card_is_asked_about(shop: LaneShop, pair: tuple[Token, Token]) -> None:
    """A blocked card is no reason to guess."""

    async def run() -> None:
        blocked = CardState(token=str(ANA), account=await shop.account(ANA), state="blocked")
        await shop.ledger.write(lambda transaction: transaction.append(blocked))
        for token in pair:
            await shop.tap(token)
        told = shop.cards()[-1]
        statuses = {told["first"]["token"]: told["first"]["status"], told["token"]: told["status"]}
        assert (told["question"], statuses[str(ANA)]) == ("which_card", "blocked")

    asyncio.run(run())


def test_the_same_card_again_is_no_question(shop: LaneShop) -> None:
    """A card that is laid down twice is one card."""

    async def run() -> None:
        await shop.tap(ANA)
        await shop.tap(ANA)
        assert ["question" in told for told in shop.cards()] == [False, False]
        assert shop.tokens() == [ANA]

    asyncio.run(run())


def test_two_cards_of_one_account_are_no_question(shop: LaneShop) -> None:
    """Two cards of one member are one account: the newer is shown, and the other is named."""

    async def run() -> None:
        more = AddCard(account=await shop.account(ANA), token=str(ANA_TOO))
        await shop.ledger.write(lambda transaction: transaction.append(more))
        await shop.tap(ANA)
        await shop.tap(ANA_TOO)
        told = shop.cards()[-1]
        assert ("question" in told, told["account"]) == (False, await shop.account(ANA))
        assert (shop.tokens(), shop.lanes["1"].same_as) == ([ANA_TOO], ANA)
        assert await shop.flags() == []

    asyncio.run(run())


def test_after_a_sale_the_next_card_is_the_next_customer(shop: LaneShop) -> None:
    """A card whose sale is done waits for nothing: the next one takes its place, unasked."""

    async def run() -> None:
        await shop.tap(ANA)
        await shop.sell(ANA)
        await shop.tap(BEN)
        assert "question" not in shop.cards()[-1]
        assert shop.tokens() == [BEN]

    asyncio.run(run())


def test_patience_ends_the_question(shop: LaneShop) -> None:
    """A card that lay there for five minutes is not asked about any more."""

    async def run() -> None:
        await shop.tap(ANA)
        shop.now_s += PATIENCE_S - 1
        await shop.tap(BEN)
        assert shop.cards()[-1]["question"] == "which_card"
        shop.now_s += PATIENCE_S
        await shop.tap(NOBODY)
        assert ("question" in shop.cards()[-1], shop.tokens()) == (False, [NOBODY])

    asyncio.run(run())


def test_a_third_card_takes_the_place_of_the_second(shop: LaneShop) -> None:
    """A third tap replaces the second and says so; the first is still asked about."""

    async def run() -> None:
        for token in (ANA, BEN, NOBODY):
            await shop.tap(token)
        told = shop.cards()[-1]
        assert (told["question"], told["first"]["token"]) == ("which_card", str(ANA))
        assert told["replaced"]["token"] == str(BEN)
        assert (shop.tokens(), shop.lanes["1"].replaced) == ([ANA, NOBODY], BEN)
        await shop.tap(ANA)
        assert shop.tokens() == [ANA, NOBODY]

    asyncio.run(run())


@pytest.mark.parametrize(("which", "left"), [(ANA, BEN), (BEN, ANA), ("first", BEN)])
def test_a_choice_settles_it(shop: LaneShop, which: Token, left: Token) -> None:
    """The card that is chosen is shown alone; the other one had no basket."""

    async def run() -> None:
        await shop.tap(ANA)
        await shop.tap(BEN)
        shop.cards()
        chosen = shop.lanes.choose("1", which)
        told = shop.cards()
        assert [data["cause"] for data in told] == ["chosen"]
        assert (told[0]["token"], "question" in told[0]) == (str(chosen.token), False)
        assert shop.tokens() == [chosen.token]
        account = await shop.account(left)
        assert await shop.flags() == [("tap_without_basket", account, "1", "")]
        assert shop.lanes.choose("1", chosen.token) is chosen

    asyncio.run(run())


def test_what_is_not_asked_cannot_be_chosen(shop: LaneShop) -> None:
    """A card that the lane does not show is refused, and nothing changes."""

    async def run() -> None:
        with pytest.raises(NoCardShown):
            shop.lanes.choose("1", ANA)
        await shop.tap(ANA)
        await shop.tap(BEN)
        seen = shop.lanes["1"].shows
        with pytest.raises(NoSuchCard):
            shop.lanes.choose("1", NOBODY)
        await shop.tap(NOBODY)
        with pytest.raises(NoSuchCard):  # a page that had not seen the third card
            shop.lanes.choose("1", "second", seen=seen)
        with pytest.raises(UnknownLane):
            shop.lanes.choose("9", ANA)
        assert shop.tokens() == [ANA, NOBODY]

    asyncio.run(run())


@pytest.mark.parametrize("token", [ANA, BEN, NOBODY])
def test_a_sale_with_either_card_settles_it(shop: LaneShop, token: Token) -> None:
    """Whose card the sale carries is the one that was meant, known or not."""

    async def run() -> None:
        other = BEN if token is ANA else ANA
        await shop.tap(other)
        await shop.tap(token)
        await shop.sell(token)
        assert shop.tokens() == [token]
        account = await shop.account(other)
        assert await shop.flags() == [("tap_without_basket", account, "1", "")]

    asyncio.run(run())


@pytest.mark.parametrize("token", [None, NOBODY])
def test_a_sale_with_neither_keeps_asking(shop: LaneShop, token: Token | None) -> None:
    """A sale without a card, or with a third one, answers nothing."""

    async def run() -> None:
        await shop.tap(ANA)
        await shop.tap(BEN)
        await shop.sell(token)
        assert shop.tokens() == [ANA, BEN]
        assert await shop.flags() == []

    asyncio.run(run())


def test_a_card_that_is_enrolled_is_still_asked_about(shop: LaneShop) -> None:
    """An unknown second card that is enrolled is shown as a member, and the question stays."""

    async def run() -> None:
        await shop.tap(ANA)
        await shop.tap(NOBODY)
        shop.cards()
        await shop.till.members.enrol(Enrolment(token=str(NOBODY)))
        await shop.lanes.card_enrolled(NOBODY, "1")
        told = shop.cards()[-1]
        assert (told["cause"], told["question"]) == ("enrolled", "which_card")
        assert (told["token"], told["status"]) == (str(NOBODY), "active")

    asyncio.run(run())
