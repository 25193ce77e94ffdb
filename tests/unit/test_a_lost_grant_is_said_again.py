"""A grant or a raised floor that got lost on the way is said again to a device that is there."""

from collections.abc import Iterator

import pytest
from chain_of_stores import Chain
from rights_office import OFFLINE, Office, Till

from sync.hub.granting import grants_after, resend_rights
from sync.hub.saying_again import floors_due, grants_due
from sync.hub.tables import devices, journals
from sync.messages import Allowance, Grant

AHEAD = "[leases]\npoints = 40\ndevices = 2\n"
FLOOR = """
[offline]
per_redemption = 20
per_account = 30
per_device = 60
per_day = 80
soft_count = 6
hard_count = 10
"""


@pytest.fixture(name="books")
def _books() -> Iterator[Office]:
    with Office() as books:
        books.put_program(AHEAD)
        books.member("a", 100)
        yield books


def leased(books: Office) -> tuple[Till, list[Grant]]:
    """A device that a member visited, and what was granted to it ahead."""
    till = Till(books, books.device("one"))
    books.visit(till.device, "a")
    told = grants_after(books.c, till.device, ["a"], now=books.later(1))
    return till, [message for _, message in told if isinstance(message, Grant)]


def again(books: Office, seconds: float) -> list[Grant | Allowance]:
    """What is said again some seconds later."""
    now = books.later(seconds)
    said = grants_due(books.c, now=now) + floors_due(books.c, now=now)
    return [message for _, message in said if isinstance(message, Grant | Allowance)]


def test_it_is_said_every_few_seconds_until_it_is_journaled(books: Office) -> None:
    """In the same words, and never again after."""
    till, granted = leased(books)
    assert [each.granted_total for each in granted] == [40]
    assert again(books, 2) == []
    assert again(books, 4) == granted
    assert again(books, 1) == []
    assert again(books, 5) == granted
    till.take((till.device, granted[0]))
    assert again(books, 6) == []
    assert again(books, 600) == []


def test_who_is_not_there_is_told_when_it_greets(books: Office) -> None:
    """Nobody talks to a line that is down; from the greeting on it is said again, too."""
    till, granted = leased(books)
    books.change(devices, till.device.id, presence=OFFLINE)
    assert again(books, 6) == []
    books.change(devices, till.device.id, presence='{"online":true}')
    assert again(books, 6) == []
    greeted = resend_rights(books.c, till.device, now=books.later(1))
    assert [message for _, message in greeted] == granted
    assert again(books, 6) == granted


def test_an_epoch_that_ended_is_told_nothing(books: Office) -> None:
    """Its rights are another's to say."""
    till, _ = leased(books)
    books.change(journals, till.device.journal_id or 0, fenced="clean")
    assert again(books, 6) == []


def test_more_floor_is_said_twice(books: Office) -> None:
    """No entry shows that a device has heard of it, and its next greeting may be minutes away."""
    books.put_program(FLOOR)
    device = books.device("one")
    said = grants_after(books.c, device, [], now=books.later(1))
    (allowed,) = [message for _, message in said if isinstance(message, Allowance)]
    assert allowed.floor_total == 60
    assert again(books, 6) == [allowed]
    assert again(books, 6) == []


def test_a_store_has_what_it_was_granted_though_the_message_got_lost() -> None:
    """Within some seconds, with the line up all the time."""
    chain = Chain(AHEAD)
    here, there = chain.stores
    account = chain.enrol(here)
    lost: list[str] = []
    carry = chain.house.network.down

    def lose_one(topic: str, payload: bytes, expiry_s: float | None) -> None:
        if topic.endswith("down/grant") and not lost:
            lost.append(topic)
        else:
            carry(topic, payload, expiry_s)

    chain.house.network.down = lose_one  # type: ignore[method-assign]  # the network fails once
    chain.sell(here, 10)
    chain.sell(there, 30)
    chain.settle()
    chain.give(account, 100)
    chain.settle()
    assert lost
    assert [chain.rights(store, account) for store in chain.stores] == [40, 40]
    chain.close()
