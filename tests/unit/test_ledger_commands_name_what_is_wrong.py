"""``tapledger ledger`` looks into a ledger, and says in one line what does not hold."""

import asyncio
import json
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agent.cli import main
from agent.core.facts import Enrol
from agent.ledger import Ledger

RunningLedger = Callable[..., AbstractContextManager[Ledger]]


@pytest.fixture
def path(tmp_path: Path, running_ledger: RunningLedger) -> Path:
    """A ledger of one entry."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        fact = Enrol(account="acc-1", token="em4100:0C000621A5")
        asyncio.run(ledger.write(lambda transaction: transaction.append(fact)))
    return ledger.path


def run(*arguments: str) -> Result:
    """Run ``tapledger ledger`` as a shell would."""
    return CliRunner().invoke(main, ["ledger", *arguments])


def test_a_sound_ledger_is_said_to_hold(path: Path) -> None:
    """``verify`` of a ledger that holds exits 0 and says how many entries hold, and the head."""
    result = run("verify", "--db", str(path))
    assert result.exit_code == 0
    assert result.stdout.startswith("1 entries hold, head 0:1:")
    as_json = json.loads(run("verify", "--db", str(path), "--json").stdout)
    assert as_json["entries"] == as_json["head"]["seq"] == 1
    assert len(as_json["head"]["hash"]) == 64


def test_the_first_bad_entry_is_named(path: Path) -> None:
    """``verify`` of a ledger that was tampered with exits 1 and names the entry, chain only too."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TRIGGER journal_is_never_updated")
        connection.execute("UPDATE journal SET hash = zeroblob(32)")
    for options in ((), ("--chain",), ("--quiet",)):
        result = run("verify", *options, "--db", str(path))
        assert result.exit_code == 1
        assert "entry 0:1: its hash does not follow" in result.stderr
        assert isinstance(result.exception, SystemExit)


def test_a_file_that_is_no_ledger_is_named(tmp_path: Path) -> None:
    """``verify`` of another file exits 1 and names the file, without a traceback."""
    (tmp_path / "notes.txt").write_text("not a ledger " * 100)
    result = run("verify", "--db", str(tmp_path / "notes.txt"))
    assert result.exit_code == 1
    assert "notes.txt: file is not a database" in result.stderr
    assert isinstance(result.exception, SystemExit)


def test_a_file_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    """A ledger that does not exist, or none named, exits 2."""
    assert run("verify", "--db", str(tmp_path / "none.db")).exit_code == 2
    assert run("verify").exit_code == 2
    assert not (tmp_path / "none.db").exists()


def test_balance_of_a_file_that_is_no_ledger_is_said_plainly(tmp_path: Path) -> None:
    """``balance`` of another file exits 1 with one line too, without a traceback."""
    (tmp_path / "notes.txt").write_text("not a ledger " * 100)
    result = run("balance", "--db", str(tmp_path / "notes.txt"))
    assert isinstance(result.exception, SystemExit)
    assert "notes.txt" in result.stderr
