"""Frames of a PN532 are found in a stream that may start, stop or break anywhere (UM0701-02)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.tokens import Token
from drivers.events import Event, RefusedFrame, StatusSeen, TokenRead
from drivers.readers.pn532 import Pn532Parser
from drivers.readers.pn532_frames import ACK, LONGEST, NAK, WAKE_UP, Frame, Framer, frame

# Tests of nfcpy (tests/base_clf_pn53x.py:498), and the user manual for the rest.
CARD = bytes.fromhex("0000FF0FF1D54B0101004400070416C6C2D738816100")
FIRMWARE = bytes.fromhex("0000FF06FAD50332010607E800")
ERROR = bytes.fromhex("0000FF01FF7F8100")
CARD_READ = TokenRead(token=Token("uid", "0416C6C2D73881"))
FIRMWARE_SEEN = StatusSeen(
    about="firmware", details={"ic": "32", "version": 1, "revision": 6, "support": "07"}
)
CHECKSUM, FRAMING, LENGTH = (
    RefusedFrame(reason="checksum"),
    RefusedFrame(reason="framing"),
    RefusedFrame(reason="length"),
)


def events_in(*pieces: bytes) -> list[Event]:
    """What one parser says of these pieces of a stream and the silence after them."""
    parser = Pn532Parser()
    return [event for piece in pieces for event in parser.feed(piece)] + parser.idle()


def extended(inside: bytes) -> bytes:
    """An extended frame around TFI and data, however short."""
    length = len(inside).to_bytes(2)
    checks = bytes([-sum(length) & 0xFF]), bytes([-sum(inside) & 0xFF])
    return b"\x00\x00\xff\xff\xff" + length + checks[0] + inside + checks[1] + b"\x00"


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        (CARD, CARD_READ),
        (FIRMWARE, FIRMWARE_SEEN),
        (ACK, StatusSeen(about="ack")),
        (NAK, StatusSeen(about="nak")),
        (ERROR, StatusSeen(about="error")),
        (WAKE_UP, StatusSeen(about="wake_up")),
        (bytes.fromhex("0000FF03FDD54B00E000"), StatusSeen(about="no_target")),
        (
            bytes.fromhex("0000FF02FED5151600"),
            StatusSeen(about="answer", details={"command": "SAMConfiguration"}),
        ),
        (
            bytes.fromhex("0000FF02FED4022A00"),
            StatusSeen(about="command", details={"command": "GetFirmwareVersion"}),
        ),
    ],
)
def test_the_published_frames_are_read(sent: bytes, seen: Event) -> None:
    """Each published frame is what it is, wherever it is cut, and without its outer zeros."""
    for cut in range(len(sent) + 1):
        assert events_in(sent[:cut], sent[cut:]) == [seen]
    assert events_in(*(bytes([byte]) for byte in sent)) == [seen]
    assert events_in(sent + CARD) == [seen, CARD_READ]
    if sent != WAKE_UP:
        assert events_in(sent[1:-1] + sent) == [seen, seen]


def test_commands_are_built_as_published() -> None:
    """The frame built for a command is, byte for byte, that of the user manual."""
    assert frame(b"\x02") == bytes.fromhex("0000FF02FED4022A00")
    assert frame(b"\x14\x01\x00\x00") == bytes.fromhex("0000FF05FBD4140100001700")
    assert frame(b"\x4a\x01\x00") == bytes.fromhex("0000FF04FCD44A0100E100")


@given(body=st.binary(min_size=1, max_size=LONGEST - 1), host=st.booleans())
def test_every_frame_that_is_built_is_read(body: bytes, host: bool) -> None:
    """Whatever a frame carries, start codes and all, it is read as that, normal or extended."""
    kind = "command" if host else "answer"
    framer = Framer()
    assert framer.feed(frame(body, host=host)) == [Frame(kind, body[0], body[1:])]
    assert framer.idle() == []


def test_an_extended_frame_may_be_short() -> None:
    """The extended form of a frame that would fit the normal one is the same."""
    assert events_in(extended(CARD[5:-2])) == [CARD_READ]


@pytest.mark.parametrize("place", range(3, len(CARD) - 1))
@pytest.mark.parametrize("flipped", [0x01, 0x10, 0x80])
def test_a_damaged_frame_is_no_card(place: int, flipped: int) -> None:
    """Any byte of a frame that is wrong costs that card and not the next one."""
    damaged = bytearray(CARD)
    damaged[place] ^= flipped
    assert events_in(bytes(damaged) + CARD) == [CHECKSUM, CARD_READ]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (extended(CARD[5:-2])[:5] + b"\x00\x0f\xf2" + CARD[5:], CHECKSUM),  # LCS
        (extended(CARD[5:-2])[:-2] + b"\x62\x00", CHECKSUM),  # DCS
        (extended(b"\xd5\x4b" + bytes(LONGEST)), LENGTH),
        (extended(b""), LENGTH),
        (bytes.fromhex("0000FF0000"), LENGTH),
        (bytes.fromhex("0000FF01FFD52B00"), LENGTH),
        (bytes.fromhex("0000FF02FED6151500"), FRAMING),
        (bytes.fromhex("0000FF02FE7F008100"), FRAMING),
    ],
)
def test_a_wrong_frame_is_refused_with_its_reason(wrong: bytes, why: RefusedFrame) -> None:
    """Wrong checksums, lengths and senders are refused as what they are, and once."""
    assert events_in(CARD + wrong + CARD) == [CARD_READ, why, CARD_READ]


@pytest.mark.parametrize("lost", range(3, len(CARD)))
def test_a_stream_may_start_in_mid_frame(lost: int) -> None:
    """The end of a frame that began before we listened is refused once, or is its last zero."""
    refused = [FRAMING] if lost < len(CARD) - 1 else []
    assert events_in(CARD[lost:] + CARD) == [*refused, CARD_READ]


@pytest.mark.parametrize("kept", range(3, len(CARD) - 1))
def test_half_a_frame_is_no_card(kept: int) -> None:
    """A frame that stays unfinished is refused by silence, or by the frame that comes instead."""
    parser = Pn532Parser()
    assert parser.feed(CARD[:kept]) == []
    assert parser.idle() == [FRAMING]
    assert parser.idle() == []
    assert parser.feed(CARD) == [CARD_READ]
    after = events_in(CARD[:kept] + CARD + CARD)
    assert after in ([CHECKSUM, CARD_READ, CARD_READ], [LENGTH, CARD_READ, CARD_READ])


def test_a_short_frame_inside_an_unfinished_one_counts() -> None:
    """What is whole behind half a frame is found when silence gives the half up."""
    assert events_in(CARD[:8] + ACK) == [FRAMING, StatusSeen(about="ack")]


def test_what_a_right_frame_holds_is_never_a_frame() -> None:
    """A card whose memory holds the bytes of a frame is not believed to be that frame's card."""
    assert events_in(frame(b"\x41\x00" + CARD, host=False)) == [
        StatusSeen(about="exchanged", details={"error": "00", "length": len(CARD)})
    ]


@pytest.mark.parametrize("noise", [b"noise!", b"\xfe" * 500, b"\x55\x41", b"\x55" * 100])
def test_noise_is_refused_once_a_run(noise: bytes) -> None:
    """A run of bytes that are no frame is one refusal, and zeros are nothing at all."""
    zeros = bytes(50)
    assert events_in(CARD + noise + CARD + zeros + CARD) == [
        CARD_READ,
        FRAMING,
        CARD_READ,
        CARD_READ,
    ]
    assert events_in(noise) == [FRAMING]


@given(
    st.lists(st.sampled_from([CARD, ACK, FIRMWARE, CARD[:9], b"\x00\xff\x05", b"\xff", bytes(3)]))
)
def test_no_frame_is_lost_to_what_stands_before_it(parts: list[bytes]) -> None:
    """After any mixture of frames, halves and noise, silence and then a card, the card is read."""
    parser = Pn532Parser()
    parser.feed(b"".join(parts))
    parser.idle()
    assert parser.feed(CARD) == [CARD_READ]
