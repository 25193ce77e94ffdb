"""The host's side of the talk with a UHFReader18 goes on whatever the reader or line does wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.tokens import Token
from drivers.events import Event, RefusedFrame, StatusSeen, TokenRead
from drivers.port import POLL_S
from drivers.readers.uhf18 import answer, buzzer, inventory, power, reader_information, report
from drivers.readers.uhf18_session import ANSWER_S, PATIENCE, REST_S, Uhf18Session
from drivers.virtual.tags import gsrn_epc
from drivers.virtual.uhf18 import VirtualUhf18

MEMBER = Token("gsrn", "061414112345678902")
EPC = gsrn_epc(MEMBER)
CARD_READ = TokenRead(token=MEMBER)
NOBODY = StatusSeen(about="no_tag")
BEEP = buzzer(on_ms=100, off_ms=50, times=1)


def talk(
    session: Uhf18Session, reader: VirtualUhf18, *, until_s: float, begin_s: float = 0.0
) -> tuple[list[bytes], list[Event]]:
    """Let both talk as a port's owner lets them: what was written, and what came of it."""
    written: list[bytes] = []
    events: list[Event] = []
    now_s = begin_s
    session.begin(now_s)
    while now_s < until_s:
        out = session.to_send()
        written += [out] if out else []
        now_s += POLL_S
        back = reader.feed(out) if out else b""
        events += session.feed(back, now_s) if back else session.idle(now_s)
    return written, events


def asked(session: Uhf18Session) -> Uhf18Session:
    """A session whose inventory has gone out at second 0."""
    session.begin(0.0)
    session.to_send()
    session.feed(answer(0x21, 0, bytes.fromhex("021E09034E001A03")), 0.0)
    assert session.to_send() == inventory()
    return session


def test_a_reader_is_asked_what_it_is_and_then_who_is_there() -> None:
    """Nothing that was not configured is written: information, and inventory after inventory."""
    session, reader = Uhf18Session(), VirtualUhf18()
    written, events = talk(session, reader, until_s=1.0)
    assert written[:3] == [reader_information(), inventory(), inventory()]
    assert set(written[1:]) == {inventory()}
    assert events[1:] == [NOBODY] * len(events[1:])
    reader.lay(EPC)
    assert talk(session, reader, until_s=3.0, begin_s=2.0)[1][-1] == CARD_READ
    assert session.answering


def test_a_configured_power_is_set_before_the_first_look() -> None:
    """The power of the configuration goes out once, where the reader says that it has another."""
    session, reader = Uhf18Session(power_dbm=13), VirtualUhf18()
    written, _ = talk(session, reader, until_s=1.0)
    assert written[:3] == [reader_information(), power(13), inventory()]
    assert written.count(power(13)) == 1
    assert reader.power_dbm == 13
    assert power(13) not in talk(session, reader, until_s=3.0, begin_s=2.0)[0]
    reader.power_dbm = 30  # another reader on the same port
    assert power(13) in talk(session, reader, until_s=5.0, begin_s=4.0)[0]


def test_a_reader_that_cannot_set_its_power_is_asked_still() -> None:
    """A command that a reader does not know stops no inventory."""
    session = Uhf18Session(power_dbm=13)
    session.begin(0.0)
    session.to_send()
    session.feed(answer(0x21, 0), 0.0)
    assert session.to_send() == power(13)
    session.feed(answer(0x00, 0xFE), 0.0)
    assert session.to_send() == inventory()


def test_it_beeps_once_for_each_card_that_comes() -> None:
    """A card that lies there is one beep, another its own, and without the option none is."""
    for beeps in (True, False):
        session, reader = Uhf18Session(beeps=beeps), VirtualUhf18()
        reader.lay(EPC)
        talk(session, reader, until_s=3.0)
        assert reader.beeps == int(beeps)
        reader.lay(gsrn_epc(Token("gsrn", "012345678901012342")))
        talk(session, reader, until_s=3.3, begin_s=3.0)
        assert reader.beeps == 2 * int(beeps)


def test_all_answers_to_one_question_are_waited_for() -> None:
    """An inventory of several answers is over with the last: until then nothing is written."""
    session, tag = asked(Uhf18Session()), b"\x01\x0c" + EPC
    for tenth in range(1, 4):
        assert session.feed(answer(1, 0x03, tag), tenth / 10) == [CARD_READ]
        session.idle(tenth / 10)
        assert session.to_send() == b""
    session.feed(answer(1, 0x01, tag), 0.4)
    session.idle(0.6)
    assert session.to_send() == inventory()


def test_a_long_look_is_waited_for() -> None:
    """A reader that looks for tags for ten seconds is not asked again before that."""
    session = Uhf18Session()
    session.begin(0.0)
    session.to_send()
    session.feed(answer(0x21, 0, bytes.fromhex("021E09034E001A64")), 0.0)
    assert session.to_send() == inventory()
    session.idle(10.0)
    assert session.to_send() == b""
    session.idle(10.0 + ANSWER_S)
    assert session.to_send() == inventory()


@pytest.mark.parametrize(
    "other",
    [answer(0x21, 0), report(EPC), b"\x56\0\0\0\0\0", answer(0x00, 0xFE), b"\xa5\x17"],
    ids=["another command's", "a report", "a heartbeat", "unknown", "noise"],
)
def test_only_its_own_answer_ends_a_question(other: bytes) -> None:
    """What is no answer to the inventory lets nobody ask the next one, or call it answered."""
    session = asked(Uhf18Session())
    session.feed(other, 0.1)
    session.idle(0.5)
    assert session.to_send() == b""
    assert session.answering is None


def test_a_late_answer_is_not_the_next_ones() -> None:
    """The answer to an inventory that was given up is not the one to what was asked since."""
    session = Uhf18Session()
    session.begin(0.0)
    assert session.to_send() == reader_information()
    session.feed(answer(1, 0xFB), 0.1)
    assert session.to_send() == b""


def test_a_dead_reader_is_said_to_be_one_and_found_again() -> None:
    """A reader that is silent is asked again and again, with rests, and works once it is back."""
    session = Uhf18Session()
    session.begin(0.0)
    written: list[bytes] = []
    for eighth in range(1, 8 * 8):
        written.append(session.to_send())
        session.idle(eighth / 8)
    assert session.answering is False
    rounds = 8 / (PATIENCE * ANSWER_S + REST_S)
    assert PATIENCE * int(rounds) <= written.count(reader_information()) <= 4 * PATIENCE
    assert set(written) == {reader_information(), b""}
    reader = VirtualUhf18()
    reader.lay(EPC)
    assert talk(session, reader, until_s=11.0, begin_s=9.0)[1][-1] == CARD_READ
    assert session.answering


def test_a_line_that_is_never_silent_may_not_answer_either() -> None:
    """Time-outs are seen in noise as in silence."""
    session = asked(Uhf18Session())
    for tenth in range(100):
        session.feed(b"\xa5\x17", tenth / 10)
    assert session.answering is False


def test_half_an_answer_is_none() -> None:
    """An answer that breaks off is refused, and the question is asked again in time."""
    session = asked(Uhf18Session())
    session.feed(answer(1, 1, b"\x01\x0c" + EPC)[:9], 0.1)
    assert session.idle(0.2) == [RefusedFrame(reason="framing")]
    session.idle(2.0)
    assert session.to_send() == inventory()


@given(pieces=st.lists(st.binary(max_size=30), max_size=10))
def test_no_bytes_stop_the_talk(pieces: list[bytes]) -> None:
    """Whatever comes over the line, nothing is raised, and the reader is found behind it."""
    session, reader, now_s = asked(Uhf18Session()), VirtualUhf18(), 0.0
    reader.lay(EPC)
    for piece in pieces:
        now_s += 0.05
        session.feed(piece, now_s)
    events: list[Event] = []
    until_s = now_s + 30
    while now_s < until_s and CARD_READ not in events:
        now_s += POLL_S
        out = session.to_send()
        back = reader.feed(out) if out else b""
        events += session.feed(back, now_s) if back else session.idle(now_s)
    assert CARD_READ in events
