"""What head office answers is compared with the real journal, and every answer is dealt with."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from greeted import SlowJournal, Store, append

from agent.ledger import Ledger
from sync.messages import Ack, Halt

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
Scenario = Callable[[Store], Coroutine[Any, Any, None]]


@pytest.fixture
def play(tmp_path: Path, running_ledger: RunningLedger) -> Callable[[Scenario], None]:
    """Plays a scenario with a store whose HELLO is out, over a ledger of two entries."""

    def playing(scenario: Scenario) -> None:
        async def run(ledger: Ledger) -> None:
            await append(ledger)
            await append(ledger)
            store = Store(ledger)
            await store.greet()
            await scenario(store)

        with running_ledger(tmp_path / "ledger.db") as ledger:
            asyncio.run(run(ledger))

    return playing


Play = Callable[[Scenario], None]


def test_an_answer_that_agrees_opens_the_session(play: Play) -> None:
    """An OK that names an entry of this very journal is remembered, the store is online, and what
    follows that entry goes out.
    """

    async def scenario(store: Store) -> None:
        assert not store.talk.online
        first = await position(store, 1)
        await store.hear("ok", store.ok(first))
        assert store.talk.online
        await store.turn()
        assert store.ledger.epochs.acknowledged == (0, 1)
        ((header, entries),) = store.wire.batches
        assert (header.epoch, header.first_seq, len(entries)) == (0, 2, 1)

    play(scenario)


def test_what_did_not_follow_is_sent_again_at_the_answer(play: Play) -> None:
    """A batch came before the one that it follows: head office says so, and at that very answer,
    without any time passing, all that it does not hold goes out again.
    """

    async def scenario(store: Store) -> None:
        first = await position(store, 1)
        await store.hear("ok", store.ok(first))
        sent = store.wire.batches[-1]
        await store.hear("ack", Ack.of(store.ledger.incarnation, first))
        assert store.wire.batches == [sent]
        await store.hear("ack", Ack.of(store.ledger.incarnation, first, again=True))
        assert store.wire.batches == [sent, sent]
        await store.hear("ack", Ack.of(store.ledger.incarnation, first, again=True))
        assert store.wire.batches == [sent, sent]
        assert len(store.wire.hellos) == 1

    play(scenario)


def test_an_answer_to_another_hello_changes_nothing(play: Play) -> None:
    """An OK with another nonce, and an ACK before any OK, are dealt with and change nothing."""

    async def scenario(store: Store) -> None:
        first = await position(store, 1)
        await store.hear("ok", store.ok(first, nonce="of-yesterday"))
        await store.hear("ok", store.ok(first, nonce="of-yesterday", hash="8e" * 32))
        await store.hear("ack", Ack.of(store.ledger.incarnation, first))
        assert not store.talk.online
        assert store.ledger.frozen is None
        assert store.ledger.epochs.acknowledged == (0, 0)
        assert len(store.wire.hellos) == 1

    play(scenario)


@pytest.mark.parametrize("changes", [{"hash": "8e" * 32}, {"seq": 9}])
def test_an_answer_that_disagrees_freezes(play: Play, changes: dict[str, object]) -> None:
    """Where head office holds another entry than this device, or one that is not here any more,
    nothing is redeemed here until it has judged: it is greeted for a new life, and told why.
    """

    async def scenario(store: Store) -> None:
        first = await position(store, 1)
        await store.hear("ok", store.ok(first, **changes))
        assert not store.talk.online
        assert store.ledger.frozen is not None
        assert "head office holds" in store.ledger.frozen
        hello = store.wire.hello
        assert (hello.epoch, hello.opened) == (1, False)
        assert hello.frozen == store.ledger.frozen
        assert [tail.epoch for tail in hello.tails] == [0]
        assert store.ledger.epochs.acknowledged == (0, 0)

    play(scenario)


@pytest.mark.parametrize("changes", [{"hash": "8e" * 32}, {"seq": 9}])
def test_an_acknowledgement_that_disagrees_freezes(play: Play, changes: dict[str, object]) -> None:
    """An ACK is compared as an OK is: another entry, or one beyond the newest, freezes."""

    async def scenario(store: Store) -> None:
        first = await position(store, 1)
        await store.hear("ok", store.ok(first))
        ack = Ack.of(store.ledger.incarnation, store.ledger.head)
        await store.hear("ack", ack.model_copy(update=changes))
        assert store.ledger.frozen is not None
        assert (store.wire.hello.epoch, len(store.wire.hellos)) == (1, 2)

    play(scenario)


def test_a_halt_is_said_in_plain_words(play: Play) -> None:
    """When head office halts a device, its words are there to read, and nothing more is sent; but
    now and then it is asked again, as somebody may have looked.
    """

    async def scenario(store: Store) -> None:
        halt = Halt(reason="refused", text="this version is too old: install 0.2")
        await store.hear("halt", halt)
        assert store.talk.halted == halt.text
        assert not store.talk.online
        await append(store.ledger)
        await store.turn(after_s=200)
        assert len(store.wire.hellos) == 1
        assert store.wire.batches == []
        assert store.ledger.frozen is None
        await store.turn(after_s=101)
        assert len(store.wire.hellos) == 2
        await store.hear("ok", store.ok(await position(store, 1)))
        assert store.talk.halted is None

    play(scenario)


@pytest.mark.parametrize("reason", ["two_live", "retired", "key"])
def test_a_device_that_lost_its_identity_spends_nothing(play: Play, reason: str) -> None:
    """Halted as a copy, as retired, or for another key, it takes sales and redeems nothing."""

    async def scenario(store: Store) -> None:
        await store.hear("halt", Halt.model_validate({"reason": reason, "text": "somebody looks"}))
        assert store.ledger.frozen is not None
        assert "somebody looks" in store.ledger.frozen
        before = store.ledger.head
        assert (await append(store.ledger)).seq == before.seq + 1

    play(scenario)


def test_a_halt_for_another_hello_is_not_ours(play: Play) -> None:
    """A HALT that answers a HELLO of yesterday halts nobody today."""

    async def scenario(store: Store) -> None:
        await store.hear("halt", Halt(nonce="of-yesterday", reason="two_live", text="two"))
        assert store.talk.halted is None
        assert store.ledger.frozen is None

    play(scenario)


def test_nonsense_is_dealt_with(play: Play) -> None:
    """A message that makes no sense, of another device, or of a kind nobody knows, is counted and
    otherwise ignored.
    """

    async def scenario(store: Store) -> None:
        await store.hear("ok", Ack(incarnation="i", epoch=0, seq=0, hash="0" * 64))
        await store.hear("ok", b"\xff\x00")
        await store.hear("feed", b"not deflated")
        await store.hear("party", b"{}")
        others = "tapledger/1/house/s002/edge-1/down/halt"
        await store.talk.receive(others, b'{"reason":"retired","text":"x"}', store.now_s)
        assert store.talk.refused == 5
        assert store.talk.halted is None
        assert store.ledger.frozen is None

    play(scenario)


def test_an_answer_that_cannot_be_remembered_is_asked_for_again(play: Play) -> None:
    """With a full disk an OK opens no session for good: the next HELLO asks for it again."""

    async def scenario(store: Store) -> None:
        answer = store.ok(await position(store, 1))
        await asyncio.to_thread(store.ledger.stop)
        await store.hear("ok", answer)
        assert store.talk.session.state == "greeting"

    play(scenario)


def test_a_link_that_is_lost_while_an_answer_is_compared_stays_lost(
    tmp_path: Path, running_ledger: RunningLedger
) -> None:
    """A store whose link goes down while it looks up its own entry does not call itself online."""

    async def scenario(ledger: Ledger) -> None:
        first = await append(ledger)
        journal = SlowJournal(ledger)
        store = Store(ledger, journal)
        await store.greet()
        journal.meanwhile = store.talk.link_down
        await store.hear("ok", store.ok(first))
        assert not store.talk.online
        assert store.talk.session.state == "down"

    with running_ledger(tmp_path / "ledger.db") as ledger:
        asyncio.run(scenario(ledger))


def test_an_epoch_that_begins_while_online_is_greeted_for(play: Play) -> None:
    """A new life of the journal does not wait for the line to break; the old one's entries that
    head office lacks are offered with it.
    """

    async def scenario(store: Store) -> None:
        await store.hear("ok", store.ok(await position(store, 1)))
        await store.turn()
        await store.ledger.write(
            lambda transaction: transaction.open_epoch("restored", incarnation="i", reason="a test")
        )
        await store.turn()
        hello = store.wire.hello
        assert (hello.epoch, hello.incarnation, hello.head_seq) == (1, "i", 1)
        (tail,) = hello.tails
        assert (tail.epoch, tail.head_seq) == (0, 2)
        assert hello.acknowledged is None

    play(scenario)


async def position(store: Store, seq: int) -> Any:
    """The place of an entry of the first epoch."""
    entry_hash = await store.ledger.hash_at(0, seq)
    assert entry_hash is not None
    head = store.ledger.head
    return type(head)(epoch=0, seq=seq, hash=entry_hash)
