"""``devices emulate pcsc`` lays cards on vpcd that its driver reads as what was typed."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from vpcd_stand_in import Vpcd

from agent.cli import main
from drivers.device import Place
from drivers.events import Event, TokenRead
from drivers.pcsc.driver import PcscReaderOptions
from drivers.pcsc.planned import PlannedReading
from drivers.virtual import keyboard
from drivers.virtual.keyboard import VirtualKeyboard, typed_from
from drivers.virtual.nfc_cards import nfc_card_from, virtual_card
from drivers.virtual.slot import VirtualSlot, VpcdMissing
from drivers.virtual.type_4 import Ntag424Card

_KEY = "000102030405060708090A0B0C0D0E0F"
_GSRN = "061414112345678902"
_SIGNS = "sdm:04DE5F1EACC040"


@pytest.fixture
def vpcd() -> Iterator[Vpcd]:
    """A stand-in for vpcd."""
    with closing(Vpcd()) as vpcd:
        yield vpcd


def _reading(tmp_path: Path, **options: Any) -> PlannedReading:
    reading = PlannedReading(
        PcscReaderOptions(**options), Place(name="front", port="Virtual PCD", state=tmp_path)
    )
    reading.check()
    return reading


def _token(events: list[Event] | None) -> tuple[str, int | None]:
    (event,) = events or ()
    assert isinstance(event, TokenRead), event
    return str(event.token), event.counter


@pytest.mark.parametrize(
    ("typed", "token"),
    [
        ("uid:04A1B2C3D4E5F6", "uid:04A1B2C3D4E5F6"),
        ("DEADBEEF", "uid:DEADBEEF"),
        (_GSRN, f"gsrn:{_GSRN}"),
        (f"type2:{_GSRN}", f"gsrn:{_GSRN}"),
        (f"type4:gsrn:{_GSRN}", f"gsrn:{_GSRN}"),
        ("card:10001234", "card:10001234"),
    ],
)
def test_what_is_typed_is_read(vpcd: Vpcd, tmp_path: Path, typed: str, token: str) -> None:
    """A chip's number, and a number that is written on a Type 2 or a Type 4 tag."""
    slot = VirtualSlot(vpcd_port=vpcd.port, meta_key=bytes(16), file_key=bytes(16))
    slot.plug_in()
    slot.lay(nfc_card_from(typed))
    assert _token(vpcd.read(_reading(tmp_path))) == (token, None)
    slot.unplug()


def test_a_card_that_signs_counts_on(vpcd: Vpcd, tmp_path: Path) -> None:
    """Each tap has a higher counter; with a key that is not the reader's it is refused."""
    keys = {"meta_key": bytes.fromhex(_KEY), "file_key": bytes(16)}
    reading = _reading(tmp_path, sdm_meta_key=_KEY, sdm_file_key="00" * 16)
    slot = VirtualSlot(vpcd_port=vpcd.port, **keys)
    counters = []
    for _ in range(2):
        slot.lay(nfc_card_from(_SIGNS))
        token, counter = _token(vpcd.read(reading))
        assert token == _SIGNS
        counters.append(counter)
        slot.take_away()
    assert counters[1] == (counters[0] or 0) + 1
    other = VirtualSlot(vpcd_port=vpcd.port, meta_key=bytes(16), file_key=bytes(16))
    other.lay(nfc_card_from(_SIGNS))
    (refused,) = vpcd.read(reading) or ()
    assert not isinstance(refused, TokenRead)
    other.unplug()


def test_an_emulator_that_is_started_again_is_no_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute later a card that signs begins above what a hand can have tapped meanwhile."""
    counters = []
    for now_s in (1_800_000_000.0, 1_800_000_060.0):
        monkeypatch.setattr("drivers.virtual.nfc_cards.time.time", lambda now_s=now_s: now_s)
        card = virtual_card(nfc_card_from(_SIGNS), meta_key=bytes(16), file_key=bytes(16))
        assert isinstance(card, Ntag424Card)
        counters.append(card.counter)
    assert counters[1] - counters[0] == 15


@pytest.mark.parametrize("typed", [_GSRN, _SIGNS, "uid:DEADBEEF"])
def test_half_a_card_is_no_card(vpcd: Vpcd, tmp_path: Path, typed: str) -> None:
    """``half`` is gone in the middle of its reading, of whatever kind it is."""
    slot = VirtualSlot(vpcd_port=vpcd.port, meta_key=bytes(16), file_key=bytes(16))
    reading = _reading(tmp_path, sdm_meta_key=_KEY, sdm_file_key=_KEY, accept_unsigned=True)
    card = nfc_card_from(typed)
    laying = threading.Thread(target=slot.lay_half, args=(card,))
    laying.start()
    assert vpcd.read(reading) is None
    laying.join()
    assert slot.card is None


@pytest.mark.parametrize(
    "typed",
    ["", "0C0006", "uid:0C000621A5", "sdm:DEADBEEF", "type4:x", "type3:1", "4111111111111111"],
)
def test_what_is_no_card_says_what_is(typed: str) -> None:
    """Whatever else is typed is answered with what may be."""
    with pytest.raises(ValueError, match="sdm:HEX"):
        nfc_card_from(typed)


def test_where_no_vpcd_waits_it_says_how_to_have_one() -> None:
    """The command ends with what to install, and so does a card that finds nobody any more."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = taken.getsockname()[1]
    ended = CliRunner().invoke(main, ["devices", "emulate", "pcsc", "--vpcd", str(free)])
    assert ended.exit_code == 1
    assert "apt-get install pcscd vsmartcard-vpcd" in ended.output
    slot = VirtualSlot(vpcd_port=free, meta_key=bytes(16), file_key=bytes(16))
    with pytest.raises(VpcdMissing, match="systemctl restart"):
        slot.lay(nfc_card_from(_GSRN))


@pytest.mark.parametrize(
    ("kind", "option"), [("pcsc", "--link"), ("em4100", "--vpcd"), ("hid", "--meta-key")]
)
def test_what_means_nothing_is_wrong_use(kind: str, option: str) -> None:
    """An option of another kind is refused by name."""
    value = {"--vpcd": "7", "--meta-key": _KEY}.get(option, "x")
    ended = CliRunner().invoke(main, ["devices", "emulate", kind, option, value])
    assert ended.exit_code == 2
    assert option in ended.output


def test_a_keyboard_wants_uinput(tmp_path: Path) -> None:
    """Where the kernel gives no uinput, or the code cannot be typed, that is said."""
    with pytest.raises(keyboard.UinputMissing, match="modprobe uinput"):
        VirtualKeyboard(None, uinput=tmp_path / "uinput").plug_in()
    with pytest.raises(ValueError, match="ASCII"):
        typed_from("ключ")
    assert typed_from("5901234123457") == "5901234123457"
