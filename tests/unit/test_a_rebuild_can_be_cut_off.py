"""A rebuild that is killed or meets a full disk is begun again, and nothing is lost by it."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from stocked import Stock, digest, everything

from agent.ledger import LedgerUnavailable, building, quarantine, replay
from agent.ledger.backup import make_backup

_REBUILD = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {support!r})
from stocked import Stock
left = int(sys.argv[2])
def look(event, arguments):
    global left
    if event in ("open", "os.rename", "os.remove", "os.mkdir", "sqlite3.connect"):
        if "ledger.db" in str(arguments[0]):
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(look)
with Stock(Path(sys.argv[1])).running():
    print(left, flush=True)
"""


def start_and_die(path: Path, after: int) -> subprocess.CompletedProcess[str]:
    """Start a ledger in a process that is killed at its so manieth touch of the ledger's files."""
    support = str(Path(__file__).parents[1] / "support")
    script = _REBUILD.format(support=support)
    command = [sys.executable, "-c", script, str(path), str(after)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def build(directory: Path) -> Stock:
    """A ledger with a backup, its log not yet in its database, and its balances wrong."""
    stock = Stock(directory / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell(ledger, 9)
        make_backup(stock.places, "full")
        stock.sell(ledger, 5)
        make_backup(stock.places, "hourly")
        stock.sell(ledger, 3)
    return stock


def kill_and_judge(stock: Stock, after: int) -> bool:
    """Kill one rebuild, begin again, and hold what came of it; answers whether it was killed."""
    before = everything(stock.path)
    content = bytearray(stock.path.read_bytes())
    content[:16] = b"no header at all"
    stock.path.write_bytes(content)
    was = digest(stock.path)
    died = start_and_die(stock.path, after).returncode == -signal.SIGKILL
    with stock.running() as ledger:
        assert ledger.frozen is not None
        assert 1 <= ledger.head.epoch <= 2
    assert everything(stock.path)[: len(before) - 3] == before[:-3]
    replay(stock.path)
    assert was in {digest(file) for file in stock.places.quarantine.glob("*/damaged.db")}
    assert not list(stock.path.parent.glob("*.unfinished*"))
    return died


def test_a_rebuild_that_is_killed_is_begun_again(tmp_path: Path) -> None:
    """Killed at any of its steps, it is done at the next start, the damaged bytes kept."""
    dice, died = random.Random(7), 0  # noqa: S311 - seeded, no secret
    for number in range(5):
        directory = tmp_path / str(number)
        directory.mkdir()
        died += kill_and_judge(build(directory), dice.randrange(4, 50))
    assert died >= 2


@pytest.mark.torture
def test_a_rebuild_may_be_killed_at_every_step(tmp_path: Path) -> None:
    """Every single touch of a file is a place to die."""
    for after in range(200):
        directory = tmp_path / str(after)
        directory.mkdir()
        if not kill_and_judge(build(directory), after):
            return
    raise AssertionError("a rebuild touches fewer files than this")


def test_a_database_and_its_log_are_not_parted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off between moving the database and its log, the next attempt puts them together."""
    stock = build(tmp_path)
    with stock.running() as ledger:
        stock.sell(ledger, 2)
        kept = {name: (tmp_path / name).read_bytes() for name in ("ledger.db", "ledger.db-wal")}
    for name, content in kept.items():
        (tmp_path / name).write_bytes(content)
    rename = Path.rename

    def rename_the_first(self: Path, target: Path) -> Path:
        moved = rename(self, target)
        if target.name == "damaged.db":
            raise OSError("cut off")
        return moved

    monkeypatch.setattr(Path, "rename", rename_the_first)
    with pytest.raises(OSError, match="cut off"):
        quarantine.quarantine(stock.places, "a test")
    monkeypatch.undo()
    with stock.running() as ledger:
        assert ledger.frozen is not None
    aside = stock.places.quarantine / "001"
    assert (aside / "damaged.db").read_bytes() == kept["ledger.db"]
    assert (aside / "damaged.db-wal").read_bytes() == kept["ledger.db-wal"]
    assert {position for position, _ in everything(stock.path)} >= set(stock.answered.values())


@pytest.mark.parametrize("step", ["_copy", "_sync", "open_epoch"])
def test_a_full_disk_ends_a_rebuild_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Without room the start says so, LedgerUnavailable; with room again the next one succeeds."""
    stock = build(tmp_path)
    before = everything(stock.path)
    stock.path.write_bytes(b"")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28))

    target = "agent.ledger.recovery.open_epoch" if step == "open_epoch" else None
    monkeypatch.setattr(target or f"{building.__name__}.{step}", full)
    for _ in range(2):
        with pytest.raises(LedgerUnavailable, match="No space left"), stock.running():
            pass
    monkeypatch.undo()
    with stock.running() as ledger:
        assert ledger.frozen is not None
        stock.sell(ledger, 1)
    assert everything(stock.path)[: len(before) - 3] == before[:-3]


def test_a_database_that_cannot_grow_ends_a_rebuild(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's own word that the disk is full is no damage of a backup."""
    stock = build(tmp_path)
    stock.path.write_bytes(b"")
    real = building.open_writer

    def tight(path: Path) -> object:
        connection = real(path)
        connection.execute("PRAGMA max_page_count = 1")
        return connection

    monkeypatch.setattr(building, "open_writer", tight)
    with pytest.raises(LedgerUnavailable, match="full"), stock.running():
        pass
    monkeypatch.undo()
    with stock.running() as ledger:
        assert ledger.head.epoch == 1
    assert len(list(stock.places.quarantine.glob("*/began-with.txt"))) == 1
