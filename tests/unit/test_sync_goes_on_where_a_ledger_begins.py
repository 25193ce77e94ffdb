"""Where the oldest entries were dropped, sync goes on from the very place where the kept begin."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from greeted import EDGE, NOBODY, SlowJournal, greeting, hear, ok
from stocked import Stock, flip, segments_of

from agent.core.entry import Position
from agent.ledger import Ledger
from agent.ledger.backup import make_backup
from agent.ledger.base import read_base
from sync.messages import Hello, Journal, decode, decode_journal
from sync.uplink import Uplink


class Wire:
    """A link that keeps what is published."""

    fault = None

    def __init__(self) -> None:
        self.hellos: list[Hello] = []
        self.batches: list[Journal] = []

    def publish(self, topic: str, payload: bytes, *, expiry_s: int | None = None) -> bool:
        """Take every message, whenever it expires."""
        assert expiry_s is None or expiry_s > 0
        if topic.endswith("/hello"):
            self.hellos.append(decode(payload, Hello))
        else:
            self.batches.append(decode_journal(payload)[0])
        return True


def wired(uplink: Uplink) -> Wire:
    """Give an uplink a wire."""
    wire = Wire()
    uplink._link = wire  # type: ignore[assignment]  # all of a link that a turn needs
    return wire


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


def test_head_office_may_hold_just_what_was_dropped(ledger: Ledger) -> None:
    """An OK for the last entry that was dropped opens the session; the kept ones follow from it."""
    begin = read_base(ledger.path).begins_after

    async def scenario() -> None:
        uplink = greeting(ledger)
        wire = wired(uplink)
        assert await hear(uplink, "ok", ok(uplink, begin))
        assert uplink.contradiction is None
        assert uplink.online
        (batch,) = wire.batches
        assert (batch.epoch, batch.first_seq) == (begin.epoch, begin.seq + 1)
        assert batch.prev_hash == begin.hash.hex()

    asyncio.run(scenario())


def test_another_entry_there_still_halts(ledger: Ledger) -> None:
    """Where head office holds another entry in that place, the two contradict each other."""
    begin = read_base(ledger.path).begins_after

    async def scenario() -> None:
        uplink = greeting(ledger)
        await hear(uplink, "ok", ok(uplink, begin, hash="8e" * 32))
        assert uplink.contradiction is not None

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
        uplink = Uplink(NOBODY, EDGE, journal)
        wire = wired(uplink)
        uplink._session.link_up()
        await uplink._turn()
        assert wire.hellos == []
        journal.gone = False
        await uplink._turn()
        (hello,) = wire.hellos
        assert (hello.epoch, hello.head_seq) == (0, journal.epochs.offered.head_seq)

    asyncio.run(scenario())


def test_an_answer_about_a_head_that_is_not_found_is_no_contradiction(ledger: Ledger) -> None:
    """An OK beyond an old epoch's head, heard while the ledger is made anew, opens and halts
    nothing.
    """

    async def scenario() -> None:
        uplink = greeting(Changing(ledger))
        beyond = Position(epoch=0, seq=ledger.epochs.epoch(0).head_seq + 5, hash=bytes(32))
        assert await hear(uplink, "ok", ok(uplink, beyond))
        assert uplink.contradiction is None
        assert not uplink.online

    asyncio.run(scenario())
