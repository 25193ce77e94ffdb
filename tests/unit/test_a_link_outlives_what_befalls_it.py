"""A link that meets a bad broker, or whose owner fails, comes back and says what it was."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from fake_broker import CONNECT, PUBLISH, FakeBroker, published

from agent.tools.waiting import wait_until
from sync.broker import Broker
from sync.link import Arrived, Link
from sync.returning import Returning


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits are for another test."""
    monkeypatch.setattr(Returning, "wait_s", lambda _returning, _dice: 0.0)


def ignore(message: Arrived) -> None:
    """Take a message and be done."""
    message.done()


@contextmanager
def link(
    broker: FakeBroker, *, take: Callable[[Arrived], None] = ignore, window: int = 16
) -> Iterator[tuple[Link, threading.Semaphore]]:
    """A link that is begun; the semaphore counts how often it came up."""
    ups = threading.Semaphore(0)
    made = Link(
        Broker(url=broker.url),
        client_id="one",
        topics=("down/#",),
        window=window,
        on_up=ups.release,
        on_down=lambda: None,
        on_message=take,
    )
    made.start()
    try:
        yield made, ups
    finally:
        made.stop()


def test_a_refused_subscription_is_no_copy() -> None:
    """A broker that refuses what we want to hear is told in its words, however often it does: it
    does not look as if somebody else had our name.
    """
    with FakeBroker(answer=0x87) as broker, link(broker) as (ours, _):
        wait_until(lambda: broker.heard[CONNECT] > 5, "some connections")
        assert ours.fault is not None
        assert "refuses a subscription: Not authorized" in ours.fault


def test_whoever_is_cut_off_again_and_again_looks_copied() -> None:
    """A broker that lets us in and hangs up without a word does look so."""
    with FakeBroker(cuts_off=True) as broker, link(broker) as (ours, _):
        wait_until(lambda: "a copy" in str(ours.fault), "somebody to be suspected")


def test_an_owner_that_fails_ends_no_link() -> None:
    """Where whoever takes a message raises, the connection is given up, and made again."""

    def fail(_message: Arrived) -> None:
        raise ValueError("a mistake of ours")

    with FakeBroker(says=published(b"down/ok")) as broker, link(broker, take=fail) as (_, ups):
        assert ups.acquire(timeout=10)
        assert ups.acquire(timeout=10), "the link did not come back"


@pytest.mark.parametrize("rubbish", [published(b"\xff\xfe"), bytes((PUBLISH << 4, 1, 0))])
def test_what_is_no_message_ends_no_link(rubbish: bytes) -> None:
    """A broker that says what nobody can read loses this connection, and has the next."""
    with FakeBroker(says=rubbish) as broker, link(broker) as (_, ups):
        assert ups.acquire(timeout=10)
        assert ups.acquire(timeout=10), "the link did not come back"


def test_nothing_waits_behind_the_window() -> None:
    """Every message that the link took is sent at once, unacknowledged as those before it may be:
    paho keeps none of them back in a queue of its own.
    """
    with FakeBroker() as broker, link(broker, window=40) as (ours, ups):
        assert ups.acquire(timeout=10)
        taken = [ours.publish("up", b"{}") for _ in range(41)]
        assert taken == [True] * 40 + [False]
        wait_until(lambda: broker.heard[PUBLISH] == 40, "all of them")
