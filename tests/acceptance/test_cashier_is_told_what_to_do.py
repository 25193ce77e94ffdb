"""What goes wrong behind a lane is said to its cashier as something to do, and to nobody else."""

import fcntl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, expect

from agent.core.tokens import Token
from agent.tools.site import TILL_TOKEN, StoreKit
from agent.tools.waiting import wait_until
from drivers.virtual.pos import NO_TLS

_CARD = Token.parse("em4100:0C000621A5")


def test_a_pulled_reader_is_its_own_lanes(
    kit: StoreKit, page: Page, open_page: Callable[[str], Page]
) -> None:
    """The lane of the reader is told how to go on; the other one hears nothing, and no page shows
    what only /healthz and the log are for.
    """
    other = open_page("/lane/2")
    kit.lanes["1"].reader.unplug()
    wait_until(lambda: kit.health()["status"] == "degraded", "the agent to miss the reader")
    expect(page.get_by_role("alert")).to_have_text(
        "The card reader is not working right now. Type the number or ask for the phone number."
    )
    other.reload()
    expect(other.get_by_text("Ready for a card")).to_be_visible()
    expect(other.get_by_role("alert")).to_have_count(0)
    (reason,) = kit.health()["reasons"]
    assert "reader-1 cannot be used" in reason
    reader, fine = kit.health()["readers"]
    assert (reader["lane"], fine["lane"], fine["fault"]) == ("1", "2", None)
    assert reader["fault"] in reason


def test_a_frozen_ledger_is_said_plainly(
    kit: StoreKit, page: Page, make_sale: Callable[..., dict[str, Any]]
) -> None:
    """Where nothing can be redeemed, the page says what still goes on, and offers nothing."""
    lane = kit.lanes["1"]
    lane.pos.enrol(str(_CARD)).raise_for_status()
    lane.pos.sell("s-0", make_sale(amount_minor=60_000, token=str(_CARD))).raise_for_status()
    lane.tap(_CARD)
    expect(page.get_by_text("6.00 USD off")).to_be_visible()
    headers = {"Authorization": f"Bearer {TILL_TOKEN}", "Tapledger-Position": "0:9999:abababab"}
    httpx.post(f"{kit.url}/v1/identify", json={"token": str(_CARD)}, headers=headers, verify=NO_TLS)
    wait_until(lambda: kit.health()["frozen"] is not None, "the agent to freeze")
    expect(page.get_by_role("alert")).to_have_text(
        "Points cannot be redeemed right now. Sales collect points as usual. Call the manager."
    )
    for again in (False, True):
        if again:
            lane.tap(_CARD)
        expect(page.locator(".balance")).to_have_text("600 points")
        expect(page.get_by_text("USD off")).to_have_count(0)
        expect(page.get_by_text("can be redeemed here")).to_have_count(0)


def test_a_ledger_that_cannot_write_is_said_plainly(
    kit: StoreKit, page: Page, make_sale: Callable[..., dict[str, Any]]
) -> None:
    """Where no sale can be written down, the cashier is told to go on and whom to tell; why stands
    small below, and all of it goes once the ledger writes again.
    """
    writing = 120  # in SQLite's wal-index, the byte that a writer locks
    with Path(f"{kit.ledger_path}-shm").open("r+b") as other:
        fcntl.lockf(other, fcntl.LOCK_EX, 1, writing)
        refused = kit.lanes["1"].pos.sell("s-1", make_sale())
        assert (refused.status_code, refused.json()["code"]) == (503, "ledger_unavailable")
        assert kit.health()["recording"] is False
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text(
            "Go on selling. Points are not being recorded right now. Tell the store's engineer."
        )
        expect(alert.locator(".detail")).to_have_text("the ledger cannot write: database is locked")
        say, detail = alert.locator("p:first-child"), alert.locator(".detail")
        size = "element => parseFloat(getComputedStyle(element).fontSize)"
        assert detail.evaluate(size) < say.evaluate(size)
    expect(alert).to_have_count(0, timeout=30_000)
    assert kit.health()["recording"] is True
    assert kit.lanes["1"].pos.sell("s-1", make_sale()).status_code == 201
