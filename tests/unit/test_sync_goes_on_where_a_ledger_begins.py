"""Where the oldest entries were dropped, sync goes on from the very place where the kept begin."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from greeted import SlowJournal, Store
from stocked import Stock, flip, segments_of

from agent.core.entry import Position
from agent.ledger import Ledger
from agent.ledger.backup import make_backup
from agent.ledger.base import read_base
from sync.messages import Held, Ok


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger that was made anew around a damaged segment: that entry and older ones are gone."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell(ledger, 20)
        stock.acknowledge(ledger)
        stock.day += 50
        stock.sell(ledger, 3)
        assert stock.seal(ledger) == 1
        make_backup(stock.places, "full")
        (sealed,) = segments_of(stock.path)
        flip(sealed, sealed.stat().st_size // 2)
        ledger.recover("a sealed file was damaged")
        yield ledger


def test_the_place_where_a_ledger_begins_is_known_by_its_hash(ledger: Ledger) -> None:
    """The entry itself is gone; its hash is what the base says, and no other entry's is made up."""
    begin = read_base(ledger.path).begins_after
    assert begin.seq > 1
    assert asyncio.run(ledger.hash_at(begin.epoch, begin.seq)) == begin.hash
    assert asyncio.run(ledger.hash_at(begin.epoch, begin.seq - 1)) is None
    assert asyncio.run(ledger.hash_at(begin.epoch + 9, begin.seq)) is None


def held_of_tail(store: Store, position: Position, **changes: object) -> Ok:
    """Head office's answer: all of the present epoch, and of the old one up to a position."""
    (tail,) = store.wire.hello.tails
    held = Held.of(tail.incarnation, position).model_copy(update=changes)
    return store.ok(store.ledger.head, tails=(held,))


def test_head_office_may_hold_just_what_was_dropped(ledger: Ledger) -> None:
    """An OK for the last entry that was dropped opens the session; the kept ones follow from it."""
    begin = read_base(ledger.path).begins_after

    async def scenario() -> None:
        store = Store(ledger)
        await store.greet()
        await store.hear("ok", held_of_tail(store, begin))
        assert store.talk.online
        assert store.talk.stranded is None
        ((header, _),) = store.wire.batches
        assert (header.epoch, header.first_seq) == (begin.epoch, begin.seq + 1)
        assert header.prev_hash == begin.hash.hex()

    asyncio.run(scenario())


def test_what_head_office_lost_and_nobody_keeps_strands_an_old_epoch(ledger: Ledger) -> None:
    """Where head office asks for entries that are gone, the rest of that epoch cannot follow: it is
    said, it is offered no more, and head office is told so; the present epoch goes on.
    """
    begin = read_base(ledger.path).begins_after

    async def scenario() -> None:
        store = Store(ledger)
        await store.greet()
        genesis = Position(epoch=begin.epoch, seq=0, hash=bytes(32))
        await store.hear("ok", held_of_tail(store, genesis))
        assert store.talk.online
        assert store.wire.batches == []
        assert store.talk.stranded is not None
        assert "not here any more" in store.talk.stranded
        store.talk.link_down()
        hello = await store.greet()
        assert (hello.tails, hello.left_out) == ((), (begin.epoch,))

    asyncio.run(scenario())


def test_another_entry_there_is_offered_as_another_branch(ledger: Ledger) -> None:
    """An old epoch that head office holds in another shape freezes nothing here any more: it would
    be offered from its first entry on, which is gone.
    """
    begin = read_base(ledger.path).begins_after

    async def scenario() -> None:
        store = Store(ledger)
        await store.greet()
        frozen = ledger.frozen
        await store.hear("ok", held_of_tail(store, begin, hash="8e" * 32))
        assert store.talk.online
        assert ledger.frozen == frozen
        assert store.talk.stranded is not None

    asyncio.run(scenario())


class Changing(SlowJournal):
    """A journal that is made anew just now: its head is not found."""

    gone = True

    async def hash_at(self, epoch: int, seq: int) -> bytes | None:
        """Find nothing but the beginning while it is gone."""
        return None if self.gone and seq else await super().hash_at(epoch, seq)


def test_a_head_that_is_not_found_is_greeted_for_later(ledger: Ledger) -> None:
    """While a ledger is made anew nothing is said of it and no part fails; the next turn greets."""

    async def scenario() -> None:
        journal = Changing(ledger)
        store = Store(ledger, journal)
        store.talk.link_up()
        await store.turn()
        assert store.wire.hellos == []
        journal.gone = False
        await store.turn()
        assert (store.wire.hello.epoch, store.wire.hello.head_seq) == ledger.head.place

    asyncio.run(scenario())


def test_an_answer_about_a_head_that_is_not_found_is_no_contradiction(ledger: Ledger) -> None:
    """An OK that is heard while the ledger is made anew opens and freezes nothing."""

    async def scenario() -> None:
        journal = Changing(ledger)
        journal.gone = False
        store = Store(ledger, journal)
        await store.greet()
        before = ledger.head.epoch
        journal.gone = True
        await store.hear("ok", store.ok(ledger.head))
        assert ledger.head.epoch == before
        assert not store.talk.online

    asyncio.run(scenario())
