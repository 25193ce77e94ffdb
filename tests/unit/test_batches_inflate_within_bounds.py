"""A batch carries entries byte for byte, and no payload can make head office inflate for ever."""

import contextlib
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.entry import Entry
from sync.messages import (
    MAX_PAYLOAD_BYTES,
    MOST_ENTRIES,
    Journal,
    MalformedMessage,
    decode_journal,
    encode,
    encode_journal,
)
from sync.messages.coding import inflate_lines

HEADER = Journal(
    incarnation="disk-1", epoch=0, first_seq=1, prev_hash="0" * 64, last_hash="8e" * 32
)
MIB = 1024 * 1024


@given(st.lists(st.from_type(Entry), max_size=2))
def test_entries_arrive_byte_for_byte(entries: list[Entry]) -> None:
    """The very bytes that the device hashed arrive, in order, under their header."""
    lines = tuple(entry.canonical() for entry in entries)
    assert decode_journal(encode_journal(HEADER, lines)) == (HEADER, lines)


def test_a_batch_is_deflated(journal_of: Callable[..., tuple[bytes, ...]]) -> None:
    """Two hundred entries of one kind take far less room on the wire than they have bytes."""
    from_one_till = Entry.parse(
        b'{"id":"id-1","epoch":0,"seq":1,"recorded_at":"2026-11-21T13:05:09.000Z",'
        b'"fact":{"kind":"ENROL","account":"acc-1","token":"em4100:0C000621A5","lane":"1"}}'
    )
    lines = journal_of(*[from_one_till.fact] * 200)
    payload = encode_journal(HEADER, lines)
    assert len(payload) < MAX_PAYLOAD_BYTES < 10 * sum(map(len, lines))
    assert len(payload) < sum(map(len, lines)) / 4


def test_four_mebibytes_are_the_most() -> None:
    """A batch just under 4 MiB is read, and one over it is refused."""
    room = 4 * MIB - len(encode(HEADER)) - 1
    _, (line,) = decode_journal(encode_journal(HEADER, (b"x" * (room - 1),)))
    assert len(line) == room - 1
    with pytest.raises(MalformedMessage):
        decode_journal(encode_journal(HEADER, (b"x" * (room + 1),)))


def test_a_bomb_is_refused_before_it_goes_off() -> None:
    """A payload of 60 KiB that would inflate to 60 MiB is refused, and never takes such room."""
    deflater = zlib.compressobj(level=9)
    bomb = b"".join(deflater.compress(bytes(MIB)) for _ in range(60)) + deflater.flush()
    assert len(bomb) < MAX_PAYLOAD_BYTES
    tracemalloc.start()
    try:
        with pytest.raises(MalformedMessage):
            decode_journal(bomb)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 10 * MIB


def test_a_bomb_behind_a_right_batch_is_refused() -> None:
    """Also where the header and first entries are right, what is too large is refused whole."""
    with pytest.raises(MalformedMessage):
        decode_journal(encode_journal(HEADER, (b"{}", b" " * 8 * MIB)))


def test_a_batch_of_very_many_lines_is_refused() -> None:
    """Each line takes head office some time, and a few kilobytes deflated may be millions: they are
    not even counted.
    """
    assert len(decode_journal(encode_journal(HEADER, (b"",) * MOST_ENTRIES))[1]) == MOST_ENTRIES
    with pytest.raises(MalformedMessage, match="more than 201 lines"):
        decode_journal(encode_journal(HEADER, (b"",) * (MOST_ENTRIES + 1)))
    endless = zlib.compress(b"\n" * (4 * MIB - 1), 9)
    tracemalloc.start()
    try:
        with pytest.raises(MalformedMessage):
            decode_journal(endless)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 10 * MIB


@given(st.binary(max_size=60))
def test_what_is_not_deflated_is_refused(payload: bytes) -> None:
    """Bytes that are no deflated batch raise MalformedMessage and nothing else."""
    with pytest.raises(MalformedMessage):
        decode_journal(payload)


@given(st.binary(max_size=60))
def test_deflated_nonsense_is_refused(plain: bytes) -> None:
    """What inflates well but has no header on its first line is refused."""
    with pytest.raises(MalformedMessage):
        decode_journal(zlib.compress(plain))


@given(st.from_type(Entry), st.data())
def test_a_damaged_batch_is_never_read_as_another(entry: Entry, data: st.DataObject) -> None:
    """A payload cut short is refused; one with a changed byte is refused, or the byte says nothing
    (RFC 1950 and 1951 have bits that do not matter) and the batch is read as it was sent."""
    sent = (HEADER, (entry.canonical(),))
    payload = encode_journal(*sent)
    place = data.draw(st.integers(0, len(payload) - 1))
    with pytest.raises(MalformedMessage):
        decode_journal(payload[:place])
    damaged = bytearray(payload)
    damaged[place] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(MalformedMessage):
        assert decode_journal(bytes(damaged)) == sent


def test_what_is_not_deflated_is_said_without_a_librarys_numbers() -> None:
    """It stands in a conflict, which a clerk reads."""
    with pytest.raises(MalformedMessage) as raised:
        inflate_lines(b"garbage" * 10, at_most=9)
    assert str(raised.value) == "it is not deflated (incorrect header check)"
