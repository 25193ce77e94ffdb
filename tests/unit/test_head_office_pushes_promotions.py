"""A clerk pushes promotions for the next hours: held to the program first, then told to stores."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from books import NOW, Books
from clerk import Clerk
from numbered import number_all_marks

from agent.core.instant import rfc3339
from agent.paths import shipped_program
from agent.sent import read_pushed
from sync.hub.feeding import page_for
from sync.messages import FeedRequest, PushedItem

RAIN = {
    "id": "rain",
    "text": "double points while it rains",
    "multiplier": "2",
    "starts_at": rfc3339(NOW),
    "ends_at": rfc3339(NOW + timedelta(hours=3)),
}


@pytest.fixture
def books() -> Iterator[Books]:
    """A head office that has heard of a store and has a program."""
    books = Books("sqlite://")
    books.device()
    text = shipped_program("simple").read_text("utf-8")
    assert Clerk(books).put("/v1/programs/simple", json={"text": text}).status_code == 200
    yield books
    books.stop()


@pytest.fixture
def clerk(books: Books) -> Clerk:
    """A clerk with a token."""
    return Clerk(books)


def push(clerk: Clerk, **said: Any) -> Any:
    """Push a promotion; answers the answer."""
    wanted = {name: value for name, value in (RAIN | said).items() if value is not None}
    return clerk.put(f"/v1/promotions/{wanted.get('id', 'rain')}", json=wanted)


def told(books: Books) -> list[str]:
    """Ask as a store does; answers the ids that it hears of."""
    device = books.device()
    books.database.transact(number_all_marks)
    request = FeedRequest(nonce="n", cursor=0)
    _, items = books.database.transact(lambda c: page_for(c, device, request, now=NOW))
    (item,) = [each for each in items if isinstance(each, PushedItem)]
    return [each.id for each in read_pushed(item.promotions)]


def test_what_is_pushed_is_listed_told_and_ended(books: Books, clerk: Clerk) -> None:
    """Each is told beside the others, in a form that stores take, and told no more once ended."""
    assert push(
        clerk, id="snow", multiplier=None, bonus=5, hours=[{"start": "16:30", "end": "18:00"}]
    )
    answer = push(clerk)
    assert (answer.status_code, answer.json()["is_over"]) == (200, False)
    assert answer.json()["promotion"]["multiplier"] == "2"
    assert [each["id"] for each in clerk.get("/v1/promotions").json()] == ["rain", "snow"]
    assert told(books) == ["snow", "rain"]
    assert [each["id"] for each in clerk.delete("/v1/promotions/snow").json()] == ["rain"]
    assert told(books) == ["rain"]
    assert clerk.delete("/v1/promotions/snow").json()["code"] == "unknown_promotion"


def test_one_id_means_one_promotion(books: Books, clerk: Clerk) -> None:
    """Stores count by the id: said again it is the same, it may end sooner, and be nothing else."""
    push(clerk)
    assert push(clerk).status_code == 200
    assert push(clerk, ends_at=rfc3339(NOW + timedelta(hours=1))).status_code == 200
    answer = push(clerk, multiplier="3")
    assert (answer.status_code, answer.json()["code"]) == (409, "promotion_id_reused")
    assert told(books) == ["rain"]


@pytest.mark.parametrize(
    ("said", "at", "words"),
    [
        ({"ends_at": None}, "ends_at", "needs ends_at"),
        ({"ends_at": rfc3339(NOW + timedelta(hours=25))}, "ends_at", "24 hours at most"),
        (
            {"starts_at": "2026-11-20T08:00:00Z", "ends_at": "2026-11-20T09:00:00Z"},
            "ends_at",
            "it is over",
        ),
        (
            {"starts_at": "9999-12-31T00:00:00Z", "ends_at": "9999-12-31T23:00:00Z"},
            "starts_at",
            "before 2026-12-22",
        ),
        ({"rules": ["bace"]}, "rules", "bace"),
        ({"multiplyer": "2"}, "multiplyer", "multiplier"),
        ({"multiplier": 2}, "multiplier", "quotes"),
        ({"bonus": 5}, "", "multiplier"),
    ],
)
def test_what_stores_would_refuse_is_refused_here(
    clerk: Clerk, said: dict[str, Any], at: str, words: str
) -> None:
    """A clerk is told the place and what to write; no store hears of it."""
    answer = push(clerk, **said)
    assert answer.status_code == 422, answer.text
    (mistake, *_) = answer.json()["errors"]
    assert mistake["at"].startswith(at), mistake
    assert words in json.dumps(answer.json())
    assert clerk.get("/v1/promotions").json() == []


def test_the_address_and_the_promotion_have_one_id(clerk: Clerk) -> None:
    """A promotion that calls itself something else is a slip."""
    answer = clerk.put("/v1/promotions/snow", json=RAIN)
    assert (answer.status_code, answer.json()["errors"][0]["at"]) == (422, "id")


def test_without_a_program_nothing_is_pushed() -> None:
    """Nobody could say whether stores would take it."""
    books = Books("sqlite://")
    books.device()
    answer = push(Clerk(books))
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_program")
    assert "PUT /v1/programs" in answer.json()["detail"]


def test_no_message_is_too_large_for_stores(books: Books, clerk: Clerk) -> None:
    """There is a bound, and words for it."""
    answers = [push(clerk, id=f"p{n}").status_code for n in range(50)]
    assert set(answers) == {200}
    assert "50 promotions" in push(clerk, id="p50").json()["detail"]
    assert len(told(books)) == 50


def test_what_was_pushed_stands_in_the_name_of_who_pushed_it(books: Books, clerk: Clerk) -> None:
    """Each promotion has the clerk who put it last, whatever becomes of the others."""
    assert push(clerk).json()["put_by"] == "ana"
    ben = Clerk(books, name="ben")
    assert push(ben, id="sun").json()["put_by"] == "ben"
    assert push(clerk, id="snow").json()["put_by"] == "ana"
    clerk.delete("/v1/promotions/snow")
    listed = clerk.get("/v1/promotions").json()
    assert {each["id"]: each["put_by"] for each in listed} == {"rain": "ana", "sun": "ben"}
    assert push(ben, ends_at=rfc3339(NOW + timedelta(hours=2))).json()["put_by"] == "ben"
