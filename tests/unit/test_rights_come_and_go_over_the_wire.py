"""Rights are taken, returned and asked for over the wire, in an open session of their own epoch."""

from collections.abc import Iterator

import pytest
from greeted import Store, append, in_memory

from agent.core.facts import LeaseReturn
from sync.messages import AccountItem, Ack, Allowance, FeedPage, Grant, Halt, Recall, encode_feed
from sync.simulation.now import run_now

ANA = "acc-ana"


@pytest.fixture
def store() -> Iterator[Store]:
    """A store that was welcomed to its first epoch."""
    for each in in_memory():
        run_now(each.open())
        yield each


def grant(store: Store, total: int, **changes: object) -> Grant:
    """Rights to so many points of Ana's, for the present epoch."""
    return Grant(
        epoch=store.ledger.head.epoch, account=ANA, granted_total=total, generation=0
    ).model_copy(update=changes)


def right(store: Store) -> int:
    """What the store may spend of Ana's points by itself."""
    return run_now(store.ledger.read(lambda view: view.right(ANA)))


def test_grants_only_grow(store: Store) -> None:
    """A grant that is repeated, or overtaken by a larger one, changes nothing."""
    for total in (50, 80, 80, 60):
        run_now(store.hear("grant", grant(store, total)))
    assert right(store) == 80


@pytest.mark.parametrize("changes", [{"epoch": 0}, {"epoch": 2}])
def test_a_grant_for_another_epoch_is_no_right(store: Store, changes: dict[str, object]) -> None:
    """Rights that were given to another life of the journal are not this one's."""
    run_now(store.hear("grant", grant(store, 50, **changes)))
    assert right(store) == 0


def test_a_grant_outside_an_open_session_is_no_right(store: Store) -> None:
    """While the store greets, or is halted, nothing that was under way becomes a right."""
    store.talk.link_down()
    run_now(store.greet())
    run_now(store.hear("grant", grant(store, 50)))
    assert right(store) == 0
    run_now(store.hear("halt", Halt(reason="refused", text="a person looks")))
    run_now(store.hear("grant", grant(store, 50)))
    assert right(store) == 0


def test_a_recall_is_answered_once_and_the_lanes_know_before_head_office(store: Store) -> None:
    """What goes back is told to every lane's POS before the entry is sent; a repeated recall is
    answered by nothing new.
    """
    run_now(store.hear("grant", grant(store, 50)))
    run_now(store.hear("ack", Ack.of(store.ledger.incarnation, store.ledger.head)))
    store.told.clear()
    before = len(store.wire.batches)
    recall = Recall(epoch=1, account=ANA, recall=1, keep=20)
    run_now(store.talk.receive("tapledger/1/house/s001/edge-1/down/recall", _bytes(recall), 100.0))
    (position,) = store.told
    assert position == store.ledger.head
    assert len(store.wire.batches) == before
    run_now(store.turn())
    assert store.wire.batches[-1][0].last_hash == position.hash.hex()
    run_now(store.hear("recall", recall))
    assert store.ledger.head == position
    entry = run_now(store.ledger.read(lambda view: view.newest()))
    assert entry is not None
    assert entry.fact == LeaseReturn(account=ANA, recall=1, points=30)
    assert right(store) == 20


def test_the_floor_is_what_head_office_allows(store: Store) -> None:
    """An allowance is kept, only upward, and the birth says what is left of it."""
    for total in (100, 60):
        run_now(store.hear("floor", Allowance(epoch=1, floor_total=total, generation=0)))
    run_now(store.turn(after_s=60))
    assert store.wire.births[-1].floor_left == 100


def test_a_question_is_answered_by_its_grant(store: Store) -> None:
    """The ASK names epoch, account and points, and expires at once; the GRANT that names it is
    journaled before the till hears of it.
    """
    answers: list[tuple[str | None, int]] = []
    nonce = store.talk.ask(ANA, 30, lambda said: answers.append((said, right(store))), 100.0)
    (ask,) = store.wire.asks
    assert (ask.ask, ask.epoch, ask.account, ask.points) == (nonce, 1, ANA, 30)
    run_now(store.hear("grant", grant(store, 30, ask=nonce)))
    assert answers == [(None, 30)]
    run_now(store.hear("grant", grant(store, 30, ask=nonce)))
    assert len(answers) == 1


def test_a_no_comes_in_words(store: Store) -> None:
    """Where head office grants less, its reason reaches the cashier."""
    answers: list[str | None] = []
    nonce = store.talk.ask(ANA, 30, answers.append, 100.0)
    why = "12 points are held at another store"
    run_now(store.hear("grant", grant(store, 18, ask=nonce, why=why)))
    assert answers == [why]
    assert right(store) == 18


def test_a_question_that_nobody_answers_is_given_up(store: Store) -> None:
    """After 0.4 s, or when the line breaks, the till decides without; what comes later is a right
    all the same.
    """
    answers: list[str | None] = []
    nonce = store.talk.ask(ANA, 30, answers.append, store.now_s)
    run_now(store.turn(after_s=0.39))
    assert answers == []
    run_now(store.turn(after_s=0.02))
    assert answers == [""]
    run_now(store.hear("grant", grant(store, 30, ask=nonce)))
    assert answers == [""]
    assert right(store) == 30
    store.talk.ask(ANA, 60, answers.append, store.now_s)
    store.talk.link_down()
    assert answers == ["", ""]


def test_nobody_is_asked_where_nobody_would_hear(store: Store) -> None:
    """Without a connection, while greeting, or where a new life has begun since, there is no
    question; nor with more of them open than a store has tills.
    """
    answers: list[str | None] = []
    asked = [store.talk.ask(ANA, 1, answers.append, store.now_s) for _ in range(33)]
    assert asked.count(None) == 1
    store.talk.link_down()
    assert answers == [""] * 32
    assert store.talk.ask(ANA, 1, answers.append, store.now_s) is None
    run_now(store.greet())
    assert store.talk.ask(ANA, 1, answers.append, store.now_s) is None
    run_now(store.hear("ok", store.ok(store.ledger.head)))
    store.wire.up = False
    assert store.talk.ask(ANA, 1, answers.append, store.now_s) is None
    store.wire.up = True
    run_now(
        store.ledger.write(
            lambda transaction: transaction.open_epoch("restored", incarnation="i", reason="test")
        )
    )
    assert store.talk.ask(ANA, 1, answers.append, store.now_s) is None
    assert len(answers) == 32


def test_a_card_that_nobody_here_knows_is_asked_for(store: Store) -> None:
    """The page that answers for a card brings its member, and leaves the feed's own place alone."""
    answers: list[str | None] = []
    run_now(store.turn())
    before = store.wire.requests[-1]
    nonce = store.talk.look_up("qr:from-afar", answers.append, store.now_s)
    request = store.wire.requests[-1]
    assert (request.nonce, request.token) == (nonce, "qr:from-afar")
    page = FeedPage(nonce=request.nonce, cursor=request.cursor, generation=0, token="qr:from-afar")
    run_now(store.hear("feed", encode_feed(page, (AccountItem(account=ANA, active=70),))))
    assert answers == [None]
    assert run_now(store.ledger.read(lambda view: view.balance(ANA))) == 70
    assert run_now(store.ledger.read(lambda view: view.mirror_cursor()))[1] == before.cursor
    nonce = store.talk.look_up("qr:of-nobody", answers.append, store.now_s)
    nobody = FeedPage(nonce=str(nonce), cursor=0, generation=0, token="qr:of-nobody")
    run_now(store.hear("feed", encode_feed(nobody, ())))
    assert answers[1] is not None


def test_what_matters_most_goes_first(store: Store) -> None:
    """Where all is due in one turn of an open session, a question goes out at once, then the sales,
    then the feed is asked for, and how the store stands is said last.
    """
    store.now_s += 100
    store.wire.kinds.clear()
    run_now(append(store.ledger))
    store.talk.ask(ANA, 30, lambda _: None, store.now_s)
    assert store.wire.kinds == ["ask"]
    run_now(store.turn())
    assert store.wire.kinds == ["ask", "journal", "feed", "presence"]


def test_a_question_waits_for_no_greeting(store: Store) -> None:
    """Where the store has to greet again, which everything else waits for, who stands at the till
    does not; and how the store stands can be said before the answer.
    """
    store.now_s += 1_000
    store.wire.kinds.clear()
    run_now(append(store.ledger))
    store.talk.ask(ANA, 30, lambda _: None, store.now_s)
    run_now(store.turn())
    assert store.wire.kinds == ["ask", "hello", "presence"]
    run_now(store.hear("ok", store.ok(store.ledger.head, seq=1, hash=_hash(store, 1))))
    assert store.wire.kinds[3:] == ["journal", "feed"]


def _hash(store: Store, seq: int) -> str:
    found = run_now(store.ledger.hash_at(store.ledger.head.epoch, seq))
    assert found is not None
    return found.hex()


def _bytes(recall: Recall) -> bytes:
    return recall.model_dump_json().encode()
