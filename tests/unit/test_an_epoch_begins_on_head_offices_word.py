"""A store has rights only in an epoch that head office opened, and greets until it has one."""

from collections.abc import Iterator

import pytest
from greeted import EDGE, KEY, Store, append, in_memory

from agent.core.facts import OpenEpoch
from sync.messages import Ack, Challenge, Held, Ok, Welcome
from sync.signing import batch_bytes, hello_bytes, is_signed, key_text
from sync.simulation.now import run_now

NOW = "2026-11-21T13:05:09.000Z"


@pytest.fixture
def store() -> Iterator[Store]:
    """A store on a ledger in memory that was never welcomed."""
    yield from in_memory()


def challenged(store: Store) -> None:
    """Have the newest HELLO challenged."""
    run_now(store.hear("challenge", Challenge(nonce=store.wire.hello.nonce, challenge="c-1")))


def welcomed(store: Store, epoch: int, **changes: object) -> None:
    """Have the newest HELLO welcomed to an epoch."""
    welcome = Welcome(nonce=store.wire.hello.nonce, new_epoch=epoch, time=NOW)
    run_now(store.hear("welcome", welcome.model_copy(update=changes)))


def test_a_new_store_is_challenged_and_then_welcomed(store: Store) -> None:
    """HELLO, the same with the challenge, an epoch of head office's number, and HELLO from there;
    the OK opens the session, and the entries written before are sent under their own epoch.
    """
    run_now(append(store.ledger))
    first = run_now(store.greet())
    assert (first.epoch, first.opened, first.challenge) == (0, False, None)
    challenged(store)
    again = store.wire.hello
    assert again.challenge == "c-1"
    assert again.nonce != first.nonce
    assert not store.ledger.opened
    welcomed(store, 7)
    assert store.ledger.head.place == (7, 1)
    assert store.ledger.opened
    hello = store.wire.hello
    assert (hello.epoch, hello.opened, hello.head_seq) == (7, True, 1)
    assert hello.head_hash == store.ledger.head.hash.hex()
    assert [(tail.epoch, tail.head_seq) for tail in hello.tails] == [(0, 1)]
    nothing = store.ok(store.ledger.head, seq=0, hash="0" * 64)
    run_now(store.hear("ok", nothing))
    assert [(header.epoch, header.first_seq) for header, _ in store.wire.batches] == [
        (0, 1),
        (7, 1),
    ]
    entry = run_now(store.ledger.read(lambda view: view.newest()))
    assert entry is not None
    assert isinstance(entry.fact, OpenEpoch)
    assert (entry.fact.cause, entry.fact.nonce) == ("welcomed", again.nonce)
    assert (entry.fact.parent_epoch, entry.fact.parent_seq) == (0, 1)


@pytest.mark.parametrize("nonce", ["of-yesterday", "n"])
def test_a_welcome_for_another_hello_opens_nothing(store: Store, nonce: str) -> None:
    """A WELCOME or a CHALLENGE that was under way since yesterday begins and changes nothing."""
    run_now(store.greet())
    welcomed(store, 7, nonce=nonce)
    run_now(store.hear("challenge", Challenge(nonce=nonce, challenge="c-9")))
    assert store.ledger.head.epoch == 0
    assert len(store.wire.hellos) == 1
    assert store.talk.session.challenge is None


def test_a_repeated_welcome_begins_one_epoch(store: Store) -> None:
    """Head office says it again until it has heard of the epoch: it is begun once."""
    run_now(store.greet())
    welcomed(store, 7)
    welcomed(store, 7)
    assert store.ledger.head.place == (7, 1)
    assert len(store.wire.hellos) == 3


def test_a_welcome_that_crosses_a_freeze_opens_nothing(store: Store) -> None:
    """A journal that froze since its HELLO greets as what it is; the WELCOME was for another."""
    run_now(store.greet())
    run_now(
        store.ledger.write(
            lambda transaction: transaction.open_epoch("restored", incarnation="i", reason="test")
        )
    )
    welcomed(store, 7)
    assert not store.ledger.opened
    assert store.wire.hello.frozen == "test"
    assert store.wire.hello.epoch == 1


def test_what_a_device_says_is_signed(store: Store) -> None:
    """HELLO and every batch are signed with the device's key, for this device's own topic."""
    run_now(append(store.ledger))
    hello = run_now(store.greet())
    run_now(store.hear("ok", store.ok(store.ledger.head, seq=0, hash="0" * 64)))
    ((header, _),) = store.wire.batches
    public = key_text(KEY)
    assert hello.key == public
    assert is_signed(public, hello.signature, hello_bytes(EDGE.topic("hello"), hello))
    assert is_signed(public, header.signature, batch_bytes(EDGE.topic("journal"), header))
    assert not is_signed(public, header.signature, batch_bytes("tapledger/1/a/b/c", header))


def test_an_acknowledgement_of_a_fenced_epoch_is_greeted_for(store: Store) -> None:
    """A device that hears that its present epoch was ended greets at once for another."""
    run_now(store.open())
    run_now(append(store.ledger))
    run_now(store.turn())
    hellos = len(store.wire.hellos)
    ack = Ack.of(store.ledger.incarnation, store.ledger.head, fenced=True)
    run_now(store.hear("ack", ack))
    assert len(store.wire.hellos) == hellos + 1


def test_acknowledgements_of_another_life_are_not_ours(store: Store) -> None:
    """An ACK for a copy of this disk, under another incarnation, says nothing about this one."""
    run_now(store.open())
    run_now(append(store.ledger))
    run_now(store.turn())
    ack = Ack.of("another", store.ledger.head).model_copy(update={"hash": "8e" * 32})
    run_now(store.hear("ack", ack))
    assert store.ledger.frozen is None
    assert store.ledger.epochs.held_of(store.ledger.head.epoch) == 1


def test_a_tail_goes_on_where_head_office_stands(store: Store) -> None:
    """An old epoch is sent from what head office holds of it, and acknowledged by itself; once it
    is whole it is offered no more.
    """
    for _ in range(4):
        run_now(append(store.ledger))
    second = run_now(store.ledger.hash_at(0, 2))
    assert second is not None
    run_now(store.greet())
    welcomed(store, 1)
    (tail,) = store.wire.hello.tails
    held = Held(incarnation=tail.incarnation, epoch=0, seq=2, hash=second.hex())
    ok = store.ok(store.ledger.head).model_dump() | {"tails": (held.model_dump(),)}
    run_now(store.hear("ok", Ok.model_validate(ok)))
    ((header, entries),) = store.wire.batches
    assert (header.epoch, header.first_seq, len(entries)) == (0, 3, 2)
    assert header.incarnation == tail.incarnation
    ack = Ack(incarnation=tail.incarnation, epoch=0, seq=4, hash=header.last_hash)
    run_now(store.hear("ack", ack))
    assert store.ledger.epochs.tails == ()
    assert store.ledger.epochs.unacknowledged == 0


def test_another_branch_of_a_tail_is_no_contradiction(store: Store) -> None:
    """Of an epoch that is over head office may hold what a copy wrote: ours is offered from its
    first entry, and an ACK for theirs changes nothing.
    """
    for _ in range(2):
        run_now(append(store.ledger))
    run_now(store.greet())
    welcomed(store, 1)
    (tail,) = store.wire.hello.tails
    theirs = Held(incarnation=tail.incarnation, epoch=0, seq=2, hash="8e" * 32)
    ok = store.ok(store.ledger.head).model_dump() | {"tails": (theirs.model_dump(),)}
    run_now(store.hear("ok", Ok.model_validate(ok)))
    ((header, _),) = store.wire.batches
    assert (header.epoch, header.first_seq) == (0, 1)
    run_now(store.hear("ack", Ack.of(tail.incarnation, theirs.position)))
    assert store.ledger.frozen is None
    assert store.ledger.epochs.held_of(0) == 0


def test_more_old_epochs_than_one_hello_names_are_offered_in_turn(store: Store) -> None:
    """A device that began many lives while away delivers them all, sixteen at a time."""
    for _ in range(20):
        run_now(
            store.ledger.write(
                lambda transaction: transaction.open_epoch("confirmed", incarnation="i")
            )
        )
    run_now(store.greet())
    assert len(store.wire.hello.tails) == 16
    run_now(store.hear("ok", store.ok(store.ledger.head, tails=())))
    sent = 0
    while sent < len(store.wire.batches):
        header = store.wire.batches[sent][0]
        ack = Ack(
            incarnation=header.incarnation,
            epoch=header.epoch,
            seq=header.first_seq,
            hash=header.last_hash,
        )
        run_now(store.hear("ack", ack))
        sent += 1
    assert len(store.wire.hellos) == 2
    run_now(store.hear("ok", store.ok(store.ledger.head, tails=())))
    assert {header.epoch for header, _ in store.wire.batches[sent:]} == {17, 18, 19}
