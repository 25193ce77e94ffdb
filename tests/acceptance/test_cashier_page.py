"""The cashier's page in a real browser: it shows the member at the tap, and needs no reload."""

import json
from typing import Literal

import httpx
from playwright.sync_api import Page, expect

from agent.core.tokens import Token
from agent.paths import shipped_baskets
from agent.tools.site import TILL_TOKEN, StoreKit
from drivers.virtual.pos import NO_TLS

_CARD, _OTHER = Token.parse("em4100:0C000621A5"), Token.parse("em4100:67003B51C6")


def real_sale(token: Token) -> tuple[str, dict[str, object]]:
    """Take the first real basket, for another card."""
    with shipped_baskets().open(encoding="utf-8") as file:
        basket = json.loads(file.readline())
    return basket["sale_id"], basket["sale"] | {"token": str(token), "lane": "1"}


def test_a_tap_shows_the_member(kit: StoreKit, page: Page) -> None:
    """A tap shows the card's ending, the balance and the last sale, without a reload."""
    lane = kit.lanes["1"]
    expect(page.get_by_text("Ready for a card")).to_be_visible()
    lane.pos.enrol(str(_CARD))
    sale_id, sale = real_sale(_CARD)
    points = lane.pos.sell(sale_id, sale).json()["points"]
    lane.tap(_CARD)
    expect(page.get_by_text("Card ending 21A5")).to_be_visible()
    expect(page.locator(".balance")).to_have_text(f"{points} points")
    expect(page.locator(".last")).to_contain_text(f"+{points}")
    assert str(_CARD) not in page.content()


def test_a_sale_shows_what_it_earned(kit: StoreKit, page: Page) -> None:
    """After the sale the new balance stands there, and what this sale added."""
    lane = kit.lanes["1"]
    lane.pos.enrol(str(_CARD))
    lane.tap(_CARD)
    expect(page.locator(".balance")).to_have_text("0 points")
    sale_id, sale = real_sale(_CARD)
    points = lane.pos.sell(sale_id, sale).json()["points"]
    expect(page.get_by_text(f"+{points} with this sale")).to_be_visible()
    expect(page.locator(".balance")).to_have_text(f"{points} points")


def test_an_unknown_card_is_said_plainly(kit: StoreKit, page: Page) -> None:
    """A card nobody knows is named as such, and shown as a member once it is enrolled."""
    lane = kit.lanes["1"]
    lane.tap(_CARD)
    expect(page.get_by_text("Not known yet")).to_be_visible()
    lane.pos.enrol(str(_CARD))
    expect(page.locator(".balance")).to_have_text("0 points")


def test_a_lost_agent_is_said_and_found_again(kit: StoreKit, page: Page) -> None:
    """A page whose agent has gone says so, and is live again when it is back."""
    kit.agent.kill()
    expect(page.get_by_role("alert")).to_be_visible()
    kit.agent.start()
    expect(page.get_by_role("alert")).to_be_hidden(timeout=30_000)
    kit.lanes["1"].tap(_CARD)
    expect(page.get_by_text("Card ending 21A5")).to_be_visible()


def test_a_long_outage_is_over_soon(kit: StoreKit, page: Page) -> None:
    """However often a page has asked in vain, it is live moments after the agent's return."""
    kit.agent.kill()
    for _ in range(7):  # the stream, and then pauses that doubled would be half a minute by now
        page.wait_for_event("requestfailed", lambda r: "/v1/events" in r.url, timeout=60_000)
    kit.agent.start()
    expect(page.locator("body")).to_have_attribute("data-stream", "live", timeout=10_000)
    kit.lanes["1"].tap(_CARD)
    expect(page.get_by_text("Card ending 21A5")).to_be_visible()


def test_a_lost_agent_is_said_where_it_is_seen(kit: StoreKit, page: Page) -> None:
    """Wherever a page stands, that it lost the agent is in sight, and its buttons do nothing."""
    for card in (_CARD, _OTHER):
        kit.lanes["1"].tap(card)
    button = page.get_by_role("button").last
    button.scroll_into_view_if_needed()
    kit.agent.kill()
    for width, height in ((800, 480), (480, 800)):
        page.set_viewport_size({"width": width, "height": height})
        for scroll_to in ("0", "document.body.scrollHeight"):
            page.evaluate(f"window.scrollTo(0, {scroll_to})")
            expect(page.locator("#stale")).to_be_in_viewport(ratio=1)
    button.focus()
    expect(button).not_to_be_focused()
    kit.agent.start()
    expect(page.locator("#panel")).not_to_have_attribute("inert", "")


def test_no_print_is_small(kit: StoreKit, page: Page) -> None:
    """What a cashier reads of a card and a sale is as large as any text, and in full contrast, on
    every screen, by day and by night.
    """
    lane = kit.lanes["1"]
    account = lane.pos.enrol(str(_CARD)).json()["account"]
    headers = {"Authorization": f"Bearer {TILL_TOKEN}"}
    more = {"token": str(_OTHER), "lane": "1"}
    httpx.post(f"{kit.url}/v1/accounts/{account}/cards", json=more, headers=headers, verify=NO_TLS)
    sale_id, sale = real_sale(_CARD)
    assert lane.pos.sell(sale_id, sale | {"token": None}).json()["status"] == "no_card"
    _hold_to_body(page, "Last sale: no points")
    for card in (_CARD, _OTHER):
        lane.tap(card)
    for text in ("Same member as the card ending", "No sale yet", "Wrong lane?"):
        _hold_to_body(page, text)


def _hold_to_body(page: Page, text: str) -> None:
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for width, height in ((1280, 800), (1024, 768), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme)
            size, colour, body_size, body_colour = page.get_by_text(text).evaluate(_PRINT)
            assert (size >= body_size, colour) == (True, body_colour), (text, width, scheme)


_PRINT = """element => [element, document.body].map(each => getComputedStyle(each)).flatMap(
    style => [parseFloat(style.fontSize), style.color])"""
