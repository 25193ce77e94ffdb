"""Backups of several stores lie in one directory, and each gets its own sealed entries back."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from stocked import Stock, everything, segments_of

from agent.cli import main
from agent.ledger import replay


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """A directory to take away."""
    return tmp_path / "stick"


@pytest.fixture
def stores(tmp_path: Path, stick: Path) -> list[Stock]:
    """Two stores with entries of the same numbers, both backed up to one stick."""
    both = [Stock(tmp_path / name / "ledger.db") for name in ("a", "b")]
    for stock in both:
        with stock.running() as ledger:
            stock.enrol(ledger)
            stock.sell(ledger, 20)
            stock.day = 60
            stock.sell(ledger, 1)
            stock.seal(ledger, alone=True)
        run("backup", stock.path, "--to", str(stick))
    return both


def run(command: str, path: Path, *words: str) -> str:
    """Run a command of ``tapledger ledger`` as a shell would; answers what it said."""
    done = CliRunner().invoke(main, ["ledger", command, "--db", str(path), *words])
    assert done.exit_code == 0, done.stderr
    return done.stdout


def restored(stick: Path, number: int) -> tuple[Path, str]:
    """Put the backup of one store in the place of a lost one; answers where, and what was said."""
    path = stick.with_name(f"there-{number}") / "ledger.db"
    path.parent.mkdir()
    file = sorted(stick.glob("full-*.db"), key=lambda file: file.stat().st_mtime_ns)[number]
    return path, run("restore", path, str(file))


@pytest.mark.parametrize("number", [0, 1])
def test_each_gets_its_own_entries_back(stores: list[Stock], stick: Path, number: int) -> None:
    """Whichever is restored: every entry is there, nothing was left out, nothing is the other's."""
    before = everything(stores[number].path)
    path, said = restored(stick, number)
    assert "left out" not in said
    assert everything(path)[:-1] == before
    assert len(list(path.with_name("ledger.db.segments").iterdir())) == 1
    assert replay(path).entries == len(before) + 1


def test_a_stick_of_an_earlier_version_serves_too(stores: list[Stock], stick: Path) -> None:
    """Sealed files that lie there under the name they have in the ledger are taken back as well."""
    for file in (stick / "segments").iterdir():
        file.unlink()
    for file in segments_of(stores[0].path):
        (stick / "segments" / file.name).write_bytes(file.read_bytes())
    path, said = restored(stick, 0)
    assert "left out" not in said
    assert everything(path)[:-1] == everything(stores[0].path)


def test_what_is_left_out_is_said(stores: list[Stock], stick: Path) -> None:
    """Without its sealed files a backup is restored all the same, and says how much is missing."""
    for file in (stick / "segments").iterdir():
        file.unlink()
    path, said = restored(stick, 0)
    assert "21 older entries were left out" in said
    assert [position.place for position, _ in everything(path)] == [(0, 22), (1, 1)]
    with Stock(path).running() as ledger:
        assert stores[0].identify(ledger).balance == 210


def test_a_good_copy_is_never_written_over(stores: list[Stock], stick: Path) -> None:
    """A sealed file that is damaged in the ledger does not replace the whole one on the stick."""
    before = everything(stores[0].path)
    (sealed,) = segments_of(stores[0].path)
    sealed.write_bytes(b"\xaa" * 64)
    run("backup", stores[0].path, "--to", str(stick))
    path, said = restored(stick, 2)
    assert "left out" not in said
    assert everything(path)[:-1] == before
