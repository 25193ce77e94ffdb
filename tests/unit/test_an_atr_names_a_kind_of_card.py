"""An ATR says what kind of card lies there and what is read of it, and never which card it is."""

import functools
import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.events import RefusedFrame, StatusSeen
from drivers.tags.atr import LONGEST, events_of_atr


def with_tck(hexadecimal: str) -> bytes:
    """An ATR and its last byte."""
    atr = bytes.fromhex(hexadecimal)
    return atr + bytes([functools.reduce(operator.xor, atr[1:])])


def storage(standard: str, number: str) -> bytes:
    """The ATR of a card with memory alone (PC/SC part 3, section 3.1.3.2.3.2)."""
    return with_tck(f"3B8F8001804F0CA000000306{standard}{number}00000000")


def seen(atr: bytes) -> StatusSeen:
    """The one status that an ATR is."""
    (status,) = events_of_atr(atr)
    assert isinstance(status, StatusSeen)
    return status


@pytest.mark.parametrize(
    ("atr", "card"),
    [
        ("3B8F8001804F0CA000000306030001000000006A", "MIFARE Classic 1K"),
        ("3B8F8001804F0CA0000003060300020000000069", "MIFARE Classic 4K"),
        ("3B8F8001804F0CA0000003060300030000000068", "MIFARE Ultralight or NTAG"),
        ("3B8180018080", "MIFARE DESFire or NTAG 424 DNA"),
        (storage("03", "0026").hex(), "MIFARE Mini"),
        (storage("11", "003B").hex(), "FeliCa"),
        (storage("0B", "0014").hex(), "ICODE SLI"),
        (storage("03", "7777").hex(), "unknown 7777"),
        (with_tck("3B888001C1052F2F0035C730").hex(), "MIFARE Plus"),
        (with_tck("3B808001").hex(), "telephone or card without historical bytes"),
        (with_tck("3B8C800150010203040506070809 0A0B").hex(), "type B card"),
        (with_tck("3B858001 4A434F5033").hex(), "processor card"),
    ],
)
def test_a_contactless_card_is_named(atr: str, card: str) -> None:
    """Each kind has its name, and a word on what can be read of it."""
    status = seen(bytes.fromhex(atr))
    assert (status.about, status.details["card"]) == ("contactless_card", card)
    assert status.details["reads"]
    assert status.details["standard"]


@pytest.mark.parametrize(
    "atr",
    [
        "3B00",
        "3F00",
        "3B6500002063CB6800",  # T=0 alone: there is no TCK
        "3B021450",
        with_tck("3B1195").hex()[:-2] + "00",  # TA1, one historical byte
        with_tck("3BF51300008131FE454A434F5034").hex(),  # T=1 with TCK
    ],
)
def test_a_card_with_contacts_is_said(atr: str) -> None:
    """What a reader with a slot saw is a status of its own."""
    assert seen(bytes.fromhex(atr)).about == "contact_card"


@pytest.mark.parametrize("place", range(4, 20))
def test_a_wrong_tck_is_refused(place: int) -> None:
    """Any byte that changed behind the interface bytes is noticed."""
    damaged = bytearray(storage("03", "0001"))
    damaged[place] ^= 0x04
    assert events_of_atr(bytes(damaged)) == [RefusedFrame(reason="checksum")]


@pytest.mark.parametrize("kept", range(1, 20))
def test_a_short_one_is_refused(kept: int) -> None:
    """An ATR that was cut is refused for its length, and one with more behind it too."""
    whole = storage("03", "0001")
    assert events_of_atr(whole[:kept]) == [RefusedFrame(reason="length")]
    assert events_of_atr(whole + bytes(kept)) == [RefusedFrame(reason="length")]


def test_what_does_not_begin_as_one_is_refused() -> None:
    """Only 3B and 3F begin an ATR; no bytes are nothing."""
    assert events_of_atr(b"\x3c\x00") == [RefusedFrame(reason="framing")]
    assert events_of_atr(b"") == []


@given(st.binary(max_size=LONGEST + 4) | st.binary(max_size=33).map(lambda data: b"\x3b" + data))
def test_no_bytes_break_it(atr: bytes) -> None:
    """Any bytes are one status or one refusal."""
    events = events_of_atr(atr)
    assert len(events) == bool(atr)
    assert all(isinstance(event, StatusSeen | RefusedFrame) for event in events)
