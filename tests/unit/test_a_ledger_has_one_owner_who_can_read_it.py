"""A ledger that another agent owns, that a newer one wrote, or that is damaged is not opened."""

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest

from agent.core.facts import Enrol
from agent.ledger import (
    Ledger,
    LedgerDamaged,
    LedgerError,
    LedgerLocked,
    LedgerNewer,
    LedgerUnavailable,
    Transaction,
    replay,
)

RunningLedger = Callable[..., AbstractContextManager[Ledger]]


def fill(ledger: Ledger, entries: int) -> None:
    """Write so many entries in one transaction."""

    def enrol(transaction: Transaction) -> None:
        for number in range(entries):
            transaction.append(Enrol(account=f"acc-{number}", token=f"em4100:{number:010X}"))

    asyncio.run(ledger.write(enrol))


def change(path: Path, statement: str, *parameters: object) -> None:
    """Change a ledger's file behind its back."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TRIGGER journal_is_never_updated")
        connection.execute("DROP TRIGGER journal_is_never_deleted")
        assert connection.execute(statement, parameters).rowcount > 0


def test_a_second_agent_is_turned_away(tmp_path: Path, running_ledger: RunningLedger) -> None:
    """A ledger in use is refused with the owner's process id, and the owner is not disturbed."""
    path = tmp_path / "ledger.db"
    with running_ledger(path) as owner:
        with pytest.raises(LedgerLocked, match=f"process {os.getpid()}"), running_ledger(path):
            pass
        with pytest.raises(LedgerLocked), running_ledger(path):
            pass
        fill(owner, 1)
    with running_ledger(path) as next_owner:
        assert next_owner.head.seq == 1


def test_agents_with_their_own_ledgers_do_not_meet(
    tmp_path: Path, running_ledger: RunningLedger
) -> None:
    """Two ledgers in one directory are owned apart."""
    with running_ledger(tmp_path / "a.db") as one, running_ledger(tmp_path / "b.db") as other:
        fill(one, 1)
        assert (one.head.seq, other.head.seq) == (1, 0)


def test_a_newer_ledger_is_left_alone(tmp_path: Path, running_ledger: RunningLedger) -> None:
    """A ledger with a migration we do not know is refused as a newer version's, and left as is."""
    path = tmp_path / "ledger.db"
    with running_ledger(path) as ledger:
        fill(ledger, 3)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
            "VALUES ('tapledger.ledger', 'leases_and_holds', '2031-01-01 00:00:00+00:00')"
        )
    before = path.read_bytes()
    for _ in range(2):  # the second time too: the refusal gave the lock back
        with (
            pytest.raises(LedgerNewer, match=r"newer tapledger.*leases_and_holds"),
            running_ledger(path),
        ):
            pass
    assert path.read_bytes() == before


def test_a_ledger_is_brought_forward_once(tmp_path: Path, running_ledger: RunningLedger) -> None:
    """Opening a ledger again finds its schema done and changes nothing."""
    path = tmp_path / "ledger.db"

    def schema() -> list[object]:
        with closing(sqlite3.connect(path)) as connection:
            steps = connection.execute("SELECT * FROM _sqlite_migrations").fetchall()
            return [steps, connection.execute("SELECT sql FROM sqlite_master").fetchall()]

    with running_ledger(path):
        pass
    before = schema()
    with running_ledger(path) as ledger:
        fill(ledger, 1)
    assert schema() == before


@pytest.mark.parametrize("seq", [1, 5, 10])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET canonical = x'7b7d' WHERE seq = ?",
        "UPDATE journal SET hash = zeroblob(32) WHERE seq = ?",
    ],
)
def test_damage_among_the_newest_entries_is_found_at_start(
    tmp_path: Path, running_ledger: RunningLedger, statement: str, seq: int
) -> None:
    """An agent trusts no journal that does not hold together: it names the entry and freezes."""
    path = tmp_path / "ledger.db"
    with running_ledger(path) as ledger:
        fill(ledger, 10)
    change(path, statement, seq)
    with running_ledger(path) as ledger:
        assert f"entry 0:{seq} " in str(ledger.frozen)
        assert asyncio.run(ledger.hash_at(0, seq - 1))
        assert asyncio.run(ledger.hash_at(0, seq)) is None


@pytest.mark.parametrize("seq", [1, 5, 9])
def test_a_missing_entry_is_found_at_start(
    tmp_path: Path, running_ledger: RunningLedger, seq: int
) -> None:
    """A gap in the journal is found when the agent starts, at the entry after it."""
    path = tmp_path / "ledger.db"
    with running_ledger(path) as ledger:
        fill(ledger, 10)
    change(path, "DELETE FROM journal WHERE seq = ?", seq)
    with running_ledger(path) as ledger:
        assert f"entry 0:{seq + 1} " in str(ledger.frozen)


def test_an_old_fault_does_not_keep_a_shop_closed(
    tmp_path: Path, running_ledger: RunningLedger
) -> None:
    """Starting checks the newest thousand entries; damage before those is a replay's to find."""
    path = tmp_path / "ledger.db"
    with running_ledger(path) as ledger:
        fill(ledger, 1_010)
    change(path, "UPDATE journal SET hash = zeroblob(32) WHERE seq = 3")
    with running_ledger(path) as ledger:
        assert ledger.head.seq == 1_010
    with pytest.raises(LedgerDamaged, match="entry 0:3: "):
        replay(path)


def test_the_entry_before_the_newest_is_only_asked_for_its_hash(
    tmp_path: Path, running_ledger: RunningLedger
) -> None:
    """Whatever is wrong with a ledger, starting on it fails with a LedgerError or not at all."""
    path = tmp_path / "ledger.db"
    with running_ledger(path) as ledger:
        fill(ledger, 1_010)
    change(path, "UPDATE journal SET canonical = x'7b7d' WHERE seq = 10")
    with contextlib.suppress(LedgerError), running_ledger(path):
        pass


@pytest.mark.parametrize(
    "content", [b"not a database, " * 100, b"\x00" * 4096, b"SQLite format 3\0"]
)
def test_a_file_that_is_no_ledger_is_refused(
    tmp_path: Path, running_ledger: RunningLedger, content: bytes
) -> None:
    """A file that is no database is refused in plain words and left as it is."""
    path = tmp_path / "ledger.db"
    path.write_bytes(content)
    with pytest.raises(LedgerUnavailable, match="cannot open"), running_ledger(path):
        pass
    assert path.read_bytes() == content


def test_a_directory_that_cannot_be_is_named(tmp_path: Path, running_ledger: RunningLedger) -> None:
    """Where the ledger's directory cannot be made, the refusal says what to check."""
    (tmp_path / "file").write_text("in the way")
    with (
        pytest.raises(LedgerUnavailable, match=r"check \[ledger\] path"),
        running_ledger(tmp_path / "file" / "ledger.db"),
    ):
        pass


def test_a_missing_directory_is_made(tmp_path: Path, running_ledger: RunningLedger) -> None:
    """A new device needs no directory prepared."""
    with running_ledger(tmp_path / "var" / "lib" / "ledger.db") as ledger:
        assert ledger.path.exists()
