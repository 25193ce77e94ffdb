"""The host's side of the talk with a PN532 goes on whatever the chip or the line does wrong."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.tokens import Token
from drivers.events import Event, RefusedFrame, StatusSeen, TokenRead
from drivers.readers.pn532_frames import ACK, NAK, WAKE_UP, Frame, Framer, frame
from drivers.readers.pn532_session import ACK_S, ANSWER_S, PATIENCE, REST_S, Pn532Session

UID = bytes.fromhex("0416C6C2D73881")
CARD_READ = TokenRead(token=Token("uid", UID.hex().upper()))
MEMBER = TokenRead(token=Token("gsrn", "061414112345678902"))
NOBODY = StatusSeen(about="no_target")

Mangle = Callable[[bytes], bytes]


def ntag(text: bytes) -> bytes:
    """An NTAG213 from page 0 on, with a text record."""
    record = b"\xd1\x01" + bytes([len(text) + 3]) + b"T\x02en" + text
    area = (b"\x01\x03\xa0\x0c\x34\x03" + bytes([len(record)]) + record + b"\xfe").ljust(144, b"\0")
    return bytes(12) + b"\xe1\x10\x12\x00" + area + bytes(20)


class Chip:
    """A PN532 that does what the manual says, and where told mangles what it sends."""

    def __init__(self, *, memory: bytes = b"", present: bool = True) -> None:
        self.memory = memory
        self.present = present
        self.reads = 0
        self.mangle: list[Mangle] = []
        self.commands: list[int] = []
        self._framer = Framer()
        self._answer = b""

    def take(self, written: bytes) -> bytes:
        """Take what the host wrote, and answer what goes over the line in turn."""
        sent = b""
        for found in self._framer.feed(written):
            if isinstance(found, Frame) and found.kind == "nak":
                sent += self._send(self._answer)
            elif isinstance(found, Frame) and found.kind == "command":
                self.commands.append(found.code)
                self._answer = frame(self._does(found), host=False)
                sent += self._send(ACK) + self._send(self._answer)
        return sent

    def _send(self, data: bytes) -> bytes:
        return self.mangle.pop(0)(data) if self.mangle else data

    def _does(self, command: Frame) -> bytes:
        code = bytes([command.code + 1])
        if command.code == 0x02:
            return code + bytes.fromhex("32010607")
        if command.code == 0x4A:
            return code + (b"\x01\x01\x00\x44\x00\x07" + UID if self.present else b"\x00")
        if command.code == 0x40:
            self.reads += 1
            begin = command.data[2] * 4
            page = (self.memory + self.memory)[begin : begin + 16]
            return code + (b"\x00" + page if len(page) == 16 and self.present else b"\x01")
        return code


def talk(session: Pn532Session, chip: Chip, *, until_s: float, now_s: float = 0.0) -> list[Event]:
    """Let both talk, for so long by a clock of our own."""
    said = session.begin(now_s)
    events = list(said.events)
    while now_s < until_s:
        back = chip.take(said.write)
        if back:
            said = session.feed(back, now_s)
        else:
            now_s = session.due_s
            said = session.tick(now_s)
        events += said.events
    return events


def test_the_chip_is_brought_up_in_order() -> None:
    """Wake-up, SAMConfiguration, GetFirmwareVersion, RFConfiguration, and then card after card."""
    chip, session = Chip(), Pn532Session()
    assert session.begin(0.0).write == WAKE_UP + frame(b"\x14\x01\x00\x00")
    events = talk(session, chip, until_s=0.3)
    assert chip.commands[:5] == [0x14, 0x02, 0x32, 0x4A, 0x4A]
    assert [event.about for event in events[:3] if isinstance(event, StatusSeen)] == [
        "answer", "firmware", "answer",
    ]  # fmt: skip
    assert set(map(str, events[3:])) == {str(CARD_READ)}
    assert session.answering


def test_nobody_is_said_and_a_card_is_seen_when_it_comes() -> None:
    """An empty field is a status at each look, and the card that comes is read at the next one."""
    chip, session = Chip(present=False), Pn532Session()
    assert talk(session, chip, until_s=0.3)[3:] == [NOBODY] * len(chip.commands[3:])
    chip.present = True
    assert talk(session, chip, until_s=1.0, now_s=0.5)[-1] == CARD_READ


@pytest.mark.parametrize("which", range(8))
@pytest.mark.parametrize(
    "mangle",
    [
        lambda _: b"",
        lambda data: data[:-2] + bytes([data[-2] ^ 1]) + data[-1:],
        lambda data: data[:5],
        lambda data: b"\xa5\x17" + data,
        lambda _: bytes.fromhex("0000FF01FF7F8100"),
        lambda data: data + data,
    ],
    ids=["lost", "wrong checksum", "cut", "noise before", "error", "twice"],
)
def test_one_fault_costs_no_card(which: int, mangle: Mangle) -> None:
    """Whichever ACK or answer is lost, damaged, cut, doubled or an error, the card is read."""
    chip, session = Chip(), Pn532Session()
    chip.mangle = [lambda data: data] * which + [mangle]
    events = talk(session, chip, until_s=4.0)
    assert events[-1] == CARD_READ
    assert StatusSeen(about="not_answering") not in events


def test_a_lost_ack_has_the_command_sent_again() -> None:
    """Without an ACK the answer is not believed, and the command goes out again."""
    session = Pn532Session()
    session.begin(0.0)
    answer = frame(b"\x15", host=False)
    assert session.feed(answer, 0.01).write == b""
    assert session.tick(ACK_S / 2).write == b""
    assert session.tick(ACK_S).write == frame(b"\x14\x01\x00\x00")
    assert session.feed(ACK + answer, 0.2).write == frame(b"\x02")


def test_a_damaged_answer_is_asked_for_again_by_nak() -> None:
    """An answer with a wrong checksum is answered with NAK, and the repeated one is taken."""
    session = Pn532Session()
    session.begin(0.0)
    answer = frame(b"\x15", host=False)
    said = session.feed(ACK + answer[:-2] + b"\x00\x00", 0.01)
    assert (said.write, said.events) == (NAK, [RefusedFrame(reason="checksum")])
    assert session.feed(answer, 0.02).write == frame(b"\x02")


def test_an_overdue_answer_ends_the_command() -> None:
    """Where the answer does not come, ACK ends the command and it goes out again."""
    session = Pn532Session()
    session.begin(0.0)
    session.feed(ACK, 0.01)
    assert session.tick(0.01 + ANSWER_S).write == ACK + frame(b"\x14\x01\x00\x00")


def test_a_dead_chip_is_said_once_and_found_again() -> None:
    """A chip that stays silent is said once, begun with again and again, and works once back."""
    session = Pn532Session()
    session.begin(0.0)
    events: list[Event] = []
    writes = []
    for _ in range((PATIENCE + 1) * 4):
        said = session.tick(session.due_s)
        events += said.events
        writes.append(said.write)
    assert events == [StatusSeen(about="not_answering")]
    assert not session.answering
    assert sum(write.startswith(WAKE_UP) for write in writes) == 4
    events = talk(session, Chip(), until_s=session.due_s + REST_S, now_s=session.due_s)
    assert events[-1] == CARD_READ
    assert session.answering


def test_a_late_answer_is_not_the_next_ones() -> None:
    """An answer that comes a second time is not taken for the answer to the next command."""
    session = Pn532Session()
    session.begin(0.0)
    answer = frame(b"\x15", host=False)
    assert session.feed(ACK + answer + answer, 0.01).write == frame(b"\x02")
    assert session.feed(frame(b"\x03\x32\x01\x06\x07", host=False), 0.02).write == b""


def test_a_card_is_known_by_what_stands_on_it() -> None:
    """With NDEF an NTAG is the member that its text names, and its memory is read once."""
    chip = Chip(memory=ntag(b"061414112345678902"))
    events = talk(Pn532Session(read_ndef=True), chip, until_s=0.5)
    assert len(events[3:]) > 2
    assert all(event == MEMBER for event in events[3:])
    assert chip.reads == 3  # pages 3, 7 and 11 hold it


@pytest.mark.parametrize("fault", range(20))
def test_a_fault_while_reading_makes_no_other_member(fault: int) -> None:
    """Whichever frame of the reading is damaged, the member is read, or nothing at that look."""
    chip = Chip(memory=ntag(b"061414112345678902"))
    chip.mangle = [lambda data: data] * fault + [lambda data: data[:-2] + b"\x13\x00"]
    events = talk(Pn532Session(read_ndef=True), chip, until_s=5.0)
    assert {str(event) for event in events if isinstance(event, TokenRead)} == {str(MEMBER)}


@pytest.mark.parametrize(
    ("memory", "seen"),
    [
        (bytes(64), CARD_READ),  # never formatted
        (bytes(12) + b"\xe1\x10\x12\x00\x03\x00\xfe" + bytes(200), CARD_READ),  # empty
        (ntag(b"Welcome"), CARD_READ),
        (ntag(b"(8017)061414112345678902"), RefusedFrame(reason="provider_gsrn")),
        (ntag(b"4111111111111111"), RefusedFrame(reason="payment_card")),
        (bytes(12) + b"\xe1\x10\x12\x00\x03\xfe" + bytes(200), RefusedFrame(reason="length")),
        (b"", RefusedFrame(reason="unreadable")),
    ],
)
def test_the_uid_stands_in_where_nobody_is_named(memory: bytes, seen: Event) -> None:
    """A blank tag is its UID; one that is refused or cannot be read is not."""
    events = talk(Pn532Session(read_ndef=True), Chip(memory=memory), until_s=0.5)
    assert events[3] == seen
    assert len({str(event) for event in events[3:]}) == 1


@given(pieces=st.lists(st.binary(max_size=30), max_size=10))
def test_no_bytes_stop_the_talk(pieces: list[bytes]) -> None:
    """Whatever comes over the line, nothing is raised, and the chip is found behind it."""
    session, now_s = Pn532Session(read_ndef=True), 0.0
    session.begin(now_s)
    for piece in pieces:
        now_s += 0.05
        session.feed(piece, now_s)
        session.tick(now_s)
    assert talk(session, Chip(memory=bytes(64)), until_s=now_s + 1, now_s=now_s)[-1] == CARD_READ
