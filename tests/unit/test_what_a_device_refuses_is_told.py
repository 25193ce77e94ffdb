"""What a device refuses is told with its reason, never so often that a card would wait for it."""

from agent.core.tokens import Token
from drivers.device import CardPresented, DeviceEvent, Place, Refused
from drivers.pcsc.driver import PCSC, PcscReaderOptions
from drivers.readers.em4100 import frame
from drivers.serial_drivers import EM4100, Em4100Options
from drivers.virtual.cards import RandomUidCard, UidCard
from drivers.virtual.pcsc_world import READER, Lies, PcscAct, ScriptedPcsc, Taken
from drivers.virtual.world import Act, ScriptedWorld, Sends, Silent

_CARD = Token("em4100", "0C000621A5")
_BAD = frame(_CARD)[:11] + b"00\x03"
_PLACE = Place(name="front", port="/dev/front")


def _told(*acts: Act) -> tuple[list[DeviceEvent], int]:
    told: list[DeviceEvent] = []
    device = EM4100.make(_PLACE, Em4100Options(), told.append, ScriptedWorld(acts))
    device.run()
    return told, device.counters.refused


def test_the_reason_is_told() -> None:
    """A frame with a wrong checksum and one that breaks off are each told, in order, by reason."""
    told, refused = _told(Sends(_BAD), Sends(frame(_CARD)[:-1]), Silent(1.0))
    assert told == [
        Refused(device="front", reason="checksum"),
        Refused(device="front", reason="framing"),
    ]
    assert refused == 2


def test_noise_takes_no_cards_turn() -> None:
    """A thousand bad frames at once are ten told and all counted, and the card after them is told
    as ever.
    """
    told, refused = _told(Sends(_BAD * 1_000), Sends(frame(_CARD)), Silent(1.0))
    assert len([event for event in told if isinstance(event, Refused)]) == 10
    assert [event for event in told if isinstance(event, CardPresented)] == [
        CardPresented(device="front", token=_CARD)
    ]
    assert refused == 1_000


def _told_by_pcsc(*acts: PcscAct) -> tuple[list[DeviceEvent], int]:
    told: list[DeviceEvent] = []
    place = Place(name="front", port=READER)
    device = PCSC.make(place, PcscReaderOptions(), told.append, ScriptedPcsc(acts))
    device.run()
    return told, device.counters.refused


def test_a_pcsc_reader_tells_its_reasons() -> None:
    """A card whose number is random, and one that is swapped before it was read, are told."""
    card = UidCard(bytes.fromhex("04A1B2C3D4E5F6"))
    told, refused = _told_by_pcsc(
        *(Lies(RandomUidCard()), Silent(1), Taken(), Silent(1)),
        *(Lies(card, commands=1), Silent(1)),
    )
    assert told == [
        Refused(device="front", reason="random_uid"),
        Refused(device="front", reason="unreadable"),
    ]
    assert refused == 2


def test_refused_cards_take_no_cards_turn() -> None:
    """A reader that refuses without end is told of ten times, and the next card as ever."""
    card = UidCard(bytes.fromhex("04A1B2C3D4E5F6"))
    bad = [act for _ in range(50) for act in (Lies(RandomUidCard()), Taken())]
    told, refused = _told_by_pcsc(*bad, Lies(card), Silent(1))
    assert refused == 50
    assert 10 <= len([event for event in told if isinstance(event, Refused)]) < 50
    assert [event.token for event in told if isinstance(event, CardPresented)] == [
        Token("uid", "04A1B2C3D4E5F6")
    ]
