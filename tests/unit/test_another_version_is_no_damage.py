"""A ledger of another version is said to be one, by whatever looks into it, and never damaged."""

import asyncio
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from stocked import CARD, Stock

from agent.cli import main
from agent.core.entry import link_hash
from agent.ledger import LedgerNewer, LedgerUnavailable, replay, verify_chain
from agent.ledger.backup import make_backup
from agent.ledger.upkeep import Upkeep, UpkeepPlan

SAMPLE = Path(__file__).resolve().parents[1] / "data" / "ledger-0.1.db"
LOOKS = {
    "verify": ["verify", "--json"],
    "verify --chain": ["verify", "--chain"],
    "balance": ["balance"],
    "history": ["history", CARD],
    "export": ["export"],
    "backup": ["backup"],
    "backup --hourly": ["backup", "--hourly"],
}
AN_ENTRY = json.dumps(
    {"id": "x", "epoch": 0, "seq": 5, "recorded_at": "2026-01-01T00:00:00.000Z"}
    | {"fact": {"type": "DONATE_POINTS", "points": 3}},
    separators=(",", ":"),
).encode()


def add_a_step(path: Path) -> None:
    """Bring a ledger forward to a version that has one step more."""
    insert = "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, ?)"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("ALTER TABLE sales ADD COLUMN extra INTEGER NOT NULL DEFAULT 0")
        connection.execute(insert, ("tapledger.ledger", "a_later_step", "2027-01-01"))


@pytest.fixture
def newer(tmp_path: Path) -> Stock:
    """A ledger of four entries to which a newer version has added a step and a column."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell(ledger, 3)
    add_a_step(stock.path)
    return stock


@pytest.fixture
def older(tmp_path: Path) -> Stock:
    """A ledger that version 0.1 wrote and that no agent of this version has started."""
    return Stock(Path(shutil.copyfile(SAMPLE, tmp_path / "ledger.db")))


def said(stock: Stock, words: list[str]) -> str:
    """What a command that ends with 1 says on standard error; it calls nothing damaged."""
    result = CliRunner().invoke(main, ["ledger", *words, "--db", str(stock.path)])
    assert result.exit_code == 1
    assert "damaged" not in result.stdout
    return result.stderr


@pytest.mark.parametrize("look", LOOKS)
def test_a_newer_ledger_is_named(newer: Stock, look: str) -> None:
    """Every command says which version to install, and leaves no backup behind."""
    assert "newer tapledger (it has a_later_step); install that version" in said(newer, LOOKS[look])
    assert not list(newer.places.backups.glob("*.json"))


@pytest.mark.parametrize("look", LOOKS)
def test_an_older_ledger_is_named(older: Stock, look: str) -> None:
    """Every command says that one start of the agent brings it forward."""
    assert "start the agent once to bring it forward" in said(older, LOOKS[look])
    assert not list(older.places.backups.glob("*.json"))


def test_a_replay_follows_the_first_start(older: Stock) -> None:
    """Before it neither the full replay nor that of the chain takes an old ledger for damage; after
    it both hold.
    """
    for check in (replay, verify_chain):
        with pytest.raises(LedgerUnavailable, match="start the agent once"):
            check(older.path)
    with older.running():
        pass
    assert replay(older.path).head == verify_chain(older.path)


def test_a_backup_takes_no_other_version(newer: Stock) -> None:
    """A copy that nobody here can read would count as one that can."""
    for kind in ("full", "hourly"):
        with pytest.raises(LedgerNewer):
            make_backup(newer.places, kind)  # type: ignore[arg-type]  # both are kinds


def test_an_entry_that_follows_is_no_damage(tmp_path: Path) -> None:
    """An unknown kind whose hash follows: a replay says what a start says."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell(ledger, 3)
        head = ledger.head
    row = (0, 5, "x", AN_ENTRY, link_hash(head.hash, AN_ENTRY))
    with closing(sqlite3.connect(stock.path)) as connection, connection:
        connection.execute("INSERT INTO journal VALUES (?, ?, ?, ?, ?)", row)
    with pytest.raises(LedgerNewer, match=r"entry 0:5 is whole.*install the version that wrote"):
        replay(stock.path)


def test_the_nightly_replay_quarantines_no_other_version(tmp_path: Path) -> None:
    """Where a new version was installed and the agent not started again, nothing is moved."""
    stock = Stock(tmp_path / "ledger.db")
    plan = UpkeepPlan(keep_days=30, budget_bytes=2**30, alone=True)
    with stock.running() as ledger:
        stock.enrol(ledger)
        add_a_step(stock.path)
        with pytest.raises(LedgerUnavailable, match="newer tapledger"):
            asyncio.run(Upkeep(ledger, plan).verify())
        assert ledger.frozen is None
    assert not stock.places.quarantine.exists()
