"""Every parser of a stream, with what the one suite of tests needs to know of it.

A new parser is a new ``UnderTest`` in ``PARSERS``.
"""

import functools
import operator
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st

from agent.core.tokens import Token
from drivers.events import Event, Parser, TokenRead
from drivers.readers import pn532_frames
from drivers.readers.em4100 import Em4100GapParser, Em4100Parser, frame
from drivers.readers.pn532 import Pn532Parser

__all__ = ["PARSERS", "UnderTest"]


@dataclass(frozen=True, kw_only=True)
class UnderTest:
    """A parser, and bytes that are nearly its frames: those find more than noise does."""

    name: str
    make: Callable[[], Parser]
    nearly: st.SearchStrategy[bytes]
    card: bytes
    card_read: Event
    most_held: int
    """Bytes that it may hold at most."""
    nothing: bytes
    """Bytes that are nothing between frames."""
    named: Callable[[Token, bytes], bytes]
    """How a stream must have named a token: a part of the stream, or of it in upper case."""


def _em4100(number: int, *, line_end: bool = False) -> bytes:
    return frame(Token("em4100", f"{number:010X}"), line_end=line_end)


def _em4100_named(token: Token, _stream: bytes) -> bytes:
    checksum = functools.reduce(operator.xor, bytes.fromhex(token.value))
    return f"{token.value}{checksum:02X}".encode()


_EM4100_CARD = _em4100(0x0C000621A5)
_EM4100 = st.lists(
    st.one_of(
        st.binary(max_size=6),
        st.integers(0, 16**10 - 1).map(_em4100),
        st.integers(0, 16**10 - 1).map(lambda number: _em4100(number, line_end=True)),
        st.binary(max_size=14).map(lambda inside: b"\x02" + inside + b"\x03"),
        st.text("0123456789abcdefABCDEF", min_size=9, max_size=15).map(str.encode),
        st.sampled_from(
            [b"\x02", b"\x03", b"\r\n", b"0C000621A58E", _EM4100_CARD[:7], _EM4100_CARD[7:]]
        ),
    ),
    max_size=8,
).map(b"".join)


def _pn532(uid: bytes) -> bytes:
    inside = b"\x4b\x01\x01\x00\x44\x00\x07" + uid
    return pn532_frames.frame(inside, host=False)


_PN532_CARD = _pn532(bytes.fromhex("0416C6C2D73881"))
_PN532 = st.lists(
    st.one_of(
        st.binary(max_size=6),
        st.binary(min_size=7, max_size=7).map(_pn532),
        st.binary(min_size=1, max_size=20).map(pn532_frames.frame),
        st.binary(min_size=256, max_size=264).map(pn532_frames.frame),
        st.binary(max_size=8).map(lambda inside: b"\x00\x00\xff" + inside),
        st.integers(3, len(_PN532_CARD) - 1).map(lambda at: _PN532_CARD[:at]),
        st.integers(3, len(_PN532_CARD) - 1).map(lambda at: _PN532_CARD[at:]),
        st.integers(3, len(_PN532_CARD) - 2).map(
            lambda at: _PN532_CARD[:at] + b"\xaa" + _PN532_CARD[at + 1 :]
        ),
        st.sampled_from(
            [
                pn532_frames.ACK,
                pn532_frames.NAK,
                pn532_frames.WAKE_UP,
                *(b"\x00", b"\xff", b"\x00\xff", b"\x55\x00", b"\x00\x00\xff\xff\xff"),
                *(b"\x00\xff\xfa\x06", b"\x00\x00\xff\x00\xff"),
            ]
        ),
    ),
    max_size=8,
).map(b"".join)


def _pn532_named(token: Token, stream: bytes) -> bytes:
    """The number itself, as it stands in the stream before its checksum."""
    uid = bytes.fromhex(token.value)
    assert uid in stream
    return uid


PARSERS = [
    UnderTest(
        name="em4100",
        make=Em4100Parser,
        nearly=_EM4100,
        card=_EM4100_CARD,
        card_read=TokenRead(token=Token("em4100", "0C000621A5")),
        most_held=14,  # twelve characters and CR LF
        nothing=b"\r\n\x02\x03",
        named=_em4100_named,
    ),
    UnderTest(
        name="em4100-gap",
        make=Em4100GapParser,
        nearly=_EM4100,
        card=_EM4100_CARD,
        card_read=TokenRead(token=Token("em4100", "0C000621A5")),
        most_held=14,
        nothing=b"\r\n\x02\x03",
        named=_em4100_named,
    ),
    UnderTest(
        name="pn532",
        make=Pn532Parser,
        nearly=_PN532,
        card=_PN532_CARD,
        card_read=TokenRead(token=Token("uid", "0416C6C2D73881")),
        most_held=1 + 7 + pn532_frames.LONGEST + 1,
        nothing=b"\x00",
        named=_pn532_named,
    ),
]
