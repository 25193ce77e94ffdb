"""An EM-18 sends twelve bare characters; only the silence around them says where they begin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.tokens import Token
from drivers.events import Event, RefusedFrame, TokenRead
from drivers.readers.em4100 import Em4100GapParser

CARD = b"0C000621A58E"  # ID-2/12/20LA datasheet, 11 April 2013, page 4
OTHER = b"67003B51C6CB"  # tests of python-rdm6300
CARD_READ = TokenRead(token=Token("em4100", "0C000621A5"))
OTHER_READ = TokenRead(token=Token("em4100", "67003B51C6"))


def events_in(*bursts: bytes) -> list[Event]:
    """What one parser says of bursts with silence after each."""
    parser = Em4100GapParser()
    return [event for burst in bursts for event in (*parser.feed(burst), *parser.idle())]


@pytest.mark.parametrize(("burst", "card"), [(CARD, CARD_READ), (OTHER, OTHER_READ)])
def test_twelve_characters_are_a_card(burst: bytes, card: TokenRead) -> None:
    """Twelve hex digits with a right checksum are a card, at the twelfth and not later."""
    parser = Em4100GapParser()
    assert parser.feed(burst[:-1]) == []
    assert parser.feed(burst[-1:]) == [card]
    assert parser.idle() == []


def test_a_burst_may_arrive_in_pieces() -> None:
    """Wherever the twelve characters are cut, they are read once."""
    for cut in range(len(CARD) + 1):
        parser = Em4100GapParser()
        assert parser.feed(CARD[:cut]) + parser.feed(CARD[cut:]) == [CARD_READ]


@pytest.mark.parametrize("kept", range(1, 12))
def test_a_short_burst_is_refused_by_silence(kept: int) -> None:
    """Fewer than twelve characters are refused when silence follows, and the next card is read."""
    assert events_in(CARD[:kept], OTHER) == [RefusedFrame(reason="length"), OTHER_READ]
    assert events_in(CARD[-kept:], OTHER) == [RefusedFrame(reason="length"), OTHER_READ]


@pytest.mark.parametrize(
    ("burst", "reason"),
    [(b"68003B51C6CB", "checksum"), (b"0C000621A5ZZ", "framing"), (b"\xff" * 12, "framing")],
)
def test_a_wrong_burst_is_refused_with_its_reason(burst: bytes, reason: str) -> None:
    """Twelve characters with a wrong checksum or no hex are refused as what they are."""
    (refused, read) = events_in(burst, OTHER)
    assert isinstance(refused, RefusedFrame)
    assert refused.reason == reason
    assert read == OTHER_READ


def test_more_than_twelve_characters_are_no_second_card() -> None:
    """What follows the twelfth character in one burst is the start of another frame."""
    assert events_in(CARD + OTHER) == [CARD_READ, OTHER_READ]
    assert events_in(CARD + b"0") == [CARD_READ, RefusedFrame(reason="length")]


@pytest.mark.parametrize("ends", [b"\r\n", b"\n", b"\x03"])
def test_a_control_byte_ends_a_burst(ends: bytes) -> None:
    """A line end or frame byte frames as silence does, so an RDM6300 is understood as well."""
    assert events_in(CARD + ends + OTHER + ends) == [CARD_READ, OTHER_READ]
    assert events_in(CARD[:5] + ends + OTHER) == [RefusedFrame(reason="length"), OTHER_READ]
    assert events_in(b"\x02" + CARD + b"\x03") == [CARD_READ]


@given(st.integers(0, 16**10 - 1))
def test_every_card_there_can_be_is_read(number: int) -> None:
    """Each of the ten-digit numbers with its checksum is read as itself."""
    body = number.to_bytes(5)
    checksum = body[0] ^ body[1] ^ body[2] ^ body[3] ^ body[4]
    card = TokenRead(token=Token("em4100", body.hex().upper()))
    assert events_in(f"{number:010X}{checksum:02X}".encode()) == [card]
