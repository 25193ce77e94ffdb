"""What goes wrong is told at the commit or start at which it went wrong, not when all is over."""

from dataclasses import replace
from datetime import date

import pytest
from books import a_sale
from sqlalchemy import update

from agent.core.entry import Entry
from agent.core.facts import Fact, ReturnSale
from sync.hub.tables import accounts
from sync.simulation.history import act
from sync.simulation.house import House
from sync.simulation.watch.journal import JournalWatch
from sync.simulation.watch.violations import Violation

_DAY = date(2026, 11, 21)


def shop(house: House) -> None:
    """Somebody buys at a store that head office has welcomed."""
    house.advance(30)
    device, card = house.devices[0], house.customers.cards[0]
    house.customers.enrol(device, card)
    house.customers.buy(device, card, 15_000)
    house.advance(30)


def test_points_from_nowhere_show_at_head_offices_next_commit() -> None:
    """Points that no posting of another account made up for: postings do not come to zero (I3)."""

    def cheat(house: House) -> None:
        shop(house)
        more = update(accounts).values(pending=accounts.c.pending + 1)
        house.office.database.transact(lambda c: c.execute(more))
        house.customers.buy(house.devices[0], house.customers.cards[0], 1_000)
        house.advance(5)
        raise AssertionError("it was not seen")

    outcome = act(cheat)
    assert outcome.violation is not None
    assert outcome.violation.invariant == "I3"


def test_a_commit_that_the_disk_lost_shows_as_the_agent_starts() -> None:
    """An answered sale that a power cut took back is missed before anybody asks for it (I1)."""

    def lose(house: House) -> None:
        shop(house)
        device = house.devices[0]
        before = device.save().image
        house.customers.buy(device, house.customers.cards[0], 1_000)
        device.crash()
        device.disk = replace(device.disk, image=before)
        device.start()
        raise AssertionError("it was not seen")

    outcome = act(lose)
    assert outcome.violation is not None
    assert outcome.violation.invariant == "I1"


def test_a_plain_history_shows_nothing() -> None:
    """A power cut after a sale loses nothing."""

    def cut(house: House) -> None:
        shop(house)
        device = house.devices[0]
        house.customers.buy(device, house.customers.cards[0], 1_000)
        device.crash()
        device.start()

    assert act(cut).violation is None


@pytest.mark.parametrize(("back_minor", "points"), [(0, 1), (1, 0)])
def test_more_back_than_was_sold_shows_at_its_entry(back_minor: int, points: int) -> None:
    """Of a sale of 14.25 for 14 points no more money comes back, and no more points go, in all of
    its returns together (I14); as much of both as there is may.
    """
    watch = JournalWatch(name="a disk")
    sold = a_sale("s", "a", 14)
    first = ReturnSale(
        sale_id="s", return_id="r-1", account="a", amount_minor=1_425, from_active=14
    )
    more = ReturnSale(
        sale_id="s", return_id="r-2", account="a", amount_minor=back_minor, from_active=points
    )
    for seq, fact in enumerate((sold, first), start=1):
        watch.saw(_entry(seq, fact), _DAY)
    with pytest.raises(Violation) as shown:
        watch.saw(_entry(3, more), _DAY)
    assert shown.value.invariant == "I14"


def _entry(seq: int, fact: Fact) -> bytes:
    at = "2026-11-21T13:05:09.000Z"
    entry = Entry(id=f"e-{seq}", epoch=0, seq=seq, recorded_at=at, business_date=_DAY, fact=fact)
    return entry.canonical()
