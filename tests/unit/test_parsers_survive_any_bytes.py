"""Every parser is held to this: no bytes break it, fool it, fill it, or hide from it."""

import functools
import operator
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.tokens import Token
from drivers.events import Event, Parser, RefusedFrame, TokenRead
from drivers.readers.em4100 import Em4100GapParser, Em4100Parser, frame

MakeParser = Callable[[], Parser]

LONGEST_FRAME = 14  # twelve characters and CR LF

every_parser = pytest.mark.parametrize("make_parser", [Em4100Parser, Em4100GapParser])

CARD = frame(Token("em4100", "0C000621A5"))

# Bytes that are nearly frames find more than bytes that are nothing.
NEARLY = st.lists(
    st.one_of(
        st.binary(max_size=6),
        st.integers(0, 16**10 - 1).map(lambda n: frame(Token("em4100", f"{n:010X}"))),
        st.integers(0, 16**10 - 1).map(
            lambda n: frame(Token("em4100", f"{n:010X}"), line_end=True)
        ),
        st.binary(max_size=14).map(lambda inside: b"\x02" + inside + b"\x03"),
        st.text("0123456789abcdefABCDEF", min_size=9, max_size=15).map(str.encode),
        st.sampled_from([b"\x02", b"\x03", b"\r\n", b"0C000621A58E", CARD[:7], CARD[7:]]),
    ),
    max_size=8,
).map(b"".join)


def events_in(parser: Parser, pieces: list[bytes]) -> list[Event]:
    """What a parser says of a stream that came in these pieces and then fell silent."""
    events = [event for piece in pieces for event in parser.feed(piece)]
    return events + parser.idle()


def cut_up(stream: bytes, places: set[int]) -> list[bytes]:
    """``stream`` in pieces, cut at each of ``places``."""
    edges = [0, *sorted(place for place in places if place < len(stream)), len(stream)]
    return [stream[a:b] for a, b in pairwise(edges)]


def characters_of(token: Token) -> bytes:
    """The twelve characters with which a reader must have named a card."""
    checksum = functools.reduce(operator.xor, bytes.fromhex(token.value))
    return f"{token.value}{checksum:02X}".encode()


@every_parser
@given(stream=NEARLY)
def test_no_bytes_raise(make_parser: MakeParser, stream: bytes) -> None:
    """Any bytes are answered with cards and refusals, never with an exception."""
    for event in events_in(make_parser(), [stream]):
        assert isinstance(event, TokenRead | RefusedFrame)


@every_parser
@given(stream=NEARLY)
def test_no_card_is_made_up(make_parser: MakeParser, stream: bytes) -> None:
    """A card that is read stands in the stream: ten digits and their right checksum, in order."""
    rest = stream.upper()
    for event in events_in(make_parser(), [stream]):
        if isinstance(event, TokenRead):
            _, found, rest = rest.partition(characters_of(event.token))
            assert found


@every_parser
@given(stream=NEARLY, places=st.sets(st.integers(0, 80)))
def test_pieces_do_not_matter(make_parser: MakeParser, stream: bytes, places: set[int]) -> None:
    """However the stream was cut on its way, the same events come out."""
    whole = events_in(make_parser(), [stream])
    assert events_in(make_parser(), cut_up(stream, places)) == whole
    assert events_in(make_parser(), [bytes([byte]) for byte in stream]) == whole


@every_parser
@given(stream=NEARLY)
def test_silence_makes_a_fresh_start(make_parser: MakeParser, stream: bytes) -> None:
    """After silence nothing is left of what came before: a card is read as by a new parser."""
    parser = make_parser()
    parser.feed(stream)
    parser.idle()
    assert parser.idle() == []
    assert events_in(parser, [CARD]) == [TokenRead(token=Token("em4100", "0C000621A5"))]


@every_parser
@given(stream=NEARLY, often=st.integers(1, 50))
def test_no_more_than_one_frame_is_held(make_parser: MakeParser, stream: bytes, often: int) -> None:
    """However much is fed without an end, a parser holds at most one frame of it."""
    parser = make_parser()
    for piece in (stream, b"\x02", b"A" * often, b"\x00" * often, stream * often):
        parser.feed(piece)
        held = [value for value in vars(parser).values() if isinstance(value, bytearray)]
        assert all(len(buffer) <= LONGEST_FRAME for buffer in held)


@every_parser
@given(stream=st.binary(min_size=1, max_size=60).filter(lambda data: data.strip(b"\r\n\x02\x03")))
def test_nothing_is_swallowed_in_silence(make_parser: MakeParser, stream: bytes) -> None:
    """Bytes that are more than line ends and frame marks are always answered with something."""
    assert events_in(make_parser(), [stream])
