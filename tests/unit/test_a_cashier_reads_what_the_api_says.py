"""The cashier's page says what the API answers a till: why points stay, and what became of them."""

import asyncio
import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest
from lane_shop import ANA, ANA_TOO, NOBODY, LaneShop, lane_shop
from pages import look
from stocked import sale_of

from agent.api.wording import sentence
from agent.clock import mint_id
from agent.core.basket import Sale, Tender
from agent.core.tokens import Token
from agent.lanes import Lanes
from agent.till import Block, Replacement, Terms, Till, Wish


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[LaneShop]:
    """A shop of two lanes."""
    with lane_shop(tmp_path / "ledger.db") as shop:
        yield shop


async def said(shop: LaneShop) -> list[str]:
    """The paragraphs of lane 1's page."""
    await shop.lanes.settled()
    page = await look(shop.till, shop.lanes, "/lane/1")
    found = re.findall(r"<p[^>]*>(.*?)</p>", page, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]*>", "", text)).split()) for text in found]


async def is_blocked(shop: LaneShop) -> None:
    """Ana's card was blocked."""
    await shop.till.members.block_card(str(ANA), Block(state="blocked"))


async def is_lost(shop: LaneShop) -> None:
    """Ana's card was reported lost."""
    await shop.till.members.block_card(str(ANA), Block(state="lost"))


async def is_replaced(shop: LaneShop) -> None:
    """Ana has a new card."""
    await shop.till.members.replace_card(str(ANA), Replacement(by=str(ANA_TOO)))


async def owes(shop: LaneShop) -> None:
    """Ana brought back what she bought with points that are spent."""
    await shop.till.commit("s-1", sale_of(60_000, token=str(ANA)))
    await shop.till.hold("r-1", Wish(token=str(ANA), points=500))
    await shop.till.capture("r-1")
    await shop.till.void("s-1")


async def has_points_elsewhere(shop: LaneShop) -> None:
    """A head office was configured, and has not said a word yet."""
    await shop.till.commit("s-1", sale_of(60_000, token=str(ANA)))
    terms = Terms(program=shop.till.program, alone=False)
    shop.till = Till(shop.ledger, terms, mint_id=mint_id)
    shop.lanes = Lanes(shop.till, ("1", "2"))


@pytest.mark.parametrize("happens", [is_blocked, is_lost, is_replaced, owes, has_points_elsewhere])
def test_why_points_stay_is_on_the_page(
    shop: LaneShop, happens: Callable[[LaneShop], asyncio.Future[None]]
) -> None:
    """Whatever identify says of a member stands on the page, as a sentence, once."""

    async def run() -> tuple[str | None, list[str]]:
        await happens(shop)
        await shop.tap(ANA)
        return (await shop.till.identify(str(ANA))).say, await said(shop)

    say, page = asyncio.run(run())
    assert say is not None
    assert page.count(sentence(say)) == 1


def test_nothing_is_said_where_nothing_is_kept_back(shop: LaneShop) -> None:
    """A member who may spend is a name, a card, points, the last sale and what comes next."""

    async def run() -> list[str]:
        await shop.tap(ANA)
        return await said(shop)

    told = asyncio.run(run())[1:]  # the first is for a lost stream
    assert told == ["Card ending 00A1", "0 points", "No sale yet", "150 more for: A coffee"]


def test_a_last_sale_that_was_voided_is_no_sale(shop: LaneShop) -> None:
    """A cashier sees that a member's last sale was called off, not that it brought points."""

    async def run() -> list[str]:
        await shop.till.commit("s-1", sale_of(1_000, token=str(ANA)))
        await shop.till.void("s-1")
        await shop.tap(ANA)
        return await said(shop)

    assert "Last sale: 2026-01-01, 10.00 USD, voided" in asyncio.run(run())


def test_what_was_said_of_another_balance_goes_with_it(shop: LaneShop) -> None:
    """A newer balance is shown without the reason of the older one, until it is looked up."""

    async def run() -> tuple[str | None, str | None]:
        await owes(shop)
        await shop.tap(ANA)
        shown = shop.lanes["1"].card
        assert shown is not None
        assert shown.member is not None
        before = shown.member.say
        answer = (await shop.till.commit("s-2", sale_of(60_000, token=str(ANA)))).answer
        shop.lanes.sale_committed("1", answer, ANA)
        after = shown.member.say
        await shop.lanes.settled()
        return before, after

    before, after = asyncio.run(run())
    assert before == "this member owes 500 points; the next points go toward this"
    assert after is None


def test_a_reward_that_does_not_fit_is_told(shop: LaneShop) -> None:
    """A sale that spends more points than it comes to is taken, and the page says so."""

    async def run() -> list[str]:
        await shop.tap(ANA)
        await shop.till.commit("s-0", sale_of(200_000, token=str(ANA)))
        await shop.till.hold("r-1", Wish(token=str(ANA), points=1_000))
        small = sale_of(500, token=str(ANA)).model_copy(update={"redemptions": ("r-1",)})
        answer = (await shop.till.commit("s-1", small)).answer
        assert answer.flags == ("reward_does_not_fit",)
        shop.lanes.sale_committed("1", answer, ANA)
        return await said(shop)

    told = "A reward of this sale was not for it. Head office will look at it."
    assert told in asyncio.run(run())


@pytest.mark.parametrize("card", [ANA, NOBODY, None])
def test_points_that_nobody_redeemed(shop: LaneShop, card: Token | None) -> None:
    """A sale that points paid for and no points covered is said, whosever it was."""
    tender = Tender(kind="points", amount_minor=1000)
    sale: Sale = sale_of(1000, token=None if card is None else str(card))

    async def run() -> list[str]:
        if card is not None:
            await shop.tap(card)
        paid = sale.model_copy(update={"tenders": (tender,)})
        answer = (await shop.till.commit("s-1", paid)).answer
        assert "points_not_redeemed" in answer.flags
        shop.lanes.sale_committed("1", answer, card)
        return await said(shop)

    assert "Paid with points, but no points were redeemed. Call the manager." in asyncio.run(run())


@pytest.mark.parametrize(
    ("lies_there", "told"),
    [(ANA, "Claimed: +10 points"), (None, "Last sale, claimed: +10 points")],
)
def test_a_claim_is_said_to_be_one(shop: LaneShop, lies_there: Token | None, told: str) -> None:
    """After a claim the page says that, and what it brought, whether or not the card lies there."""

    async def run() -> list[str]:
        await shop.sell(None)
        if lies_there is not None:
            await shop.tap(lies_there)
        claimed = await shop.till.claim("s-1", str(ANA), lane="1")
        shop.lanes.sale_committed("1", claimed.answer, claimed=True)
        after_claim = await said(shop)
        await shop.sell(ANA)  # and of the next sale it says nothing of the kind
        assert not any("laimed" in each for each in await said(shop))
        return after_claim

    assert told in asyncio.run(run())


@pytest.mark.parametrize(
    ("captured", "told"),
    [
        (True, "500 points redeemed: 5.00 USD off"),
        (False, "500 points given back, nothing was redeemed"),
    ],
)
def test_points_are_redeemed(shop: LaneShop, captured: bool, told: str) -> None:
    """What became of a redemption is said in the words of the API, the receipt and the reports."""

    async def run() -> list[str]:
        await shop.till.commit("s-1", sale_of(60_000, token=str(ANA)))
        await shop.till.hold("r-1", Wish(token=str(ANA), points=500, lane="1"))
        ended = await (shop.till.capture("r-1") if captured else shop.till.release("r-1"))
        shop.lanes.redemption_changed(ended[0])
        return [each.replace("\N{NO-BREAK SPACE}", " ") for each in await said(shop)]

    assert told in asyncio.run(run())
