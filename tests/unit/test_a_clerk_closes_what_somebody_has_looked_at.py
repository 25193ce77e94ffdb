"""What waits for a person at head office is closed in that person's name, and nothing else is."""

from datetime import date

import pytest
from books import EDGE, NOW, Books, Life, a_sale
from clerk import CLERK, Clerk
from sqlalchemy import Connection

from sync.hub import incidents
from sync.hub.deciding import note
from sync.hub.incidents import REFUSED
from sync.hub.judging import Conflict
from sync.hub.registry import change_device
from sync.messages.coding import MalformedMessage, inflate_lines


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


@pytest.mark.parametrize("kind", REFUSED)
def test_a_message_that_was_put_aside_is_looked_at(books: Books, kind: str) -> None:
    """It is open until a clerk says that somebody has looked; then it says who, and only once."""
    _found(books, incidents.refused(EDGE, kind, "no such thing", date(2026, 11, 21)))
    clerk = Clerk(books)
    (waiting,) = clerk.get("/v1/conflicts?state=open").json()
    closed = clerk.post(f"/v1/conflicts/{waiting['id']}/settle").json()
    assert closed["state"] == "resolved"
    assert closed["text"] == f"{waiting['text']} ana has looked at it."
    assert clerk.post(f"/v1/conflicts/{waiting['id']}/settle").json() == closed
    assert clerk.get("/v1/conflicts?state=open").json() == []


def test_what_settles_otherwise_is_not_closed_by_hand(books: Books) -> None:
    """Two boxes of one name stay open until the name is released; the answer says so."""
    clone = Conflict(kind="disk_cloned", subject="d", text="Two boxes.", is_open=True)
    _found(books, clone)
    clerk = Clerk(books)
    (waiting,) = clerk.get("/v1/conflicts?state=open").json()
    answer = clerk.post(f"/v1/conflicts/{waiting['id']}/settle").json()
    assert (answer["status"], answer["code"]) == (409, "not_settleable")
    assert "/release" in answer["detail"]
    assert clerk.post("/v1/conflicts/999/settle").json()["code"] == "unknown_conflict"


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


def test_what_is_not_deflated_is_said_without_a_librarys_numbers() -> None:
    """It stands in a conflict, which a clerk reads."""
    with pytest.raises(MalformedMessage) as raised:
        inflate_lines(b"garbage" * 10)
    assert str(raised.value) == "it is not deflated (incorrect header check)"
