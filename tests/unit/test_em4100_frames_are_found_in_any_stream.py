"""Frames of an RDM6300 or ID-12LA are found in a stream that may break anywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.tokens import Token
from drivers.events import Event, RefusedFrame, TokenRead
from drivers.readers.em4100 import Em4100Parser, frame

# ID-2/12/20LA datasheet, 11 April 2013, page 4; the other two from the tests of python-rdm6300.
PUBLISHED = [
    ("0C000621A58E", "0230433030303632314135384503", "023043303030363231413538450d0a03"),
    ("67003B51C6CB", "0236373030334235314336434203", "023637303033423531433643420d0a03"),
    ("67003BA86C98", "0236373030334241383643393803", "023637303033424138364339380d0a03"),
]
CARD = bytes.fromhex(PUBLISHED[0][1])
OTHER = bytes.fromhex(PUBLISHED[1][1])
CARD_READ = TokenRead(token=Token("em4100", "0C000621A5"))
OTHER_READ = TokenRead(token=Token("em4100", "67003B51C6"))

FRAMING, LENGTH, CHECKSUM = (
    RefusedFrame(reason="framing"),
    RefusedFrame(reason="length"),
    RefusedFrame(reason="checksum"),
)


def events_in(*pieces: bytes) -> list[Event]:
    """What one parser says of these pieces of a stream and the silence after them."""
    parser = Em4100Parser()
    events = [event for piece in pieces for event in parser.feed(piece)]
    return events + parser.idle()


@pytest.mark.parametrize(("characters", "rdm6300", "id12"), PUBLISHED)
def test_the_published_frames_are_read(characters: str, rdm6300: str, id12: str) -> None:
    """Each published frame is that card, sent by an RDM6300 or with the CR LF of an ID-12LA."""
    card = TokenRead(token=Token("em4100", characters[:10]))
    assert events_in(bytes.fromhex(rdm6300)) == [card]
    assert events_in(bytes.fromhex(id12)) == [card]


@pytest.mark.parametrize(("characters", "rdm6300", "id12"), PUBLISHED)
def test_a_frame_is_built_as_published(characters: str, rdm6300: str, id12: str) -> None:
    """The frame built for a card is, byte for byte, what the real reader sends."""
    card = Token("em4100", characters[:10])
    assert frame(card).hex() == rdm6300
    assert frame(card, line_end=True).hex() == id12


@pytest.mark.parametrize("whole", [CARD, bytes.fromhex(PUBLISHED[0][2])])
def test_a_frame_may_arrive_in_pieces(whole: bytes) -> None:
    """Wherever a frame is cut in two, and byte by byte, it is read once."""
    for cut in range(len(whole) + 1):
        assert events_in(whole[:cut], whole[cut:]) == [CARD_READ]
    assert events_in(*(bytes([byte]) for byte in whole)) == [CARD_READ]


def test_lower_case_is_the_same_card() -> None:
    """A reader that writes its hex in lower case names the same card."""
    assert events_in(b"\x02" + b"0c000621a58e" + b"\x03") == [CARD_READ]


def test_two_frames_in_one_piece_are_two_cards() -> None:
    """Frames that arrive together are read one after the other."""
    assert events_in(CARD + OTHER + CARD) == [CARD_READ, OTHER_READ, CARD_READ]


@pytest.mark.parametrize("lost", range(1, len(CARD)))
def test_a_stream_may_start_in_mid_frame(lost: int) -> None:
    """The end of a frame that began before we listened is refused once; the next one is read."""
    assert events_in(CARD[lost:] + OTHER) == [FRAMING, OTHER_READ]


@pytest.mark.parametrize("kept", range(1, len(CARD)))
def test_half_a_frame_and_silence_is_no_card(kept: int) -> None:
    """A frame that stays unfinished is refused when the line falls silent, and then forgotten."""
    parser = Em4100Parser()
    assert parser.feed(CARD[:kept]) == []
    assert parser.idle() == [FRAMING]
    assert parser.idle() == []
    assert parser.feed(CARD) == [CARD_READ]


@pytest.mark.parametrize("kept", range(1, len(CARD)))
def test_a_new_frame_ends_an_unfinished_one(kept: int) -> None:
    """A frame that breaks off is refused as soon as the next one starts, which is read."""
    assert events_in(CARD[:kept] + OTHER) == [FRAMING, OTHER_READ]


@pytest.mark.parametrize(
    ("inside", "why"),
    [
        (b"68003B51C6CB", CHECKSUM),  # tests of python-rdm6300: the XOR is C4, CB was sent
        (b"0C000621A58F", CHECKSUM),
        (b"0C000621B58E", CHECKSUM),
        (b"0C000621A5", LENGTH),
        (b"0C000621A58E8E", LENGTH),
        (b"", LENGTH),
        (b"\r\n", LENGTH),
        (b"0C000621A5ZZ", FRAMING),
        (b"0C00 0621A58", FRAMING),
        (b"0C000621A5\xff\xfe", FRAMING),
        (b"\r\n0C000621A58E", FRAMING),
        (b"0C000621A58E\r", FRAMING),
        (b"0C000621A58E\n", FRAMING),
        (b"0C000621A58E\n\r", FRAMING),
        (b"+C000621A58E", FRAMING),
    ],
)
def test_a_wrong_frame_is_refused_with_its_reason(inside: bytes, why: RefusedFrame) -> None:
    """Wrong checksum, length or characters between STX and ETX are refused as what they are."""
    assert events_in(b"\x02" + inside + b"\x03" + OTHER) == [why, OTHER_READ]


@pytest.mark.parametrize("surplus", [1, 2, 3, 50, 10_000])
def test_a_frame_without_end_is_refused_once(surplus: int) -> None:
    """However long a frame runs on, it is one refusal, and the next frame is read."""
    endless = b"\x02" + b"0C000621A58E" + b"\r\n" + b"A" * surplus
    assert events_in(endless + OTHER) == [LENGTH, OTHER_READ]
    assert events_in(endless + b"\x03" + OTHER) == [LENGTH, OTHER_READ]


def test_noise_between_frames_is_refused_once_a_run() -> None:
    """A run of stray bytes is one refusal, and line ends between frames are nothing at all."""
    assert events_in(CARD + b"noise!" + OTHER + b"\xff" + CARD) == [
        CARD_READ,
        FRAMING,
        OTHER_READ,
        FRAMING,
        CARD_READ,
    ]
    assert events_in(b"\r\n" + CARD + b"\r\n" + OTHER + b"\n") == [CARD_READ, OTHER_READ]


@given(number=st.integers(0, 16**10 - 1), line_end=st.booleans())
def test_every_card_there_can_be_is_read(number: int, line_end: bool) -> None:
    """Each of the ten-digit numbers, sent as its reader sends it, is read as itself."""
    card = Token("em4100", f"{number:010X}")
    assert events_in(frame(card, line_end=line_end)) == [TokenRead(token=card)]


@given(place=st.integers(1, 12), digit=st.sampled_from(b"0123456789ABCDEF"))
def test_one_wrong_digit_is_never_another_card(place: int, digit: int) -> None:
    """A frame with one digit garbled is refused, whichever digit it is."""
    garbled = bytearray(CARD)
    garbled[place] = digit
    assert events_in(bytes(garbled)) == [CARD_READ if bytes(garbled) == CARD else CHECKSUM]


def test_bare_characters_are_no_frame() -> None:
    """Characters outside STX … ETX are never a card to this parser, even with a right checksum."""
    assert events_in(b"0C000621A58E") == [FRAMING]
