"""Backups, exports and restored ledgers hold card numbers: nobody else's to read, by any umask."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from stocked import CARD, Stock

from agent.cli.ledger import ledger as commands

OTHERS = 0o077


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger with a sealed file, alone in its directory."""
    stock = Stock(tmp_path / "state" / "ledger.db")
    stock.path.parent.mkdir()
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell_and_seal(ledger, 3)
    return stock


@pytest.fixture(autouse=True)
def open_to_all(stock: Stock) -> Iterator[None]:  # noqa: ARG001 - comes after it
    """A shell that gives everybody everything."""
    before = os.umask(0)
    yield
    os.umask(before)


def run(stock: Stock, *words: str) -> None:
    """Run a command of the group itself: the program's own umask is not what makes it private."""
    result = CliRunner().invoke(commands, [*words, "--db", str(stock.path)])
    assert result.exit_code == 0, result.output


def readable(top: Path) -> list[Path]:
    """The files that others could read, directories on the way included, and what they could list
    below ``top`` itself.
    """
    found = list[Path]()
    for path in top.iterdir():
        mode = path.stat().st_mode
        if path.is_dir():
            found += [path] if mode & OTHERS else []
        elif mode & OTHERS:
            found.append(path)
    return found


@pytest.mark.parametrize("kind", [(), ("--hourly",)])
def test_a_backup_is_private(stock: Stock, kind: tuple[str, ...]) -> None:
    """The ring, what is in it, and everything beside the ledger are the owner's alone."""
    run(stock, "backup", *kind)
    assert readable(stock.path.parent) == []
    assert readable(stock.places.backups) == []


@pytest.mark.parametrize("there", [False, True])
def test_a_backup_that_is_taken_away_is_private(stock: Stock, tmp_path: Path, there: bool) -> None:
    """Each file on the stick is, and each directory that was made there; also where the stick's
    own is open to all.
    """
    away = tmp_path / "stick"
    if there:
        away.mkdir()
    run(stock, "backup", "--to", str(away))
    assert there or not away.stat().st_mode & OTHERS
    assert readable(away) == []
    assert len(list((away / "segments").iterdir())) == 1
    assert readable(away / "segments") == []


def test_an_export_is_private(stock: Stock, tmp_path: Path) -> None:
    """A file that an export makes is; one that is there keeps the mode its owner gave it."""
    out = tmp_path / "out.jsonl"
    run(stock, "export", "--card-numbers", "--out", str(out))
    assert CARD in out.read_text()
    assert not out.stat().st_mode & OTHERS
    out.chmod(0o640)
    run(stock, "export", "--out", str(out))
    assert out.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("kind", ["full", "hourly"])
def test_a_restored_ledger_is_private(stock: Stock, tmp_path: Path, kind: str) -> None:
    """The ledger, its base and the sealed files that came along are, wherever they came from."""
    away = tmp_path / "stick"
    run(stock, "backup", "--to", str(away), *(["--hourly"] if kind == "hourly" else []))
    (file,) = away.glob("*.db")
    file.chmod(0o644)
    there = Stock(tmp_path / "there" / "ledger.db")
    there.path.parent.mkdir()
    run(there, "restore", str(file))
    assert readable(there.path.parent) == []
    assert readable(there.places.segments) == []
    assert there.places.base.exists() == (kind == "hourly")
