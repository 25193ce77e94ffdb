"""What root writes into a ledger belongs to whom the ledger belongs: the agent's own user."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from stocked import Stock

from agent.cli import main
from agent.ledger.backup import make_backup

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")

OWNER = (61_234, 61_235)


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger of another user's, with a backup that root brought."""
    stock = Stock(tmp_path / "state" / "ledger.db")
    stock.path.parent.mkdir()
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell_and_seal(ledger, 3)
    run(stock, "backup", "--to", str(tmp_path / "stick"))
    os.chown(stock.path.parent, *OWNER)
    for path in stock.path.parent.rglob("*"):
        os.chown(path, *OWNER)
    return stock


def run(stock: Stock, *words: str, code: int = 0) -> None:
    """Run a command as root would."""
    result = CliRunner().invoke(main, ["ledger", *words, "--db", str(stock.path)])
    assert result.exit_code == code, result.output


def owners(stock: Stock) -> set[tuple[int, int]]:
    """Whose the ledger's directory and everything in it are."""
    state = stock.path.parent
    found = [path.lstat() for path in (state, *state.rglob("*"))]
    return {(file.st_uid, file.st_gid) for file in found}


def stick(stock: Stock) -> Path:
    """The backup that was taken away."""
    (file,) = (stock.path.parents[1] / "stick").glob("*.db")
    return file


def restored(stock: Stock) -> None:
    """Put the backup back where nothing is left but the directory."""
    for path in sorted(stock.path.parent.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    run(stock, "restore", str(stick(stock)))


def confirmed(stock: Stock) -> None:
    """Restore, and confirm."""
    run(stock, "restore", str(stick(stock)))
    stock.places.lock.unlink()
    run(stock, "confirm")


DOINGS: list[Callable[[Stock], None]] = [
    lambda stock: run(stock, "backup"),
    lambda stock: run(stock, "backup", "--hourly"),
    lambda stock: run(stock, "restore", str(stick(stock))),
    restored,
    confirmed,
    *(
        lambda stock, word=word: run(stock, word)  # type: ignore[misc]  # bound at once
        for word in ("verify", "balance", "export")
    ),
]


@pytest.mark.parametrize("doing", DOINGS)
def test_nothing_stays_roots(stock: Stock, doing: Callable[[Stock], None]) -> None:
    """After a command of root's every file is the owner's of the directory, who can go on."""
    doing(stock)
    assert owners(stock) == {OWNER}


def test_also_what_a_refused_restore_left(stock: Stock) -> None:
    """A restore that was refused leaves nothing of root's either."""
    stock.places.lock.unlink()
    notes = stock.path.parents[1] / "notes.txt"
    notes.write_text("milk, bread\n" * 500)
    run(stock, "restore", str(notes), code=1)
    assert stock.places.lock.exists()
    assert owners(stock) == {OWNER}


def test_a_link_is_not_followed(stock: Stock, tmp_path: Path) -> None:
    """The owner cannot have another's file given to them by a link; other files are left alone."""
    secret, other = tmp_path / "secret", stock.path.with_name("other.db")
    for path in (secret, other):
        path.write_text("root's")
    (stock.path.parent / "ledger.db.backups").mkdir(exist_ok=True)
    (stock.path.parent / "ledger.db.backups" / "link").symlink_to(secret)
    run(stock, "backup")
    assert (secret.stat().st_uid, other.stat().st_uid) == (0, 0)


def test_what_is_taken_away_is_whose_command_it_was(stock: Stock, tmp_path: Path) -> None:
    """A backup for another disk stays root's: it was root who asked for it."""
    run(stock, "backup", "--to", str(tmp_path / "usb"))
    assert owners(stock) == {OWNER}
    assert {path.stat().st_uid for path in (tmp_path / "usb").rglob("*")} == {0}


def test_a_ledger_of_roots_stays_so(tmp_path: Path) -> None:
    """Where root runs the agent, nothing changes hands."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
    made = make_backup(stock.places, "full")
    run(stock, "restore", str(stock.places.backups / made.file))
    assert {uid for uid, _ in owners(stock)} == {0}
