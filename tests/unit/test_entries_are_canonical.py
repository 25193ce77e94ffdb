"""An entry has exactly one form in bytes, and only those bytes are an entry."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.entry import Entry, MalformedEntry
from agent.core.facts import Enrol

ENROLMENT = (
    b'{"id":"id-1","epoch":0,"seq":1,"recorded_at":"2026-11-21T13:05:09.000Z",'
    b'"fact":{"kind":"ENROL","account":"acc-1","token":"em4100:0C000621A5","lane":"1"}}'
)


@given(st.from_type(Entry))
def test_an_entry_is_read_back_as_itself(entry: Entry) -> None:
    """Whatever was sold to whomever, an entry's bytes are read as that entry and write the same."""
    read = Entry.parse(entry.canonical())
    assert read == entry
    assert read.canonical() == entry.canonical()


def test_the_form_is_compact_json_without_what_is_absent() -> None:
    """Keys stand in their order, nothing stands between them, and an absent value is left out."""
    entry = Entry(
        id="id-1",
        epoch=0,
        seq=1,
        recorded_at="2026-11-21T13:05:09.000Z",
        fact=Enrol(account="acc-1", token="em4100:0C000621A5", lane="1"),
    )
    assert entry.canonical() == ENROLMENT


@given(st.from_type(Entry))
def test_an_entry_holds_no_null_and_no_line_break(entry: Entry) -> None:
    """Absent values are nowhere written as null, and an entry fits one line of a batch."""

    def without_null(pairs: list[tuple[str, object]]) -> str:
        assert None not in [value for _, value in pairs]
        return "an object"

    assert json.loads(entry.canonical(), object_pairs_hook=without_null) == "an object"
    assert b"\n" not in entry.canonical()


@pytest.mark.parametrize(
    "other",
    [
        ENROLMENT + b"\n",
        b" " + ENROLMENT,
        ENROLMENT.replace(b'"epoch":0,', b'"epoch": 0,'),
        ENROLMENT.replace(b'"epoch":0,"seq":1', b'"seq":1,"epoch":0'),
        ENROLMENT.replace(b'"epoch":0', b'"epoch":0.0'),
        ENROLMENT.replace(b'"epoch":0', b'"epoch":"0"'),
        ENROLMENT.replace(b'"epoch":0', b'"epoch":false'),
        ENROLMENT.replace(b'"seq":1', b'"seq":1,"seq":1'),
        ENROLMENT.replace(b'"lane":"1"', b'"lane":"1","cashier":null'),
        ENROLMENT.replace(b'"lane":"1"', b'"lane":"\\u0031"'),
        ENROLMENT.replace(b'"kind":"ENROL",', b""),
    ],
)
def test_the_same_said_otherwise_is_refused(other: bytes) -> None:
    """Bytes that mean an entry but are not its canonical form are no entry."""
    assert Entry.parse(ENROLMENT).seq == 1
    with pytest.raises(MalformedEntry):
        Entry.parse(other)


@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"null",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        ENROLMENT[:-1],
        ENROLMENT.replace(b"ENROL", b"ENROLL"),
        ENROLMENT.replace(b'"seq":1', b'"seq":0'),
        ENROLMENT.replace(b'"epoch":0', b'"epoch":-1'),
        ENROLMENT.replace(b'"account":"acc-1",', b""),
        ENROLMENT.replace(b'"lane":"1"', b'"lane":"1","name":"Ana"'),
        ENROLMENT.replace(b"acc-1", b"acc 1"),
    ],
)
def test_what_no_entry_says_is_refused(nonsense: bytes) -> None:
    """Bytes that say something no entry can say are refused, not guessed at."""
    with pytest.raises(MalformedEntry):
        Entry.parse(nonsense)


@given(st.binary(max_size=60))
def test_any_bytes_are_an_entry_or_refused(data: bytes) -> None:
    """Bytes from anywhere raise MalformedEntry and nothing else."""
    with pytest.raises(MalformedEntry):
        Entry.parse(data)


@given(st.from_type(Entry), st.data())
def test_a_damaged_entry_is_never_taken_for_the_same(entry: Entry, data: st.DataObject) -> None:
    """Bytes with one byte changed are refused, or they are another entry in its own right."""
    whole = entry.canonical()
    place = data.draw(st.integers(0, len(whole) - 1))
    damaged = bytearray(whole)
    damaged[place] ^= data.draw(st.integers(1, 255))
    try:
        read = Entry.parse(bytes(damaged))
    except MalformedEntry:
        return
    assert read != entry
