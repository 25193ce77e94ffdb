"""Backups: small ones by the hour, whole ones by night, each proven by its manifest."""

import asyncio
import json
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from stocked import CARD, Stock, digest, everything, in_database

from agent.ledger import Ledger, Profile, replay
from agent.ledger import backup as backup_module
from agent.ledger.backup import make_backup
from agent.ledger.connection import open_reader
from agent.ledger.ring import backups, is_sound, prune
from agent.ledger.upkeep import Upkeep, UpkeepPlan
from agent.ledger.view import View

PLAN = UpkeepPlan(keep_days=30, budget_bytes=2**40, alone=False)


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger of one member and nine sales."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell(ledger, 9)
    return stock


def test_a_full_backup_is_the_ledger(stock: Stock, ledger: Ledger) -> None:
    """A full backup holds every entry and replays by itself; its manifest has its SHA-256."""
    made = make_backup(stock.places, "full")
    file = stock.places.backups / made.file
    assert made.sha256 == digest(file)
    assert json.loads((file.parent / f"{file.name}.json").read_bytes())["sha256"] == made.sha256
    assert replay(file).head == ledger.head
    assert everything(file) == everything(stock.path)
    assert is_sound(stock.places.backups, made)
    assert made.incarnation == ledger.incarnation


def test_an_hourly_backup_is_projections_and_tail(stock: Stock, ledger: Ledger) -> None:
    """An hourly backup holds all projections and profiles, and the entries since the full one."""
    stock.acknowledge(ledger)
    make_backup(stock.places, "full")
    asyncio.run(ledger.write(lambda t: t.keep_profile(Profile(account="a", display_name="Ana"))))
    stock.sell(ledger, 4)
    stock.acknowledge(ledger)
    made = make_backup(stock.places, "hourly")
    file = stock.places.backups / made.file
    assert in_database(file) == [(0, seq) for seq in range(11, 15)]
    with closing(open_reader(file)) as kept, closing(open_reader(stock.path)) as live:
        assert View(kept).profile("a") == Profile(account="a", display_name="Ana")
        for table in ("balances", "lots", "sales", "cards", "accounts", "epochs"):
            rows = f"SELECT * FROM {table} ORDER BY 1, 2"  # noqa: S608 - our own constants
            assert kept.execute(rows).fetchall() == live.execute(rows).fetchall()
    assert made.sha256 == digest(file)


def test_an_hourly_backup_holds_what_head_office_has_not(stock: Stock, ledger: Ledger) -> None:
    """What is not acknowledged is in every hourly backup, also where a full one has it too."""
    stock.acknowledge(ledger, everything(stock.path)[4][0])
    make_backup(stock.places, "full")
    made = make_backup(stock.places, "hourly")
    assert in_database(stock.places.backups / made.file) == [(0, seq) for seq in range(6, 11)]


def test_an_hourly_backup_holds_at_least_the_newest_entry(stock: Stock, ledger: Ledger) -> None:
    """With everything acknowledged and nothing new, it holds the newest entry, of any epoch."""
    stock.acknowledge(ledger)
    make_backup(stock.places, "full")
    made = make_backup(stock.places, "hourly")
    assert in_database(stock.places.backups / made.file) == [(0, 10)]
    asyncio.run(ledger.write(lambda t: t.open_epoch("confirmed", incarnation="again")))
    stock.acknowledge(ledger)
    make_backup(stock.places, "full")
    made = make_backup(stock.places, "hourly")
    assert in_database(stock.places.backups / made.file) == [(1, 1)]
    assert made.begins_after.startswith("0:10:")


def test_a_backup_is_one_state_while_sales_go_on(stock: Stock, ledger: Ledger) -> None:
    """Sales are answered while a backup is made, and each backup replays or opens whole."""
    stop, failed = threading.Event(), list[BaseException]()

    def back_up() -> None:
        try:
            while not stop.is_set():
                made = make_backup(stock.places, "full")
                assert f"{replay(stock.places.backups / made.file).head}" == ":".join(
                    (*made.head.split(":")[:2], made.head.split(":")[2][:8])
                )
                make_backup(stock.places, "hourly")
        except BaseException as error:  # noqa: BLE001 - handed to the test
            failed.append(error)

    thread = threading.Thread(target=back_up)
    thread.start()
    while thread.is_alive() and len(backups(stock.places.backups)) < 6:
        stock.sell(ledger, 3)
    stop.set()
    thread.join()
    assert failed == []
    assert replay(stock.path).head == ledger.head


@pytest.mark.parametrize("cut", ["copy", "manifest"])
def test_a_backup_that_was_interrupted_does_not_count(
    stock: Stock, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    """A backup cut off in its copy or before its manifest is none; the next one is made."""
    assert ledger.head.seq == 10

    def fail(*_: object) -> None:
        raise OSError("cut off")

    name = "sha256_of" if cut == "copy" else "_write_manifest"
    monkeypatch.setattr(backup_module, name, fail)
    with pytest.raises(OSError, match="cut off"):
        make_backup(stock.places, "full")
    assert backups(stock.places.backups) == []
    monkeypatch.undo()
    made = make_backup(stock.places, "full")
    assert backups(stock.places.backups) == [made]


def test_a_backup_counts_once_its_bytes_are_named(
    stock: Stock, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The manifest is written last: when it appears, the file is synced and has its name."""
    assert ledger.head.seq == 10
    steps = list[str]()
    fsync, manifest = backup_module.os.fsync, backup_module._write_manifest

    def synced(descriptor: int) -> None:
        steps.append(f"sync {Path(f'/proc/self/fd/{descriptor}').readlink().name}")
        fsync(descriptor)

    def written(path: Path, what: backup_module.Backup) -> None:
        steps.append(f"manifest {path.exists()}")
        manifest(path, what)

    monkeypatch.setattr(backup_module.os, "fsync", synced)
    monkeypatch.setattr(backup_module, "_write_manifest", written)
    make_backup(stock.places, "full")
    ours = [step for step in steps if step.endswith(("full.unfinished", "True", "False"))]
    assert ours == ["sync full.unfinished", "manifest True"]


def test_a_second_backup_at_the_same_head_leaves_the_first(stock: Stock, ledger: Ledger) -> None:
    """A backup of a ledger where nothing happened never writes over one that counts."""
    first, second = (make_backup(stock.places, "full") for _ in range(2))
    assert first.head == second.head == f"0:10:{ledger.head.hash.hex()}"
    assert first.file != second.file
    assert all(is_sound(stock.places.backups, backup) for backup in (first, second))


def test_changed_bytes_are_noticed(stock: Stock, ledger: Ledger) -> None:
    """A backup with one byte changed, or without its file, is not sound."""
    assert ledger.head.seq == 10
    made = make_backup(stock.places, "hourly")
    file = stock.places.backups / made.file
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert not is_sound(stock.places.backups, made)
    file.unlink()
    assert not is_sound(stock.places.backups, made)


def test_the_ring_keeps_a_day_and_a_week(stock: Stock, ledger: Ledger) -> None:
    """Of 26 hourly and 9 full backups the newest 24 and 7 are kept, and no file of the others."""
    upkeep = Upkeep(ledger, PLAN)

    async def weeks() -> None:
        for _ in range(26):
            await upkeep.hourly()
        for _ in range(9):
            await upkeep._back_up("full")

    first = make_backup(stock.places, "full")
    asyncio.run(weeks())
    ring = backups(stock.places.backups)
    kinds = [backup.kind for backup in ring]
    assert (kinds.count("hourly"), kinds.count("full")) == (24, 7)
    assert first not in ring
    assert len(list(stock.places.backups.iterdir())) == 2 * 31


def test_pruning_takes_the_oldest(stock: Stock, ledger: Ledger) -> None:
    """The oldest go first, by the place in the journal that they hold."""
    made = []
    for _ in range(3):
        made.append(make_backup(stock.places, "full"))
        stock.sell(ledger, 1)
    assert prune(stock.places.backups, hourly=0, full=2) == [made[0]]
    assert backups(stock.places.backups) == [made[2], made[1]]


def test_an_hourly_backup_after_sealing_begins_where_the_journal_does(
    stock: Stock, ledger: Ledger
) -> None:
    """Sealed entries are in no hourly backup, and it says so: it begins after them."""
    stock.acknowledge(ledger)
    stock.day = 50
    stock.sell(ledger, 2)
    stock.seal(ledger)
    made = make_backup(stock.places, "hourly")
    assert made.begins_after.startswith("0:10:")
    assert in_database(stock.places.backups / made.file) == [(0, 11), (0, 12)]
    assert stock.identify(ledger, CARD).balance > 0
    with pytest.raises(sqlite3.OperationalError):
        make_backup(type(stock.places)(stock.path.with_name("none.db")), "full")
