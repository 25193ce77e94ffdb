"""What head office answers is compared with the real journal, and every answer is dealt with."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from greeted import SlowJournal, greeting, hear, ok

from agent.core.entry import Position
from agent.core.facts import Enrol
from agent.ledger import Ledger
from sync.messages import Ack, Halt
from sync.uplink import Uplink

RunningLedger = Callable[..., AbstractContextManager[Ledger]]


async def append(ledger: Ledger) -> Position:
    """Write one entry."""
    number = ledger.head.seq
    fact = Enrol(account=f"acc-{number}", token=f"em4100:{number:010X}")
    recorded = await ledger.write(lambda transaction: transaction.append(fact))
    return recorded.position


def test_an_answer_that_agrees_opens_the_session(
    tmp_path: Path, running_ledger: RunningLedger
) -> None:
    """An OK that names an entry of this very journal is remembered, and the store is online."""

    async def scenario(ledger: Ledger) -> None:
        first = await append(ledger)
        await append(ledger)
        uplink = greeting(ledger)
        assert not uplink.online
        assert await hear(uplink, "ok", ok(uplink, first))
        assert uplink.online
        assert ledger.epochs.acknowledged == (0, 1)

    with running_ledger(tmp_path / "ledger.db") as ledger:
        asyncio.run(scenario(ledger))


def test_an_answer_to_another_hello_changes_nothing(
    tmp_path: Path, running_ledger: RunningLedger
) -> None:
    """An OK with another nonce, and an ACK before any OK, are dealt with and change nothing."""

    async def scenario(ledger: Ledger) -> None:
        first = await append(ledger)
        uplink = greeting(ledger)
        assert await hear(uplink, "ok", ok(uplink, first, nonce="of-yesterday"))
        assert await hear(uplink, "ok", ok(uplink, first, nonce="of-yesterday", hash="8e" * 32))
        assert uplink.contradiction is None
        assert await hear(uplink, "ack", Ack.of(first))
        assert not uplink.online
        assert ledger.epochs.acknowledged == (0, 0)

    with running_ledger(tmp_path / "ledger.db") as ledger:
        asyncio.run(scenario(ledger))


@pytest.mark.parametrize("changes", [{"hash": "8e" * 32}, {"seq": 9}, {"epoch": 4}])
def test_an_answer_that_disagrees_halts(
    tmp_path: Path, running_ledger: RunningLedger, changes: dict[str, object]
) -> None:
    """Where head office holds another entry than this device, sync halts and says so."""

    async def scenario(ledger: Ledger) -> None:
        first = await append(ledger)
        uplink = greeting(ledger)
        assert await hear(uplink, "ok", ok(uplink, first, **changes))
        assert not uplink.online
        assert uplink.contradiction is not None
        assert uplink.fault == uplink.contradiction
        assert ledger.epochs.acknowledged == (0, 0)

    with running_ledger(tmp_path / "ledger.db") as ledger:
        asyncio.run(scenario(ledger))


def test_a_halt_is_said_in_plain_words(tmp_path: Path, running_ledger: RunningLedger) -> None:
    """When head office refuses an entry, the fault names it and why."""

    async def scenario(ledger: Ledger) -> None:
        uplink = greeting(ledger)
        assert await hear(uplink, "halt", Halt(epoch=0, seq=7, reason="fork"))
        assert uplink.fault == "head office refuses entry 0:7 (fork)"

    with running_ledger(tmp_path / "ledger.db") as ledger:
        asyncio.run(scenario(ledger))


def test_nonsense_is_dealt_with(tmp_path: Path, running_ledger: RunningLedger) -> None:
    """A message that makes no sense is acknowledged to the broker and otherwise ignored."""

    async def scenario(ledger: Ledger) -> None:
        uplink = greeting(ledger)
        assert await hear(uplink, "ok", Ack(epoch=0, seq=0, hash="0" * 64))
        assert uplink.contradiction is None

    with running_ledger(tmp_path / "ledger.db") as ledger:
        asyncio.run(scenario(ledger))


def test_an_answer_that_cannot_be_remembered_is_dealt_with(
    tmp_path: Path, running_ledger: RunningLedger
) -> None:
    """With a full disk answers are still acknowledged to the broker, or it would soon send no more:
    it holds back after 64, and each HELLO of a day without room would leave one behind."""

    async def scenario(ledger: Ledger) -> None:
        first = await append(ledger)
        uplink = greeting(ledger)
        answer = ok(uplink, first)
        await asyncio.to_thread(ledger.stop)
        assert await hear(uplink, "ok", answer)

    with running_ledger(tmp_path / "ledger.db") as ledger:
        asyncio.run(scenario(ledger))


def test_a_link_that_is_lost_while_an_answer_is_compared_stays_lost(
    tmp_path: Path, running_ledger: RunningLedger
) -> None:
    """A store whose link goes down while it looks up its own entry does not call itself online."""

    async def scenario(ledger: Ledger) -> None:
        first = await append(ledger)
        journal = SlowJournal(ledger)
        uplink = greeting(journal)
        journal.meanwhile = uplink._session.link_down
        await hear(uplink, "ok", ok(uplink, first))
        assert not uplink.online

    with running_ledger(tmp_path / "ledger.db") as ledger:
        asyncio.run(scenario(ledger))


async def begin_an_epoch(uplink: Uplink, ledger: Ledger) -> None:
    """Have the journal begin a new life, and the uplink told as the ledger tells it."""
    await ledger.write(
        lambda transaction: transaction.open_epoch("restored", incarnation="i", reason="a test")
    )
    uplink._loop = asyncio.get_running_loop()
    uplink.journal_grew(ledger.head)
    await asyncio.sleep(0)


def test_an_epoch_that_begins_while_online_is_greeted_for(
    tmp_path: Path, running_ledger: RunningLedger
) -> None:
    """Where head office holds the old epoch whole, the new one does not wait for the line to break;
    where it does not, the old one is sent first.
    """

    async def scenario(ledger: Ledger) -> None:
        first = await append(ledger)
        uplink = greeting(ledger)
        await hear(uplink, "ok", ok(uplink, first))
        await begin_an_epoch(uplink, ledger)
        assert uplink._session.hello_due(0.0)

        await append(ledger)
        late = greeting(ledger)
        late._epoch = 0
        late._session.opened(0)
        await begin_an_epoch(late, ledger)
        assert not late._session.hello_due(0.0)

    with running_ledger(tmp_path / "ledger.db") as ledger:
        asyncio.run(scenario(ledger))


def test_a_new_epoch_ends_a_halt(tmp_path: Path, running_ledger: RunningLedger) -> None:
    """What contradicted an epoch that is over does not keep the next one from head office; nor does
    a sale in the same epoch end the halt.
    """

    async def scenario(ledger: Ledger) -> None:
        first = await append(ledger)
        uplink = greeting(ledger)
        await hear(uplink, "ok", ok(uplink, first, seq=9))
        assert uplink.contradiction is not None
        await append(ledger)
        uplink._loop = asyncio.get_running_loop()
        uplink.journal_grew(ledger.head)
        await asyncio.sleep(0)
        assert uplink.contradiction is not None
        await begin_an_epoch(uplink, ledger)
        assert uplink.contradiction is None
        assert uplink._session.hello_due(0.0)

    with running_ledger(tmp_path / "ledger.db") as ledger:
        asyncio.run(scenario(ledger))
