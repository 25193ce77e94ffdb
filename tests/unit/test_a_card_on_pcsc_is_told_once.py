"""A card on a PC/SC reader is one tap however it lies there, and whoever laid it hears of it."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from drivers.device import CardPresented, DeviceEvent, Place, ProductScanned, Refused
from drivers.pcsc.driver import PCSC, PcscReaderOptions
from drivers.pcsc.feedback import REFUSED, TAKEN
from drivers.virtual.cards import RandomUidCard, Type2Card, UidCard
from drivers.virtual.pcsc_world import READER, Lies, PcscAct, ScriptedPcsc, Stirs, Taken
from drivers.virtual.type_4 import address_message
from drivers.virtual.world import Looks, Silent

ACR122U = "ACS ACR122U PICC Interface 00 00"
CARD, OTHER = UidCard(bytes.fromhex("04A1B2C3D4E5F6")), UidCard(bytes.fromhex("04010203040506"))
CARD_TOKEN, OTHER_TOKEN = "uid:04A1B2C3D4E5F6", "uid:04010203040506"


def _play(
    *acts: PcscAct, reader: str = READER, port: str = READER, feedback: bool = True
) -> tuple[list[str], ScriptedPcsc, int]:
    """Answer what was told, the world as it was left, and how many were refused."""
    told: list[DeviceEvent] = []
    world = ScriptedPcsc([*acts, Looks()], reader=reader)
    options = PcscReaderOptions(feedback=feedback)
    device = PCSC.make(Place(name="front", port=port), options, told.append, world)
    device.run()
    tokens = [str(each.token) for each in told if isinstance(each, CardPresented)]
    return tokens, world, device.counters.refused


def test_other_programs_look_at_it() -> None:
    """What other programs do with a card that lies there is no other card, and not read anew."""
    told, world, _ = _play(Lies(CARD), Stirs(), Silent(5), Stirs(), Silent(5))
    assert told == [CARD_TOKEN]
    assert len(world.sent) == 1
    assert world.held == 0


def test_it_flickers() -> None:
    """A card at the edge of the field, away for a moment, was not taken; for a second, it was."""
    told, _, _ = _play(Lies(CARD), Silent(60), Taken(), Silent(0.4), Lies(CARD))
    assert told == [CARD_TOKEN]
    told, _, _ = _play(Lies(CARD), Silent(60), Taken(), Silent(1), Lies(CARD))
    assert told == [CARD_TOKEN, CARD_TOKEN]


def test_it_is_swapped_between_two_looks() -> None:
    """A card that lies where another lay at the last look is told."""
    told, _, _ = _play(Lies(CARD), Lies(OTHER), Silent(1))
    assert told == [CARD_TOKEN, OTHER_TOKEN]


def test_it_is_torn_away() -> None:
    """A card that is gone at its first command is refused once and not told."""
    told, world, refused = _play(Lies(CARD, commands=1), Silent(1), Lies(OTHER), Silent(1))
    assert (told, refused) == ([OTHER_TOKEN], 1)
    assert world.held == 0


@pytest.mark.parametrize(
    ("card", "signal"), [(CARD, TAKEN), (RandomUidCard(), REFUSED)], ids=["taken", "refused"]
)
def test_it_is_heard(card: UidCard, signal: bytes) -> None:
    """An ACR122U says whether a card was taken, once and after it was told."""
    _, world, _ = _play(Lies(card), Silent(1), reader=ACR122U, port="ACS ACR122U")
    assert [each for each in world.sent if each[:3] == signal[:3]] == [signal]
    assert world.sent[-1] == signal


def test_it_is_silent() -> None:
    """Nothing is said by a reader that has no lights, nor where none is wanted."""
    for reader, feedback in ((READER, True), (ACR122U, False)):
        told, world, _ = _play(Lies(CARD), Silent(1), reader=reader, port=reader, feedback=feedback)
        assert told == [CARD_TOKEN]
        assert not [each for each in world.sent if each[:2] == b"\xff\x00"]


def test_a_signal_that_fails_matters_nothing() -> None:
    """A card that is gone before the reader blinks was told and is not refused."""
    told, _, refused = _play(Lies(CARD, commands=2), Silent(1), reader=ACR122U, port=ACR122U)
    assert (told, refused) == ([CARD_TOKEN], 0)


def test_keys_that_cannot_be_had(tmp_path: Path) -> None:
    """Without the keys that it is to use a reader takes no card, and says why at once."""
    told: list[DeviceEvent] = []
    faults: list[str | None] = []
    acts = [Silent(1), Looks(), Lies(CARD), Silent(1), Looks()]
    world = ScriptedPcsc(acts, look=lambda: faults.append(device.fault))
    options = PcscReaderOptions(keys_file=tmp_path / "keys.toml")
    device = PCSC.make(Place(name="front", port=READER), options, told.append, world)
    with capture_logs() as logs:
        device.run()
    assert told == [Refused(device="front", reason="unreadable")]
    assert all("keys.toml" in (fault or "") for fault in faults)
    assert [line["event"] for line in logs] == ["reader_found", "cards_refused"]


def test_a_product_is_told() -> None:
    """A tag with a product's address is that product, once for each time it is laid down."""
    told: list[DeviceEvent] = []
    tag = Type2Card(CARD.uid, address_message("https://id.example.test/01/05901234123457"))
    flickers = (Silent(60), Taken(), Silent(0.4), Lies(tag))
    world = ScriptedPcsc([Lies(tag), Stirs(), *flickers, Looks()])
    device = PCSC.make(Place(name="front", port=READER), PcscReaderOptions(), told.append, world)
    device.run()
    assert [type(event) for event in told] == [ProductScanned]
    assert device.counters.refused == 0


class _Raising(UidCard):
    """A card with which the driver fails."""

    def answer(self, apdu: bytes) -> bytes:
        raise KeyError(apdu.hex())


def test_a_driver_that_fails_goes_on() -> None:
    """A mistake of the driver's own is a fault that repeats nothing of the card, and the next card
    is told.
    """
    told: list[DeviceEvent] = []
    faults: list[str | None] = []
    acts = [Lies(_Raising(CARD.uid)), Taken(), Looks(), Lies(OTHER), Silent(1), Looks()]
    world = ScriptedPcsc(acts, look=lambda: faults.append(device.fault))
    device = PCSC.make(Place(name="front", port=READER), PcscReaderOptions(), told.append, world)
    with capture_logs() as logs:
        device.run()
    assert [str(each.token) for each in told if isinstance(each, CardPresented)] == [OTHER_TOKEN]
    assert [line["event"] for line in logs] == ["reader_found", "cards_refused", "cards_refused"]
    assert "KeyError at test_a_card_on_pcsc_is_told_once.py:" in (faults[0] or "")
    assert "ffca" not in str(logs)
    assert (device.fault, device.counters.refused) == (None, 1)
