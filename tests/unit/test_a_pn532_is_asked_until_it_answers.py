"""The host's side of the talk with a PN532 goes on whatever the chip or the line does wrong."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.tokens import Token
from drivers.events import Event, RefusedFrame, StatusSeen, TokenRead
from drivers.port import POLL_S
from drivers.readers.pn532_frames import ACK, NAK, WAKE_UP, Frame, Framer, frame
from drivers.readers.pn532_session import ACK_S, ANSWER_S, PATIENCE, REST_S, Pn532Session
from drivers.virtual.pn532 import VirtualPn532
from drivers.virtual.tags import NO_NDEF, Tag, ntag213

UID = bytes.fromhex("0416C6C2D73881")
BARE = Tag(UID)
WRITTEN = ntag213(UID, "061414112345678902")
CARD_READ = TokenRead(token=Token("uid", UID.hex().upper()))
MEMBER = TokenRead(token=Token("gsrn", "061414112345678902"))
NOBODY = StatusSeen(about="no_target")

Mangle = Callable[[bytes], bytes]


class Chip:
    """A PN532 on which one card may lie, on a line that mangles what it is told to."""

    def __init__(self, card: Tag | None = BARE) -> None:
        self.chip = VirtualPn532()
        if card is not None:
            self.chip.lay(card)
        self.mangle: list[Mangle] = []
        self.commands: list[Frame] = []
        self._heard, self._said = Framer(), Framer()

    def take(self, written: bytes) -> bytes:
        """Take what the host wrote, and answer what goes over the line in turn."""
        self.commands += [
            found
            for found in self._heard.feed(written)
            if isinstance(found, Frame) and found.kind == "command"
        ]
        return b"".join(self._sent(found) for found in self._said.feed(self.chip.feed(written)))

    @property
    def reads(self) -> int:
        """How many pages were asked for."""
        return [command.code for command in self.commands].count(0x40)

    def _sent(self, found: object) -> bytes:
        assert isinstance(found, Frame)
        answer = frame(bytes([found.code]) + found.data, host=False)
        data = {"ack": ACK, "answer": answer}[found.kind]
        return self.mangle.pop(0)(data) if self.mangle else data


def talk(session: Pn532Session, chip: Chip, *, until_s: float, begin_s: float = 0.0) -> list[Event]:
    """Let both talk as a port's owner lets them, from ``begin_s`` on by a clock of our own."""
    events: list[Event] = []
    now_s = begin_s
    session.begin(now_s)
    while now_s < until_s:
        if back := chip.take(session.to_send()):
            events += session.feed(back, now_s)
        else:
            now_s += POLL_S
            events += session.idle(now_s)
    return events


def begun(*, read_ndef: bool = False) -> Pn532Session:
    """A session whose wake-up and first command have gone out at second 0."""
    session = Pn532Session(read_ndef=read_ndef)
    session.begin(0.0)
    session.to_send()
    return session


def test_the_chip_is_brought_up_in_order() -> None:
    """Wake-up, SAMConfiguration, GetFirmwareVersion, RFConfiguration, and then card after card."""
    chip, session = Chip(), Pn532Session(read_ndef=False)
    session.begin(0.0)
    assert session.to_send() == WAKE_UP + frame(b"\x14\x01\x00\x00")
    assert session.to_send() == b""
    events = talk(session, chip, until_s=0.3)
    assert [command.code for command in chip.commands[:5]] == [0x14, 0x02, 0x32, 0x4A, 0x4A]
    assert [event.about for event in events[:3] if isinstance(event, StatusSeen)] == [
        "answer", "firmware", "answer",
    ]  # fmt: skip
    assert set(map(str, events[3:])) == {str(CARD_READ)}
    assert session.answering


def test_only_looks_for_a_card_are_apart_in_time() -> None:
    """Bring-up and a tag's pages go as fast as the chip answers, within no time of ours."""
    chip, session = Chip(WRITTEN), Pn532Session(read_ndef=True)
    session.begin(0.0)
    events: list[Event] = []
    while back := chip.take(session.to_send()):
        events += session.feed(back, 0.0)
    assert events[-1] == MEMBER
    assert chip.reads == 3  # pages 3, 7 and 11 hold it


def test_nobody_is_said_and_a_card_is_seen_when_it_comes() -> None:
    """An empty field is a status at each look, and the card that comes is read at the next one."""
    chip, session = Chip(None), Pn532Session(read_ndef=False)
    assert talk(session, chip, until_s=0.3)[3:] == [NOBODY] * len(chip.commands[3:])
    chip.chip.lay(BARE)
    assert talk(session, chip, until_s=1.0, begin_s=0.5)[-1] == CARD_READ


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
    chip, session = Chip(), Pn532Session(read_ndef=False)
    chip.mangle = [lambda data: data] * which + [mangle]
    assert talk(session, chip, until_s=4.0)[-1] == CARD_READ
    assert session.answering


def test_a_lost_ack_has_the_command_sent_again() -> None:
    """Without an ACK the answer is not believed, and the command goes out again."""
    session = begun()
    answer = frame(b"\x15", host=False)
    session.feed(answer, 0.01)
    session.idle(ACK_S / 2)
    assert session.to_send() == b""
    session.idle(ACK_S)
    assert session.to_send() == frame(b"\x14\x01\x00\x00")
    session.feed(ACK + answer, 0.2)
    assert session.to_send() == frame(b"\x02")


def test_a_damaged_answer_is_asked_for_again_by_nak() -> None:
    """An answer with a wrong checksum is answered with NAK, and the repeated one is taken."""
    session = begun()
    answer = frame(b"\x15", host=False)
    events = session.feed(ACK + answer[:-2] + b"\x00\x00", 0.01)
    assert (session.to_send(), events) == (NAK, [RefusedFrame(reason="checksum")])
    session.feed(answer, 0.02)
    assert session.to_send() == frame(b"\x02")


def test_an_overdue_answer_ends_the_command() -> None:
    """Where the answer does not come, ACK ends the command and it goes out again."""
    session = begun()
    session.feed(ACK, 0.01)
    session.idle(0.01 + ANSWER_S)
    assert session.to_send() == ACK + frame(b"\x14\x01\x00\x00")


def test_a_line_that_is_never_silent_may_not_answer_either() -> None:
    """Time-outs are seen in noise as in silence: nobody waits for a pause that never comes."""
    session = begun()
    for tenth in range(1, 20):
        session.feed(b"\xa5\x17\x42", tenth / 10)
    assert session.answering is False


def test_a_dead_chip_is_said_to_be_one_and_found_again() -> None:
    """A chip that stays silent is begun with again and again, and works once it is back."""
    session = Pn532Session(read_ndef=False)
    session.begin(0.0)
    assert session.answering is None
    writes, answering = [], []
    for eighth in range(1, round(8 * 4 * (PATIENCE * ACK_S + REST_S))):
        writes.append(session.to_send())
        session.idle(eighth / 8)
        answering.append(session.answering)
    assert answering == [None] * (PATIENCE - 1) + [False] * (len(answering) - PATIENCE + 1)
    assert 3 <= sum(write.startswith(WAKE_UP) for write in writes) <= 4
    assert talk(session, Chip(), until_s=10.0, begin_s=9.0)[-1] == CARD_READ
    assert session.answering


def test_a_chip_that_hangs_is_begun_with_by_itself() -> None:
    """A chip that fell silent in the middle is woken and configured anew on the port it is on."""
    chip, session = Chip(), Pn532Session(read_ndef=False)
    talk(session, chip, until_s=0.5)
    now_s = 0.5
    while session.answering:
        session.to_send()
        session.idle(now_s := now_s + POLL_S)
    chip.chip.restart()
    events: list[Event] = []
    while not session.answering:
        back = chip.take(session.to_send())
        now_s += 0.0 if back else POLL_S
        events += session.feed(back, now_s) if back else session.idle(now_s)
    assert now_s < 5
    assert events[-1] == CARD_READ


def test_another_port_is_another_chip() -> None:
    """What was to be written to one port is not written to the next, and what it held is gone."""
    session = begun()
    session.feed(ACK + frame(b"\x15", host=False)[:4], 0.01)
    session.idle(2.0)
    session.begin(3.0)
    assert session.to_send() == WAKE_UP + frame(b"\x14\x01\x00\x00")
    assert session.answering is None


def test_a_late_answer_is_not_the_next_ones() -> None:
    """An answer that comes a second time is not taken for the answer to the next command."""
    session = begun()
    answer = frame(b"\x15", host=False)
    session.feed(ACK + answer + answer, 0.01)
    assert session.to_send() == frame(b"\x02")
    session.feed(frame(b"\x03\x32\x01\x06\x07", host=False), 0.02)
    assert session.to_send() == b""


def test_a_card_is_known_by_what_stands_on_it() -> None:
    """With NDEF an NTAG is the member that its text names, and its memory is read once."""
    chip = Chip(WRITTEN)
    events = talk(Pn532Session(read_ndef=True), chip, until_s=0.5)
    assert len(events[3:]) > 2
    assert all(event == MEMBER for event in events[3:])
    assert chip.reads == 3


@pytest.mark.parametrize("fault", range(20))
def test_a_fault_while_reading_makes_no_other_member(fault: int) -> None:
    """Whichever frame of the reading is damaged, the member is read, or nothing at that look."""
    chip = Chip(WRITTEN)
    chip.mangle = [lambda data: data] * fault + [lambda data: data[:-2] + b"\x13\x00"]
    events = talk(Pn532Session(read_ndef=True), chip, until_s=5.0)
    assert {str(event) for event in events if isinstance(event, TokenRead)} == {str(MEMBER)}


@pytest.mark.parametrize(
    ("card", "seen"),
    [
        (Tag(UID, NO_NDEF), CARD_READ),
        (Tag(UID, bytes(12) + b"\xe1\x10\x12\x00\x03\x00\xfe" + bytes(200)), CARD_READ),  # empty
        (ntag213(UID, "Welcome"), CARD_READ),
        (Tag(UID, sak=0x20), CARD_READ),
        (ntag213(UID, "(8017)061414112345678902"), RefusedFrame(reason="provider_gsrn")),
        (ntag213(UID, "4111111111111111"), RefusedFrame(reason="payment_card")),
        (
            Tag(UID, bytes(12) + b"\xe1\x10\x12\x00\x03\xfe" + bytes(200)),
            RefusedFrame(reason="length"),
        ),
        (Tag(UID, b""), RefusedFrame(reason="unreadable")),
    ],
)
def test_the_uid_stands_in_where_nobody_is_named(card: Tag, seen: Event) -> None:
    """A blank tag is its UID; one that is refused or cannot be read is not."""
    events = talk(Pn532Session(read_ndef=True), Chip(card), until_s=0.5)
    assert events[3] == seen
    assert len({str(event) for event in events[3:]}) == 1


@given(pieces=st.lists(st.binary(max_size=30), max_size=10))
def test_no_bytes_stop_the_talk(pieces: list[bytes]) -> None:
    """Whatever comes over the line, nothing is raised, and the chip is found behind it."""
    session, now_s, chip = begun(read_ndef=True), 0.0, Chip()
    for piece in pieces:
        now_s += 0.05
        session.feed(piece, now_s)
        session.idle(now_s)
    assert session.to_send().count(WAKE_UP) <= 1
    events: list[Event] = []
    until_s = now_s + ANSWER_S * PATIENCE + REST_S + 1
    while now_s < until_s:
        back = chip.take(session.to_send())
        now_s += 0.01 if back else POLL_S
        events += session.feed(back, now_s) if back else session.idle(now_s)
    assert events[-1] == CARD_READ
