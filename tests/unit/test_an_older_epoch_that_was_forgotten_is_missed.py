"""A head office that was set back may hold the present epoch of a device and not what came before
it: the device has nothing to send, as it was told that all of it is held.
"""

from collections.abc import Iterator

import pytest
from paper_device import House, PaperDevice

from sync.hub.tables import office
from sync.messages import MOST_TAILS, Challenge, Ok


@pytest.fixture
def house() -> Iterator[House]:
    """A head office that knows nobody."""
    made = House()
    yield made
    made.database.stop()


def set_back(house: House) -> PaperDevice:
    """A device greets whose older epoch of two entries was delivered, and then forgotten; the
    present one is held.
    """
    device = PaperDevice().writes(2)
    device.is_welcomed(house.office)
    backup = house.database.snapshot()
    device.is_heard(house.office)
    house.database.restore(backup)
    house.office.handle(*device.batch())
    return device


def generation(house: House) -> int:
    """Head office's present generation."""
    (row,) = house.rows(office.c.generation)
    return int(row.generation)


def test_what_a_device_was_told_is_held_and_is_not_was_forgotten(house: House) -> None:
    """An epoch that the present one grew from, which is not held whole and which the device does
    not offer, was forgotten: a generation begins, and the device is answered with it, so that it
    offers everything again.
    """
    device = set_back(house)
    answer = house.told(device.hello(held_tails=1))
    assert isinstance(answer, Ok)
    assert answer.generation == generation(house) > 0
    assert house.kinds() == ["head_office_restored"]
    device.generation = answer.generation
    assert house.told(device.hello()).generation == answer.generation
    house.office.handle(*device.batch(life=device.lives[0]))
    assert house.told(device.hello(held_tails=1)).generation == answer.generation


def test_what_a_device_offers_or_cannot_send_was_not_forgotten(house: House) -> None:
    """A tail that is on its way, or of which entries are nowhere any more, shows no restore; nor
    does one that a HELLO full of others has no room for.
    """
    device = set_back(house)
    house.told(device.hello())
    house.told(device.hello(held_tails=1, left_out=(0,)))
    house.told(device.hello(held_tails=1, left_out=tuple(range(1, MOST_TAILS + 1))))
    assert generation(house) == 0


def test_another_boxs_past_is_not_missed(house: House) -> None:
    """Of what was held of a copy, nothing shows what this box was told."""
    device = set_back(house)
    copy = device.copied()
    copy.lives[-1].lines.clear()
    del copy.lives[-1].hashes[1:]
    copy.lives.pop()
    copy.writes(1, "y").opens(1).acknowledged = None
    assert isinstance(house.told(copy.hello(held_tails=1)), Challenge)
    assert generation(house) == 0
