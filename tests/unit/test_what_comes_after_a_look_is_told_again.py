"""Somebody's look at what was put aside hides nothing that comes after it."""

from typing import Any

import pytest
from books import NOW
from paper_device import House, PaperDevice

from sync.hub.decisions import settle_by_hand
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
    hub.database.transact(
        lambda c: settle_by_hand(c, "house", number, by="ana", reason="an old version", now=NOW)
    )


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


def test_another_key_is_told_of_again_until_it_is_gone(hub: House, device: PaperDevice) -> None:
    """A box that greets on with another's key has not been mended by the look."""
    thief = device.copied()
    thief.key = PaperDevice().key
    assert hub.told(thief.hello()).reason == "key"
    look_at(hub, noted(hub)[0].id)
    assert hub.told(thief.hello()).reason == "key"
    assert [each.state for each in noted(hub)] == ["resolved", "open"]
