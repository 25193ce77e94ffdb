"""The cashier's page in a real browser: two cards, the wrong lane, points on hold, points owed."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from agent.core.tokens import Token
from agent.tools.site import TILL_TOKEN, StoreKit
from drivers.virtual.pos import NO_TLS

_FIRST, _SECOND = Token.parse("em4100:0C000621A5"), Token.parse("em4100:67003B51C6")

MakeSale = Callable[..., dict[str, Any]]


@pytest.fixture
def members(kit: StoreKit, make_sale: MakeSale) -> None:
    """Two members: the first has 600 points, the second none."""
    pos = kit.lanes["1"].pos
    for card in (_FIRST, _SECOND):
        pos.enrol(str(card)).raise_for_status()
    pos.sell("s-0", make_sale(amount_minor=60_000, token=str(_FIRST))).raise_for_status()


@pytest.mark.usefixtures("members")
def test_two_cards_are_asked_about(kit: StoreKit, page: Page) -> None:
    """Both cards stand there with their balances; the button, by keyboard too, settles it."""
    lane = kit.lanes["1"]
    for card in (_FIRST, _SECOND):
        lane.tap(card)
    expect(page.get_by_role("heading", name="Two cards were shown")).to_be_visible()
    expect(page.get_by_text("Card ending 21A5")).to_be_visible()
    expect(page.get_by_text("Card ending 51C6")).to_be_visible()
    expect(page.locator(".balance")).to_have_text(["600 points", "0 points"])
    assert _FIRST.value not in page.content()
    second = page.get_by_role("button", name="Use this card").nth(1)
    second.focus()
    second.press("Enter")
    expect(page.get_by_role("heading", name="Two cards were shown")).to_be_hidden()
    expect(page.get_by_text("Card ending 51C6")).to_be_visible()
    expect(page.get_by_text("Card ending 21A5")).to_be_hidden()
    assert lane.pos.wait_for("card", cause="chosen")["token"] == str(_SECOND)


@pytest.mark.usefixtures("members")
def test_a_sale_settles_it(kit: StoreKit, page: Page, make_sale: MakeSale) -> None:
    """A sale with one of two cards ends the question, and shows what it earned."""
    lane = kit.lanes["1"]
    for card in (_FIRST, _SECOND):
        lane.tap(card)
    expect(page.get_by_role("button", name="Use this card")).to_have_count(2)
    lane.pos.sell("s-1", make_sale(token=str(_SECOND))).raise_for_status()
    expect(page.get_by_text("+14 with this sale")).to_be_visible()
    expect(page.get_by_role("button", name="Use this card")).to_have_count(0)


@pytest.mark.usefixtures("members")
def test_a_card_is_moved(kit: StoreKit, page: Page, open_page: Callable[[str], Page]) -> None:
    """One button moves a card to the lane where it belongs; both pages say so."""
    other = open_page("/lane/2")
    kit.lanes["1"].tap(_FIRST)
    page.get_by_role("button", name="Lane 2").click()
    expect(page.get_by_text("Moved to lane 2")).to_be_visible()
    expect(other.get_by_text("Card ending 21A5")).to_be_visible()
    expect(other.locator(".balance")).to_have_text("600 points")


@pytest.mark.usefixtures("members")
def test_a_button_that_is_out_of_date_says_so(kit: StoreKit, page: Page) -> None:
    """A button pressed after another card was shown does nothing but say so."""
    lane = kit.lanes["1"]
    lane.tap(_FIRST)
    expect(page.get_by_text("Card ending 21A5")).to_be_visible()
    page.route("**/lane/1/panel", lambda route: route.abort())  # the page hears nothing new
    lane.tap(_SECOND)
    page.get_by_role("button", name="Lane 2").click()
    expect(page.get_by_role("alert").filter(has_text="look again")).to_be_visible()
    expect(page.get_by_role("button", name="Use this card")).to_have_count(2)


@pytest.mark.usefixtures("members")
def test_quote_hold_and_sale(kit: StoreKit, page: Page, make_sale: MakeSale) -> None:
    """What the basket brings, what is on hold for it, and how both end."""
    lane = kit.lanes["1"]
    lane.tap(_FIRST)
    expect(page.get_by_text("6.00 USD off for 600 points")).to_be_visible()
    sale = make_sale(token=str(_FIRST))
    lane.pos.quote(sale).raise_for_status()
    expect(page.get_by_text("This basket: +14")).to_be_visible()
    lane.pos.hold("r-1", token=str(_FIRST), points=500).raise_for_status()
    expect(page.locator(".held")).to_have_text("500 points held: 5.00 USD off, not yet paid")
    expect(page.locator(".balance")).to_have_text("100 points")
    lane.pos.sell("s-1", sale | {"redemptions": ["r-1"]}).raise_for_status()
    expect(page.get_by_text("500 points redeemed: 5.00 USD off")).to_be_visible()
    expect(page.get_by_text("+14 with this sale")).to_be_visible()
    expect(page.locator(".held")).to_have_count(0)


@pytest.mark.usefixtures("members")
def test_a_debt_is_said_in_words(kit: StoreKit, page: Page) -> None:
    """A balance below zero is points owed, and what the API says of them."""
    lane = kit.lanes["1"]
    lane.pos.hold("r-1", token=str(_FIRST), points=500).raise_for_status()
    lane.pos.capture("r-1").raise_for_status()
    lane.tap(_FIRST)
    expect(page.locator(".balance")).to_have_text("100 points")
    lane.pos.void("s-0").raise_for_status()
    expect(page.locator(".balance")).to_have_text("500 points owed")
    said = "This member owes 500 points; the next points go toward this."
    expect(page.get_by_text(said)).to_be_visible()


def test_what_is_held_stays_in_sight(kit: StoreKit, page: Page, make_sale: MakeSale) -> None:
    """However long the member's name is, the points on hold are on the screen, unscrolled."""
    pos = kit.lanes["1"].pos
    name = "Maximiliana Alexandrina Constantinopoulou von Hohenstein"
    with httpx.Client(
        base_url=kit.url, headers={"Authorization": f"Bearer {TILL_TOKEN}"}, verify=NO_TLS
    ) as till:
        body = {"token": str(_FIRST), "lane": "1", "display_name": name}
        till.post("/v1/accounts", json=body).raise_for_status()
    pos.sell("s-0", make_sale(amount_minor=60_000, token=str(_FIRST))).raise_for_status()
    kit.lanes["1"].tap(_FIRST)
    pos.hold("r-1", token=str(_FIRST), points=500).raise_for_status()
    for width, height in ((800, 480), (480, 800)):
        page.set_viewport_size({"width": width, "height": height})
        expect(page.locator(".held")).to_be_in_viewport(ratio=1)


@pytest.mark.usefixtures("members")
def test_no_balance_runs_off_the_screen(
    kit: StoreKit, open_page: Callable[[str], Page], make_sale: MakeSale
) -> None:
    """A balance of a million, and the largest there can be, stand in one line on both screens."""
    pages = [open_page(path) for path in ("/lane/1", "/lane/1/customer")]
    lane = kit.lanes["1"]
    lane.tap(_FIRST)
    for sale_id, points, shown in (
        ("s-1", 1_234_567 - 600, "1,234,567"),
        ("s-2", 10**10 - 1_234_567, "10,000,000,000"),
    ):
        sale = make_sale(amount_minor=points * 100, token=str(_FIRST))
        lane.pos.sell(sale_id, sale).raise_for_status()
        for page in pages:
            _hold_to_one_line(page, shown)


def _hold_to_one_line(page: Page, shown: str) -> None:
    number = page.locator("strong").filter(has_text=shown)
    expect(number).to_be_visible()
    for width, height in ((1280, 800), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        left, right, lines = number.evaluate(
            """element => {
                const {left, right, height} = element.getBoundingClientRect();
                const {fontSize} = getComputedStyle(element);
                return [left, right, height / parseFloat(fontSize)];
            }"""
        )
        assert left >= 0
        assert right <= width
        assert lines < 2, "it is broken into lines"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
