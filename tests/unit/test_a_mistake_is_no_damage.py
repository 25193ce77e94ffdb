"""A slip in our own code never sends a good ledger to quarantine; changed bytes still do."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from stocked import Stock, digest, flip

from agent.ledger import LedgerDamaged, LedgerError, replay
from agent.ledger.backup import make_backup
from agent.ledger.queries import SQL


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger of one member and nine sales, with a backup."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell(ledger, 9)
        make_backup(stock.places, "full")
    return stock


def _slip(connection: sqlite3.Connection, *_: object) -> None:
    connection.execute("SELECT balence FROM balances")


SLIPS: dict[str, Callable[..., object]] = {
    "a wrong type": lambda *_: 1 + "1",  # type: ignore[operator]
    "a wrong value": lambda *_: int("one"),
    "a misspelt column": _slip,
    "a missing parameter": lambda connection, *_: connection.execute(SQL["get_meta"], ()),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_at_start_moves_nothing(
    stock: Stock, monkeypatch: pytest.MonkeyPatch, slip: str
) -> None:
    """The start fails and says what failed; the ledger stays as it is, and the next version has it
    whole.
    """
    before = digest(stock.path)
    with monkeypatch.context() as patch:
        patch.setattr("agent.ledger.ledger.check_newest", SLIPS[slip])
        with pytest.raises((LedgerError, TypeError, ValueError)) as failed, stock.running():
            pass
    assert not isinstance(failed.value, LedgerDamaged)
    assert digest(stock.path) == before
    assert not stock.places.quarantine.exists()
    with stock.running() as ledger:
        assert ledger.frozen is None


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_in_the_replay_finds_nothing(
    stock: Stock, monkeypatch: pytest.MonkeyPatch, slip: str
) -> None:
    """The nightly replay that stumbles over itself does not call the ledger damaged."""
    monkeypatch.setattr("agent.ledger.projections.apply", SLIPS[slip])
    with pytest.raises((sqlite3.Error, TypeError, ValueError)) as failed:
        replay(stock.path)
    assert not isinstance(failed.value, LedgerDamaged)


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_in_a_recovery_gives_no_backup_up(
    stock: Stock, monkeypatch: pytest.MonkeyPatch, slip: str
) -> None:
    """A recovery that stumbles over itself fails, and does not go on with an older backup or none;
    the next version begins with the newest.
    """
    stock.path.unlink()
    with monkeypatch.context() as patch:
        patch.setattr("agent.ledger.building.check_newest", SLIPS[slip])
        with pytest.raises((LedgerError, TypeError, ValueError)), stock.running():
            pass
    assert not stock.path.exists()
    with stock.running() as ledger:
        assert stock.identify(ledger).balance == 90


def rewrite_schema(path: Path, old: str, new: str) -> None:
    """Change a word in the schema itself, as a flipped bit does."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        statement = "UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE type = 'table'"
        assert connection.execute(statement, (old, new)).rowcount > 0


def change(path: Path, statement: str) -> None:
    """Write what a STRICT table would not let in."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TRIGGER journal_is_never_updated")
    rewrite_schema(path, ") STRICT", ")")
    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute(statement).rowcount > 0
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        strict = (
            "UPDATE sqlite_schema SET sql = sql || ' STRICT' WHERE sql LIKE 'CREATE TABLE jou%'"
        )
        connection.execute(strict)


def spoil_a_name(path: Path) -> None:
    """Make a table's name in the schema no text any more."""
    name, spoilt = b"CREATE TABLE journal", b"CREATE TABLE journ\xa9l"
    content = path.read_bytes()
    assert name in content
    path.write_bytes(content.replace(name, spoilt))


HARMS: dict[str, Callable[[Path], None]] = {
    "a name": spoil_a_name,
    "the format's number": lambda path: flip(path, 47),
    "a column's name": lambda path: rewrite_schema(path, "canonical", "canonicam"),
    "a column's type": lambda path: change(path, "UPDATE journal SET canonical = 7 WHERE seq = 10"),
    "a text": lambda path: change(path, "UPDATE meta SET value = CAST(x'ff41' AS TEXT)"
                                        " WHERE key = 'incarnation'"),
}  # fmt: skip


@pytest.mark.parametrize("harm", HARMS)
def test_bytes_that_changed_are_damage(stock: Stock, harm: str) -> None:
    """What the same errors mean where the file has really changed: the ledger is made anew."""
    HARMS[harm](stock.path)
    with stock.running() as ledger:
        assert ledger.frozen is not None
        assert stock.identify(ledger).balance == 90
    replay(stock.path)


@pytest.mark.parametrize("harm", HARMS)
def test_a_replay_names_bytes_that_changed(stock: Stock, harm: str) -> None:
    """The replay calls it damage too."""
    HARMS[harm](stock.path)
    with pytest.raises(LedgerDamaged):
        replay(stock.path)
