"""A head office that has much to do answers late; a customer at a till does not pay for it."""

from collections.abc import Callable, Iterator

import pytest
from greeted import Store, append, in_memory

from agent.ledger import Transaction
from sync.messages import Ack, CardItem, Challenge, FeedPage, Grant, Recall, encode_feed
from sync.session import LONGEST_SILENCE_S
from sync.simulation.now import run_now

ANA = "acc-ana"


@pytest.fixture
def store() -> Iterator[Store]:
    """A store with an open session, one batch of which went unanswered: its HELLO is out."""
    for store in in_memory():
        run_now(store.open())
        run_now(append(store.ledger))
        run_now(store.turn())
        run_now(store.turn(after_s=3))
        assert store.talk.session.state == "greeting"
        yield store


def ask(store: Store) -> tuple[str | None, list[str | None]]:
    """Ask for points while a member waits; answers the question and what is answered to it."""
    answers: list[str | None] = []
    return store.talk.ask(ANA, 70, answers.append, store.now_s), answers


def grant(store: Store, name: str | None = None, *, total: int = 70, generation: int = 0) -> Grant:
    """What head office says to it."""
    epoch = store.ledger.head.epoch
    return Grant(epoch=epoch, account=ANA, granted_total=total, generation=generation, ask=name)


def right(store: Store) -> int:
    """How many points the store may spend of the member's."""
    return run_now(store.ledger.read(lambda view: view.right(ANA)))


def test_a_till_is_answered_while_an_acknowledgement_is_late(store: Store) -> None:
    """The store asks all the same, and what it is granted is journaled before the member hears."""
    name, answers = ask(store)
    assert [each.ask for each in store.wire.asks] == [name]
    run_now(store.hear("grant", grant(store, name)))
    assert (right(store), answers) == (70, [None])


def test_what_comes_after_the_till_went_on_is_kept(store: Store) -> None:
    """A grant that is too late for one redemption is there for the next one."""
    name, answers = ask(store)
    assert name is not None
    store.talk.give_up(name)
    run_now(store.hear("grant", grant(store, name)))
    assert (right(store), answers) == (70, [""])


def test_a_late_acknowledgement_counts(store: Store) -> None:
    """Head office says by it that it holds the entries; that it was slow changes nothing."""
    assert store.ledger.epochs.unacknowledged == 1
    run_now(store.hear("ack", Ack.of(store.ledger.incarnation, store.ledger.head)))
    assert store.ledger.epochs.unacknowledged == 0


def test_rights_are_returned_while_an_acknowledgement_is_late(store: Store) -> None:
    """Another store's customer waits for them."""
    run_now(store.hear("grant", grant(store)))
    assert right(store) == 70
    epoch = store.ledger.head.epoch
    run_now(store.hear("recall", Recall(epoch=epoch, account=ANA, recall=1, generation=0)))
    assert right(store) == 0


def test_whichever_greeting_is_answered_first_counts(store: Store) -> None:
    """A head office that needs longer for a HELLO than the store waits is in time all the same."""
    first = store.wire.hello
    late = store.ok(store.ledger.head)
    for after_s in (3, 6, 12):
        run_now(store.turn(after_s=after_s))
    assert [each.nonce for each in store.wire.hellos[-4:]] == [first.nonce] * 4
    run_now(store.hear("ok", late))
    assert store.talk.session.state == "open"
    assert store.talk.online


def test_nothing_of_the_journal_is_sent_while_a_greeting_is_out(store: Store) -> None:
    """A head office that is behind is not given more to do."""
    sent = len(store.wire.batches)
    run_now(append(store.ledger))
    run_now(store.turn())
    assert len(store.wire.batches) == sent


def test_a_head_office_that_says_something_is_there(store: Store) -> None:
    """Two HELLOs without an answer look like nobody; one grant says that somebody is there."""
    run_now(store.turn(after_s=3))
    assert not store.talk.online
    run_now(store.hear("grant", grant(store)))
    assert store.talk.online


def test_a_head_office_that_says_nothing_is_not_asked_for_long(store: Store) -> None:
    """After half a minute without a word no customer waits for it any more; one word from it, and
    it is asked again.
    """
    run_now(store.turn(after_s=LONGEST_SILENCE_S - 4))
    assert ask(store)[0] is not None
    run_now(store.turn(after_s=4))
    assert ask(store)[0] is None
    run_now(store.hear("grant", grant(store)))
    assert ask(store)[0] is not None


def test_a_card_is_looked_up_while_an_acknowledgement_is_late(store: Store) -> None:
    """Whose it is, is as much worth waiting for as points are."""
    answers: list[str | None] = []
    nonce = store.talk.look_up("em4100:0C000621A5", answers.append, store.now_s)
    assert nonce is not None
    page = FeedPage(nonce=nonce, cursor=0, generation=0, token="em4100:0C000621A5")
    run_now(store.hear("feed", encode_feed(page, ())))
    assert answers == ["nobody knows this card"]


def test_an_answer_that_the_store_cannot_take_tells_nothing(store: Store) -> None:
    """It is of another place of the feed than the store stands at: whoever asked may ask again."""
    answers: list[str | None] = []
    nonce = store.talk.look_up("em4100:0C000621A5", answers.append, store.now_s, cursor=3)
    assert nonce is not None
    page = FeedPage(nonce=nonce, cursor=3, generation=0, token="em4100:0C000621A5")
    card = CardItem(token="em4100:0C000621A5", account="a", state="active")
    run_now(store.hear("feed", encode_feed(page, (card,))))
    assert answers == ["the answer came too late"]


def challenge(store: Store) -> None:
    """Head office doubts what it was told."""
    run_now(store.hear("challenge", Challenge(nonce=store.wire.hello.nonce, challenge="c")))


def lose_the_line(store: Store) -> None:
    """The broker is gone, and is there again."""
    store.talk.link_down()
    store.talk.link_up()
    run_now(store.turn())


def begin_a_life(store: Store) -> None:
    """The journal begins an epoch by itself."""

    def confirm(transaction: Transaction) -> None:
        transaction.open_epoch("confirmed", incarnation=store.ledger.incarnation)

    run_now(store.ledger.write(confirm))
    run_now(store.turn(after_s=3))


def hear_of_a_restore(store: Store) -> None:
    """Head office's database was set back."""
    run_now(store.hear("grant", grant(store, generation=1)))


@pytest.mark.parametrize(
    "happen",
    [challenge, lose_the_line, begin_a_life, hear_of_a_restore],
    ids=lambda it: it.__name__,
)
def test_what_has_changed_is_greeted_for_first(
    store: Store, happen: Callable[[Store], None]
) -> None:
    """Where more than an answer is missing, nothing is asked and nothing is granted before head
    office has said that all is well; and it is greeted under a name of its own.
    """
    nonce = store.wire.hello.nonce
    happen(store)
    assert store.wire.hello.nonce != nonce
    assert ask(store)[0] is None
    generation = run_now(store.ledger.read(lambda view: view.generation()))
    run_now(store.hear("grant", grant(store, generation=generation)))
    assert right(store) == 0


def test_a_greeting_for_a_late_answer_asks_for_nothing_again(store: Store) -> None:
    """The page of the feed that was asked for before is still under way."""
    asked = len(store.wire.requests)
    run_now(store.hear("ok", store.ok(store.ledger.head)))
    assert store.talk.session.state == "open"
    assert len(store.wire.requests) == asked
