"""Every parser is held to this: no bytes break it, fool it, fill it, or hide from it."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parsers_under_test import PARSERS, UnderTest

from drivers.events import Event, Parser, ProductRead, RefusedFrame, StatusSeen, TokenRead
from drivers.registry import SERIAL_READERS

every_parser = pytest.mark.parametrize("under_test", PARSERS, ids=lambda held: held.name)


def events_in(parser: Parser, pieces: list[bytes]) -> list[Event]:
    """What a parser says of a stream that came in these pieces and then fell silent."""
    events = [event for piece in pieces for event in parser.feed(piece)]
    return events + parser.idle()


def cut_up(stream: bytes, places: set[int]) -> list[bytes]:
    """``stream`` in pieces, cut at each of ``places``."""
    edges = [0, *sorted(place for place in places if place < len(stream)), len(stream)]
    return [stream[a:b] for a, b in pairwise(edges)]


def bytes_held(what: object) -> int:
    """How many bytes of a stream an object holds, and those that it is made of."""
    if isinstance(what, bytes | bytearray):
        return len(what)
    return sum(bytes_held(inner) for inner in getattr(what, "__dict__", {}).values())


@every_parser
@given(data=st.data())
def test_no_bytes_raise(under_test: UnderTest, data: Any) -> None:
    """Any bytes are answered with things seen and refusals, never with an exception."""
    for event in events_in(under_test.make(), [data.draw(under_test.nearly)]):
        assert isinstance(event, TokenRead | ProductRead | StatusSeen | RefusedFrame)


@every_parser
@given(data=st.data())
def test_no_card_is_made_up(under_test: UnderTest, data: Any) -> None:
    """A card that is read stands in the stream, as its reader must have named it, in order."""
    stream = data.draw(under_test.nearly)
    rest = stream
    for event in events_in(under_test.make(), [stream]):
        if isinstance(event, TokenRead):
            named = under_test.named(event.token, stream)
            place = max(rest.find(named), rest.upper().find(named))
            assert place >= 0
            rest = rest[place + len(named) :]


@every_parser
@given(data=st.data(), places=st.sets(st.integers(0, 300)))
def test_pieces_do_not_matter(under_test: UnderTest, data: Any, places: set[int]) -> None:
    """However the stream was cut on its way, the same events come out."""
    stream = data.draw(under_test.nearly)
    whole = events_in(under_test.make(), [stream])
    assert events_in(under_test.make(), cut_up(stream, places)) == whole
    assert events_in(under_test.make(), [bytes([byte]) for byte in stream]) == whole


@every_parser
@given(data=st.data())
def test_silence_makes_a_fresh_start(under_test: UnderTest, data: Any) -> None:
    """After silence nothing is left of what came before: a card is read as by a new parser."""
    parser = under_test.make()
    parser.feed(data.draw(under_test.nearly))
    parser.idle()
    assert parser.idle() == []
    assert events_in(parser, [under_test.card]) == [under_test.card_read]


@every_parser
@given(data=st.data(), often=st.integers(1, 50))
def test_no_more_than_one_frame_is_held(under_test: UnderTest, data: Any, often: int) -> None:
    """However much is fed without an end, a parser holds at most one frame of it."""
    parser = under_test.make()
    stream = data.draw(under_test.nearly)
    first = under_test.card[:1]
    for piece in (stream, first, b"A" * often, b"\x00" * often, b"U" * often, stream * often):
        parser.feed(piece)
        assert bytes_held(parser) <= under_test.most_held


@every_parser
@given(data=st.data())
def test_nothing_is_swallowed_in_silence(under_test: UnderTest, data: Any) -> None:
    """Bytes that are more than line ends and frame marks are always answered with something."""
    stream = data.draw(st.binary(min_size=1, max_size=60) | under_test.nearly)
    if stream.strip(under_test.nothing):
        assert events_in(under_test.make(), [stream])


@pytest.mark.parametrize("name", sorted(SERIAL_READERS))
def test_a_registered_driver_makes_a_parser_of_its_own(name: str) -> None:
    """Two readers of one driver do not share a parser, or their frames would mix."""
    (under_test,) = (held for held in PARSERS if held.name == name)
    one, other = SERIAL_READERS[name].make_parser(), SERIAL_READERS[name].make_parser()
    assert one is not other
    one.feed(under_test.card[:5])
    assert events_in(other, [under_test.card]) == [under_test.card_read]
