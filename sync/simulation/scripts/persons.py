"""Hand-made histories of persons: who was forgotten, and whoever has their card."""

from sync.hub.deciding import block_card
from sync.simulation.clerks import Clerks
from sync.simulation.device import Device
from sync.simulation.house import House
from sync.simulation.program import TENANT
from sync.simulation.scripts.staging import account_of, begin, cut_off, member, mend, merge, power

__all__ = [
    "a_known_card_is_anothers",
    "a_late_word_about_a_card",
    "a_lost_answer",
    "a_store_hears_of_fewer",
    "an_ended_card_is_given_to_another",
]


def _given_to_another(house: House, card: str, away: Device) -> None:
    """Whoever had a card is forgotten, and a store that never heard of them gives it to another."""
    Clerks(house).erase(account_of(house, card))
    house.customers.enrol(away, card)
    house.customers.buy(away, card, 700)


def a_late_word_about_a_card(house: House) -> None:
    """A store that is cut off says that a card is lost; it is heard when somebody else has it."""
    first, second = house.devices
    third, card = house.open_store("s3"), house.customers.new_card()
    begin(house)
    cut_off(house, second)
    member(house, first, card)
    house.advance(60)
    cut_off(house, third)
    house.customers.block(third, card)
    _given_to_another(house, card, second)
    mend(house, second)
    house.advance(60)
    mend(house, third)


def an_ended_card_is_given_to_another(house: House) -> None:
    """The store that said that a card is lost hears that it is somebody else's, and says then that
    this one has lost it, too.
    """
    first, second = house.devices
    card = house.customers.new_card()
    begin(house)
    cut_off(house, second)
    member(house, first, card)
    house.customers.block(first, card)
    house.advance(20)
    _given_to_another(house, card, second)
    mend(house, second)
    house.advance(100)
    house.customers.hold(first, card, 5)
    house.customers.block(first, card)


def a_store_hears_of_fewer(house: House) -> None:
    """A store that heard of everybody is set up to hear of its own members alone; then a card of
    somebody else's is lost.
    """
    first, second = house.devices
    begin(house)
    card = house.customers.cards[0]
    member(house, first, card)
    house.advance(60)
    second.feed = "seen"
    power(second)
    house.advance(60)
    house.customers.block(first, card)


def a_known_card_is_anothers(house: House) -> None:
    """A store that hears of its own members alone is away while one of them is forgotten, and their
    card is given to somebody else.
    """
    first, second = house.devices
    card = house.customers.new_card()
    first.feed = "seen"
    power(first)
    begin(house)
    cut_off(house, second)
    member(house, first, card)
    house.advance(60)
    cut_off(house, first)
    _given_to_another(house, card, second)
    house.advance(20)
    mend(house, second)
    house.advance(60)
    mend(house, first)


def a_lost_answer(house: House) -> None:
    """A store that hears of its own members alone asks for a card and never hears the answer; then
    head office blocks that card, of a member who has another account.
    """
    first, second = house.devices
    card, other, *_ = house.customers.cards
    second.feed = "seen"
    power(second)
    begin(house)
    member(house, first, card)
    member(house, first, other)
    house.advance(20)
    merge(house, other, card)
    house.advance(60)
    house.network.blocked.add((str(second.address), "down"))
    house.customers.buy(second, other, 700)
    house.network.mend(str(second.address))
    house.advance(60)
    house.tell(f"head office: {other} is blocked")
    at = house.world.at
    house.office.decide(lambda c: block_card(c, TENANT, other, reason="lost", by="ana", now=at))
