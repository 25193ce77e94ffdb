"""A head office set back to a backup is noticed, and all that is still here is offered again."""

from collections.abc import Iterator
from typing import Any

import pytest
from greeted import Store, append, in_memory

from agent.core.entry import Position
from agent.core.values import Value
from agent.ledger import LedgerUnavailable
from sync.messages import (
    Allowance,
    Challenge,
    FeedPage,
    Grant,
    Ok,
    Recall,
    Welcome,
    encode_feed,
)
from sync.simulation.now import run_now

ANA = "acc-ana"


@pytest.fixture
def store() -> Iterator[Store]:
    """A store of two epochs, everything acknowledged."""
    for each in in_memory():
        run_now(append(each.ledger))
        run_now(each.open())
        run_now(append(each.ledger))
        run_now(each.turn())
        assert each.ledger.epochs.unacknowledged == 1
        yield each


def raised(store: Store, generation: int) -> dict[str, object]:
    """Every message but the greeting's that tells of a generation."""
    epoch = store.ledger.head.epoch
    page = FeedPage(nonce=store.wire.requests[-1].nonce, cursor=9, generation=generation)
    return {
        "grant": Grant(epoch=epoch, account=ANA, granted_total=5, generation=generation),
        "recall": Recall(epoch=epoch, account=ANA, recall=1, generation=generation),
        "floor": Allowance(epoch=epoch, floor_total=5, generation=generation),
        "feed": encode_feed(page, ()),
    }


@pytest.mark.parametrize("kind", ["grant", "recall", "floor", "feed"])
def test_any_message_of_a_newer_generation_is_greeted_for(store: Store, kind: str) -> None:
    """It is not taken: the store greets under the new generation, with everything offered again."""
    hellos, head = len(store.wire.hellos), store.ledger.head
    run_now(store.hear(kind, raised(store, 3)[kind]))
    assert len(store.wire.hellos) == hellos + 1
    hello = store.wire.hello
    assert hello.generation == 3
    assert hello.acknowledged is None
    assert [tail.epoch for tail in hello.tails] == [0]
    assert store.ledger.head == head
    assert store.ledger.epochs.unacknowledged == 3


@pytest.mark.parametrize("kind", ["grant", "recall", "floor"])
def test_what_an_older_generation_said_counts_no_more(store: Store, kind: str) -> None:
    """Rights that were under way when head office was set back are not taken."""
    run_now(store.hear(kind, raised(store, 3)[kind]))
    everything = store.ok(store.ledger.head, generation=3, tails=())
    run_now(store.hear("ok", everything))
    hellos, head = len(store.wire.hellos), store.ledger.head
    run_now(store.hear(kind, raised(store, 0)[kind]))
    assert store.ledger.head == head
    assert len(store.wire.hellos) == hellos


@pytest.mark.parametrize("kind", ["grant", "ok", "challenge", "welcome"])
@pytest.mark.parametrize("written", [0, 1, 2])
def test_a_store_that_ends_while_it_learns_of_it_offers_all(
    store: Store, kind: str, written: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it is cut off, a store that knows the new generation has forgotten what the old one
    acknowledged; else it would never offer its older epochs again.
    """
    if kind != "grant":
        store.talk.link_down()
        run_now(store.greet())
    nonce, at = store.wire.hello.nonce, "2026-11-21T13:05:09.000Z"
    messages: dict[str, Value] = {
        "grant": Grant(epoch=1, account=ANA, granted_total=5, generation=3),
        "ok": store.ok(store.ledger.head, generation=3),
        "challenge": Challenge(nonce=nonce, challenge="again", generation=3),
        "welcome": Welcome(nonce=nonce, new_epoch=2, time=at, generation=3),
    }
    write, done = store.ledger.write, []

    async def cut_off(job: Any) -> Any:
        if len(done) == written:
            raise LedgerUnavailable("the power is gone")
        done.append(job)
        return await write(job)

    monkeypatch.setattr(store.ledger, "write", cut_off)
    run_now(store.hear(kind, messages[kind]))
    monkeypatch.undo()
    knows = run_now(store.ledger.read(lambda view: view.generation())) == 3
    forgot = run_now(store.ledger.read(lambda view: view.acknowledged())) == (0, 0)
    assert forgot or not knows
    assert len(done) == min(written, 3 if kind == "welcome" else 2)


def test_an_ok_of_a_newer_generation_opens_nothing_yet(store: Store) -> None:
    """The OK that tells of the new generation was given for too little: it is asked for again."""
    store.talk.link_down()
    run_now(store.greet())
    run_now(store.hear("ok", store.ok(store.ledger.head, generation=1)))
    assert store.talk.session.state == "greeting"
    assert store.wire.hello.generation == 1
    run_now(store.hear("ok", store.ok(store.ledger.head, generation=1)))
    assert store.talk.session.state == "open"


def test_sending_goes_back_to_where_head_office_stands(store: Store) -> None:
    """Entries that were acknowledged once, and that head office has lost, are sent again, of both
    epochs; a late ACK of the lost ones does not end that.
    """
    lost = Position(epoch=1, seq=0, hash=bytes(32))
    store.talk.link_down()
    run_now(store.greet())
    run_now(store.hear("ok", store.ok(store.ledger.head, generation=1)))
    store.wire.batches.clear()
    run_now(store.hear("ok", store.ok(lost, generation=1, tails=())))
    places = [(header.epoch, header.first_seq) for header, _ in store.wire.batches]
    assert places == [(0, 1), (1, 1)]
    assert store.ledger.epochs.unacknowledged == 3


def test_a_restored_head_office_that_does_not_know_it_can_tell_by_the_hello(store: Store) -> None:
    """HELLO names the newest acknowledgement of the present epoch, by which it is found out."""
    store.talk.link_down()
    acknowledged = run_now(store.greet()).acknowledged
    assert acknowledged is not None
    first = run_now(store.ledger.hash_at(1, 1))
    assert first is not None
    assert (acknowledged.epoch, acknowledged.seq, acknowledged.hash) == (1, 1, first.hex())
    back = store.ok(Position(epoch=1, seq=0, hash=bytes(32))).model_dump()
    run_now(store.hear("ok", Ok.model_validate(back)))
    assert store.ledger.epochs.held_of(1) == 0


def test_an_epoch_of_which_nothing_is_here_is_said_to_be_left_out() -> None:
    """HELLO names older epochs that it does not offer, for whatever reason; and none that head
    office has acknowledged whole, so that one which does not hold it knows that it forgot it.
    """
    for store in in_memory():
        run_now(store.open())
        assert (store.wire.hello.tails, store.wire.hello.left_out) == ((), (0,))
    for store in in_memory():
        run_now(append(store.ledger))
        run_now(store.open())
        run_now(store.ledger.acknowledge(_place(store, 0)))
        store.talk.link_down()
        hello = run_now(store.greet())
        assert (hello.tails, hello.left_out) == ((), ())


def _place(store: Store, epoch: int) -> Position:
    """The newest entry of an epoch."""
    seq = store.ledger.epochs.epoch(epoch).head_seq
    digest = run_now(store.ledger.hash_at(epoch, seq))
    assert digest is not None
    return Position(epoch=epoch, seq=seq, hash=digest)
