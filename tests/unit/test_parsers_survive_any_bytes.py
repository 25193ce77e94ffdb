"""Every parser is held to this: no bytes break it, fool it, fill it, or hide from it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parsers import PARSERS, Parsed, held_in

from drivers.events import Event, Parser, ProductRead, RefusedFrame, StatusSeen, TokenRead

every_parser = pytest.mark.parametrize("parsed", PARSERS, ids=lambda parsed: parsed.name)


def events_in(parser: Parser, pieces: list[bytes]) -> list[Event]:
    """What a parser says of a stream that came in these pieces and then fell silent."""
    events = [event for piece in pieces for event in parser.feed(piece)]
    return events + parser.idle()


def cut_up(stream: bytes, places: set[int]) -> list[bytes]:
    """``stream`` in pieces, cut at each of ``places``."""
    edges = [0, *sorted(place for place in places if place < len(stream)), len(stream)]
    return [stream[a:b] for a, b in pairwise(edges)]


@every_parser
@given(data=st.data())
def test_no_bytes_raise(parsed: Parsed, data: st.DataObject) -> None:
    """Any bytes are answered with things seen and refusals, never with an exception."""
    for event in events_in(parsed.make(), [data.draw(parsed.nearly)]):
        assert isinstance(event, TokenRead | ProductRead | StatusSeen | RefusedFrame)


@every_parser
@given(data=st.data())
def test_no_card_is_made_up(parsed: Parsed, data: st.DataObject) -> None:
    """A card that is read stands in the stream, with whatever checksum it must have."""
    stream = data.draw(parsed.nearly)
    for event in events_in(parsed.make(), [stream]):
        if isinstance(event, TokenRead):
            assert parsed.bears_out(event.token, stream)


@every_parser
@given(data=st.data(), places=st.sets(st.integers(0, 200)))
def test_pieces_do_not_matter(parsed: Parsed, data: st.DataObject, places: set[int]) -> None:
    """However the stream was cut on its way, the same events come out."""
    stream = data.draw(parsed.nearly)
    whole = events_in(parsed.make(), [stream])
    assert events_in(parsed.make(), cut_up(stream, places)) == whole
    assert events_in(parsed.make(), [bytes([byte]) for byte in stream]) == whole


@every_parser
@given(data=st.data())
def test_silence_makes_a_fresh_start(parsed: Parsed, data: st.DataObject) -> None:
    """After silence nothing is left of what came before: a card is read as by a new parser."""
    parser = parsed.make()
    parser.feed(data.draw(parsed.nearly))
    parser.idle()
    assert parser.idle() == []
    assert events_in(parser, [parsed.frame]) == [parsed.read]


@every_parser
@given(data=st.data(), often=st.integers(1, 50))
def test_no_more_than_one_frame_is_held(parsed: Parsed, data: st.DataObject, often: int) -> None:
    """However much is fed without an end, a parser holds at most one frame of it."""
    parser, stream = parsed.make(), data.draw(parsed.nearly)
    for piece in (stream, b"\x02", b"A" * often, b"\x00" * often, b"\xff" * often, stream * often):
        parser.feed(piece)
        assert held_in(parser) <= parsed.holds_most


@every_parser
@given(data=st.data())
def test_nothing_is_swallowed_in_silence(parsed: Parsed, data: st.DataObject) -> None:
    """Bytes that are more than line ends and frame marks are always answered with something."""
    some = st.binary(min_size=1, max_size=60).filter(lambda seen: seen.strip(parsed.says_nothing))
    assert events_in(parsed.make(), [data.draw(some)])


@every_parser
def test_a_frame_is_read_wherever_it_is_cut(parsed: Parsed) -> None:
    """A whole frame, cut at each of its bytes, is read once."""
    for place in range(len(parsed.frame) + 1):
        assert events_in(parsed.make(), cut_up(parsed.frame, {place})) == [parsed.read]


@every_parser
def test_frames_in_one_piece_are_read_one_after_the_other(parsed: Parsed) -> None:
    """Ten frames that arrive at once are ten readings: a parser does not know presence."""
    assert events_in(parsed.make(), [parsed.frame * 10]) == [parsed.read] * 10
