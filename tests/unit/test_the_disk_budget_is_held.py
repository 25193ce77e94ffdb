"""The disk budget: what goes first, what never goes, and what a person is told."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner
from stocked import CARD, Stock, everything, in_database, segments_of

from agent.cli import main
from agent.ledger import Ledger, LedgerUnavailable, replay, verify_chain
from agent.ledger.backup import make_backup
from agent.ledger.budget import DiskBudget, usage
from agent.ledger.ring import backups


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger with three segments, five backups and two damaged copies."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell_and_seal(ledger, 20, times=3)
        for kind in ("full", "hourly", "full", "hourly", "hourly"):
            make_backup(stock.places, kind)  # type: ignore[arg-type]  # both are kinds
            stock.sell(ledger, 1)
    for number in ("001", "002"):
        (stock.places.quarantine / number).mkdir(parents=True)
        (stock.places.quarantine / number / "damaged.db").write_bytes(bytes(50_000))
    return stock


def hold(ledger: Ledger, budget_bytes: int, *, alone: bool = False) -> str | None:
    """Hold a budget."""
    budget = DiskBudget(ledger, budget_bytes=budget_bytes, alone=alone)
    asyncio.run(budget.hold())
    return budget.alarm


def kinds(stock: Stock) -> list[str]:
    """The kinds of the backups in the ring."""
    return sorted(backup.kind for backup in backups(stock.places.backups))


def test_within_the_budget_nothing_goes(stock: Stock, ledger: Ledger) -> None:
    """Files that fit are left alone, to the byte, and nothing is said."""
    before = usage(stock.places)
    assert hold(ledger, before.total) is None
    assert usage(stock.places) == before


def test_old_backups_go_first(stock: Stock, ledger: Ledger) -> None:
    """A little too much costs the oldest hourly backup and nothing else."""
    alarm = hold(ledger, usage(stock.places).total - 1)
    assert alarm == "[ledger] budget_mib is reached; dropped to keep it: backups"
    assert kinds(stock) == ["full", "full", "hourly", "hourly"]
    assert len(segments_of(stock.path)) == 3


def test_damaged_copies_go_second(stock: Stock, ledger: Ledger) -> None:
    """Then the older damaged copy goes; the newest one, the last full and hourly backup stay."""
    ring = sum(file.stat().st_size for file in stock.places.backups.iterdir())
    newest = {b.kind: b for b in reversed(backups(stock.places.backups))}
    kept = sum((stock.places.backups / b.file).stat().st_size for b in newest.values())
    alarm = hold(ledger, usage(stock.places).total - (ring - kept) - 1)
    assert alarm is not None
    assert alarm.endswith("backups, damaged copies")
    assert kinds(stock) == ["full", "hourly"]
    assert [path.name for path in stock.places.quarantine.iterdir()] == ["002"]
    assert len(segments_of(stock.path)) == 3


def tight(stock: Stock, ledger: Ledger, segments: int) -> str | None:
    """Leave only so many segments' room."""
    usage_now = usage(stock.places)
    sizes = [file.stat().st_size for file in segments_of(stock.path)]
    hold(ledger, usage_now.total - usage_now.backups // 2, alone=True)
    while len(segments_of(stock.path)) > segments:
        alarm = hold(ledger, usage(stock.places).total - 1)
        if alarm is None or "nothing more" in alarm:
            return alarm
    assert sizes
    return alarm


def test_sealed_entries_go_last_and_leave_their_sums(stock: Stock, ledger: Ledger) -> None:
    """Dropped entries live on as a base: balances stand, the rest replays, a full backup is made
    that does not count on them.
    """
    balance, before = stock.identify(ledger).balance, everything(stock.path)
    alarm = tight(stock, ledger, 2)
    assert alarm is not None
    assert stock.places.base.exists()
    left = everything(stock.path)
    assert left == before[-len(left) :]
    assert stock.identify(ledger).balance == balance
    assert replay(stock.path).entries == len(left)
    assert verify_chain(stock.path) == ledger.head
    (newest,) = [b for b in backups(stock.places.backups) if b.kind == "full"]
    assert newest.begins_after.split(":")[:2] == ["0", str(before[-len(left) - 1][0].seq)]


def test_a_ledger_with_a_base_lives_on(stock: Stock) -> None:
    """It starts again unfrozen, sells, seals, backs up, restores, and is made anew when damaged."""
    with stock.running() as ledger:
        tight(stock, ledger, 1)
        balance = stock.identify(ledger).balance
    with stock.running() as ledger:
        assert ledger.frozen is None
        assert stock.identify(ledger).balance == balance
        stock.acknowledge(ledger)
        stock.day += 50
        stock.sell(ledger, 2)
        assert stock.seal(ledger) == 1
        full = make_backup(stock.places, "full")
        balance = stock.identify(ledger).balance
    assert replay(stock.path).balances
    count = len(everything(stock.path))
    for step in ("history", "restore", "damage", "damage without backups"):
        if step == "history":
            shown = CliRunner().invoke(main, ["ledger", "history", CARD, "--db", str(stock.path)])
            assert shown.exit_code == 0
            continue
        if step == "restore":
            file = stock.places.backups / full.file
            words = ["ledger", "restore", "--db", str(stock.path), str(file)]
            assert CliRunner().invoke(main, words).exit_code == 0
        else:
            if "without" in step:
                for file in stock.places.backups.iterdir():
                    file.unlink()
            stock.path.write_bytes(stock.path.read_bytes()[: 4096 * 3])
        with stock.running() as ledger:
            assert ledger.frozen is not None
            if "without" not in step:
                assert stock.identify(ledger).balance == balance
        found = replay(stock.path)
        if "without" not in step:
            assert found.entries >= count


def test_a_base_that_was_moved_is_not_moved_twice(
    stock: Stock, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off after the base and before the segment is forgotten: the next run folds nothing
    twice.
    """
    real = ledger.write

    async def cut(job: object) -> object:
        raise LedgerUnavailable(f"cut off before {job}")

    balance = stock.identify(ledger).balance
    for file in stock.places.backups.iterdir():
        file.unlink()
    monkeypatch.setattr(ledger, "write", cut)
    limit = usage(stock.places).total - 60_000
    with pytest.raises(LedgerUnavailable, match="cut off"):
        hold(ledger, limit)
    monkeypatch.undo()
    assert ledger.write == real
    assert stock.places.base.exists()
    replay(stock.path)
    hold(ledger, limit)
    assert stock.identify(ledger).balance == balance
    replay(stock.path)


def test_unacknowledged_entries_are_never_dropped(stock: Stock) -> None:
    """Whatever the budget, entries that head office has not stay, sealed or not; it is said."""
    with stock.running() as ledger:
        asyncio.run(ledger.write(lambda t: t.remember("acknowledged", "0:25")))
    with stock.running() as ledger:
        before = everything(stock.path)
        alarm = hold(ledger, 0)
        assert alarm is not None
        assert "nothing more may be dropped" in alarm
        assert "budget_mib" in alarm
        first = everything(stock.path)[0][0].seq
        assert first <= 26
        assert everything(stock.path) == before[first - 1 :]
        assert in_database(stock.path)
    replay(stock.path)


def test_alone_everything_is_kept(stock: Stock, ledger: Ledger) -> None:
    """An agent without a head office drops no entry at all and says that it is too much."""
    before = everything(stock.path)
    alarm = hold(ledger, 0, alone=True)
    assert alarm is not None
    assert "nothing more may be dropped" in alarm
    assert everything(stock.path) == before
    assert kinds(stock) == ["full", "hourly"]
    assert not stock.places.base.exists()
