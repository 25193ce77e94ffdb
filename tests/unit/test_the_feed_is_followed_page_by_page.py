"""A store follows the feed one page at a time, from where it stands, while the session is open."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from greeted import Store, in_memory

from sync.messages import AccountItem, FeedPage, FeedRequest, encode_feed
from sync.simulation.now import run_now

ANA = "acc-ana"


@pytest.fixture
def store() -> Iterator[Store]:
    """A store that was welcomed to its first epoch."""
    for each in in_memory():
        run_now(each.open())
        yield each


def page(request: FeedRequest, cursor: int, *, more: bool = False, points: int = 0) -> bytes:
    """A page that answers a request, with Ana's points."""
    header = FeedPage(nonce=request.nonce, cursor=cursor, generation=0, more=more)
    return encode_feed(header, (AccountItem(account=ANA, active=points),))


def balance(store: Store) -> int:
    """What the till shows Ana."""
    return run_now(store.ledger.read(lambda view: view.balance(ANA)))


def test_more_is_asked_for_at_once_and_the_rest_after_a_while(store: Store) -> None:
    """An open session asks at once; a page that says there is more is followed at once, and the
    last one after some seconds, each from where the one before ended.
    """
    assert [request.cursor for request in store.wire.requests] == [0]
    run_now(store.hear("feed", page(store.wire.requests[-1], 40, more=True, points=10)))
    assert [request.cursor for request in store.wire.requests] == [0, 40]
    run_now(store.hear("feed", page(store.wire.requests[-1], 55, points=12)))
    assert balance(store) == 12
    run_now(store.turn(after_s=9.9))
    assert len(store.wire.requests) == 2
    run_now(store.turn(after_s=0.2))
    assert [request.cursor for request in store.wire.requests] == [0, 40, 55]


def test_a_page_for_another_request_is_not_taken(store: Store) -> None:
    """A page that was under way since yesterday, or comes twice, changes nothing."""
    request = store.wire.requests[-1]
    run_now(store.hear("feed", page(request, 40, points=10)))
    run_now(store.hear("feed", page(request, 30, points=99)))
    stranger = request.model_copy(update={"nonce": "of-yesterday"})
    run_now(store.hear("feed", page(stranger, 50, points=99)))
    assert balance(store) == 10


def test_a_request_that_nobody_answers_is_asked_again(store: Store) -> None:
    """The same question goes out again, under another nonce."""
    run_now(store.turn(after_s=10.1))
    first, second = store.wire.requests
    assert (first.cursor, second.cursor) == (0, 0)
    assert first.nonce != second.nonce


def test_a_feed_that_tells_nothing_is_asked_for_less_often(store: Store) -> None:
    """A store that is told nothing for some pages asks every half minute; once it was told
    something it asks every ten seconds again.
    """

    def waited(told: bytes) -> float:
        """Answer a request, and say how long the store waits before the next."""
        before, began_s = len(store.wire.requests), store.now_s
        run_now(store.hear("feed", told))
        while len(store.wire.requests) == before:
            run_now(store.turn(after_s=0.5))
        return store.now_s - began_s

    def empty() -> bytes:
        header = FeedPage(nonce=store.wire.requests[-1].nonce, cursor=40, generation=0)
        return encode_feed(header, ())

    assert [waited(empty()) for _ in range(7)] == [10.0] * 4 + [20.0, 30.0, 30.0]
    assert waited(page(store.wire.requests[-1], 41)) == 10.0
    assert [waited(empty()) for _ in range(5)] == [10.0] * 4 + [20.0]


def test_a_feed_that_nobody_tells_is_asked_for_less_often(store: Store) -> None:
    """A head office that has more to do than it can is not asked the same ever faster."""
    asked_s = []
    for _ in range(300):
        before = len(store.wire.requests)
        run_now(store.turn(after_s=0.5))
        asked_s += [store.now_s] * (len(store.wire.requests) - before)
    waits_s = [later - earlier for earlier, later in pairwise(asked_s)]
    assert waits_s == [20.0, 40.0, 60.0]


def test_a_new_connection_goes_on_where_the_store_stands(store: Store) -> None:
    """After a cut the feed goes on from the last page that was kept, without waiting."""
    run_now(store.hear("feed", page(store.wire.requests[-1], 40, points=10)))
    store.talk.link_down()
    run_now(store.turn(after_s=60))
    assert len(store.wire.requests) == 1
    run_now(store.greet())
    run_now(store.hear("ok", store.ok(store.ledger.head)))
    assert [request.cursor for request in store.wire.requests] == [0, 40]


def test_the_birth_says_how_the_store_is(store: Store) -> None:
    """Retained at the broker: epoch, newest and acknowledged entry, lag, exposure, floor, clock. It
    is said again when it changed, once a minute at most.
    """
    birth = store.wire.births[-1]
    assert birth.online
    assert birth.clock == "synchronised"
    assert birth.lease_exposure == 0
    said = len(store.wire.births)
    run_now(store.turn(after_s=61))
    birth = store.wire.births[-1]
    assert (birth.epoch, birth.head_seq, birth.acknowledged_seq, birth.lag) == (1, 1, 1, 0)
    for _ in range(10):
        run_now(store.turn(after_s=10))
    assert len(store.wire.births) == said + 1


def test_the_birth_is_said_again_with_each_greeting(store: Store) -> None:
    """Unchanged as it may be: the will of this device's former life, whose disk was lost, comes to
    the broker half a minute late and says that nobody is there, though a new life is.
    """
    run_now(store.turn(after_s=61))
    said = len(store.wire.births)
    run_now(store.turn(after_s=301))
    assert store.wire.kinds.count("hello") > 3
    assert len(store.wire.births) == said + 1
