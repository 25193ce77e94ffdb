"""Head office's page says at its top what waits for a person, and which device was halted."""

import re
from datetime import date

import pytest
from books import EDGE, NOW, Books, Life, a_sale
from clerk import CLERK, Clerk
from sqlalchemy import Connection

from sync.hub import incidents
from sync.hub.decisions import note
from sync.hub.judging import Conflict
from sync.hub.registry import change_device


@pytest.fixture
def books() -> Books:
    """A head office that has heard of one device."""
    books = Books("sqlite://")
    books.device()
    books.take(Life(0, "disk-1", a_sale("s-1", "a-1", 50)).batch())
    return books


def _found(books: Books, *conflicts: Conflict) -> None:
    def work(c: Connection) -> None:
        for conflict in conflicts:
            note(c, EDGE.tenant, conflict, now=NOW)

    books.database.transact(work)


def test_a_retired_device_is_not_released(books: Books) -> None:
    """It does not come back, and whoever tries hears so rather than nothing."""
    clerk = Clerk(books)
    clerk.post("/v1/devices/1/retire")
    answer = clerk.post("/v1/devices/1/release").json()
    assert (answer["status"], answer["code"]) == (409, "device_retired")
    assert "another name" in answer["detail"]


def test_the_page_says_at_its_top_what_waits(books: Books) -> None:
    """All is well only where nothing is open; a debt waits for points, and for nobody."""
    browser = Clerk(books, token=None)
    assert "all is well" in browser.post("/", data={"token": CLERK}).text
    _found(books, Conflict(kind="overspend", subject="o", text="A debt.", is_open=True))
    assert "all is well" in browser.get("/").text
    _found(books, incidents.refused(EDGE, "too_large", "100 MB", date(2026, 11, 21)))
    shown = browser.get("/").text
    assert "1 conflict is open" in shown
    assert "all is well" not in shown


def test_the_page_says_which_store_was_halted(books: Books) -> None:
    """One that is connected and halted is not shown as if it went on."""
    browser = Clerk(books, token=None)
    browser.post("/", data={"token": CLERK})
    assert ">halted<" not in "".join(browser.get("/").text.split())
    books.database.transact(
        lambda c: change_device(c, 1, state="halted", halted_because="two boxes")
    )
    assert "halted</td>" in browser.get("/").text


def test_what_stands_of_a_store_says_what_it_is_on_a_telephone_too(books: Books) -> None:
    """There the table's head is not shown, so each number of a store brings its own name along."""
    browser = Clerk(books, token=None)
    shown = browser.post("/", data={"token": CLERK}).text
    stores = shown[shown.index("<h2>Stores</h2>") : shown.index("<h2>Both sides")]
    assert '<table class="stacked">' in stores
    named = ("devices", "last heard (UTC)", "entries held", "points out on leases", "conflicts")
    assert re.findall('data-label="([^"]*)"', stores) == list(named)
    assert stores.count('class="n"') - stores.count('<th class="n"') == len(named) - 1
    assert "attr(data-label)" in browser.get("/office.css").text
