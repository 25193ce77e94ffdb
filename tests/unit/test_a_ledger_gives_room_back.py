"""What a ledger does not need goes back to the disk before anything is dropped for its budget."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from stocked import Stock, everything, segments_of

from agent.clock import mint_id
from agent.ledger import Ledger, LedgerUnavailable, Transaction, migrations, replay
from agent.ledger.backup import make_backup
from agent.ledger.budget import DiskBudget, usage
from agent.ledger.connection import open_reader
from agent.ledger.recovery import restore
from agent.ledger.upkeep import Upkeep, UpkeepPlan

SAMPLE = Path(__file__).resolve().parents[1] / "data" / "ledger-0.1.db"
SALES = 600


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A closed ledger whose backlog head office has at last, 50 days old, and one sale of today."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        for _ in range(SALES // 200):
            stock.sell(ledger, 200)
        stock.acknowledge(ledger)
        stock.day = 50
        stock.sell(ledger, 1)
    return stock


def pragma(path: Path, name: str) -> int:
    """Ask what SQLite says of a database."""
    with closing(open_reader(path)) as connection:
        return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def hold(ledger: Ledger, budget_bytes: int) -> str | None:
    """Hold a budget; answers the alarm."""
    budget = DiskBudget(ledger, budget_bytes=budget_bytes, alone=False)
    asyncio.run(budget.hold())
    return budget.alarm


def test_sealed_entries_leave_no_free_pages(stock: Stock, ledger: Ledger) -> None:
    """The database has fewer pages by those of the entries that were sealed."""
    before = pragma(stock.path, "page_count")
    assert stock.seal(ledger) == 1
    assert pragma(stock.path, "freelist_count") == 0
    assert pragma(stock.path, "page_count") < before / 2
    assert replay(stock.path).head == ledger.head


def test_a_night_costs_no_sealed_entry_that_has_room(stock: Stock, ledger: Ledger) -> None:
    """A budget that the files fit in once free pages and the log are given back is held without a
    word, and the night's backup is as small as the database.
    """
    entries, before = everything(stock.path), usage(stock.places)
    plan = UpkeepPlan(keep_days=30, budget_bytes=before.total, alone=False)
    upkeep = Upkeep(ledger, plan)
    asyncio.run(upkeep.nightly())
    assert upkeep.alarm is None
    assert (everything(stock.path), len(segments_of(stock.path))) == (entries, 1)
    after = usage(stock.places)
    assert after.total <= before.total
    assert after.backups < after.database + 4096


def test_the_log_is_cut_before_anything_is_dropped(stock: Stock, ledger: Ledger) -> None:
    """A log that has grown is copied into the database and given back; nothing else goes."""
    log = stock.places.live[1]
    make_backup(stock.places, "full")
    make_backup(stock.places, "full")
    stock.sell(ledger, 200)
    grown = log.stat().st_size
    assert grown > 0
    assert hold(ledger, usage(stock.places).total - 1) is None
    assert log.stat().st_size == 0
    assert len(list(stock.places.backups.glob("*.json"))) == 2


def test_a_log_that_somebody_reads_stays(stock: Stock, ledger: Ledger) -> None:
    """Whoever reads on in the log is not cut off, and sales go on."""
    with closing(open_reader(stock.path)) as held:
        held.execute("BEGIN")
        (count,) = held.execute("SELECT count(*) FROM journal").fetchone()
        stock.sell(ledger, 20)
        asyncio.run(ledger.write(Transaction.cut_log))
        assert stock.places.live[1].stat().st_size > 0
        stock.sell(ledger, 1)
        assert held.execute("SELECT count(*) FROM journal").fetchone() == (count,)
    asyncio.run(ledger.write(Transaction.cut_log))
    assert stock.places.live[1].stat().st_size == 0


def test_a_disk_too_full_to_give_back_still_drops(
    stock: Stock, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Giving pages back needs room in the log; without any, backups make it."""
    for _ in range(2):
        make_backup(stock.places, "hourly")

    async def full(_job: Callable[[Transaction], object]) -> object:
        raise LedgerUnavailable("the ledger cannot write: database or disk is full")

    monkeypatch.setattr(ledger, "write", full)
    alarm = hold(ledger, usage(stock.places).total - 1)
    assert alarm == "[ledger] budget_mib is reached; dropped to keep it: backups"


def test_an_old_ledger_is_written_anew_once(tmp_path: Path) -> None:
    """A ledger of version 0.1 can shrink after its first start; the second writes nothing anew."""
    stock = Stock(Path(shutil.copyfile(SAMPLE, tmp_path / "ledger.db")))
    assert pragma(stock.path, "auto_vacuum") == 0
    with stock.running():
        assert pragma(stock.path, "auto_vacuum") == 2
    assert replay(stock.path).entries == 54
    before = stock.path.read_bytes()
    with stock.running():
        pass
    assert stock.path.read_bytes() == before


def test_no_room_to_write_anew_stops_no_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a ledger of version 0.1 has no room to be written anew, it serves as it is, and the
    next start tries again.
    """
    stock = Stock(Path(shutil.copyfile(SAMPLE, tmp_path / "ledger.db")))

    def full(_connection: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(migrations, "shrinkable", full)
        with stock.running() as ledger:
            stock.sell(ledger, 1)
    assert pragma(stock.path, "auto_vacuum") == 0
    with stock.running():
        assert pragma(stock.path, "auto_vacuum") == 2


@pytest.mark.parametrize("kind", ["full", "hourly"])
def test_a_restored_ledger_can_shrink(stock: Stock, kind: str) -> None:
    """Whichever backup a ledger is made of, it gives free pages back as the first one did."""
    made = make_backup(stock.places, kind)  # type: ignore[arg-type]  # both are kinds
    restore(stock.places, stock.places.backups / made.file, clock=stock.clock, mint_id=mint_id)
    assert pragma(stock.path, "auto_vacuum") == 2
