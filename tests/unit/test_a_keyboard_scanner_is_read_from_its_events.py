"""What the kernel says of a keyboard scanner is read as its scans; lost events make no other card.

The recording in ``tests/data`` was made by ``make_hid_recording.py`` of what scanners' manuals and
the kernel's say, and was not captured from a scanner.
"""

import os
import struct
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.tokens import Token
from drivers.events import Event, ProductRead, RefusedFrame, TokenRead
from drivers.scanners.barcode import LONGEST_SCAN
from drivers.scanners.hid_parser import EVENT_BYTES, HidParser, events_of, packed

RECORDING = Path(__file__).parents[1] / "data" / "hid-scanner.events"
GSRN = "061414112345678902"
MEMBER = TokenRead(token=Token("gsrn", GSRN))
SAID: list[Event] = [
    MEMBER,
    ProductRead(gtin="5901234123457", lot="A1", serial="X9"),
    TokenRead(token=Token("card", "12345678")),
    RefusedFrame(reason="payment_card"),
    RefusedFrame(reason="framing"),
    MEMBER,
]
SYN_REPORT, SYN_DROPPED = (0, 0, 0), (0, 3, 0)
FRAMING = RefusedFrame(reason="framing")

# linux/input-event-codes.h
SHIFT, EIGHT = 42, 9


def events_in(parser: HidParser, *pieces: bytes) -> list[Event]:
    """What a parser says of pieces of a stream, and of the silence behind."""
    return [event for piece in pieces for event in parser.feed(piece)] + parser.idle()


@pytest.mark.parametrize("at_once", [1, 7, EVENT_BYTES, 64 * EVENT_BYTES, 1 << 20])
def test_a_recording_is_its_scans(at_once: int) -> None:
    """Scans, a lost event and a payment card of a recording are told however it was cut."""
    if struct.calcsize("@l") != 8:
        pytest.skip("the recording has the events of a machine with 64 bits")
    data = RECORDING.read_bytes()
    pieces = [data[at : at + at_once] for at in range(0, len(data), at_once)]
    assert events_in(HidParser(), *pieces) == SAID


def test_python_evdev_reads_the_same_events() -> None:
    """The kernel's struct has for us the layout that python-evdev was compiled with."""
    eventio = pytest.importorskip("evdev.eventio", reason="the extra hid is not installed")
    reader, writer = os.pipe()
    with closing(os.fdopen(reader, "rb")), os.fdopen(writer, "wb") as said:
        said.write(events_of("a1\r"))
        said.flush()
        device = eventio.EventIO()
        device.fd = reader
        read = [(event.type, event.code, event.value) for event in device.read()]
    assert packed(read) == events_of("a1\r")


def test_a_member_prefix_is_heard() -> None:
    """In-store EAN-13 of a configured range are members by keyboard too."""
    assert events_in(HidParser(member_prefixes=("590",)), events_of("5901234123457\r")) == [
        TokenRead(token=Token("ean13", "5901234123457"))
    ]


def test_a_scan_without_suffix_ends_in_silence() -> None:
    """A scanner that was not set to type Enter is read all the same."""
    parser = HidParser()
    assert parser.feed(events_of(GSRN)) == []
    assert parser.idle() == [MEMBER]


@pytest.mark.parametrize("lost", range(1, 18))
def test_lost_events_are_no_other_card(lost: int) -> None:
    """A scan of which the kernel dropped something is refused, not taken for a shorter number."""
    digits = "123456789012345678"
    stream = (
        events_of(digits[:5])
        + packed([SYN_DROPPED])
        + events_of(digits[5 : 5 + lost]).removesuffix(packed([SYN_REPORT]))
        + packed([SYN_REPORT])
        + events_of(digits[5 + lost :] + "\r")
    )
    assert events_in(HidParser(), stream, events_of(GSRN + "\r")) == [FRAMING, MEMBER]


def test_what_follows_a_loss_does_not_count() -> None:
    """Up to the next report nothing is relied on: no key of it is held or typed."""
    lost = packed([SYN_DROPPED, (1, SHIFT, 1), (1, EIGHT, 1), SYN_REPORT])
    said = [FRAMING, MEMBER]
    assert events_in(HidParser(), lost + events_of(f"\r{GSRN}\r")) == said


def test_no_key_is_held_over_a_silence() -> None:
    """A key whose letting go was lost spoils no scan after a silence."""
    parser = HidParser()
    assert events_in(parser, packed([(1, SHIFT, 1)])) == []
    assert events_in(parser, events_of(GSRN + "\r")) == [MEMBER]


def test_a_torn_event_is_said_and_forgotten() -> None:
    """Half an event, which no kernel writes, is refused with its scan and spoils no other."""
    parser = HidParser()
    assert events_in(parser, events_of("1234567")[:-3]) == [FRAMING]
    assert events_in(parser, events_of(GSRN + "\r")) == [MEMBER]


_KEYS = st.tuples(st.sampled_from([0, 1, 1, 1, 4, 17]), st.integers(0, 130), st.integers(-1, 3))
_STREAMS = st.lists(
    st.one_of(
        st.lists(_KEYS, max_size=8).map(packed),
        st.text("0123456789]CdQ\x1d\r", max_size=24).map(events_of),
        st.just(packed([SYN_DROPPED])),
        st.binary(max_size=40),
    ),
    max_size=8,
).map(b"".join)


@given(stream=_STREAMS, places=st.sets(st.integers(0, 3_000)))
def test_pieces_do_not_matter(stream: bytes, places: set[int]) -> None:
    """However the stream was cut, the same comes out, none of it an exception."""
    edges = [0, *sorted(place for place in places if place < len(stream)), len(stream)]
    pieces = [stream[a:b] for a, b in pairwise(edges)]
    assert events_in(HidParser(), *pieces) == events_in(HidParser(), stream)


@given(stream=_STREAMS)
def test_silence_makes_a_fresh_start(stream: bytes) -> None:
    """After silence nothing is left of what came before."""
    parser = HidParser()
    events_in(parser, stream)
    assert parser.idle() == []
    assert events_in(parser, events_of(GSRN + "\r")) == [MEMBER]


@given(stream=_STREAMS, often=st.integers(1, 40))
def test_no_more_than_one_scan_is_held(stream: bytes, often: int) -> None:
    """However much is typed without an end, a scan and an event are all that is kept."""
    parser = HidParser()
    for piece in (stream, stream * often, events_of("7" * 40) * often):
        parser.feed(piece)
        assert len(parser._part) < EVENT_BYTES
        assert len(parser._scans._lines._held) <= LONGEST_SCAN + 1
