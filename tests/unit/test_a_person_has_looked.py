"""What waits for a person's look is closed by their word, and by nothing else."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from books import EDGE, NOW, Books, Life, a_sale
from clerk import CLERK, Clerk

from agent.core.facts import Enrol
from sync.hub import incidents
from sync.hub.decisions import KINDS, ONCE_LOOKED_AT, note
from sync.hub.fencing import halt
from sync.hub.judging import Conflict


@pytest.fixture
def books() -> Iterator[Books]:
    """A head office that has heard of one store."""
    books = Books("sqlite://")
    books.device()
    books.take(
        Life(0, "disk-1", Enrol(account="a-1", token="x:1"), a_sale("s-1", "a-1", 5)).batch()
    )
    yield books
    books.stop()


@pytest.fixture
def clerk(books: Books) -> Clerk:
    """A clerk with a token."""
    return Clerk(books)


def noted(books: Books, conflict: Conflict) -> int:
    """Note a conflict; answers its row's id."""
    books.database.transact(lambda c: note(c, EDGE.tenant, conflict, now=NOW))
    (row, *_) = Clerk(books).get(f"/v1/conflicts?kind={conflict.kind}").json()
    assert row["state"] == "open"
    return int(row["id"])


@pytest.mark.parametrize("kind", sorted(ONCE_LOOKED_AT))
def test_a_message_put_aside_is_looked_at_once(books: Books, clerk: Clerk, kind: str) -> None:
    """The row is closed by a decision that says who looked and what they found; the next day's
    message is a row of its own.
    """
    assert kind in KINDS
    today = incidents.refused(EDGE, kind, "it was odd", NOW.date())
    number = noted(books, today)
    place = f"/v1/conflicts/{number}/settle"
    page = Clerk(books, token=None).post("/", data={"token": CLERK}).text
    assert f"open</strong>, no. {number}" in page
    before = clerk.get("/v1/conflicts").json()[0]["decision"]
    for words in ("an old version; upgraded", "again"):
        answer = clerk.post(place, json={"reason": words})
        assert (answer.status_code, answer.json()["state"]) == (200, "resolved")
        assert answer.json()["decision"] == before + 1
    assert clerk.get("/v1/conflicts?state=open").json() == []
    told = books.database.read(lambda c: c.exec_driver_sql(
        "SELECT canonical FROM decisions ORDER BY seq DESC").scalars().first())  # fmt: skip
    assert b"ana has looked: an old version; upgraded" in bytes(told)
    tomorrow = (NOW + timedelta(days=1)).date()
    noted(books, incidents.refused(EDGE, kind, "it was odd", tomorrow))


def test_what_ends_by_itself_is_not_closed_by_hand(books: Books, clerk: Clerk) -> None:
    """A debt is closed by points: the answer says how."""
    owed = Conflict(kind="overspend", subject="a-1", text="The next points pay.", is_open=True)
    answer = clerk.post(f"/v1/conflicts/{noted(books, owed)}/settle", json={"reason": "enough"})
    assert (answer.status_code, answer.json()["code"]) == (409, "settles_itself")
    assert "The next points pay." in answer.json()["detail"]
    assert len(clerk.get("/v1/conflicts?state=open").json()) == 1


@pytest.mark.parametrize("number", [99, 2**63 - 1])
def test_a_conflict_that_nobody_knows_is_not_found(clerk: Clerk, number: int) -> None:
    """A slip of the pen closes nothing."""
    answer = clerk.post(f"/v1/conflicts/{number}/settle", json={"reason": "x"})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_conflict")
    assert clerk.post("/v1/conflicts/1/settle", json={}).status_code == 422


def test_a_copied_device_that_is_retired_waits_for_nobody(books: Books, clerk: Clerk) -> None:
    """Whoever retires it has looked."""
    device = books.device()
    books.database.transact(lambda c: halt(c, device, "it was copied"))
    copied = Conflict(kind="disk_cloned", subject="x", text="Two.", store=EDGE.store,
                      device=EDGE.device, is_open=True)  # fmt: skip
    noted(books, copied)
    assert clerk.post(f"/v1/devices/{device.id}/retire").json()["state"] == "retired"
    assert clerk.get("/v1/conflicts?state=open").json() == []
