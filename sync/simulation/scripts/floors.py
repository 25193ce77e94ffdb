"""Hand-made histories of the floor: what a store redeems beyond its rights while it is cut off."""

from sync.link import Arrived
from sync.simulation.house import House
from sync.simulation.scripts.staging import begin, cut_off, member, mend, overhear, set_back

__all__ = [
    "a_voucher_is_asked_for",
    "floor_after_a_lost_disk",
    "floor_after_contact",
    "floor_at_many_members",
    "floor_at_one_member",
]


def floor_at_one_member(house: House) -> None:
    """A member redeems twice at a store that is cut off and has no right to their points."""
    first, second, *_ = house.devices
    card = house.customers.cards[0]
    begin(house)
    member(house, second, card)
    house.advance(40)
    cut_off(house, first)
    house.customers.hold(first, card, 20)
    house.customers.hold(first, card, 20)


def floor_at_many_members(house: House) -> None:
    """Several members redeem at a store that is cut off, together more than it was allowed."""
    first, second, *_ = house.devices
    begin(house)
    for card in house.customers.cards:
        member(house, second, card)
    house.advance(40)
    cut_off(house, first)
    for card in house.customers.cards:
        house.customers.hold(first, card, 20)


def floor_after_contact(house: House) -> None:
    """A store that used the floor is answered for a moment, and nothing it sends arrives."""
    first, second, *_ = house.devices
    card, address = house.customers.cards[0], str(first.address)
    begin(house)
    member(house, second, card)
    house.advance(40)
    cut_off(house, first)
    house.customers.hold(first, card, 20)

    def deafen(message: Arrived) -> None:
        if message.topic.endswith("/ok"):
            house.network.blocked.add((address, "up"))
            overhear(first, "nothing")

    first.overheard = deafen
    mend(house, first)
    house.advance(2)
    cut_off(house, first)
    house.customers.hold(first, card, 20)


def floor_after_a_lost_disk(house: House) -> None:
    """A disk is lost that had used the floor up, and head office never heard of it."""
    first, second, *_ = house.devices
    *others, card = house.customers.cards
    begin(house)
    for each in house.customers.cards:
        member(house, second, each)
    house.advance(40)
    cut_off(house, first)
    for each in others:
        house.customers.hold(first, each, 20)
    set_back(house, first, house.new_disk())
    mend(house, first)
    house.advance(40)
    cut_off(house, first)
    house.customers.hold(first, card, 20)


def a_voucher_is_asked_for(house: House) -> None:
    """A member asks for a voucher where the store is cut off and has no right to their points."""
    first, second, *_ = house.devices
    card = house.customers.cards[0]
    begin(house)
    member(house, second, card)
    house.advance(40)
    cut_off(house, first)
    house.customers.issue(first, card, 20)
