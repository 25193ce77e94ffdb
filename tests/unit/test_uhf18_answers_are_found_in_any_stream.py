"""Answers and reports of a UHFReader18 are found in a stream that may break anywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parsers import crc_16

from agent.core.tokens import Token
from drivers.events import Event, RefusedFrame, StatusSeen, TokenRead
from drivers.readers.uhf18 import (
    UhfReader18Parser,
    answer,
    buzzer,
    command,
    inventory,
    power,
    reader_information,
    report,
)

# github xynogen/uhfreader18, tests/test_protocol.py and docs/PROTOCOL.md, a capture
CAPTURED = bytes.fromhex("1100EE002000708C2B380B2D00000000E056")
EPC = bytes.fromhex("2D14257BF4499602D2000000")
OTHER_EPC = bytes.fromhex("2D000B7F7070D404D2000000")
CARD = report(EPC)
CARD_READ = TokenRead(token=Token("gsrn", "061414112345678902"))
OTHER_READ = TokenRead(token=Token("gsrn", "012345678901012342"))
HEARTBEAT = bytes(6).replace(b"\0", b"\x56", 1)
ALIVE = StatusSeen(about="heartbeat")
NO_TAG = StatusSeen(about="no_tag")
UNKNOWN = RefusedFrame(reason="unknown")
CHECKSUM, FRAMING, LENGTH = (
    RefusedFrame(reason="checksum"),
    RefusedFrame(reason="framing"),
    RefusedFrame(reason="length"),
)


def events_in(*pieces: bytes) -> list[Event]:
    """What one parser says of these pieces and the silence after them."""
    parser = UhfReader18Parser()
    return [event for piece in pieces for event in parser.feed(piece)] + parser.idle()


def tags(*epcs: bytes, count: int | None = None, status: int = 1) -> bytes:
    """An answer to an inventory."""
    number = len(epcs) if count is None else count
    return answer(1, status, bytes([number]) + b"".join(bytes([len(epc)]) + epc for epc in epcs))


def test_the_captured_report_is_whole() -> None:
    """The published capture has a right CRC; its tag bears no number of any standard."""
    assert events_in(CAPTURED) == [UNKNOWN]
    assert report(CAPTURED[4:16]) == CAPTURED


@pytest.mark.parametrize("status", [1, 2, 3, 4])
def test_each_tag_of_an_inventory_is_read(status: int) -> None:
    """Every EPC of an answer is an event of its own, in its order, also where more follow."""
    assert events_in(tags(EPC, OTHER_EPC, b"\x12\x34", status=status)) == [
        CARD_READ,
        OTHER_READ,
        UNKNOWN,
    ]


def test_an_empty_field_is_said() -> None:
    """No tag, in either of the ways that the reader says it, is a status."""
    assert events_in(answer(1, 0xFB)) == [NO_TAG]
    assert events_in(tags()) == [NO_TAG]


@pytest.mark.parametrize(
    "frame",
    [tags(EPC, count=2), tags(EPC, OTHER_EPC, count=1), answer(1, 1, b"\x01\x20" + EPC)],
    ids=["too_few", "too_many", "too_long"],
)
def test_an_inventory_that_contradicts_itself_is_refused(frame: bytes) -> None:
    """Where lengths and number do not agree no tag of it is believed, though the CRC holds."""
    assert events_in(frame + CARD) == [LENGTH, CARD_READ]


def test_the_reader_says_what_it_is() -> None:
    """Version, type, power and scan time are a status."""
    data = bytes([2, 36, 9, 3, 0x3E, 0x28, 30, 10])
    assert events_in(answer(0x21, 0, data)) == [
        StatusSeen(
            about="firmware",
            details={"version": "2.36", "type": "09", "power_dbm": 30, "scan_ms": 1000},
        )
    ]


def test_other_answers_are_a_status() -> None:
    """What was done, and what failed, is said with command and status."""
    assert events_in(answer(0x2F, 0) + answer(0x00, 0xFE)) == [
        StatusSeen(about="answer", details={"command": "2F", "status": "00"}),
        StatusSeen(about="failed", details={"command": "00", "status": "FE"}),
    ]


@pytest.mark.parametrize("lost", range(1, len(CARD)))
def test_a_stream_may_start_in_mid_frame(lost: int) -> None:
    """The end of a frame that began before we listened is one refusal; the next is read."""
    events = events_in(CARD[lost:] + CARD + CARD)
    assert [event for event in events if isinstance(event, RefusedFrame)] in (
        [FRAMING],
        [CHECKSUM],
    )
    assert events[-2:] == [CARD_READ, CARD_READ]


@pytest.mark.parametrize("kept", range(1, len(CARD)))
def test_half_a_frame_and_silence_is_no_card(kept: int) -> None:
    """A frame that stays unfinished is refused when the line falls silent, and then forgotten."""
    parser = UhfReader18Parser()
    assert parser.feed(CARD[:kept]) == []
    assert parser.idle() == [FRAMING]
    assert parser.feed(CARD) == [CARD_READ]


@pytest.mark.parametrize("kept", range(1, len(CARD)))
def test_a_frame_behind_half_a_frame_is_read(kept: int) -> None:
    """What breaks off swallows nothing: the whole frame behind it is found."""
    events = events_in(CARD[:kept] + report(OTHER_EPC))
    assert events[0] in (CHECKSUM, FRAMING)
    assert events[1:] == [OTHER_READ]


@given(place=st.integers(0, len(CARD) - 1), flip=st.integers(1, 255))
def test_one_wrong_byte_is_never_another_card(place: int, flip: int) -> None:
    """A frame with one byte garbled is refused, once, and the frames behind it are read."""
    garbled = bytearray(CARD)
    garbled[place] ^= flip
    events = events_in(bytes(garbled) + report(OTHER_EPC))
    assert events[0] in (CHECKSUM, FRAMING)
    assert events[1:] == [OTHER_READ]


def test_a_wrong_crc_is_said_to_be_one() -> None:
    """A whole frame whose CRC does not hold is refused as checksum."""
    assert events_in(CARD[:-1] + b"\x00" + CARD) == [CHECKSUM, CARD_READ]


def test_noise_is_refused_once() -> None:
    """A run of bytes that are no frame is one refusal, however long it is."""
    assert events_in(b"\x00\x01" * 500 + CARD + b"\x00\x00") == [FRAMING, CARD_READ, FRAMING]
    assert events_in(b"\xff" * 1000 + CARD) == [CHECKSUM, CARD_READ]


def test_noise_after_silence_is_another_run() -> None:
    """Silence ends a run of noise: the next one is refused again."""
    parser = UhfReader18Parser()
    assert [*parser.feed(b"\x00\x00"), *parser.idle()] == [FRAMING]
    assert [*parser.feed(b"\x00\x00"), *parser.idle()] == [FRAMING]


def test_a_heartbeat_is_a_status() -> None:
    """Six bytes and silence are the heartbeat; so are several of them."""
    assert events_in(HEARTBEAT) == [ALIVE]
    assert events_in(HEARTBEAT * 3) == [ALIVE] * 3
    assert events_in(HEARTBEAT + CARD) == [ALIVE, CARD_READ]
    assert events_in(CARD + HEARTBEAT + CARD + HEARTBEAT) == [CARD_READ, ALIVE] * 2


def test_a_heartbeat_waits_for_silence_or_for_what_refutes_it() -> None:
    """Until 87 bytes are there it may be a frame of that length; then the CRC decides."""
    parser = UhfReader18Parser()
    assert parser.feed(HEARTBEAT + CARD) == []
    assert parser.idle() == [ALIVE, CARD_READ]
    assert parser.feed(HEARTBEAT + CARD * 4) == []
    assert parser.feed(CARD[:9]) == [ALIVE, *[CARD_READ] * 4]


def test_a_frame_as_long_as_a_heartbeat_says_is_a_frame() -> None:
    """A frame of length 56 whose CRC holds is no heartbeat, even where it begins like one."""
    seven_tags = tags(*[EPC] * 6, b"\x01")
    assert seven_tags[0] == 0x56
    assert events_in(seven_tags + CARD) == [*[CARD_READ] * 6, UNKNOWN, CARD_READ]
    like_one = HEARTBEAT + bytes(79)
    like_one += crc_16(like_one)
    assert events_in(like_one + CARD) == [
        StatusSeen(about="answer", details={"command": "00", "status": "00"}),
        CARD_READ,
    ]


def test_a_frame_of_that_length_with_a_wrong_crc_is_no_heartbeat() -> None:
    """Only the six bytes themselves are the heartbeat."""
    assert events_in(b"\x56\x00\x00\x00\x00\x01" + bytes(81)) == [CHECKSUM]


def test_commands_are_built_as_published() -> None:
    """Commands are the manual's bytes, with the CRC that is computed bit by bit."""
    assert reader_information() == bytes.fromhex("04FF211995")
    assert inventory(address=0) == bytes.fromhex("040001DB4B")
    assert power(30, address=0) == bytes.fromhex("05002F1E7234")
    sound = buzzer(on_ms=100, off_ms=50, times=2)
    assert sound[:-2] == bytes.fromhex("07FF33020102")
    assert sound[-2:] == crc_16(sound[:-2])


@given(code=st.integers(0, 255), data=st.binary(max_size=200))
def test_every_command_has_a_right_crc(code: int, data: bytes) -> None:
    """The fast CRC is the manual's CRC."""
    built = command(code, data)
    assert built[0] == len(built) - 1
    assert built[-2:] == crc_16(built[:-2])


@pytest.mark.parametrize("power_dbm", [-1, 31])
def test_power_keeps_to_its_range(power_dbm: int) -> None:
    """What the reader cannot do is not sent to it."""
    with pytest.raises(ValueError, match="0 to 30"):
        power(power_dbm)
