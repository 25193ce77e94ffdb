"""A broker was started again: every store greets in the same second, and head office is slow."""

import random
from collections import deque

import pytest

from sync.hub.inbox import RECEIVE_MAXIMUM, Inbox
from sync.link import Arrived
from sync.session import LONGEST_SILENCE_S, Session

_STEP_S = 0.25


class Herd:
    """Stores that all have a new line at the same moment, and a head office that handles so many
    messages a second; each store needs ``answers`` of it until its session is open.
    """

    def __init__(self, stores: int, *, a_second: int, answers: int) -> None:
        self.dice = random.Random(7).random  # noqa: S311 - not for secrets
        self.sessions = [Session() for _ in range(stores)]
        self.missing = [answers] * stores
        self.broker: deque[tuple[float, Arrived]] = deque()
        self.inbox = Inbox()
        self.under_way = 0
        self.hellos = self.handled = 0
        self.at_once = int(a_second * _STEP_S)

    def let_go(self) -> None:
        """Make room for one more message that the broker holds."""
        self.under_way -= 1

    def greet(self, now_s: float) -> None:
        """Have every store greet that wants to."""
        for number, session in enumerate(self.sessions):
            if session.hello_due(now_s):
                self.hellos += 1
                nonce = session.nonce if session.repeats(0) else f"n-{self.hellos}"
                session.greeted(nonce, 0, now_s, self.dice)
                topic = f"tapledger/1/house/{number}/edge-1/hello"
                hello = Arrived(topic=topic, payload=nonce.encode(), done=self.let_go)
                self.broker.append((now_s + LONGEST_SILENCE_S, hello))

    def handle(self, now_s: float) -> None:
        """Have head office answer as many as it can."""
        for _ in range(self.at_once):
            while self.broker and self.under_way < RECEIVE_MAXIMUM:
                expires_s, hello = self.broker.popleft()
                if now_s < expires_s:
                    self.under_way += 1
                    self.inbox.put(hello)
            message = self.inbox.take(0)
            if message is None:
                return
            self.handled += 1
            self.answer(int(message.topic.split("/")[3]), message.payload.decode(), now_s)
            message.done()

    def answer(self, number: int, nonce: str, now_s: float) -> None:
        """Answer one HELLO: with a challenge, until this store needs no more."""
        session = self.sessions[number]
        if session.expects(nonce):
            self.missing[number] -= 1
            if self.missing[number]:
                session.challenged("c", now_s)
            else:
                session.opened(0, (), now_s, self.dice)

    def until_all_are_open(self) -> float:
        """Answers after how many seconds the last of them is."""
        now_s = 0.0
        for session in self.sessions:
            session.link_up()
        while any(self.missing):
            assert now_s < 600, "they are never through"
            self.greet(now_s)
            self.handle(now_s)
            now_s += _STEP_S
        return now_s


def inbox_with(*messages: tuple[str, str, str]) -> tuple[Inbox, list[str]]:
    """An inbox that took messages of a store: store, kind, payload; and what of them was let go."""
    inbox, gone = Inbox(), list[str]()
    for store, kind, payload in messages:
        topic = f"tapledger/1/house/{store}/edge-1/{kind}"
        inbox.put(
            Arrived(topic=topic, payload=payload.encode(), done=lambda it=payload: gone.append(it))
        )
    return inbox, gone


def taken(inbox: Inbox) -> list[str]:
    """What is taken from it, in order."""
    return [message.payload.decode() for message in iter(lambda: inbox.take(0), None)]


@pytest.mark.parametrize("kind", ["hello", "feed", "presence"])
def test_what_is_said_again_takes_the_place_of_what_waits(kind: str) -> None:
    """A store that says again who or how it is, or asks again for a page, has its newer word taken
    where the older stood; the older one is let go, as its answer would be no answer any more.
    """
    inbox, gone = inbox_with(("one", kind, "old"), ("two", kind, "two"), ("one", kind, "new"))
    assert gone == ["old"]
    assert taken(inbox) == ["new", "two"]
    assert gone == ["old"]  # the others are let go when they are durable


def test_what_is_in_hand_is_not_replaced() -> None:
    """A greeting that comes while the one before is handled is handled, too."""
    inbox, gone = inbox_with(("one", "hello", "first"))
    first = inbox.take(0)
    assert first is not None
    again = Arrived(topic=first.topic, payload=b"second", done=lambda: gone.append("second"))
    inbox.put(again)
    assert (taken(inbox), gone) == (["second"], [])


@pytest.mark.parametrize("kind", ["journal", "ask", "feed"])
def test_what_must_be_handled_is_never_replaced(kind: str) -> None:
    """Each batch has its own entries, and each ask and look-up somebody who waits."""
    said = [f'{{"nonce":"{nonce}","token":"em4100:0C00000001"}}' for nonce in ("first", "second")]
    inbox, gone = inbox_with(("one", kind, said[0]), ("one", kind, said[1]))
    assert (taken(inbox), gone) == (said, [])


def test_a_look_up_takes_no_pages_place() -> None:
    """Nor a page that of a look-up, whatever comes first."""
    page, look_up = '{"nonce":"page"}', '{"nonce":"one","token":"em4100:0C00000001"}'
    for first, second in ((page, look_up), (look_up, page)):
        inbox, gone = inbox_with(("one", "feed", first), ("one", "feed", second))
        assert (taken(inbox), gone) == ([look_up, page], [])


def test_an_ask_overtakes_all_who_greet() -> None:
    """A customer does not wait until a thousand stores have come back."""
    greetings = [(f"store-{number}", "hello", "hello") for number in range(990)]
    inbox, _ = inbox_with(*greetings, ("till", "ask", "ask"))
    assert taken(inbox)[0] == "ask"


@pytest.mark.parametrize(
    ("stores", "a_second", "answers"),
    [(1_000, 250, 1), (1_000, 50, 1), (1_000, 250, 3), (1_000, 50, 3), (3_000, 250, 1)],
)
def test_each_greets_hardly_more_often_than_it_must(
    stores: int, a_second: int, answers: int
) -> None:
    """However slow it is, head office spends its time on answers that are waited for: what stores
    say again, as nothing has come yet, costs it little, and they are all in session in hardly more
    time than their answers take.
    """
    herd = Herd(stores, a_second=a_second, answers=answers)
    took_s = herd.until_all_are_open()
    least = stores * answers
    assert herd.handled <= 1.25 * least
    assert took_s <= 1.25 * least / a_second + 1
