"""Group commit: whoever waits when the writer wakes shares a transaction, and no trouble."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from agent.core.entry import Recorded
from agent.core.facts import Enrol
from agent.ledger import Ledger, LedgerBusy, LedgerUnavailable, Refusal, Transaction, replay

RunningLedger = Callable[..., AbstractContextManager[Ledger]]


def enrols(number: int) -> Callable[[Transaction], Recorded]:
    """A job that enrols the card with this number."""
    fact = Enrol(account=f"acc-{number}", token=f"em4100:{number:010X}")
    return lambda transaction: transaction.append(fact)


class Gate:
    """A job that keeps the writer busy from when it ``entered`` until it is told to ``go``."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.go = threading.Event()

    def __call__(self, _transaction: Transaction) -> None:
        """Keep the writer waiting."""
        self.entered.set()
        assert self.go.wait(30)


async def let_others_run() -> None:
    """Give every other task its turn, a few times over."""
    for _ in range(10):
        await asyncio.sleep(0)


async def behind_a_busy_writer(
    ledger: Ledger, *jobs: Callable[[Transaction], object]
) -> list[object]:
    """Submit jobs while the writer is busy, so that they come to it as one batch."""
    gate = Gate()
    busy = asyncio.create_task(ledger.write(gate))
    await asyncio.to_thread(gate.entered.wait)
    waiting = [asyncio.create_task(ledger.write(job)) for job in jobs]
    await let_others_run()
    gate.go.set()
    await busy
    return list(await asyncio.gather(*waiting, return_exceptions=True))


def test_many_operations_take_one_commit(tmp_path: Path, running_ledger: RunningLedger) -> None:
    """A hundred operations that wait together are on disk after one commit, each answered."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        jobs = [enrols(number) for number in range(100)]
        answers = asyncio.run(behind_a_busy_writer(ledger, *jobs))
        assert ledger.commits == 2  # one for the job that kept the writer busy
        written = [answer.entry.fact for answer in answers if isinstance(answer, Recorded)]
        assert [fact.account for fact in written] == [f"acc-{number}" for number in range(100)]
        assert replay(ledger.path).entries == 100


def test_a_batch_has_a_longest(tmp_path: Path, running_ledger: RunningLedger) -> None:
    """More than fit one transaction are taken in several, and all are answered."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        jobs = [enrols(number) for number in range(300)]
        answers = asyncio.run(behind_a_busy_writer(ledger, *jobs))
        assert all(isinstance(answer, Recorded) for answer in answers)
        assert ledger.commits == 3
        assert replay(ledger.path).entries == 300


def test_nobody_is_answered_before_the_commit(
    tmp_path: Path, running_ledger: RunningLedger
) -> None:
    """An operation that has run still waits for its answer while another of its batch runs."""

    async def scenario(ledger: Ledger) -> None:
        first, second = Gate(), Gate()
        busy = asyncio.create_task(ledger.write(first))
        await asyncio.to_thread(first.entered.wait)
        early = asyncio.create_task(ledger.write(enrols(1)))
        late = asyncio.create_task(ledger.write(second))
        await let_others_run()
        first.go.set()
        await asyncio.to_thread(second.entered.wait)
        await let_others_run()
        assert busy.done()
        assert not early.done()
        assert replay(ledger.path).entries == 0
        second.go.set()
        await asyncio.gather(early, late)
        assert replay(ledger.path).entries == 1

    with running_ledger(tmp_path / "ledger.db") as ledger:
        asyncio.run(scenario(ledger))


class NoRoom:
    """A connection whose commits fail as a full disk makes them fail, once the loop has turned."""

    def __init__(self, connection: sqlite3.Connection, loop: asyncio.AbstractEventLoop) -> None:
        self._connection = connection
        self._loop = loop

    @property
    def in_transaction(self) -> bool:
        """As it is."""
        return self._connection.in_transaction

    def execute(self, statement: str, *parameters: object) -> object:
        """Run a statement, but no commit."""
        if statement == "COMMIT":
            turned = threading.Event()  # whatever was handed to the loop before has arrived then
            self._loop.call_soon_threadsafe(turned.set)
            assert turned.wait(30)
            raise sqlite3.OperationalError("database or disk is full")
        return self._connection.execute(statement, *parameters)


def test_a_commit_that_fails_answers_nobody(tmp_path: Path, running_ledger: RunningLedger) -> None:
    """Where the commit itself fails, every caller is told that nothing was written."""

    async def scenario(ledger: Ledger) -> list[object]:
        writer, loop = ledger._writer, asyncio.get_running_loop()
        writer._connection = NoRoom(writer._connection, loop)  # type: ignore[assignment]  # enough
        return await together(ledger, enrols(1), enrols(2))

    with running_ledger(tmp_path / "ledger.db") as ledger:
        answers = asyncio.run(scenario(ledger))
        assert all(isinstance(answer, LedgerUnavailable) for answer in answers)
        assert replay(ledger.path).entries == 0


async def together(ledger: Ledger, *jobs: Callable[[Transaction], object]) -> list[object]:
    """Submit jobs together; answers what each was told."""
    return list(await asyncio.gather(*map(ledger.write, jobs), return_exceptions=True))


def test_a_refusal_hurts_nobody(tmp_path: Path, running_ledger: RunningLedger) -> None:
    """A considered no in the middle of a batch is its caller's alone; the others are written."""

    def refuse(_transaction: Transaction) -> None:
        raise Refusal("no")

    with running_ledger(tmp_path / "ledger.db") as ledger:
        answers = asyncio.run(behind_a_busy_writer(ledger, enrols(1), refuse, enrols(2)))
        assert [type(answer) for answer in answers] == [Recorded, Refusal, Recorded]
        assert ledger.commits == 2
        assert ledger.fault is None
        assert replay(ledger.path).entries == 2


def test_an_unforeseen_error_hurts_nobody(tmp_path: Path, running_ledger: RunningLedger) -> None:
    """What fails half-way is undone and told its caller; the rest of its batch is written once."""

    def fail(transaction: Transaction) -> None:
        enrols(7)(transaction)
        raise KeyError("unforeseen")

    with running_ledger(tmp_path / "ledger.db") as ledger:
        jobs = [enrols(1), fail, enrols(2), fail, enrols(3)]
        answers = asyncio.run(behind_a_busy_writer(ledger, *jobs))
        assert [type(answer) for answer in answers] == [
            Recorded,
            KeyError,
            Recorded,
            KeyError,
            Recorded,
        ]
        seqs = [answer.entry.seq for answer in answers if isinstance(answer, Recorded)]
        assert seqs == [1, 2, 3]
        assert replay(ledger.path).entries == 3
        assert asyncio.run(ledger.write(enrols(7))).entry.seq == 4


def test_an_error_of_the_database_is_its_own_callers_alone(
    tmp_path: Path, running_ledger: RunningLedger
) -> None:
    """An operation the database refuses does not take with it one that came in the same batch."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        answers = asyncio.run(behind_a_busy_writer(ledger, enrols(1), enrols(1), enrols(2)))
        written = [isinstance(answer, Recorded) for answer in answers]
        assert written == [True, False, True]
        assert ledger.fault is None
        assert replay(ledger.path).entries == 2


def test_a_refusal_may_not_have_written(tmp_path: Path, running_ledger: RunningLedger) -> None:
    """An operation that appends and then refuses is a mistake, and nothing of it stays."""

    def both(transaction: Transaction) -> None:
        enrols(7)(transaction)
        raise Refusal("no, but too late")

    with running_ledger(tmp_path / "ledger.db") as ledger:
        answers = asyncio.run(behind_a_busy_writer(ledger, enrols(1), both))
        assert [type(answer) for answer in answers] == [Recorded, AssertionError]
        assert replay(ledger.path).entries == 1


def test_who_goes_away_while_waiting_is_not_served(
    tmp_path: Path, running_ledger: RunningLedger
) -> None:
    """An operation given up before its turn is not carried out; those around it are."""

    async def scenario(ledger: Ledger) -> None:
        gate = Gate()
        busy = asyncio.create_task(ledger.write(gate))
        await asyncio.to_thread(gate.entered.wait)
        waiting = [asyncio.create_task(ledger.write(enrols(number))) for number in range(5)]
        await let_others_run()
        for given_up in (waiting[0], waiting[2], waiting[4]):
            given_up.cancel()
        await let_others_run()
        gate.go.set()
        await asyncio.gather(busy, waiting[1], waiting[3])

    with running_ledger(tmp_path / "ledger.db") as ledger:
        asyncio.run(scenario(ledger))
        assert replay(ledger.path).entries == 2
        assert asyncio.run(ledger.write(enrols(0))).entry.seq == 3


def test_who_goes_away_while_being_served_kills_nothing(
    tmp_path: Path, running_ledger: RunningLedger
) -> None:
    """An operation given up while it runs is written all the same, and the next one is served."""

    async def scenario(ledger: Ledger) -> None:
        gate = Gate()

        def slow(transaction: Transaction) -> Recorded:
            gate(transaction)
            return enrols(1)(transaction)

        given_up = asyncio.create_task(ledger.write(slow))
        await asyncio.to_thread(gate.entered.wait)
        given_up.cancel()
        gate.go.set()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        assert (await ledger.write(enrols(2))).entry.seq == 2

    with running_ledger(tmp_path / "ledger.db") as ledger:
        asyncio.run(scenario(ledger))
        assert replay(ledger.path).entries == 2


def test_a_full_queue_says_so_at_once(tmp_path: Path, running_ledger: RunningLedger) -> None:
    """Who comes when the queue is full is refused at once, and those who wait are served."""

    async def scenario(ledger: Ledger) -> None:
        gate = Gate()
        busy = asyncio.create_task(ledger.write(gate))
        await asyncio.to_thread(gate.entered.wait)
        waiting = [asyncio.create_task(ledger.write(enrols(number))) for number in range(3)]
        await let_others_run()
        too_many = asyncio.create_task(ledger.write(enrols(9)))
        await let_others_run()
        refused_at_once = too_many.done()
        gate.go.set()
        assert refused_at_once
        with pytest.raises(LedgerBusy) as refused:
            await too_many
        assert refused.value.retry_after_s == 1
        await asyncio.gather(busy, *waiting)
        await ledger.write(enrols(9))

    with running_ledger(tmp_path / "ledger.db", longest_queue=3) as ledger:
        asyncio.run(scenario(ledger))
        assert replay(ledger.path).entries == 4


def test_stopping_finishes_what_waits(tmp_path: Path, running_ledger: RunningLedger) -> None:
    """Operations that were submitted before the stop are written and answered."""

    async def scenario(ledger: Ledger) -> list[object]:
        waiting = [asyncio.create_task(ledger.write(enrols(number))) for number in range(50)]
        await let_others_run()
        await asyncio.to_thread(ledger.stop)
        return list(await asyncio.gather(*waiting))

    with running_ledger(tmp_path / "ledger.db") as ledger:
        answers = asyncio.run(scenario(ledger))
        assert len(answers) == replay(ledger.path).entries == 50
