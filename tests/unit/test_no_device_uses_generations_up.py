"""Head office goes above the generation that a device says it knows, within bounds."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from paper_device import NOW, House, PaperDevice

from sync.hub.office import HeadOffice
from sync.hub.tables import conflicts, office

_FURTHEST = timedelta(days=30)


@pytest.fixture
def house() -> Iterator[House]:
    """A head office that two devices know."""
    made = House()
    yield made
    made.database.stop()


@pytest.fixture
def device(house: House) -> PaperDevice:
    """One of them."""
    made = PaperDevice()
    made.is_welcomed(house.office)
    made.is_heard(house.office)
    return made


@pytest.fixture
def mad(house: House) -> PaperDevice:
    """The other, which may say anything."""
    made = PaperDevice("edge-2")
    made.is_welcomed(house.office)
    made.is_heard(house.office)
    return made


def test_a_mad_device_can_say_the_highest_number_again_and_again(
    house: House, device: PaperDevice, mad: PaperDevice
) -> None:
    """Head office goes above what it says, and the next time above that by one alone; whoever then
    greets by head office's own number is heard, and the numbers never end.
    """
    first = house.told(mad.hello(generation=_of(NOW + _FURTHEST))).generation
    assert first == _of(NOW + _FURTHEST) + 1
    for times in range(1, 4):
        house.office.handle(*mad.hello(generation=_of(NOW + (times + 1) * _FURTHEST)))
        assert _own(house) == first
        assert house.told(mad.hello(generation=first)).generation == first
    assert house.told(device.hello(generation=first)).generation == first


def test_a_number_that_no_clock_has_reached_is_not_believed(
    house: House, device: PaperDevice
) -> None:
    """It is refused and told a clerk with what to do, and changes nothing; the device is heard as
    soon as it says one that can be.
    """
    assert house.office.handle(*device.hello(generation=_of(NOW + _FURTHEST) + 1)) == []
    assert house.office.counts["refused", "malformed_message"] == 1
    assert _own(house) == 0
    ((text,),) = house.rows(conflicts.c.text)
    assert "2026-04-01" in text
    assert "clock" in text
    assert house.told(device.hello()).generation == 0


def test_a_clock_that_was_ahead_at_the_restore_locks_nobody_out(
    house: House, device: PaperDevice
) -> None:
    """Set back while its clock was ten years ahead, head office has a number far above its right
    clock; all who heard of that one are still heard, and the next restore goes above it.
    """
    at = NOW + timedelta(days=3650)
    _opened_at(house, at)
    first = house.told(device.hello(generation=_of(NOW))).generation
    assert first == _of(at)
    _opened_at(house, NOW)
    device.generation = first
    assert house.told(device.hello()).generation == first
    assert house.told(device.hello(generation=first)).generation == first


def test_a_clock_that_is_behind_is_waited_for(house: House, device: PaperDevice) -> None:
    """A database that was set back, on a machine whose clock stands years behind, cannot believe
    what devices rightly say; once the clock is right they are heard, and nothing was decided.
    """
    device.generation = _of(NOW)
    _opened_at(house, datetime(2016, 1, 1, tzinfo=NOW.tzinfo))
    assert house.office.handle(*device.hello()) == []
    assert _own(house) == 0
    _opened_at(house, NOW)
    assert house.told(device.hello()).generation == _of(NOW) + 1


def test_a_clock_that_was_days_ahead_and_a_database_set_back_again_are_believed(
    house: House, device: PaperDevice
) -> None:
    """Head office forgot the generation that its wrong clock gave it: the devices bring it back."""
    backup = house.database.snapshot()
    _opened_at(house, NOW + timedelta(days=29))
    device.generation = house.told(device.hello(generation=1)).generation
    house.database.restore(backup)
    _opened_at(house, NOW)
    assert house.told(device.hello()).generation == device.generation + 1


def _opened_at(house: House, now: datetime) -> None:
    house.office = HeadOffice(house.database, clock=lambda: now, mint=lambda: "c")


def _of(moment: datetime) -> int:
    return int(moment.timestamp())


def _own(house: House) -> int:
    (row,) = house.rows(office.c.generation)
    return int(row.generation)
