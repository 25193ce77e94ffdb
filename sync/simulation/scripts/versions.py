"""Hand-made histories of a program's versions, of which a store has not heard."""

from sync.simulation.clerks import Clerks
from sync.simulation.house import House
from sync.simulation.program import Version
from sync.simulation.scripts.staging import begin, cut_off, member, mend

__all__ = ["a_sale_of_another_version_comes_back", "a_version_is_replaced"]


def a_version_is_replaced(house: House) -> None:
    """A store judges by a version in whose place another one was put, to begin on the same day."""
    first, card = house.devices[0], house.customers.cards[0]
    begin(house)
    member(house, first, card)
    Clerks(house).put(Version(number=2, points=2, begins=house.world.day))
    house.advance(60)
    cut_off(house, first)
    Clerks(house).put(Version(number=3, points=3, begins=house.world.day))
    house.customers.buy(first, card, 2_000)
    mend(house, first)
    house.advance(60)


def a_sale_of_another_version_comes_back(house: House) -> None:
    """Part of a sale comes back to which head office had added what its store did not know of."""
    first, card = house.devices[0], house.customers.cards[0]
    begin(house)
    member(house, first, card)
    cut_off(house, first)
    Clerks(house).put(Version(number=2, points=2, begins=house.world.day))
    house.customers.buy(first, card, 2_000)
    mend(house, first)
    house.advance(60)
    house.customers.bring_back(first, house.notebook.sales[-1], 1_000)
    house.advance(60)
