"""A store's session: greet first, send within the window, believe only what is answered now."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.messages import MOST_BATCHES, Ok
from sync.session import Session

HASH = "0" * 64
ANSWER_WITHIN_S = 3.0
LONGEST_SILENCE_S = 30.0


def an_ok(nonce: str, seq: int = 0) -> Ok:
    """Head office's answer to the HELLO with this nonce."""
    return Ok(nonce=nonce, epoch=0, seq=seq, hash=HASH, time="2026-11-21T13:05:09.000Z")


def greeting(nonce: str = "n-1", now_s: float = 0.0) -> Session:
    """A session whose HELLO has just gone out."""
    session = Session()
    session.link_up()
    assert session.hello_due(now_s)
    session.greeted(nonce, now_s, lambda: 1.0)
    return session


def opened(seq: int = 0) -> Session:
    """A session that head office has answered: it holds everything up to ``seq``."""
    session = greeting()
    assert session.expects(an_ok("n-1", seq))
    session.opened(seq)
    return session


def test_nothing_is_sent_before_head_office_has_answered() -> None:
    """Neither without a link nor while a HELLO is open may a batch go out."""
    session = Session()
    assert not session.hello_due(0.0)
    assert not session.may_send(100)
    session.link_up()
    assert not session.may_send(100)
    session.greeted("n-1", 0.0, lambda: 1.0)
    assert not session.may_send(100)
    session.opened(0)
    assert session.may_send(100)


def test_only_the_present_nonce_counts() -> None:
    """The answer to an earlier HELLO, or to nobody's, is not the answer to this one."""
    session = greeting("n-1")
    assert session.hello_due(LONGEST_SILENCE_S)
    session.greeted("n-2", LONGEST_SILENCE_S, lambda: 1.0)
    assert not session.expects(an_ok("n-1"))
    assert not session.expects(an_ok(""))
    assert session.expects(an_ok("n-2"))


def test_an_answer_without_a_question_does_not_count() -> None:
    """An OK counts while its HELLO is open: not twice, not without a link, not in a new one."""
    session = opened()
    assert not session.expects(an_ok("n-1"))
    session.link_down()
    assert not session.expects(an_ok("n-1"))
    session.link_up()
    session.greeted("n-2", 1.0, lambda: 1.0)
    assert not session.expects(an_ok("n-1"))


def test_an_unanswered_hello_is_sent_again_ever_more_slowly() -> None:
    """Without an answer the HELLO is repeated, at waits that double up to half a minute."""
    session, now_s, waits_s = greeting(), 0.0, list[float]()
    for attempt in range(8):
        waits_s.append(session.deadline_s - now_s)
        assert not session.hello_due(session.deadline_s - 0.001)
        now_s = session.deadline_s
        assert session.hello_due(now_s)
        session.greeted(f"n-{attempt + 2}", now_s, lambda: 1.0)
    assert waits_s == [3.0, 6.0, 12.0, 24.0, 30.0, 30.0, 30.0, 30.0]


def test_a_new_link_greets_at_once() -> None:
    """A link that comes back does not wait for the deadline of the one that was lost."""
    session = greeting(now_s=1_000.0)
    session.link_down()
    assert not session.hello_due(10_000.0)
    session.link_up()
    assert session.hello_due(1_000.0)


def test_sending_goes_on_where_head_office_stands() -> None:
    """After the OK, the first batch follows from what head office says it holds."""
    session = opened(seq=40)
    assert (session.acknowledged, session.sent) == (40, 40)
    assert session.may_send(41)
    assert not session.may_send(40)


def test_sixteen_batches_may_be_under_way() -> None:
    """The window holds sixteen unanswered batches; an ACK makes room for as many as it covers."""
    session = opened()
    for batch in range(1, MOST_BATCHES + 1):
        assert session.may_send(10_000)
        session.batch_sent(batch * 10, 0.0)
    assert MOST_BATCHES == len(session.under_way) == 16
    assert not session.may_send(10_000)
    assert session.acked(35, 0.0)
    assert session.under_way[0] == 40
    assert len(session.under_way) == 13
    assert session.may_send(10_000)


@pytest.mark.parametrize("seq", [0, 5, 10, 31, 1_000])
def test_a_late_or_early_ack_is_no_progress(seq: int) -> None:
    """An ACK of what was known, or of what was never sent, changes nothing."""
    session = opened()
    for last_seq in (10, 20, 30):
        session.batch_sent(last_seq, 0.0)
    assert session.acked(10, 1.0)
    before = (session.acknowledged, session.sent, session.under_way, session.deadline_s)
    assert not session.acked(seq, 2.0)
    assert before == (session.acknowledged, session.sent, session.under_way, session.deadline_s)


def test_progress_gives_more_time_and_no_progress_does_not() -> None:
    """Each ACK that is news gives head office three seconds more; a repeated one does not."""
    session = opened()
    session.batch_sent(10, 0.0)
    session.batch_sent(20, 1.0)
    assert session.deadline_s == ANSWER_WITHIN_S
    assert session.acked(10, 2.0)
    assert not session.acked(10, 4.0)
    assert not session.hello_due(4.999)
    assert session.hello_due(5.0)


def test_unanswered_batches_lead_to_a_greeting() -> None:
    """Where batches go unanswered the session greets anew, and sends nothing until it is answered;
    then it goes on from what head office holds."""
    session = opened()
    session.batch_sent(10, 0.0)
    session.batch_sent(20, 0.5)
    assert session.hello_due(ANSWER_WITHIN_S)
    assert not session.may_send(100)
    assert not session.acked(20, ANSWER_WITHIN_S)
    session.greeted("n-2", ANSWER_WITHIN_S, lambda: 1.0)
    assert session.expects(an_ok("n-2", 10))
    session.opened(10)
    assert (session.sent, session.under_way) == (10, ())
    assert session.may_send(100)


def test_a_quiet_session_stays_open() -> None:
    """With nothing under way there is nothing to answer, and no HELLO however long it takes."""
    session = opened()
    assert not session.hello_due(1e9)
    session.batch_sent(10, 1e9)
    assert session.acked(10, 1e9)
    assert not session.hello_due(2e9)
    assert session.state == "open"


def test_a_halted_session_stays_halted() -> None:
    """After a contradiction nothing brings the session back: a person must look."""
    session = opened()
    session.batch_sent(10, 0.0)
    session.halt()
    for happening in (session.link_down, session.link_up):
        happening()
        assert session.state == "halted"
        assert not session.hello_due(1e9)
        assert not session.may_send(100)
        assert not session.expects(an_ok("n-1"))
        assert not session.acked(10, 1.0)


HAPPENINGS = st.lists(
    st.tuples(
        st.sampled_from(["up", "down", "ok", "send", "ack", "halt", "wait"]), st.integers(0, 60)
    ),
    max_size=60,
)


@given(HAPPENINGS)
def test_whatever_happens_the_session_is_sound(happenings: list[tuple[str, int]]) -> None:
    """In any order of events: no more than sixteen batches under way, each beyond what is
    acknowledged, nothing acknowledged that was not sent, no sending but in an open session."""
    session, now_s, hellos, halted = Session(), 0.0, 0, False
    for kind, number in happenings:
        if session.hello_due(now_s):
            hellos += 1
            session.greeted(f"n-{hellos}", now_s, lambda: 0.5)
        match kind:
            case "up":
                session.link_up()
            case "down":
                session.link_down()
            case "wait":
                now_s += number
            case "ok" if session.expects(an_ok(f"n-{hellos - number % 2}", number)):
                session.opened(number)
            case "send" if session.may_send(session.sent + number):
                session.batch_sent(session.sent + number, now_s)
            case "ack":
                session.acked(number, now_s)
            case "halt" if number == 0:
                session.halt()
                halted = True
        assert session.acknowledged <= session.sent
        assert len(session.under_way) <= MOST_BATCHES
        assert list(session.under_way) == sorted(session.under_way)
        assert all(session.acknowledged < seq <= session.sent for seq in session.under_way)
        assert not session.may_send(session.sent)
        assert session.state == "open" or not session.may_send(10**9)
        assert (session.state == "halted") == halted
