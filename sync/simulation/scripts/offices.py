"""Hand-made histories of head office: it was set back, or hears what is long over."""

from sync.simulation.house import House
from sync.simulation.scripts.staging import begin, cut_off, member, mend, set_back

__all__ = [
    "a_forgotten_epoch",
    "a_place_that_was_forgotten",
    "an_old_hello_comes_again",
    "one_store_is_back_first",
]


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


def a_place_that_was_forgotten(house: House) -> None:
    """Head office forgets what it told a store of a sale at another one, whose disk is lost; more
    is numbered than was forgotten before the store asks again, which misses no entry of its own.
    """
    first, second = house.devices
    cards = house.customers.cards
    begin(house)
    for card in cards:
        member(house, first, card)
    house.advance(40)
    house.office.keep_snapshot()
    house.customers.buy(first, cards[0], 700)
    house.advance(40)
    cut_off(house, second)
    set_back(house, first, house.new_disk())
    house.office.restore()
    house.advance(40)
    for card in cards[1:]:
        house.customers.buy(first, card, 700)
        house.advance(5)
    house.advance(20)
    mend(house, second)


def an_old_hello_comes_again(house: House) -> None:
    """The network brings once more what a device said when its epoch began."""
    first, card, take = house.devices[0], house.customers.cards[0], house.network.to_office
    hellos: list[tuple[str, bytes]] = []

    def keep(topic: str, payload: bytes) -> None:
        if topic == first.address.topic("hello"):
            hellos.append((topic, payload))
        take(topic, payload)

    house.network.to_office = keep
    begin(house)
    member(house, first, card)
    house.advance(20)
    for hello in tuple(hellos):
        take(*hello)
    house.advance(20)


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
