"""Hand-made histories of a head office that was set back."""

from sync.simulation.house import House
from sync.simulation.scripts.staging import begin, cut_off, member, mend

__all__ = ["a_forgotten_epoch", "one_store_is_back_first"]


def a_forgotten_epoch(house: House) -> None:
    """Head office forgets an epoch of which it had everything, and the one that followed."""
    first, card = house.devices[0], house.customers.cards[0]
    cut_off(house, first)
    member(house, first, card)
    house.office.keep_snapshot()
    mend(house, first)
    begin(house)
    house.customers.buy(first, card, 2_000)
    house.advance(60)
    house.office.restore()
    house.advance(400)


def one_store_is_back_first(house: House) -> None:
    """Head office forgets what one store was granted; that one is away, and another one asks."""
    first, second, *_ = house.devices
    card = house.customers.cards[0]
    begin(house)
    member(house, second, card)
    house.advance(30)
    house.office.keep_snapshot()
    house.customers.hold(first, card, 90)  # it asks, and is granted what it needs
    house.customers.buy(second, None, 2_000)
    house.advance(30)
    cut_off(house, first)
    house.office.restore()
    house.advance(400)
    house.customers.hold(second, card, 90)
    house.advance(30)
