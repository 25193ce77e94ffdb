"""The customer's page speaks the language of its lane's receipts: every word of it is a phrase."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from lane_shop import ANA, ANA_TOO, BEN, NOBODY, LaneShop, lane_shop
from pages import look
from stocked import sale_of

from agent.api.wording import Wording
from agent.clock import mint_id
from agent.core.phrases import BUILT_IN, Phrases
from agent.core.program import Program
from agent.core.receipt import Paper
from agent.ledger import LedgerUnavailable
from agent.paths import shipped_program
from agent.till import Back, Block, Terms, Till, Wish
from agent.till.cards import Enrolment

PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
# A language in which every phrase is a rune of its own, and the values that it must name.
RUNES = {name: chr(0x16A0 + place) for place, name in enumerate(Phrases.model_fields)}
RUNIC = Paper(
    language="ga-Ogam",
    phrases=Phrases(
        **{
            name: rune + "".join(re.findall(r"{\w+}", getattr(BUILT_IN, name)))
            for name, rune in RUNES.items()
        }
    ),
    texts={("coffee", "A coffee"): "ᛤ", ("dollars-off", "Money off"): "ᛥ"},
)
OF_RECEIPTS = frozenset(list(RUNES)[: list(RUNES).index("thousands")])
Play = Callable[[LaneShop], Awaitable[object]]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[LaneShop]:
    """A shop whose first lane has a language of its own; the second prints as the program does."""
    with lane_shop(tmp_path / "ledger.db") as shop:
        terms = Terms(program=PROGRAM, papers={"1": RUNIC})
        shop.till = Till(shop.ledger, terms, mint_id=mint_id)
        shop.__post_init__()  # lanes of this till
        yield shop


def words_of(page: str) -> list[str]:
    """The words that a page shows; a currency's code and the marks of HTML are none."""
    text = re.sub(r"<[^>]*>|&\w+;|&#\d+;|USD", " ", page)
    return re.findall(r"[A-Za-z]+", text)


async def unavailable(shop: LaneShop) -> None:
    """A card that could not be looked up."""

    async def broken(_: str) -> None:
        raise LedgerUnavailable("not now")

    shop.till.identify = broken  # type: ignore[assignment,method-assign]
    await shop.tap(ANA)


async def blocked(shop: LaneShop) -> None:
    """A blocked card."""
    await shop.till.members.block_card(str(ANA), Block(state="blocked"))
    await shop.tap(ANA)


async def sold(shop: LaneShop, points: int = 1234) -> None:
    """Ana has bought, for so many points."""
    await shop.tap(ANA)
    answer = (await shop.till.commit("s-1", sale_of(points * 100, token=str(ANA)))).answer
    shop.lanes.sale_committed("1", answer, ANA)
    await shop.lanes.settled()


async def held(shop: LaneShop, **wish: object) -> None:
    """Ana has points on hold."""
    await sold(shop)
    wished = Wish.model_validate({"token": str(ANA), "lane": "1"} | wish)
    answer, _ = await shop.till.hold("r-1", wished)
    shop.lanes.redemption_changed(answer)
    await shop.lanes.settled()


async def owing(shop: LaneShop, points: int = 500) -> None:
    """Ana brought back what she bought with points that are spent."""
    await held(shop, points=500)
    await shop.till.capture("r-1")
    if points != 500:
        await shop.till.commit("s-2", sale_of((500 - points) * 100, token=str(ANA)))
    answer, _ = await shop.till.void("s-1", lane="1")
    shop.lanes.taken_back(answer)
    await shop.lanes.settled()


async def returned(shop: LaneShop) -> None:
    """Ana brought a part back."""
    await sold(shop)
    answer, _ = await shop.till.take_back("s-1", "r-1", Back(amount_minor=500, lane="1"))
    shop.lanes.taken_back(answer)
    await shop.lanes.settled()


async def pending(shop: LaneShop) -> None:
    """Points of Ana wait for the end of a return window."""
    program = PROGRAM.model_copy(update={"return_window_days": 14})
    shop.till = Till(shop.ledger, Terms(program=program, papers={"1": RUNIC}), mint_id=mint_id)
    shop.__post_init__()
    await sold(shop)


async def quoted(shop: LaneShop) -> None:
    """Ana's basket was judged, and brings her to a thousand."""
    await shop.tap(ANA)
    shop.lanes.quoted("1", await shop.till.quote(sale_of(100_000, token=str(ANA))))


async def foreign(shop: LaneShop) -> None:
    """Ana paid in another currency."""
    await shop.tap(ANA)
    sale = sale_of(1000, token=str(ANA)).model_copy(update={"currency": "EUR"})
    shop.lanes.sale_committed("1", (await shop.till.commit("s-1", sale)).answer, ANA)
    await shop.lanes.settled()


async def two(shop: LaneShop) -> None:
    """Two cards lie there."""
    await shop.tap(ANA)
    await shop.tap(BEN)


async def named(shop: LaneShop) -> None:
    """Ana has told her name."""
    enrolled = await shop.till.members.enrol(Enrolment(token=str(ANA_TOO), display_name="ᛢ"))
    assert enrolled.display_name
    await shop.tap(ANA_TOO)


STATES: dict[str, tuple[Play, set[str]]] = {
    "idle": (lambda shop: shop.lanes.settled(), {"show_card", "collect", "moment"}),
    "unknown": (lambda shop: shop.tap(NOBODY), {"welcome", "new_card"}),
    "member": (lambda shop: shop.tap(ANA), {"welcome", "more_points", "ahead"}),
    "named": (named, {"named", "welcome"}),
    "two cards": (two, {"two_cards", "which_card"}),
    "unavailable": (unavailable, {"thanks", "not_shown"}),
    "blocked": (blocked, {"ask", "about_card"}),
    "quoted": (quoted, {"this_basket", "thousands"}),
    "sold": (sold, {"thanks", "more_points", "thousands", "enough", "money_off", "decimal"}),
    "one point": (lambda shop: sold(shop, 1), {"thanks", "one_point"}),
    "on hold": (lambda shop: held(shop, reward="coffee"), {"on_hold"}),
    "money on hold": (lambda shop: held(shop, points=500), {"on_hold", "money_off"}),
    "owing": (owing, {"voided", "more_points_owed", "debt"}),
    "owing one": (lambda shop: owing(shop, 1), {"one_point_owed"}),
    "returned": (returned, {"returned", "more_points"}),
    "pending": (pending, {"on_the_way"}),
    "another currency": (foreign, {"other_currency"}),
}
"""What happens at the lane, and phrases that tell of it."""


@pytest.mark.parametrize("state", STATES)
def test_every_word_is_a_phrase(shop: LaneShop, state: str) -> None:
    """Whatever the page shows, no word of it is the page's own; it names the language."""
    play, wanted = STATES[state]

    async def run() -> str:
        await play(shop)
        return await look(shop.till, shop.lanes, "/lane/1/customer")

    page = asyncio.run(run())
    assert '<html lang="ga-Ogam">' in page
    assert words_of(page) == []
    assert {name for name in wanted if RUNES[name] not in page} == set()


def test_no_phrase_is_for_nothing() -> None:
    """Each phrase of the page is shown in one of the states above."""
    shown = {name for _, wanted in STATES.values() for name in wanted}
    assert set(RUNES) - OF_RECEIPTS <= shown


def test_each_lane_has_its_own(shop: LaneShop) -> None:
    """The lane beside it speaks the program's first language, and so do both cashiers' pages."""

    async def run() -> list[str]:
        return [
            await look(shop.till, shop.lanes, path)
            for path in ("/lane/2/customer", "/lane/1", "/lane/2")
        ]

    customer, *cashiers = asyncio.run(run())
    assert "Show your card" in customer
    for page in (customer, *cashiers):
        assert '<html lang="en">' in page


def test_the_shipped_program_speaks_spanish() -> None:
    """What Spanish makes of numbers, money, debts and rewards."""
    wording = Wording(PROGRAM, Paper.of(PROGRAM, language="es"))
    assert wording.points(1, "+") == "+1 punto"
    assert wording.points(12_345) == "12,345 puntos"
    assert wording.balance(-1) == ("Debe ", "1", " punto")
    assert wording.balance(500) == ("", "500", " puntos")
    assert wording.money(123_456) == "1,234.56\N{NO-BREAK SPACE}USD"


def test_numbers_are_parted_as_the_language_does() -> None:
    """Where a comma stands before the decimals, thousands have another mark, or none."""
    for thousands, number, money in ((".", "12.345", "1.234,56"), ("", "12345", "1234,56")):
        marks = {"thousands": thousands, "decimal": ","}
        wording = Wording(PROGRAM, Paper(phrases=BUILT_IN.model_copy(update=marks)))
        assert wording.number(12_345) == number
        assert wording.money(123_456) == f"{money}\N{NO-BREAK SPACE}USD"


def test_points_on_hold_are_no_offer(shop: LaneShop) -> None:
    """What is held is said to be set aside, in each language of the shipped program."""

    async def run() -> list[str]:
        await held(shop, reward="coffee")
        (redemption,) = shop.lanes["1"].held.values()
        papers = (Paper.of(PROGRAM, language=language) for language in PROGRAM.languages)
        return [Wording(PROGRAM, paper).on_hold(redemption) for paper in papers]

    assert asyncio.run(run()) == [
        "A coffee: 150\N{NO-BREAK SPACE}points set aside",
        "Un café: 150\N{NO-BREAK SPACE}puntos en reserva",
    ]
