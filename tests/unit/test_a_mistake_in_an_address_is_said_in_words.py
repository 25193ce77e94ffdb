"""What is wrong in an address that a clerk typed is named by what it is called there."""

import pytest
from books import Books
from clerk import Clerk


@pytest.mark.parametrize(
    ("address", "at", "said"),
    [
        ("/v1/conflicts?since=yesterday", "query.since", "write it as YYYY-MM-DD"),
        ("/v1/conflicts?limit=0", "query.limit", "write 1 or more"),
        ("/v1/conflicts?limit=all", "query.limit", "write it as a whole number"),
        ("/v1/reconciliation?since=2026-13-01", "query.since", "there is no such day"),
    ],
)
def test_a_wrong_question_is_answered_with_what_to_write(address: str, at: str, said: str) -> None:
    """The name and the advice, and nothing of how the form was tried, nor of quotes."""
    answer = Clerk(Books("sqlite://")).get(address).json()
    assert {each["at"] for each in answer["errors"]} == {at}
    assert answer["errors"][0]["message"].startswith(said)
    assert "quotes" not in answer["detail"]


def test_a_device_is_named_by_its_number() -> None:
    """A store's name in its place is answered with the form, which has no quotes."""
    answer = Clerk(Books("sqlite://")).post("/v1/devices/s001/retire").json()
    assert answer["detail"] == "path.device_id: write it as a whole number"
