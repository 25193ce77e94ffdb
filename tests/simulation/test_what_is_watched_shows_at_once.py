"""What goes wrong is told at the commit or start at which it went wrong, not when all is over."""

from dataclasses import replace

from sqlalchemy import update

from sync.hub.tables import accounts
from sync.simulation.history import act
from sync.simulation.house import House


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
