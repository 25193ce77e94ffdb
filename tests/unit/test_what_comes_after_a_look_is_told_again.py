"""Somebody's look at what was put aside hides nothing that comes after it."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from books import EDGE, NOW, Books
from paper_device import House, PaperDevice
from sqlalchemy import Connection, func, select

from sync.hub import incidents
from sync.hub.decisions import note_again, settle_by_hand
from sync.hub.judging import Conflict
from sync.hub.tables import conflicts


@pytest.fixture
def device(hub: House) -> PaperDevice:
    """A device that was welcomed."""
    made = PaperDevice()
    made.is_welcomed(hub.office)
    made.is_heard(hub.office)
    return made


def noted(hub: House) -> list[Any]:
    """Read the rows of what was put aside, the oldest first."""
    return sorted(hub.rows(conflicts.c.id, conflicts.c.state, conflicts.c.subject))


def look_at(hub: House, number: int) -> None:
    """Close a row as a clerk does."""
    hub.database.transact(partial(_looked_at, number))


def test_what_comes_after_a_look_is_told_again(hub: House, device: PaperDevice) -> None:
    """The same day, too: a new message opens a row of its own, which says after which one it came;
    what somebody has looked at stays closed, however often it comes.
    """
    topic, seen = device.address.topic("journal"), b"\x00\xff not deflated"
    hub.office.handle(topic, seen)
    for looks in (1, 2):
        before = noted(hub)[-1].id
        look_at(hub, before)
        hub.office.handle(topic, seen)
        assert [each.state for each in noted(hub)] == ["resolved"] * looks
        for _ in range(3):
            hub.office.handle(topic, seen + b"!" * looks)
        assert [each.state for each in noted(hub)] == [*["resolved"] * looks, "open"]
        assert noted(hub)[-1].subject.endswith(f", after no. {before}")
    assert hub.kinds() == ["malformed_message"] * 3


def test_a_look_is_outlived_in_either_database(any_books: Books) -> None:
    """What is open is told once; what only says how something was settled is never told again."""
    odd = incidents.refused(EDGE, "too_large", "100 MB", NOW.date())
    for conflict, again in ((odd, True), (replace(odd, subject="x", is_open=False), False)):
        for told in (True, False):
            assert any_books.database.transact(partial(_note_again, conflict)) is told
        with any_books.database.engine.connect() as c:
            number = c.execute(select(func.max(conflicts.c.id))).scalar_one()
        any_books.database.transact(partial(_looked_at, number))
        assert any_books.database.transact(partial(_note_again, conflict)) is again


def _note_again(conflict: Conflict, c: Connection) -> bool:
    return note_again(c, EDGE.tenant, conflict, now=NOW)


def _looked_at(number: int, c: Connection) -> None:
    settle_by_hand(c, EDGE.tenant, number, by="ana", reason="an old version", now=NOW)


def test_another_key_is_told_of_again_until_it_is_gone(hub: House, device: PaperDevice) -> None:
    """A box that greets on with another's key has not been mended by the look."""
    thief = device.copied()
    thief.key = PaperDevice().key
    assert hub.told(thief.hello()).reason == "key"
    look_at(hub, noted(hub)[0].id)
    assert hub.told(thief.hello()).reason == "key"
    assert [each.state for each in noted(hub)] == ["resolved", "open"]
