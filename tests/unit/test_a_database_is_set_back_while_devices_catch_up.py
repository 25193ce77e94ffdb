"""A head office that was set back may be set back once more, to a moment at which its devices were
still catching up with the first time.
"""

from collections.abc import Iterator

import pytest
from paper_device import House, PaperDevice
from sqlalchemy import update

from sync.hub.tables import devices
from sync.messages import Held, Ok


@pytest.fixture
def house() -> Iterator[House]:
    """A head office that knows nobody."""
    made = House()
    yield made
    made.database.stop()


def catching_up(house: House) -> PaperDevice:
    """A device of three entries has heard that head office was set back to the first of them, and
    has said what it has.
    """
    device = PaperDevice()
    device.is_welcomed(house.office)
    device.is_heard(house.office)
    backup = house.database.snapshot()
    device.writes(2).is_heard(house.office)
    house.database.restore(backup)
    device.generation = house.told(device.hello()).generation
    device.acknowledged = None
    assert device.generation > 0
    assert house.told(device.hello()).generation == device.generation
    return device


def up_to(device: PaperDevice, seq: int) -> Held:
    """An acknowledgement of the present epoch."""
    life = device.life
    return Held(
        incarnation=life.incarnation, epoch=life.epoch, seq=seq, hash=life.hashes[seq].hex()
    )


def test_what_it_was_told_since_shows_it(house: House) -> None:
    """A device that was acknowledged more than it had when it began to catch up was told so by a
    database that is gone: another generation begins.
    """
    device = catching_up(house)
    backup = house.database.snapshot()
    device.writes(1).is_heard(house.office)
    assert house.told(device.hello()).generation == device.generation
    house.database.restore(backup)
    answer = house.told(device.hello())
    assert isinstance(answer, Ok)
    assert answer.generation > device.generation


def test_before_it_said_what_it_has_each_acknowledgement_shows_it(house: House) -> None:
    """So it is where the database has not heard from the device what it has in this generation: no
    device is acknowledged anything before it has said that.
    """
    device = catching_up(house)
    forgets = update(devices).values(catch_up=None)
    house.database.transact(lambda c: c.execute(forgets))
    device.acknowledged = up_to(device, 2)
    assert house.told(device.hello()).generation > device.generation


def test_an_old_acknowledgement_that_comes_late_shows_nothing(house: House) -> None:
    """What the forgotten database had acknowledged may arrive when the device has begun to catch up
    already: that it is not held is known.
    """
    device = catching_up(house)
    device.acknowledged = up_to(device, 3)
    answer = house.told(device.hello())
    assert (answer.generation, answer.seq) == (device.generation, 1)
