"""A device whose end nobody told, as its broker went down with it, is not there for ever."""

from datetime import datetime, timedelta
from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from paper_device import NOW, House, PaperDevice
from rights_office import Office, Till

from agent.core.instant import rfc3339
from sync.hub.api.places import devices_of, stores_of
from sync.hub.asking import answer_ask
from sync.hub.office import HeadOffice
from sync.hub.presence import is_online
from sync.hub.recalling import recalls_due
from sync.hub.registry import change_device
from sync.hub.tables import devices
from sync.messages import Ask, Grant, Presence, encode

ONLINE = encode(Presence(online=True)).decode()
SOON, LATE = NOW + timedelta(minutes=10), NOW + timedelta(minutes=10, seconds=1)


@pytest.fixture
def device(hub: House) -> PaperDevice:
    """A device that said that it is there, and was heard then for the last time."""
    made = PaperDevice()
    made.is_welcomed(hub.office)
    made.is_heard(hub.office)
    hub.office.handle(made.address.topic("presence"), ONLINE.encode())
    return made


def test_it_is_there_for_ten_minutes_after_it_was_heard() -> None:
    """Twice as long as a connected device may be silent; what it never said counts for nothing, and
    a clock of head office that was set back makes nobody gone.
    """
    heard = rfc3339(NOW)
    assert is_online(ONLINE, heard, now=SOON)
    assert not is_online(ONLINE, heard, now=LATE)
    assert is_online(ONLINE, heard, now=NOW - timedelta(days=1))
    assert not is_online(ONLINE, None, now=NOW)
    assert not is_online(None, heard, now=NOW)
    assert not is_online(encode(Presence(online=False)).decode(), heard, now=NOW)
    assert not is_online("{}", heard, now=NOW)


@pytest.mark.usefixtures("device")
def test_clerks_see_it_offline(hub: House) -> None:
    """In the lists of devices and stores, which the status page shows, too."""
    assert shown(hub, SOON) == (True, 1)
    assert shown(hub, LATE) == (False, 0)


@pytest.mark.parametrize("is_halted", [False, True])
def test_who_greets_is_there(hub: House, device: PaperDevice, is_halted: bool) -> None:
    """A device that has nothing new to say of itself greets every five minutes, also one that was
    stopped: that is heard.
    """
    if is_halted:
        fence = partial(change_device, device_id=1, state="halted")
        hub.database.transact(fence)
    later = HeadOffice(hub.database, clock=lambda: LATE, mint=lambda: "c")
    later.handle(*device.hello())
    assert shown(hub, LATE) == (True, 1)


def test_what_the_broker_kept_is_no_word_of_a_device(hub: House, device: PaperDevice) -> None:
    """A hub that connects anew is told all births that the broker keeps, of who is gone, too: one
    that says what is known already was not said now. A device that comes back greets as well.
    """
    later = HeadOffice(hub.database, clock=lambda: LATE, mint=lambda: "c")
    later.handle(device.address.topic("presence"), ONLINE.encode())
    assert shown(hub, LATE) == (False, 0)
    news = encode(Presence(online=True, head_seq=7))
    later.handle(device.address.topic("presence"), news)
    assert shown(hub, LATE) == (True, 1)


def test_whoever_has_no_key_of_it_does_not_bring_it_back(hub: House, device: PaperDevice) -> None:
    """A greeting that another signed is not this device's."""
    thief = device.copied()
    thief.key = Ed25519PrivateKey.generate()
    later = HeadOffice(hub.database, clock=lambda: LATE, mint=lambda: "c")
    later.handle(*thief.hello())
    assert shown(hub, LATE) == (False, 0)


def shown(hub: House, now: datetime) -> tuple[bool, int]:
    """Whether the device is online, and how many are in its store."""
    return hub.database.read(
        lambda c: (
            devices_of(c, "house", now=now)[0].online,
            stores_of(c, "house", now=now)[0].online,
        )
    )


@pytest.mark.parametrize(
    ("birth", "farewell", "is_there"),
    [
        ("new", "old", True),
        ("new", "new", False),
        ("new", None, False),
        (None, "old", False),
        (None, None, False),
    ],
)
def test_the_will_of_a_former_life_ends_nothing(
    hub: House, device: PaperDevice, birth: str | None, farewell: str | None, is_there: bool
) -> None:
    """A will that comes after the birth of the next life says nothing of that; one of the life that
    was born last does, and one that names no life, as those of older agents.
    """
    topic = device.address.topic("presence")
    hub.office.handle(topic, encode(Presence(online=True, life="old")))
    hub.office.handle(topic, encode(Presence(online=True, head_seq=7, life=birth)))
    hub.office.handle(topic, encode(Presence(online=False, life=farewell)))
    assert shown(hub, NOW) == (is_there, int(is_there))


def test_a_farewell_before_any_birth_is_taken(hub: House) -> None:
    """A device that was never heard to be there is not."""
    device = PaperDevice()
    device.is_welcomed(hub.office)
    device.is_heard(hub.office)
    farewell = encode(Presence(online=False, life="old"))
    assert hub.office.handle(device.address.topic("presence"), farewell) == []
    assert shown(hub, NOW) == (False, 0)


@pytest.mark.parametrize(("now", "is_there"), [(SOON, True), (LATE, False)])
def test_no_till_waits_for_points_of_who_is_gone(now: datetime, is_there: bool) -> None:
    """A till that asks for them is answered at once; the recall is said again to a device that is
    there alone, and waits for the greeting of another.
    """
    with Office() as books:
        books.member("a", 10)
        here, there = books.device("here"), Till(books, books.device("there"))
        books.change(devices, there.device.id, last_seen_at=rfc3339(NOW))
        there.move("a", 80, 80)
        ask = Ask(ask="ask-1", epoch=1, account="a", points=50)
        told = [message for _, message in answer_ask(books.c, here, ask, now=now)]
        grants = [each for each in told if isinstance(each, Grant) and each.ask == "ask-1"]
        assert bool(grants) is not is_there
        books.change(devices, there.device.id, last_seen_at=rfc3339(NOW + timedelta(seconds=6)))
        again = recalls_due(books.c, now=now + timedelta(seconds=6))
        assert bool(again) is is_there
