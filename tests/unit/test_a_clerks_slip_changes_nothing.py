"""What a clerk may get wrong at head office is refused in words, before any store could be told."""

from collections.abc import Iterator
from datetime import timedelta
from unittest.mock import Mock

import pytest
from books import EDGE, NOW, OTHER, Books, Life, a_sale
from clerk import CLERK, Clerk
from sqlalchemy.exc import DataError, OperationalError
from structlog.testing import capture_logs

from agent.core.facts import Enrol
from agent.paths import shipped_program
from sync.hub.editions import editions_of
from sync.hub.terms import terms_of

CARD, NEW_CARD = "em4100:0C000621A5", "em4100:0C000621A6"
TEXT = shipped_program("simple").read_text("utf-8")
AS_JSON = {"Content-Type": "application/json"}
FLOOR = "\n[offline]\nper_redemption = 200\nper_account = 400\nper_device = {}\nper_day = 3000\n"


@pytest.fixture
def books() -> Iterator[Books]:
    """A head office with a member of each of two stores."""
    books = Books("sqlite://")
    books.device()
    books.device(OTHER)
    here = Life(0, "disk-1", Enrol(account="a-1", token=CARD), a_sale("s-1", "a-1", 50))
    there = Enrol(account="a-2", token="em4100:0C000621B7")
    books.take(here.batch())
    books.take(Life(0, "disk-2", there, a_sale("s-2", "a-2", 30)).batch(), OTHER)
    yield books
    books.stop()


@pytest.fixture
def clerk(books: Books) -> Clerk:
    """A clerk with a token."""
    return Clerk(books)


def put(clerk: Clerk, text: str, name: str = "simple") -> tuple[int, str]:
    """Put a program; answers the status and the code."""
    answer = clerk.put(f"/v1/programs/{name}", json={"text": text})
    return answer.status_code, answer.json().get("code", "")


def version(number: int, more: str = "") -> str:
    """Answer the text of a version of the program."""
    return TEXT.replace("version = 1\n", f"version = {number}\n{more}", 1)


def test_a_program_is_put_under_its_own_name(clerk: Clerk) -> None:
    """No store would take it under another, and head office would judge by it alone."""
    answer = clerk.put("/v1/programs/simpel", json={"text": TEXT})
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert "/v1/programs/simple" in answer.json()["detail"]
    assert clerk.get("/v1/programs/simpel").status_code == 404


def test_a_program_of_another_name_is_put_on_purpose_alone(clerk: Clerk) -> None:
    """No store that has the one in force would take it, and head office would go by it alone: it is
    refused with what to do, and taken where it says which program it replaces.
    """
    first = shipped_program("clubpoints").read_text("utf-8")
    assert put(clerk, first, "clubpoints") == (200, "")
    answer = clerk.put("/v1/programs/simple", json={"text": TEXT})
    assert (answer.status_code, answer.json()["code"]) == (409, "another_program")
    assert '"replaces": "clubpoints"' in answer.json()["detail"]
    slip = clerk.put("/v1/programs/simple", json={"text": TEXT, "replaces": "starts"})
    assert slip.json()["code"] == "another_program"
    assert clerk.get("/v1/programs/simple").status_code == 404
    assert put(clerk, first, "clubpoints") == (200, "")
    meant = clerk.put("/v1/programs/simple", json={"text": TEXT, "replaces": "clubpoints"})
    assert meant.status_code == 200, meant.text
    assert put(clerk, first, "clubpoints") == (409, "another_program")
    assert put(clerk, version(2, "effective_from = 2026-12-01\n")) == (200, "")


def test_a_version_says_the_same_for_ever(clerk: Clerk) -> None:
    """What judged sales already is not reworded: stores would refuse it, one by one."""
    assert put(clerk, TEXT) == (200, "")
    assert put(clerk, TEXT + "\n# a comment says nothing\n") == (200, "")
    changed = TEXT.replace("per_minor = 100 ", "per_minor = 200 ", 1)
    assert changed != TEXT
    answer = clerk.put("/v1/programs/simple", json={"text": changed})
    assert (answer.status_code, answer.json()["code"]) == (409, "program_version_reused")
    assert "version = 2" in answer.json()["detail"]
    (kept,) = clerk.get("/v1/programs/simple").json()
    assert "per_minor = 100 " in kept["text"]
    assert put(clerk, changed.replace("version = 1\n", "version = 2\n", 1)) == (200, "")


def test_a_version_in_another_currency_is_refused(clerk: Clerk) -> None:
    """All versions of a program count the same money."""
    assert put(clerk, TEXT) == (200, "")
    other = version(2, "effective_from = 2026-12-01\n").replace('"USD"', '"EUR"')
    assert put(clerk, other) == (422, "malformed")


def test_a_later_version_is_in_force_as_it_is_in_stores(books: Books, clerk: Clerk) -> None:
    """A version that names no day replaces those before it at once, and goes on doing so whichever
    is put again.
    """
    for text in (version(1), version(2), version(1)):
        assert put(clerk, text + FLOOR.format(1_000 if "version = 1" in text else 2_000))[0] == 200
    later = version(3, f"effective_from = {(NOW + timedelta(days=9)).date()}\n")
    assert put(clerk, later) == (200, "")
    with books.database.engine.connect() as c:
        editions = editions_of(c, EDGE.tenant)
        assert editions is not None
        assert [each.version for each in editions.programs] == [2, 3]
        assert terms_of(c, EDGE.tenant, now=NOW).floor == 2_000


def test_a_card_that_spends_nothing_takes_nobodys_place(clerk: Clerk) -> None:
    """The member would be left with none that spends."""
    assert clerk.post(f"/v1/cards/{CARD}/replace", json={"by": NEW_CARD, "reason": "worn"}).json()
    back = clerk.post(f"/v1/cards/{NEW_CARD}/replace", json={"by": CARD, "reason": "found"})
    assert (back.status_code, back.json()["code"]) == (409, "card_blocked")
    states = {
        each["token"]: each["state"] for each in clerk.get("/v1/accounts/a-1").json()["cards"]
    }
    assert states == {CARD: "replaced", NEW_CARD: "active"}


def test_a_member_who_was_forgotten_stays_so(clerk: Clerk) -> None:
    """They get no new card, and nobody living becomes one with them, which would forget both."""
    assert clerk.post("/v1/accounts/a-1/erase", json={"reason": "by letter"}).status_code == 200
    replaced = clerk.post(f"/v1/cards/{CARD}/replace", json={"by": NEW_CARD, "reason": "worn"})
    assert (replaced.status_code, replaced.json()["code"]) == (409, "card_blocked")
    for pair in ({"account": "a-1", "into": "a-2"}, {"account": "a-2", "into": "a-1"}):
        answer = clerk.post("/v1/accounts/merge", json=pair)
        assert (answer.status_code, answer.json()["code"]) == (409, "not_mergeable")
    living = clerk.get("/v1/accounts/a-2").json()
    assert (living["state"], living["balance"]) == ("active", 30)


def test_a_number_that_no_database_has_is_refused(clerk: Clerk) -> None:
    """Where nothing can be found, nothing breaks."""
    assert clerk.get(f"/v1/conflicts?before={2**63}").status_code == 422
    assert clerk.get(f"/v1/conflicts?before={2**63 - 1}").json() == []


def _cancelled(statement: str, values: dict[str, str], cause: Exception) -> OperationalError:
    """Make what PostgreSQL says of a statement that took too long."""
    cause.sqlstate = "57014"  # type: ignore[attr-defined]  # as psycopg's own have it
    return OperationalError(statement, values, cause)


def test_a_question_that_the_database_refuses_is_a_mistake_of_ours(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is logged, without what was asked for, and nobody is told to ask again for ever, also not
    where the answer takes longer than the database lets it; one that is down is another thing.
    """
    for error, status, code in (
        (DataError, 500, "internal"),
        (OperationalError, 503, "database_unavailable"),
        (_cancelled, 500, "internal"),
    ):
        raised = error(f"SELECT {CARD}", {"token": CARD}, Exception(CARD))
        monkeypatch.setattr(books.database, "read", Mock(side_effect=raised))
        with capture_logs() as logs:
            answer = Clerk(books).get(f"/v1/cards/{CARD}")
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert ("retry-after" in answer.headers) == (status == 503)
        told = [type(raised).__name__] if status == 500 else []
        assert [each["error"] for each in logs] == told
        assert CARD not in str(logs) + answer.text


def test_a_form_of_many_fields_signs_nobody_in(books: Books) -> None:
    """It is asked for the token again."""
    form = "&".join([*(f"f{n}=1" for n in range(10)), f"token={CLERK}"])
    answer = Clerk(books, token=None).post(
        "/", content=form, headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 401
    assert "Nobody has this token" in answer.text


@pytest.mark.parametrize("body", [b'{"reason": "\xff\xfe"}', b"[" * 100_000])
def test_a_body_that_cannot_be_read_is_told_what_to_send(clerk: Clerk, body: bytes) -> None:
    """Another encoding than UTF-8, or brackets without end, is answered as any other slip."""
    answer = clerk.post(f"/v1/cards/{CARD}/block", content=body, headers=AS_JSON)
    told = "it cannot be read; send JSON in UTF-8, with few brackets within brackets"
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert answer.json()["detail"] == f"the body: {told}"
    assert answer.json()["errors"] == [{"at": "", "message": told}]
    assert clerk.get(f"/v1/cards/{CARD}").json()["cards"][0]["state"] == "active"
