"""Head office goes above the generation that a device says it knows, within bounds."""

from datetime import datetime, timedelta

import pytest
from paper_device import NOW, House, PaperDevice

from sync.hub.office import HeadOffice
from sync.hub.tables import conflicts, office

_FURTHEST = timedelta(days=30)


@pytest.fixture
def device(hub: House) -> PaperDevice:
    """One of them."""
    made = PaperDevice()
    made.is_welcomed(hub.office)
    made.is_heard(hub.office)
    return made


@pytest.fixture
def mad(hub: House) -> PaperDevice:
    """The other, which may say anything."""
    made = PaperDevice("edge-2")
    made.is_welcomed(hub.office)
    made.is_heard(hub.office)
    return made


def test_a_mad_device_can_say_the_highest_number_again_and_again(
    hub: House, device: PaperDevice, mad: PaperDevice
) -> None:
    """Head office goes above what it says, and the next time above that by one alone; whoever then
    greets by head office's own number is heard, and the numbers never end.
    """
    first = hub.told(mad.hello(generation=_of(NOW + _FURTHEST))).generation
    assert first == _of(NOW + _FURTHEST) + 1
    for times in range(1, 4):
        hub.office.handle(*mad.hello(generation=_of(NOW + (times + 1) * _FURTHEST)))
        assert _own(hub) == first
        assert hub.told(mad.hello(generation=first)).generation == first
    assert hub.told(device.hello(generation=first)).generation == first


def test_a_number_that_no_clock_has_reached_is_not_believed(
    hub: House, device: PaperDevice
) -> None:
    """It is refused and told a clerk with what to do, and changes nothing; the device is heard as
    soon as it says one that can be.
    """
    assert hub.office.handle(*device.hello(generation=_of(NOW + _FURTHEST) + 1)) == []
    assert hub.office.counts["refused", "malformed_message"] == 1
    assert _own(hub) == 0
    ((text,),) = hub.rows(conflicts.c.text)
    assert "2026-04-01" in text
    assert "clock" in text
    assert hub.told(device.hello()).generation == 0


def test_a_clock_that_was_ahead_at_the_restore_locks_nobody_out(
    hub: House, device: PaperDevice
) -> None:
    """Set back while its clock was ten years ahead, head office has a number far above its right
    clock; all who heard of that one are still heard, and the next restore goes above it.
    """
    at = NOW + timedelta(days=3650)
    _opened_at(hub, at)
    first = hub.told(device.hello(generation=_of(NOW))).generation
    assert first == _of(at)
    _opened_at(hub, NOW)
    device.generation = first
    assert hub.told(device.hello()).generation == first
    assert hub.told(device.hello(generation=first)).generation == first


def test_a_clock_that_is_behind_is_waited_for(hub: House, device: PaperDevice) -> None:
    """A database that was set back, on a machine whose clock stands years behind, cannot believe
    what devices rightly say; once the clock is right they are heard, and nothing was decided.
    """
    device.generation = _of(NOW)
    _opened_at(hub, datetime(2016, 1, 1, tzinfo=NOW.tzinfo))
    assert hub.office.handle(*device.hello()) == []
    assert _own(hub) == 0
    _opened_at(hub, NOW)
    assert hub.told(device.hello()).generation == _of(NOW) + 1


def test_a_clock_that_was_days_ahead_and_a_database_set_back_again_are_believed(
    hub: House, device: PaperDevice
) -> None:
    """Head office forgot the generation that its wrong clock gave it: the devices bring it back."""
    backup = hub.database.snapshot()
    _opened_at(hub, NOW + timedelta(days=29))
    device.generation = hub.told(device.hello(generation=1)).generation
    hub.database.restore(backup)
    _opened_at(hub, NOW)
    assert hub.told(device.hello()).generation == device.generation + 1


def _opened_at(hub: House, now: datetime) -> None:
    hub.office = HeadOffice(hub.database, clock=lambda: now, mint=lambda: "c")


def _of(moment: datetime) -> int:
    return int(moment.timestamp())


def _own(hub: House) -> int:
    (row,) = hub.rows(office.c.generation)
    return int(row.generation)
