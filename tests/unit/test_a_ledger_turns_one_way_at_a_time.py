"""A ledger is started, recovered or stopped, one after the other; what was mended is left alone."""

import asyncio
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from stocked import Stock

from agent.clock import mint_id
from agent.ledger import Ledger, LedgerUnavailable, replay
from agent.ledger import ledger as ledger_module
from agent.ledger.backup import make_backup
from agent.ledger.recovery import restore
from agent.ledger.upkeep import Upkeep, UpkeepPlan
from agent.tools.waiting import wait_until


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger of one member and nine sales, with a backup."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell(ledger, 9)
        make_backup(stock.places, "full")
        stock.sell(ledger, 1)
    return stock


def test_a_stop_during_a_recovery_stops_the_recovered_ledger(
    stock: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGTERM while a ledger is made anew: when the stop is over, nothing runs and the lock is
    free, so that no second agent ever writes beside a first.
    """
    ledger = Ledger(stock.path, clock=stock.clock, mint_id=mint_id)
    ledger.start()
    stopping = threading.Thread(target=ledger.stop)
    rebuild = ledger_module.rebuild

    def interrupted(*arguments: object, **options: object) -> object:
        stopping.start()
        wait_until(
            lambda: getattr(ledger, "_stopping", False) or not stopping.is_alive(),
            "the stop to be asked for",
        )
        return rebuild(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(ledger_module, "rebuild", interrupted)
    ledger.recover("a test")
    stopping.join()
    with pytest.raises(LedgerUnavailable, match="not running"):
        asyncio.run(ledger.write(lambda transaction: transaction.head()))
    monkeypatch.undo()
    with stock.running() as next_one:
        assert next_one.frozen == "a test"
    replay(stock.path)


def test_no_recovery_begins_after_a_stop(stock: Stock) -> None:
    """A look that comes late does not start again what was stopped."""
    ledger = Ledger(stock.path, clock=stock.clock, mint_id=mint_id)
    ledger.start()
    ledger.stop()
    with pytest.raises(LedgerUnavailable, match="stopping"):
        ledger.recover("too late")
    assert not stock.places.quarantine.exists()
    with stock.running() as next_one:
        assert next_one.frozen is None


def test_one_damage_is_mended_once(stock: Stock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A replay that reports what a tap met first does not move the ledger that was made since."""

    class Replay:
        """Reports the old ledger's damage while its recovery is under way."""

        pid, returncode = os.getpid(), 1

        async def communicate(self) -> tuple[bytes, bytes]:
            self.recovery = asyncio.create_task(upkeep.recover("a tap met it"))
            await asyncio.sleep(0)  # it has begun
            return b'{"damaged": "what the replay found"}', b""

    async def begun(*_: object, **__: object) -> Replay:
        return Replay()

    monkeypatch.setattr("agent.ledger.upkeep.asyncio.create_subprocess_exec", begun)
    monkeypatch.setattr("agent.ledger.upkeep.os.setpriority", lambda *_: None)
    with stock.running() as ledger:
        upkeep = Upkeep(ledger, UpkeepPlan(keep_days=30, budget_bytes=2**40, alone=True))
        asyncio.run(upkeep.verify())
        assert ledger.frozen == "a tap met it"
    assert [cell.name for cell in stock.places.quarantine.iterdir()] == ["001"]


def _restored(stock: Stock) -> str:
    (file,) = stock.places.backups.glob("full-*.db")
    restore(stock.places, file, clock=stock.clock, mint_id=mint_id)
    return f"restored from {file.name}"


def _copied(stock: Stock) -> None:
    (damaged,) = stock.places.quarantine.glob("*/damaged.db")
    stock.path.write_bytes(damaged.read_bytes())


@pytest.mark.parametrize("put_back", [_restored, _copied])
def test_what_was_put_in_its_place_is_not_suspected(
    stock: Stock, monkeypatch: pytest.MonkeyPatch, put_back: Callable[[Stock], str | None]
) -> None:
    """While an agent cannot finish its recovery, somebody restores the ledger: the agent goes on
    with that one, and moves nothing more to quarantine.
    """

    def full(*_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28))

    with stock.running() as ledger:
        with monkeypatch.context() as patch:
            patch.setattr("agent.ledger.recovery.open_epoch", full)
            with pytest.raises(LedgerUnavailable):
                ledger.recover("a test")
        frozen = put_back(stock)
        ledger.recover("a test")
        assert ledger.frozen == frozen
        assert [cell.name for cell in stock.places.quarantine.iterdir()] == ["001"]
        ledger.recover("another damage")
        assert ledger.frozen == "another damage"
    replay(stock.path)
