"""Reconciliation names every difference: what has not come, what ended, what branched, what nobody
here can read yet; and the status page shows what a clerk has to know first.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from books import EDGE, NOW, OTHER, Books, Life, a_sale
from clerk import CLERK, Clerk
from sqlalchemy import update

from agent.core.facts import Enrol
from agent.core.instant import rfc3339
from sync.hub.api import pages, reconciliation
from sync.hub.fencing import halt
from sync.hub.registry import change_journal
from sync.hub.tables import entries

CARD = "em4100:0C000621A5"


@pytest.fixture
def books() -> Iterator[Books]:
    """A head office that holds two entries of one store."""
    books = Books("sqlite://")
    books.device()
    books.take(
        Life(0, "disk-1", Enrol(account="a-1", token=CARD), a_sale("s-1", "a-1", 50)).batch()
    )
    yield books
    books.stop()


@pytest.fixture
def clerk(books: Books) -> Clerk:
    """A clerk with a token."""
    return Clerk(books)


def says(books: Books, head_seq: int, lag: int, **said: Any) -> None:
    """The device says how it is."""
    told = {"online": True, "epoch": 0, "head_seq": head_seq, "lag": lag} | said
    books.device(EDGE, presence=json.dumps(told), last_seen_at=rfc3339(NOW))


def differences(clerk: Clerk) -> list[str]:
    """Ask for the differences."""
    found: list[str] = clerk.get("/v1/reconciliation").json()["differences"]
    return found


def test_what_has_not_come_is_counted(books: Books, clerk: Clerk) -> None:
    """Five entries more than are held are five that are missing."""
    says(books, 7, 5)
    assert differences(clerk) == ["s001/edge-1 had 5 entries after 0:2 that are not here yet"]
    (chain,) = clerk.get("/v1/reconciliation").json()["chains"]
    assert (chain["missing"], chain["online"]) == (5, True)
    assert (chain["held_seq"], chain["said_epoch"], chain["said_seq"]) == (2, 0, 7)


def test_what_came_since_is_missing_no_more(books: Books, clerk: Clerk) -> None:
    """The device said before it sent that nothing of it was here."""
    says(books, 2, 2)
    assert differences(clerk) == []


def test_what_older_epochs_lack_is_counted(books: Books, clerk: Clerk) -> None:
    """All of the present epoch is here, and nine entries of those before it never came."""
    says(books, 2, 9, acknowledged_seq=2)
    (said,) = differences(clerk)
    assert said.startswith("s001/edge-1 had 9 entries of other epochs that were not here")
    (chain,) = clerk.get("/v1/reconciliation").json()["chains"]
    assert (chain["missing"], chain["missing_of_others"]) == (0, 9)
    (device,) = clerk.get("/v1/devices").json()
    clerk.post(f"/v1/devices/{device['id']}/retire")
    assert differences(clerk) == []


def test_a_difference_is_named_of_a_day_that_is_not_listed(
    books: Books, clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer has room for so many days; what differs on an older one is said all the same."""
    monkeypatch.setattr(reconciliation, "_MOST_DAYS", 1)
    books.device(OTHER)
    books.take(Life(0, "disk-2", a_sale("s-1", "a-1", 50)).batch(), OTHER)
    found = clerk.get("/v1/reconciliation").json()
    assert (len(found["days"]), found["more"]) == (1, True)
    assert [each for each in found["differences"] if each.startswith("s002 on ")]
    monkeypatch.setattr(reconciliation, "_MOST_DAYS", 10)
    assert clerk.get("/v1/reconciliation").json()["more"] is False


def test_a_device_that_is_away_is_named(books: Books, clerk: Clerk) -> None:
    """With what it had when it was last heard."""
    says(books, 3, 1, online=False)
    (said,) = differences(clerk)
    assert said == "s001/edge-1 is not connected, and had 1 entries after 0:2 that are not here yet"


def test_what_cannot_be_read_yet_is_named(books: Books, clerk: Clerk) -> None:
    """An entry of a newer version is here, and moves nothing."""
    books.database.transact(
        lambda c: c.execute(update(entries).where(entries.c.seq == 2).values(posted=False))
    )
    (said,) = differences(clerk)
    assert "s001/edge-1: 1 entries of a newer version are kept" in said


def test_a_branch_and_an_epoch_that_ended_are_named(books: Books, clerk: Clerk) -> None:
    """Each with its number and what follows."""
    (journal,) = books.journals()
    books.database.transact(
        lambda c: change_journal(c, journal.id, branch=1, fenced="clean", fenced_because="copied")
    )
    (said,) = differences(clerk)
    assert "another end of epoch 0; its entries up to 2 are booked beside the first" in said


def test_only_what_counts_otherwise_is_given_as_the_reason(books: Books, clerk: Clerk) -> None:
    """Of all the store's conflicts that by which the day's points are posted otherwise."""
    books.device(OTHER)
    books.take(Life(0, "disk-2", a_sale("s-1", "a-1", 50)).batch(), OTHER)
    said = [each for each in differences(clerk) if "wrote" in each]
    assert len(said) == 1
    assert said[0].endswith("head office posted 0: -50 points for duplicate_sale")


def test_the_page_shows_what_differs_and_what_waits(books: Books) -> None:
    """Differences in words, and first of all conflicts the one that somebody has to look at."""
    says(books, 7, 5)
    copied = books.device(OTHER)
    books.database.transact(lambda c: halt(c, copied, "it was copied"))
    page = Clerk(books, token=None)
    page.post("/", data={"token": CLERK})
    text = page.get("/").text
    assert "had 5 entries after 0:2 that are not here yet" in text
    assert "is halted" in text
    assert "more, in GET /v1/reconciliation" not in text


def test_the_page_says_how_many_differences_it_leaves_out(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It shows so many; a clerk must not take them for all."""
    monkeypatch.setattr(pages, "_MOST_DIFFERENCES", 1)
    says(books, 7, 9, acknowledged_seq=2)
    page = Clerk(books, token=None)
    page.post("/", data={"token": CLERK})
    assert "And 1 more, in GET /v1/reconciliation." in page.get("/").text


@pytest.mark.parametrize(
    ("address", "at", "words"),
    [
        ("/v1/conflicts?kind=overspent", "query.kind", "did you mean 'overspend'?"),
        ("/v1/conflicts?since=yesterday", "query.since", "YYYY-MM-DD"),
        ("/v1/conflicts?since=2026-11-21T10:00:00", "query.since", ""),
        ("/v1/conflicts?state=closed", "query.state", "open"),
        ("/v1/reconciliation?since=2026-11-21&until=2026-11-20", "query.until", "a later one"),
        ("/v1/reconciliation?since=0", "query.since", "YYYY-MM-DD"),
    ],
)
def test_a_slip_in_a_question_is_no_empty_answer(
    clerk: Clerk, address: str, at: str, words: str
) -> None:
    """Nothing found and nothing meant are two things."""
    answer = clerk.get(address)
    assert answer.status_code == 422, answer.text
    (mistake, *_) = answer.json()["errors"]
    assert mistake["at"].startswith(at)
    assert words in json.dumps(answer.json())


def test_conflicts_are_asked_for_by_day_moment_and_state(books: Books, clerk: Clerk) -> None:
    """A moment may have any offset; a day begins at midnight of UTC."""
    books.device(OTHER)
    books.take(Life(0, "disk-2", a_sale("s-1", "a-1", 50)).batch(), OTHER)
    found = {
        since: len(clerk.get(f"/v1/conflicts?since={since}").json())
        for since in ("2026-11-21", "2026-11-22", "2026-11-21T14:05:00%2B01:00",
                      "2026-11-21T14:07:00%2B01:00", "0001-01-01T00:00:00%2B14:00")
    }  # fmt: skip
    assert list(found.values()) == [1, 0, 1, 0, 1]
    assert len(clerk.get("/v1/conflicts?state=resolved").json()) == 1
    assert clerk.get("/v1/conflicts?state=open").json() == []


def test_a_stranger_and_a_form_are_told_what_to_send(books: Books, clerk: Clerk) -> None:
    """Which header is missing, as somebody with curl needs it."""
    stranger = Clerk(books, token=None).get("/v1/stores").json()
    assert "Authorization: Bearer" in stranger["detail"]
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = clerk.post("/v1/accounts/merge", content=b'{"account":"a"}', headers=form)
    assert answer.status_code == 422
    assert "Content-Type: application/json" in answer.json()["detail"]
