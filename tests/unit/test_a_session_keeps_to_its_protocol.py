"""A store's session: greet first, send within the window, believe only what is answered now."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.messages import MOST_BATCHES, MOST_ENTRIES
from sync.session import LONGEST_SILENCE_S, Session

ANSWER_WITHIN_S = 3.0
IN_TOUCH_S = 300.0
PRESENT = 4


def sure() -> float:
    """Dice that always show their most."""
    return 1.0


def greeting(nonce: str = "n-1", now_s: float = 0.0) -> Session:
    """A session whose HELLO has just gone out."""
    session = Session()
    session.link_up()
    assert session.hello_due(now_s)
    session.greeted(nonce, PRESENT, now_s, sure)
    return session


def opened(seq: int = 0, tails: tuple[tuple[int, int], ...] = (), now_s: float = 0.0) -> Session:
    """A session that head office has answered: it holds everything up to ``seq``."""
    session = greeting(now_s=now_s)
    assert session.expects("n-1")
    session.opened(seq, tails, now_s, sure)
    return session


def test_nothing_is_sent_before_head_office_has_answered() -> None:
    """Neither without a link nor while a HELLO is open may a batch go out."""
    session = Session()
    assert not session.hello_due(0.0)
    assert not session.may_send(PRESENT, 100, 0.0)
    session.link_up()
    assert not session.may_send(PRESENT, 100, 0.0)
    session.greeted("n-1", PRESENT, 0.0, sure)
    assert not session.may_send(PRESENT, 100, 0.0)
    session.opened(0, (), 0.0, sure)
    assert session.may_send(PRESENT, 100, 0.0)


def test_only_the_present_nonce_counts() -> None:
    """The answer to an earlier HELLO, or to nobody's, is not the answer to this one."""
    session = greeting("n-1")
    assert session.hello_due(LONGEST_SILENCE_S)
    session.greeted("n-2", PRESENT, LONGEST_SILENCE_S, sure)
    assert not session.expects("n-1")
    assert not session.expects("")
    assert session.expects("n-2")


def test_an_answer_without_a_question_does_not_count() -> None:
    """An answer counts while its HELLO is open: not twice, not without a link, not in a new one."""
    session = opened()
    assert not session.expects("n-1")
    session.link_down()
    assert not session.expects("n-1")
    session.link_up()
    session.greeted("n-2", PRESENT, 1.0, sure)
    assert not session.expects("n-1")


def test_before_the_first_hello_nothing_is_an_answer() -> None:
    """On a new link, an answer without a nonce is nobody's."""
    session = Session()
    session.link_up()
    assert not session.expects("")


def test_an_unanswered_hello_is_sent_again_ever_more_slowly() -> None:
    """Without an answer the HELLO is repeated, at waits that double up to half a minute."""
    session, now_s, waits_s = greeting(), 0.0, list[float]()
    for attempt in range(8):
        waits_s.append(session.deadline_s - now_s)
        assert not session.hello_due(session.deadline_s - 0.001)
        now_s = session.deadline_s
        assert session.hello_due(now_s)
        session.greeted(f"n-{attempt + 2}", PRESENT, now_s, sure)
    assert waits_s == [3.0, 6.0, 12.0, 24.0, 30.0, 30.0, 30.0, 30.0]


def test_a_new_link_greets_at_once() -> None:
    """A link that comes back does not wait for the deadline of the one that was lost."""
    session = greeting(now_s=1_000.0)
    session.link_down()
    assert not session.hello_due(10_000.0)
    session.link_up()
    assert session.hello_due(1_000.0)


def test_a_challenge_is_answered_at_once_and_kept_until_an_ok() -> None:
    """The next HELLO goes out at once and echoes it, and so do later ones, until head office says
    that all is well.
    """
    session = greeting(now_s=50.0)
    session.challenged("c-1", 50.0)
    assert session.hello_due(50.0)
    session.greeted("n-2", PRESENT, 50.0, sure)
    assert session.challenge == "c-1"
    assert session.hello_due(60.0)
    session.greeted("n-3", PRESENT, 60.0, sure)
    assert session.challenge == "c-1"
    session.opened(0, (), 60.0, sure)
    assert session.challenge is None


def test_two_sides_that_never_agree_do_not_fill_the_line() -> None:
    """A challenge upon a challenge, for ever, costs a few HELLOs in half a minute and no more."""
    session, hellos, now_s = greeting(), 1, 0.0
    while now_s < LONGEST_SILENCE_S:
        if session.hello_due(now_s):
            hellos += 1
            session.greeted(f"n-{hellos}", PRESENT, now_s, sure)
            session.challenged(f"c-{hellos}", now_s)
        now_s += 0.125
    assert hellos <= 16


def test_an_ok_that_is_contradicted_at_once_does_not_fill_the_line() -> None:
    """The same where every OK is followed by something that has to be greeted for."""
    session, hellos, now_s = greeting(), 1, 0.0
    while now_s < LONGEST_SILENCE_S:
        if session.hello_due(now_s):
            hellos += 1
            session.greeted(f"n-{hellos}", PRESENT, now_s, sure)
            session.opened(0, (), now_s, sure)
            session.greet_again(now_s)
        now_s += 0.125
    assert hellos <= 16


def test_sending_goes_on_where_head_office_stands() -> None:
    """After the OK, the first batch follows from what head office says it holds."""
    session = opened(seq=40)
    assert (session.present.acknowledged, session.present.sent) == (40, 40)
    assert session.may_send(PRESENT, 41, 0.0)
    assert not session.may_send(PRESENT, 40, 0.0)


def test_sixteen_batches_may_be_under_way() -> None:
    """The window holds sixteen unanswered batches; an ACK makes room for as many as it covers."""
    session = opened()
    for batch in range(1, MOST_BATCHES + 1):
        assert session.may_send(PRESENT, 10_000, 0.0)
        session.batch_sent(PRESENT, batch * 10, 0.0)
    assert MOST_BATCHES == len(session.present.under_way) == 16
    assert not session.may_send(PRESENT, 10_000, 0.0)
    assert session.acked(PRESENT, 35, 0.0)
    assert session.present.under_way[0] == 40
    assert len(session.present.under_way) == 13
    assert session.may_send(PRESENT, 10_000, 0.0)


def test_a_small_batch_waits_for_the_one_under_way_and_grows() -> None:
    """A busy head office gets few batches that hold much, and no queue of small ones; a batch that
    is full waits for none.
    """
    session = opened(seq=10)
    session.batch_sent(PRESENT, 11, 0.0)
    assert not session.may_send(PRESENT, 12, 0.0)
    assert not session.may_send(PRESENT, 10 + MOST_ENTRIES, 0.0)
    assert session.may_send(PRESENT, 11 + MOST_ENTRIES, 0.0)
    assert session.acked(PRESENT, 11, 0.1)
    assert session.may_send(PRESENT, 12, 0.1)


def test_old_epochs_take_half_of_the_window_at_most() -> None:
    """Tails that head office is slow to take leave the present epoch its room."""
    session = opened(tails=((1, 0), (2, 0)))
    for batch in range(1, 100):
        for epoch in (1, 2):
            if session.may_send(epoch, 10_000, 0.0):
                session.batch_sent(epoch, batch, 0.0)
    assert sum(len(tail.under_way) for tail in session.tails.values()) == 8
    for batch in range(1, 9):
        assert session.may_send(PRESENT, 10_000, 0.0)
        session.batch_sent(PRESENT, batch, 0.0)
    assert not session.may_send(PRESENT, 10_000, 0.0)


def test_epochs_are_acknowledged_one_by_one() -> None:
    """An ACK speaks of its own epoch alone; one of an epoch that is not sent changes nothing."""
    session = opened(seq=5, tails=((1, 3),))
    session.batch_sent(1, 9, 0.0)
    session.batch_sent(PRESENT, 9, 0.0)
    assert session.acked(1, 9, 0.0)
    assert (session.tails[1].acknowledged, session.present.acknowledged) == (9, 5)
    assert not session.acked(2, 9, 0.0)
    assert session.acked(PRESENT, 9, 0.0)


def test_a_tail_that_comes_to_nothing_waits_longer_each_time() -> None:
    """An old epoch that head office does not acknowledge is tried ever more seldom; the present
    one goes on at once.
    """
    session, now_s, waits_s = opened(tails=((1, 0),)), 0.0, list[float]()
    for attempt in range(6):
        session.batch_sent(1, 9, now_s)
        now_s += ANSWER_WITHIN_S
        assert session.hello_due(now_s)
        session.greeted(f"n-{attempt + 2}", PRESENT, now_s, sure)
        session.opened(0, ((1, 0),), now_s, sure)
        assert session.may_send(PRESENT, 1, now_s)
        assert not session.may_send(1, 9, now_s)
        waits_s.append(session.tails[1].not_before_s - now_s)
        now_s = session.tails[1].not_before_s
        assert session.may_send(1, 9, now_s)
    assert waits_s == [3.0, 6.0, 12.0, 24.0, 30.0, 30.0]


def test_a_tail_waits_once_for_each_time_that_it_came_to_nothing() -> None:
    """However often the session is greeted anew meanwhile: else one that two boxes take from each
    other all the time would send its present epoch, and never what came before.
    """
    session = opened(tails=((1, 0),))
    session.batch_sent(1, 9, 0.0)
    assert session.hello_due(ANSWER_WITHIN_S)
    for now_s in (ANSWER_WITHIN_S, ANSWER_WITHIN_S + 1, ANSWER_WITHIN_S + 2):
        session.greet_again(now_s)
        session.greeted(f"at {now_s}", PRESENT, now_s, sure)
        session.opened(0, ((1, 0),), now_s, sure)
        assert not session.may_send(1, 9, now_s)
    assert session.may_send(1, 9, 2 * ANSWER_WITHIN_S)


def test_what_the_present_epoch_waited_for_holds_nothing_back_later() -> None:
    """Once another epoch has begun it is a tail, and as such has come to nothing yet."""
    session = opened()
    session.batch_sent(PRESENT, 9, 0.0)
    assert session.hello_due(ANSWER_WITHIN_S)
    session.greeted("n-2", PRESENT + 1, ANSWER_WITHIN_S, sure)
    session.opened(0, ((PRESENT, 0),), ANSWER_WITHIN_S, sure)
    assert session.may_send(PRESENT, 9, ANSWER_WITHIN_S)


@pytest.mark.parametrize("seq", [0, 5, 10, 31, 1_000])
def test_a_late_or_early_ack_is_no_progress(seq: int) -> None:
    """An ACK of what was known, or of what was never sent, changes nothing."""
    session = opened()
    for last_seq in (10, 20, 30):
        session.batch_sent(PRESENT, last_seq, 0.0)
    assert session.acked(PRESENT, 10, 1.0)
    stream = session.present
    before = (stream.acknowledged, stream.sent, stream.under_way, stream.deadline_s)
    assert not session.acked(PRESENT, seq, 2.0)
    assert before == (stream.acknowledged, stream.sent, stream.under_way, stream.deadline_s)


def test_progress_gives_more_time_and_no_progress_does_not() -> None:
    """Each ACK that is news gives head office three seconds more; a repeated one does not."""
    session = opened()
    session.batch_sent(PRESENT, 10, 0.0)
    session.batch_sent(PRESENT, 20, 1.0)
    assert session.present.deadline_s == ANSWER_WITHIN_S
    assert session.acked(PRESENT, 10, 2.0)
    assert not session.acked(PRESENT, 10, 4.0)
    assert not session.hello_due(4.999)
    assert session.hello_due(5.0)


def test_what_did_not_follow_is_sent_again_at_once() -> None:
    """Batches overtook each other, and head office could not use some: all that it has not
    acknowledged is sent again without waiting, one batch after the other, and only once however
    many of them came to nothing; after that the window is as wide as before.
    """
    session = opened()
    for last_seq in (200, 400, 600):
        session.batch_sent(PRESENT, last_seq, 0.0)
    session.came_to_nothing(PRESENT)
    session.came_to_nothing(PRESENT)
    assert session.acked(PRESENT, 200, 0.1)
    assert (session.present.sent, session.present.under_way) == (200, ())
    session.came_to_nothing(PRESENT)
    assert session.may_send(PRESENT, 1_000, 0.1)
    session.batch_sent(PRESENT, 400, 0.1)
    assert not session.may_send(PRESENT, 1_000, 0.1)
    session.came_to_nothing(PRESENT)
    assert session.present.under_way == (400,)
    assert session.acked(PRESENT, 600, 0.2)
    for last_seq in (800, 1_000):
        assert session.may_send(PRESENT, 2_000, 0.2)
        session.batch_sent(PRESENT, last_seq, 0.2)


def test_unanswered_batches_lead_to_a_greeting() -> None:
    """Where batches go unanswered the session greets anew, and sends nothing until it is answered;
    then it goes on from what head office holds. An ACK that was only late counts meanwhile."""
    session = opened()
    session.batch_sent(PRESENT, 10, 0.0)
    session.batch_sent(PRESENT, 20, 0.5)
    assert session.hello_due(ANSWER_WITHIN_S)
    assert not session.may_send(PRESENT, 100, ANSWER_WITHIN_S)
    assert session.acked(PRESENT, 10, ANSWER_WITHIN_S)
    assert not session.may_send(PRESENT, 100, ANSWER_WITHIN_S)
    session.greeted("n-2", PRESENT, ANSWER_WITHIN_S, sure)
    assert session.expects("n-2")
    session.opened(10, (), ANSWER_WITHIN_S, sure)
    assert (session.present.sent, session.present.under_way) == (10, ())
    assert session.may_send(PRESENT, 100, ANSWER_WITHIN_S)


def test_head_office_is_away_only_when_it_did_not_answer_in_time() -> None:
    """Greeting anew is not being offline; a HELLO that nobody answers is."""
    session = opened()
    assert session.answered
    session.greet_again(1.0)
    assert session.hello_due(1.0)
    session.greeted("n-2", PRESENT, 1.0, sure)
    assert session.answered
    assert session.hello_due(1.0 + ANSWER_WITHIN_S)
    assert not session.answered


def test_who_answers_late_is_given_more_time() -> None:
    """A HELLO that was answered late, but was answered, is not said again so soon the next time:
    after twice as long as that took, half a minute at the most. Answers in time take it back.
    """
    session, now_s = greeting(), 0.0
    for answer_s, patience_s in ((5.0, 10.0), (12.0, 24.0), (20.0, 30.0), (1.0, 15.0), (1.0, 7.5)):
        now_s += answer_s
        session.challenged("c", now_s)
        session.hello_due(now_s + LONGEST_SILENCE_S)
        session.greeted(f"n-{now_s}", PRESENT, now_s, sure)
        assert session.deadline_s == now_s + patience_s


def test_a_greeting_that_is_repeated_is_late_since_it_was_said_first() -> None:
    """Whichever of them was answered: head office had all that time."""
    session = greeting("n-1")
    session.greeted("n-1", PRESENT, ANSWER_WITHIN_S, sure)
    session.opened(0, (), 8.0, sure)
    session.batch_sent(PRESENT, 10, 8.0)
    assert not session.hello_due(8.0 + 15.9)
    assert session.hello_due(8.0 + 16.0)


def test_who_acknowledges_late_is_given_more_time() -> None:
    """An ACK that is late costs one greeting, not one with each batch."""
    session = opened()
    session.batch_sent(PRESENT, 10, 0.0)
    assert session.hello_due(ANSWER_WITHIN_S)
    assert session.acked(PRESENT, 10, 5.0)
    session.greeted("n-2", PRESENT, 5.0, sure)
    session.opened(10, (), 6.0, sure)
    session.batch_sent(PRESENT, 20, 6.0)
    assert not session.hello_due(6.0 + ANSWER_WITHIN_S)
    assert session.hello_due(11.0)


def test_a_quiet_session_is_greeted_now_and_then() -> None:
    """With nothing under way there is nothing to answer; every five minutes a HELLO says again how
    things stand, so that what was lost on the way is made up for.
    """
    session = opened()
    assert not session.hello_due(IN_TOUCH_S - 0.001)
    assert session.hello_due(IN_TOUCH_S)
    assert session.answered


def test_a_halted_session_asks_now_and_then() -> None:
    """After a HALT nothing but a HELLO is sent: after five minutes, or on a new link."""
    session = opened()
    session.batch_sent(PRESENT, 10, 0.0)
    session.halted(10.0, sure)
    assert session.state == "halted"
    assert not session.hello_due(309.9)
    assert not session.may_send(PRESENT, 100, 309.9)
    assert not session.expects("n-1")
    assert not session.acked(PRESENT, 10, 11.0)
    session.greet_again(12.0)
    assert not session.hello_due(12.0)
    assert session.hello_due(310.0)
    session.halted(310.0, sure)
    session.link_down()
    session.link_up()
    assert session.hello_due(311.0)


HAPPENINGS = st.lists(
    st.tuples(
        st.sampled_from(
            ["up", "down", "ok", "challenge", "again", "send", "tail", "ack", "gap", "halt", "wait"]
        ),
        st.integers(0, 60),
    ),
    max_size=60,
)


def _hears(session: Session, kind: str, number: int, now_s: float) -> None:
    epoch = PRESENT if number % 2 else 1
    if kind == "gap":
        session.came_to_nothing(epoch)
    else:
        session.acked(epoch, number, now_s)


@given(HAPPENINGS)
def test_whatever_happens_the_session_is_sound(happenings: list[tuple[str, int]]) -> None:
    """In any order of events: no more than sixteen batches under way, each beyond what is
    acknowledged, nothing acknowledged that was not sent, no sending but in an open session."""
    session, now_s, hellos = Session(), 0.0, 0
    for kind, number in happenings:
        if session.hello_due(now_s):
            hellos += 1
            session.greeted(f"n-{hellos}", PRESENT, now_s, lambda: 0.5)
        epoch = 1 if kind == "tail" else PRESENT
        stream = session.stream(epoch)
        match kind:
            case "up":
                session.link_up()
            case "down":
                session.link_down()
            case "wait":
                now_s += number
            case "again":
                session.greet_again(now_s)
            case "challenge" if session.expects(f"n-{hellos}"):
                session.challenged("c", now_s)
            case "ok" if session.expects(f"n-{hellos - number % 2}"):
                session.opened(number, [(1, number)], now_s, lambda: 0.5)
            case "send" | "tail" if stream and session.may_send(epoch, stream.sent + number, now_s):
                session.batch_sent(epoch, stream.sent + number, now_s)
            case "ack" | "gap":
                _hears(session, kind, number, now_s)
            case "halt" if number == 0:
                session.halted(now_s, lambda: 0.5)
        assert sum(len(each.under_way) for each in session.streams) <= MOST_BATCHES
        for each in session.streams:
            assert each.acknowledged <= each.sent
            assert list(each.under_way) == sorted(each.under_way)
            assert all(each.acknowledged < seq <= each.sent for seq in each.under_way)
            assert not session.may_send(each.epoch, each.sent, now_s)
            assert session.state == "open" or not session.may_send(each.epoch, 10**9, now_s)
