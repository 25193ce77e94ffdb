"""A backup that is put back is another life of the ledger: fenced, frozen, nothing thrown away."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from stocked import CARD, Stock, digest, everything, scribble

from agent.cli import main
from agent.core.entry import Entry
from agent.core.facts import CreateReward, OpenEpoch
from agent.ledger import Frozen, Ledger, replay
from agent.ledger.backup import make_backup


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger of twelve entries: a full backup after six, an hourly one after nine."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell(ledger, 5)
        make_backup(stock.places, "full")
        stock.sell(ledger, 3)
        make_backup(stock.places, "hourly")
        stock.sell(ledger, 3)
    return stock


def restore(stock: Stock, backup: Path) -> Result:
    """Run ``tapledger ledger restore`` as a shell would."""
    return CliRunner().invoke(main, ["ledger", "restore", "--db", str(stock.path), str(backup)])


def backup_of(stock: Stock, kind: str) -> Path:
    """The backup whose name begins so."""
    (file,) = stock.places.backups.glob(f"{kind}*.db")
    return file


def hold(ledger: Ledger) -> None:
    """Try to hold points."""
    account = next(iter(asyncio.run(ledger.read(lambda view: view.balances()))))
    fact = CreateReward(
        redemption_id="r-1", account=account, points=1, authority="lease", expires_at="2027-01-01"
    )
    asyncio.run(ledger.write(lambda transaction: transaction.append(fact)))


@pytest.mark.parametrize(("kind", "seq"), [("full", 6), ("hourly", 9)])
def test_a_restored_ledger_lives_again(stock: Stock, kind: str, seq: int) -> None:
    """It ends with the backup's head and a new epoch of a new incarnation that names its parent."""
    with stock.running() as ledger:
        incarnation = ledger.incarnation
    parent = dict.fromkeys(everything(stock.path))
    restored = restore(stock, backup_of(stock, kind))
    assert restored.exit_code == 0, restored.stderr
    assert f"restored up to entry 0:{seq}:" in restored.stdout
    with stock.running() as ledger:
        assert (ledger.head.epoch, ledger.head.seq) == (1, 1)
        assert ledger.incarnation != incarnation
        newest = asyncio.run(ledger.read(lambda view: view.newest()))
        assert newest is not None
        assert isinstance(newest.fact, OpenEpoch)
        assert (newest.fact.cause, newest.fact.parent_seq) == ("restored", seq)
        assert newest.fact.parent_incarnation == incarnation
        assert stock.identify(ledger).balance == 10 * (seq - 1)
    kept = everything(stock.path)[:-1]
    assert kept
    assert all((position, canonical) in parent for position, canonical in kept)
    assert replay(stock.path).head.epoch == 1


@pytest.mark.parametrize("kind", ["full", "hourly"])
def test_a_restored_ledger_is_frozen_until_confirmed(stock: Stock, kind: str) -> None:
    """Sales go on and nothing is redeemed, across restarts, until somebody confirms."""
    restore(stock, backup_of(stock, kind))
    for _ in range(2):
        with stock.running() as ledger:
            assert ledger.frozen == f"restored from {backup_of(stock, kind).name}"
            stock.sell(ledger, 1)
            with pytest.raises(Frozen):
                hold(ledger)
    with stock.running() as ledger:
        asyncio.run(ledger.confirm())
        hold(ledger)
        assert ledger.frozen is None


def test_what_was_there_is_kept_byte_for_byte(stock: Stock) -> None:
    """The files that a restore replaces lie in quarantine, unchanged."""
    before = digest(stock.path)
    restore(stock, backup_of(stock, "full"))
    (damaged,) = stock.places.quarantine.glob("*/damaged.db")
    assert digest(damaged) == before
    assert "replaced by full-" in (damaged.parent / "reason.txt").read_text()


def test_the_old_tail_is_still_offered(stock: Stock) -> None:
    """What the backup holds and head office has not acknowledged is offered before the new life."""
    restore(stock, backup_of(stock, "full"))
    with stock.running() as ledger:
        assert (ledger.epochs.offered.number, ledger.epochs.offered.head_seq) == (0, 6)
        assert ledger.epochs.unacknowledged == 7
        assert len(asyncio.run(ledger.read_after((0, 0), at_most=100))) == 7


def test_head_office_may_hold_more_than_the_backup(stock: Stock) -> None:
    """Acknowledged entries that the backup does not have are not waited for: the new life is
    offered.
    """
    with stock.running() as ledger:
        stock.acknowledge(ledger)
        made = make_backup(stock.places, "full")
    ahead = backup_of(stock, "full-000000-000000000012")
    scribble(ahead, "UPDATE meta SET value = '0:40' WHERE key = 'acknowledged'")
    (ahead.parent / f"{ahead.name}.json").unlink()
    assert restore(stock, ahead).exit_code == 0
    assert made.file == ahead.name
    with stock.running() as ledger:
        assert ledger.epochs.acknowledged == (0, 12)
        assert ledger.epochs.offered.number == 1


def test_epochs_only_grow(stock: Stock) -> None:
    """Every restore gets a number that no life before it had, whatever was restored or lost."""
    for epoch in (1, 2, 3):
        restore(stock, backup_of(stock, "full"))
        if epoch == 2:
            stock.places.witness.unlink(missing_ok=True)
        with stock.running() as ledger:
            assert ledger.head.epoch == epoch


def test_an_hourly_backup_alone_is_enough(stock: Stock, tmp_path: Path) -> None:
    """One hourly file, carried to another machine without its manifest, makes a ledger."""
    there = Stock(tmp_path / "there" / "ledger.db", answered=stock.answered)
    there.path.parent.mkdir()
    carried = there.path.parent / "carried.db"
    shutil.copy(backup_of(stock, "hourly"), carried)
    restored = restore(there, carried)
    assert restored.exit_code == 0, restored.stderr
    with there.running() as ledger:
        assert there.identify(ledger).balance == 80
        there.sell(ledger, 2)
        assert there.identify(ledger).balance == 100
        again = there.commit(ledger, "sale-8")
        assert again.replay
    assert replay(there.path).head == there.answered["sale-13"]


def test_a_backup_taken_away_brings_its_sealed_entries(stock: Stock, tmp_path: Path) -> None:
    """``backup --to`` copies segments along, and a restore on a new disk takes them back."""
    with stock.running() as ledger:
        stock.acknowledge(ledger)
        stock.day = 50
        stock.sell(ledger, 1)
        stock.seal(ledger)
    before = everything(stock.path)
    away = tmp_path / "usb"
    words = ["ledger", "backup", "--db", str(stock.path), "--to", str(away)]
    assert CliRunner().invoke(main, words).exit_code == 0
    assert not list(stock.places.backups.glob("full-000000-000000000013*"))
    there = Stock(tmp_path / "there" / "ledger.db", day=50)
    there.path.parent.mkdir()
    (file,) = away.glob("full-*.db")
    assert restore(there, file).exit_code == 0
    assert everything(there.path)[:-1] == before
    assert replay(there.path).entries == len(before) + 1


@pytest.mark.parametrize("harm", ["changed", "other", "itself", "text"])
def test_what_is_no_backup_leaves_the_ledger_alone(stock: Stock, tmp_path: Path, harm: str) -> None:
    """A file that is no sound backup is refused in one line, and nothing was moved."""
    source = backup_of(stock, "full")
    if harm == "changed":
        source.write_bytes(source.read_bytes()[:-1] + b"!")
    elif harm == "other":
        source = tmp_path / "photos.db"
        with closing(sqlite3.connect(source)) as connection:
            connection.execute("CREATE TABLE photos (name)")
    elif harm == "itself":
        source = stock.path
    else:
        source = tmp_path / "notes.txt"
        source.write_text("milk, bread\n" * 500)
    before = digest(stock.path)
    refused = restore(stock, source)
    assert refused.exit_code == 1
    assert isinstance(refused.exception, SystemExit)
    assert len(refused.stderr.splitlines()) == 1
    assert source.name in refused.stderr
    assert digest(stock.path) == before
    assert not stock.places.quarantine.exists()
    with stock.running() as ledger:
        assert ledger.frozen is None


def test_a_running_agent_keeps_its_ledger(stock: Stock) -> None:
    """While an agent owns the ledger, a restore is refused."""
    with stock.running() as ledger:
        refused = restore(stock, backup_of(stock, "full"))
        assert refused.exit_code == 1
        assert "in use" in refused.stderr
        stock.sell(ledger, 1)
    assert Entry.parse(everything(stock.path)[-1][1]).seq == 13
    assert CARD
