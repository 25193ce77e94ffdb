"""The journal on disk, a real SQLite file: entries follow each other without a gap, for ever."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest

from agent.core.entry import GENESIS, Entry, Position, Recorded, chain, link_hash
from agent.core.facts import Enrol
from agent.ledger import (
    Ledger,
    LedgerContradiction,
    LedgerUnavailable,
    Transaction,
    View,
    journaled,
    replay,
)
from agent.ledger.connection import open_reader

RunningLedger = Callable[..., AbstractContextManager[Ledger]]


def enrolment(number: int) -> Enrol:
    """The enrolment of the card with this number."""
    return Enrol(account=f"acc-{number}", token=f"em4100:{number:010X}")


def enrols(number: int) -> Callable[[Transaction], Recorded]:
    """A job that enrols that card."""
    return lambda transaction: transaction.append(enrolment(number))


def append(ledger: Ledger, *numbers: int) -> list[Recorded]:
    """Write enrolments, all at once, and wait until they are on disk."""

    async def write() -> list[Recorded]:
        return list(await asyncio.gather(*(ledger.write(enrols(number)) for number in numbers)))

    return asyncio.run(write())


def on_disk(path: Path) -> list[tuple[Position, bytes]]:
    """The journal as a stranger with a connection of their own reads it."""
    with closing(open_reader(path)) as connection:
        return list(journaled(connection))


def test_an_empty_ledger_stands_before_its_first_entry(
    tmp_path: Path, running_ledger: RunningLedger
) -> None:
    """A new ledger has no entry, and its head is the place before the first."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        assert ledger.head == Position(epoch=0, seq=0, hash=GENESIS)
        assert on_disk(ledger.path) == []


def test_entries_are_numbered_and_chained(tmp_path: Path, running_ledger: RunningLedger) -> None:
    """Entries written together or apart are numbered without a gap, each chained to the last."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        append(ledger, *range(20))
        for number in range(20, 25):
            append(ledger, number)
        journal = on_disk(ledger.path)
        assert [position.seq for position, _ in journal] == list(range(1, 26))
        previous = GENESIS
        for position, canonical in journal:
            assert position.hash == link_hash(previous, canonical)
            assert Entry.parse(canonical).seq == position.seq
            previous = position.hash
        assert ledger.head == journal[-1][0]


def test_an_entry_is_on_disk_when_it_is_answered(
    tmp_path: Path, running_ledger: RunningLedger
) -> None:
    """What a caller was answered is what any other connection then reads, byte for byte."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        for number in range(5):
            (recorded,) = append(ledger, number)
            assert on_disk(ledger.path)[-1] == (recorded.position, recorded.canonical)
            assert recorded.entry.fact == enrolment(number)
            assert recorded.entry.recorded_at == "2026-11-21T00:00:00.000Z"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET canonical = x'00' WHERE seq = 2",
        "UPDATE journal SET hash = zeroblob(32)",
        "UPDATE journal SET seq = 9 WHERE seq = 3",
        "UPDATE OR REPLACE journal SET id = 'x' WHERE seq = 1",
        "DELETE FROM journal WHERE seq = 3",
        "DELETE FROM journal",
    ],
)
def test_an_entry_can_neither_be_changed_nor_deleted(
    tmp_path: Path, running_ledger: RunningLedger, statement: str
) -> None:
    """Also the connection that may write cannot change or delete what was written."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        append(ledger, 1, 2, 3)
        before = on_disk(ledger.path)

        def meddle(transaction: Transaction) -> None:
            transaction._connection.execute(statement)

        with pytest.raises(LedgerContradiction, match="append-only"):
            asyncio.run(ledger.write(meddle))
        assert on_disk(ledger.path) == before
        append(ledger, 4)
        assert replay(ledger.path).entries == 4


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO journal VALUES (0, 3, 'x', x'00', x'00')",
        "INSERT INTO journal VALUES (0, 3, 'x', x'', zeroblob(32))",
        "INSERT INTO journal VALUES (0, 0, 'x', x'00', zeroblob(32))",
        "INSERT INTO journal VALUES (-1, 1, 'x', x'00', zeroblob(32))",
        "INSERT INTO journal VALUES (0, 1, 'x', x'00', zeroblob(32))",
        "INSERT INTO journal SELECT 0, 3, id, canonical, hash FROM journal WHERE seq = 1",
        "INSERT INTO journal VALUES (0, 'three', 'x', x'00', zeroblob(32))",
        "INSERT INTO balances VALUES ('acc-1', 'bonus', 1)",
    ],
)
def test_the_database_itself_refuses_what_cannot_be(
    tmp_path: Path, running_ledger: RunningLedger, statement: str
) -> None:
    """Hashes of another length, empty entries, numbers and ids used twice are refused by SQLite."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        append(ledger, 1, 2)
    with (
        closing(sqlite3.connect(ledger.path)) as connection,
        pytest.raises(sqlite3.IntegrityError),
    ):
        connection.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO meta VALUES ('a', 'b')",
        "DELETE FROM sales",
        "CREATE TABLE more (a)",
        "PRAGMA user_version = 7",
    ],
)
def test_a_reader_cannot_write(
    tmp_path: Path, running_ledger: RunningLedger, statement: str
) -> None:
    """The connection that answers questions can change nothing, not even by mistake."""
    with running_ledger(tmp_path / "ledger.db") as ledger:

        def meddle(view: View) -> None:
            view._connection.execute(statement)

        with pytest.raises(LedgerUnavailable, match="readonly"):
            asyncio.run(ledger.read(meddle))
        append(ledger, 1)
        assert replay(ledger.path).entries == 1


def test_the_head_survives_a_restart(tmp_path: Path, running_ledger: RunningLedger) -> None:
    """A ledger opened again stands where it stood and goes on from there, as the same life."""
    path = tmp_path / "ledger.db"
    heads, incarnations = [], set()
    for start in range(3):
        with running_ledger(path) as ledger:
            assert ledger.head.seq == 2 * start
            append(ledger, 2 * start, 2 * start + 1)
            heads.append(ledger.head)
            incarnations.add(ledger.incarnation)
    assert [head.seq for head in heads] == [2, 4, 6]
    assert replay(path).head == heads[-1]
    assert len(incarnations) == 1
    assert replay(path).incarnation in incarnations


def test_two_ledgers_are_two_lives(tmp_path: Path, running_ledger: RunningLedger) -> None:
    """Each new ledger file is named once, and no two are named alike."""
    with running_ledger(tmp_path / "a.db") as one, running_ledger(tmp_path / "b.db") as other:
        assert one.incarnation
        assert one.incarnation != other.incarnation


def test_the_journal_is_read_in_order_after_any_place(
    tmp_path: Path, running_ledger: RunningLedger
) -> None:
    """From any place on, the entries are read in order, no more than asked for, with their hash."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        lines = [recorded.canonical for recorded in append(ledger, *range(10))]

        async def ask() -> None:
            for place in range(11):
                assert await ledger.read_after((0, place), at_most=100) == lines[place:]
                assert await ledger.read_after((0, place), at_most=3) == lines[place : place + 3]
                assert await ledger.hash_at(0, place) == chain(GENESIS, tuple(lines[:place]))
            assert await ledger.hash_at(0, 11) is None
            assert await ledger.hash_at(1, 5) is None

        asyncio.run(ask())


def test_a_journal_of_many_pages_is_read_whole(
    tmp_path: Path, running_ledger: RunningLedger
) -> None:
    """Reading goes on over the edge of a page, without losing or repeating an entry."""
    with running_ledger(tmp_path / "ledger.db") as ledger:

        def many(transaction: Transaction) -> None:
            for number in range(1_234):
                transaction.append(enrolment(number))

        asyncio.run(ledger.write(many))
        assert [position.seq for position, _ in on_disk(ledger.path)] == list(range(1, 1_235))
    with running_ledger(ledger.path) as again:
        assert again.head.seq == 1_234


def test_what_head_office_holds_is_remembered(
    tmp_path: Path, running_ledger: RunningLedger
) -> None:
    """How far head office holds the journal is known again after a restart, and is no entry."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        assert ledger.epochs.acknowledged == (0, 0)
        (first, _) = append(ledger, 1, 2)
        asyncio.run(ledger.acknowledge(first.position))
        assert ledger.epochs.acknowledged == (0, 1)
    with running_ledger(ledger.path) as again:
        assert again.epochs.acknowledged == (0, 1)
        assert again.head.seq == 2


def test_a_commit_is_told_to_listeners(tmp_path: Path, running_ledger: RunningLedger) -> None:
    """Who listens is told the new head after a commit that added entries, and of no other."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        heard: list[Position] = []
        ledger.on_commit(heard.append)
        (first,) = append(ledger, 1)
        asyncio.run(ledger.write(lambda transaction: transaction.remember("a", "b")))
        (second,) = append(ledger, 2)
    assert heard == [first.position, second.position]


def test_a_commit_waits_for_the_disk(tmp_path: Path, running_ledger: RunningLedger) -> None:
    """The writing connection uses a write-ahead log and syncs it at every commit."""
    with running_ledger(tmp_path / "ledger.db") as ledger:

        def pragmas(transaction: Transaction) -> list[object]:
            names = ("journal_mode", "synchronous", "foreign_keys")
            return [
                transaction._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names
            ]

        assert asyncio.run(ledger.write(pragmas)) == ["wal", 2, 1]


def test_a_ledger_that_is_not_running_says_so(
    tmp_path: Path, running_ledger: RunningLedger
) -> None:
    """Before start and after stop, asking and writing are refused in plain words."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        append(ledger, 1)
    with pytest.raises(LedgerUnavailable, match="not running"):
        asyncio.run(ledger.write(enrols(2)))


def test_a_question_to_a_stopped_ledger_is_refused(
    tmp_path: Path, running_ledger: RunningLedger
) -> None:
    """A question to a ledger that was stopped is LedgerUnavailable, like a write to it."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        append(ledger, 1)
    with pytest.raises(LedgerUnavailable):
        asyncio.run(ledger.read(lambda view: view.head()))
