"""Whoever works without hardware finds a PN532 and a UHFReader18 as their manuals describe them."""

import pytest

from agent.core.tokens import Token
from drivers.readers import uhf18
from drivers.readers.pn532_frames import ACK, NAK, WAKE_UP, frame
from drivers.readers.uhf18 import answer, buzzer, command, inventory, power, reader_information
from drivers.virtual.pn532 import VirtualPn532
from drivers.virtual.tags import Tag, gsrn_epc, ntag213
from drivers.virtual.uhf18 import VirtualUhf18

CARD = Tag(bytes.fromhex("0416C6C2D73881"))
CLASSIC = Tag(bytes.fromhex("A1B2C3D4"), sak=0x08)
SAM, LOOK, BRIEFLY = b"\x14\x01\x00\x00", b"\x4a\x01\x00", b"\x32\x05\xff\x01\x02"
EPCS = [gsrn_epc(Token("gsrn", "061414112345678902"))[:-1] + bytes([n]) for n in range(20)]


def awake() -> VirtualPn532:
    """A chip that was woken and configured."""
    chip = VirtualPn532()
    assert chip.feed(WAKE_UP + frame(SAM)) == ACK + frame(b"\x15", host=False)
    return chip


def said(answer: bytes) -> bytes:
    """What the chip says to a command that it knows."""
    return ACK + frame(answer, host=False)


def test_the_chip_sees_no_card_before_it_was_told_to() -> None:
    """Before the wake-up it says nothing, and before SAMConfiguration it acknowledges no more."""
    chip = VirtualPn532()
    chip.lay(CARD)
    assert chip.feed(frame(LOOK)) == b""
    assert chip.feed(WAKE_UP + frame(LOOK)) == ACK
    assert chip.feed(frame(SAM) + frame(LOOK)) == said(b"\x15") + said(
        b"\x4b\x01\x01\x00\x44\x00\x07" + CARD.uid
    )


def test_the_chip_looks_for_ever_until_told_otherwise() -> None:
    """Without RFConfiguration a look ends with the card that comes, or with the host's ACK."""
    chip = awake()
    assert chip.feed(frame(LOOK)) == ACK
    assert chip.feed(b"") == b""
    chip.lay(CLASSIC)
    assert chip.feed(b"") == frame(b"\x4b\x01\x01\x00\x04\x08\x04" + CLASSIC.uid, host=False)
    chip.take(CLASSIC)
    assert chip.feed(frame(LOOK) + ACK) == ACK
    chip.lay(CLASSIC)
    assert chip.feed(b"") == b""
    chip.take(CLASSIC)
    assert chip.feed(frame(BRIEFLY) + frame(LOOK)) == said(b"\x33") + said(b"\x4b\x00")


def test_the_chip_says_its_last_answer_again() -> None:
    """NAK has the last answer said again, and what the chip does not know is the error frame."""
    chip = awake()
    assert chip.feed(NAK) == frame(b"\x15", host=False)
    assert chip.feed(frame(b"\x99")) == ACK + bytes.fromhex("0000FF01FF7F8100")
    chip.restart()
    assert chip.feed(frame(SAM)) == b""


def test_pages_are_read_while_the_card_lies_there() -> None:
    """Four pages at a time, going round at the end; a card that is gone or no Type 2 says none."""
    chip, tag = awake(), ntag213(CARD.uid, "061414112345678902")
    chip.lay(tag)
    chip.feed(frame(LOOK))
    assert chip.feed(frame(b"\x40\x01\x30\x03")) == said(b"\x41\x00" + tag.memory[12:28])
    assert chip.feed(frame(b"\x40\x01\x30\x2c")) == said(
        b"\x41\x00" + tag.memory[-4:] + tag.memory[:12]
    )
    assert chip.feed(frame(b"\x40\x02\x30\x03")) == said(b"\x41\x27")
    chip.take(tag)
    assert chip.feed(frame(b"\x40\x01\x30\x03")) == said(b"\x41\x01")
    chip.lay(CLASSIC)
    chip.feed(frame(LOOK))
    assert chip.feed(frame(b"\x40\x01\x30\x03")) == said(b"\x41\x14")


@pytest.mark.parametrize("at_once", [1, 3, 100])
def test_a_uhf_reader_answers_each_command(at_once: int) -> None:
    """Power and buzzer are done as told; an unknown command is answered by one of number 0, and
    one with a wrong CRC by nothing.
    """
    reader = VirtualUhf18()
    damaged = inventory()[:-1] + b"\x00"
    asked = power(13) + damaged + buzzer(on_ms=100, off_ms=50, times=2) + command(0x77)
    asked += reader_information() + inventory()
    answers = b"".join(
        reader.feed(asked[at : at + at_once]) for at in range(0, len(asked), at_once)
    )
    information = answer(0x21, 0, bytes.fromhex("021E09034E000D03"))
    assert answers == answer(0x2F, 0) + answer(0x33, 0) + answer(0x00, 0xFE) + information + answer(
        0x01, 0xFB
    )
    assert (reader.power_dbm, reader.beeps) == (13, 2)


def test_many_tags_are_several_answers() -> None:
    """Tags that fit no single answer come in more of them, of which all but the last say so."""
    reader = VirtualUhf18()
    for epc in EPCS:
        reader.lay(epc)
    answers = uhf18.Framer().feed(reader.feed(inventory()))
    assert [found[3] for found in answers if isinstance(found, bytes)] == [0x03, 0x01]
    reader.take(EPCS[0])
    assert EPCS[1] in reader.feed(inventory())
    assert EPCS[0] not in reader.feed(inventory())
