"""The customer's page in a real browser: a greeting, points, what comes next, and no secrets."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from agent.core.tokens import Token
from agent.tools.site import StoreKit

_CARD, _OTHER = Token.parse("em4100:0C000621A5"), Token.parse("em4100:67003B51C6")


@pytest.fixture
def customer(open_page: Callable[[str], Page]) -> Page:
    """The customer's page of lane 1."""
    return open_page("/lane/1/customer")


def test_from_the_card_to_the_sale(
    kit: StoreKit, customer: Page, make_sale: Callable[..., dict[str, Any]]
) -> None:
    """Idle it asks for a card; then it greets, and after the sale it says what that brought."""
    lane = kit.lanes["1"]
    expect(customer.get_by_text("Show your card")).to_be_visible()
    lane.pos.enrol(str(_CARD))
    lane.tap(_CARD)
    expect(customer.get_by_text("Welcome")).to_be_visible()
    expect(customer.locator(".total")).to_have_text("0 points")
    expect(customer.get_by_text("150 more for: A coffee")).to_be_visible()
    lane.pos.sell("s-1", make_sale(token=str(_CARD))).raise_for_status()
    expect(customer.get_by_text("Thank you")).to_be_visible()
    expect(customer.locator(".news")).to_have_text("+14 points")
    expect(customer.locator(".total")).to_have_text("14 points")
    assert _CARD.ending not in customer.content()


def test_a_lane_that_speaks_spanish(
    closed_store: StoreKit,
    browser: Browser,
    make_sale: Callable[..., dict[str, Any]],
) -> None:
    """The page speaks the language of its lane's receipts, and says so to who reads it aloud."""
    config = closed_store.config
    config.write_text(config.read_text("utf-8") + 'language = "es"\n', "utf-8")  # the last lane's
    closed_store.start()
    lane = closed_store.lanes["2"]
    with browser.new_page() as page:
        page.goto(f"{closed_store.url}/lane/2/customer")
        expect(page.locator("html")).to_have_attribute("lang", "es")
        expect(page.get_by_text("Muestre su tarjeta")).to_be_visible()
        lane.pos.enrol(str(_CARD))
        lane.tap(_CARD)
        expect(page.locator(".greeting")).to_have_text("Hola")
        expect(page.get_by_text("150 más para: Un café")).to_be_visible()
        receipt = lane.pos.sell("s-1", make_sale(lane="2", token=str(_CARD))).json()["receipt"]
        assert receipt[0].startswith("Puntos de esta compra")
        expect(page.locator(".greeting")).to_have_text("Gracias")
        expect(page.locator(".news")).to_have_text("+14 puntos")
        expect(page.locator(".total")).to_have_text("14 puntos")
        page.goto(f"{closed_store.url}/lane/1/customer")
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.get_by_text("Show your card")).to_be_visible()


def test_what_is_not_the_customers(kit: StoreKit, customer: Page) -> None:
    """An unknown card, and a second one, are said without a digit; there is nothing to press."""
    lane = kit.lanes["1"]
    lane.tap(_CARD)
    expect(customer.get_by_text("This card is new here")).to_be_visible()
    lane.tap(_OTHER)
    expect(customer.get_by_text("Two cards were shown")).to_be_visible()
    expect(customer.get_by_role("button")).to_have_count(0)
    assert _CARD.ending not in customer.content()


def test_a_lost_agent_shows_nothing_old(kit: StoreKit, customer: Page) -> None:
    """A page whose agent has gone shows no balance, and is live again when it is back."""
    lane = kit.lanes["1"]
    lane.pos.enrol(str(_CARD))
    lane.tap(_CARD)
    expect(customer.locator(".total")).to_be_visible()
    kit.agent.kill()
    expect(customer.get_by_text("One moment, please")).to_be_visible()
    expect(customer.locator(".total")).to_be_hidden()
    kit.agent.start()
    expect(customer.get_by_text("Show your card")).to_be_visible(timeout=30_000)


def test_a_void_is_no_thanks(
    kit: StoreKit, customer: Page, make_sale: Callable[..., dict[str, Any]]
) -> None:
    """What comes back is named as such, its points have their sign, and a debt is in words."""
    lane = kit.lanes["1"]
    lane.pos.enrol(str(_CARD))
    lane.pos.sell("s-1", make_sale(amount_minor=60_000, token=str(_CARD))).raise_for_status()
    lane.pos.hold("r-1", token=str(_CARD), points=500).raise_for_status()
    lane.pos.capture("r-1").raise_for_status()
    lane.tap(_CARD)
    expect(customer.locator(".total")).to_have_text("100 points")
    lane.pos.void("s-1").raise_for_status()
    expect(customer.locator(".greeting")).to_have_text("Sale voided")
    expect(customer.locator(".news.less")).to_have_text("\N{MINUS SIGN}600 points")
    expect(customer.locator(".total")).to_have_text("500 points owed")
    expect(customer.get_by_text("Thank you")).to_have_count(0)


def test_another_currency_earns_nothing_and_says_why(
    kit: StoreKit,
    customer: Page,
    open_page: Callable[[str], Page],
    make_sale: Callable[..., dict[str, Any]],
) -> None:
    """A sale in a currency that is not the program's says on both pages that it has no points."""
    cashier = open_page("/lane/1")
    lane = kit.lanes["1"]
    lane.pos.enrol(str(_CARD))
    lane.tap(_CARD)
    lane.pos.sell("s-1", make_sale(token=str(_CARD), currency="EUR")).raise_for_status()
    expect(customer.get_by_text("No points in this currency")).to_be_visible()
    expect(customer.locator(".news")).to_have_count(0)
    expect(cashier.get_by_text("No points: the sale was in another currency.")).to_be_visible()
    expect(cashier.locator(".earned")).to_have_count(0)


def test_the_next_customer_sees_nobody_else(
    kit: StoreKit, customer: Page, make_sale: Callable[..., dict[str, Any]]
) -> None:
    """A sale without a card takes the member before off the page."""
    lane = kit.lanes["1"]
    lane.pos.enrol(str(_CARD))
    lane.tap(_CARD)
    lane.pos.sell("s-1", make_sale(token=str(_CARD))).raise_for_status()
    expect(customer.get_by_text("Thank you")).to_be_visible()
    lane.pos.sell("s-2", make_sale()).raise_for_status()
    expect(customer.get_by_text("Show your card")).to_be_visible()


def test_large_words_keep_off_the_borders(kit: StoreKit, customer: Page) -> None:
    """The largest words leave a twentieth of the screen free on either side."""
    _keeps_off_the_borders(customer, ".big")
    kit.agent.kill()
    expect(customer.get_by_text("One moment, please")).to_be_visible()
    _keeps_off_the_borders(customer, "#stale")


def _keeps_off_the_borders(page: Page, selector: str) -> None:
    """Measure the words themselves, not the box that they stand in."""
    edges = """element => {
        const range = document.createRange();
        range.selectNodeContents(element);
        const {left, right} = range.getBoundingClientRect();
        return [left, right];
    }"""
    for width, height in ((800, 480), (480, 800)):
        page.set_viewport_size({"width": width, "height": height})
        left, right = page.locator(selector).evaluate(edges)
        assert left >= width / 20
        assert right <= width * 19 / 20
