"""A PN532 tells a card by the number that stands on it, else by its UID, as it is configured."""

from functools import partial

from agent.core.tokens import Token
from drivers.device import CardPresented, DeviceEvent, Place
from drivers.serial_drivers import PN532
from drivers.virtual.pn532 import VirtualPn532
from drivers.virtual.tags import Tag, ntag213
from drivers.virtual.world import Act, Does, ScriptedWorld, Silent

UID = bytes.fromhex("0416C6C2D73881")
BLANK, WRITTEN = Tag(UID), ntag213(UID, "061414112345678902")
BY_UID = CardPresented(device="front", token=Token("uid", UID.hex().upper()))
MEMBER = CardPresented(device="front", token=Token("gsrn", "061414112345678902"))


def told(*cards: Tag, **options: object) -> list[DeviceEvent]:
    """What a PN532 tells on which these cards lie for a second each, and nothing in between."""
    chip, events = VirtualPn532(), list[DeviceEvent]()
    acts: list[Act] = []
    for card in cards:
        acts += [Does(partial(chip.lay, card)), Silent(1.0)]
        acts += [Does(partial(chip.take, card)), Silent(1.0)]
    place = Place(name="front", port="/dev/front")
    model = PN532.options.model_validate(options)
    PN532.make(place, model, events.append, ScriptedWorld(acts, answer=chip.feed)).run()
    return events


def test_the_number_on_it_goes_before_its_uid() -> None:
    """As it comes, a card is who stands on it, and its UID where nobody does."""
    assert told(WRITTEN, BLANK) == [MEMBER, BY_UID]


def test_a_shop_that_knows_its_cards_by_uid_says_so() -> None:
    """With ``read_ndef = false`` a card is its UID whatever stands on it."""
    assert told(WRITTEN, BLANK, read_ndef=False) == [BY_UID, BY_UID]


def test_a_card_that_was_written_to_is_read_again() -> None:
    """A card that was taken away, given a number and laid again is who it is now."""
    assert told(BLANK, WRITTEN, BLANK) == [BY_UID, MEMBER, BY_UID]
