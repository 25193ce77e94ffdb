"""Whoever is told of a message that was put aside can look at it, and nobody else."""

from base64 import b64decode

import pytest
from books import EDGE, NOW, Books
from clerk import CLERK, Clerk

from agent.core.instant import rfc3339
from sync.hub.quarantine import put_aside
from sync.messages import MAX_PAYLOAD_BYTES

NOISE = b'\x00\xff"em4100:0C000621A5"'


@pytest.fixture
def books(any_books: Books) -> Books:
    """A head office that has put aside three messages of its own, and one of another company's."""
    books = any_books
    books.device()
    long, other = bytes(MAX_PAYLOAD_BYTES + 1), EDGE.topic("ask").replace("house", "House")
    for topic, payload in (
        (EDGE.topic("journal"), NOISE),
        (EDGE.topic("hello"), long),
        (other, NOISE),
        (EDGE.topic("journal"), b"more"),
    ):
        books.database.transact(
            lambda c, t=topic, p=payload: put_aside(c, t, p, "too_large: why", now=rfc3339(NOW))
        )
    return books


@pytest.fixture
def clerk(books: Books) -> Clerk:
    """A clerk of one company with a token."""
    return Clerk(books, tenant="house")


def test_messages_are_listed_without_what_they_say(clerk: Clerk) -> None:
    """The newest first, page by page, each with who it names, why, and how much of it is kept."""
    listed = clerk.get("/v1/quarantine").json()
    assert [(each["topic"], each["bytes"]) for each in listed] == [
        (EDGE.topic("journal"), len(b"more")),
        (EDGE.topic("hello"), MAX_PAYLOAD_BYTES),
        (EDGE.topic("journal"), len(NOISE)),
    ]
    assert {(each["why"], each["received_at"]) for each in listed} == {
        ("too_large: why", rfc3339(NOW))
    }
    assert all("payload" not in each for each in listed)
    first = clerk.get("/v1/quarantine?limit=2").json()
    rest = clerk.get(f"/v1/quarantine?limit=2&before={first[-1]['id']}").json()
    assert first + rest == listed


def test_one_message_is_shown_as_it_came(clerk: Clerk) -> None:
    """Byte for byte, in base64, beside what the list says of it."""
    listed = clerk.get("/v1/quarantine").json()[-1]
    shown = clerk.get(f"/v1/quarantine/{listed['id']}").json()
    assert b64decode(shown.pop("payload")) == NOISE
    assert shown == listed


def test_only_a_clerk_of_that_company_is_shown_any(books: Books, clerk: Clerk) -> None:
    """It may hold card numbers: no token, no message; another company's is none; the page has
    nothing of it.
    """
    ids = {each["id"] for each in clerk.get("/v1/quarantine").json()}
    (others,) = set(range(1, 5)) - ids
    for number in (others, 99, 2**63 - 1):
        answer = clerk.get(f"/v1/quarantine/{number}")
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_message")
    stranger = Clerk(books, token=None, tenant="house")
    for place in ("/v1/quarantine", f"/v1/quarantine/{min(ids)}"):
        assert stranger.get(place).status_code == 401
    page = stranger.post("/", data={"token": CLERK})
    assert page.status_code == 200
    assert "0C000621A5" not in page.text
