"""Damage that a tap or a retry meets is noted where a sale's is, and mended without the night."""

import asyncio
import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from stocked import Stock, break_page, flip, scribble, segments_of

from agent.ledger import Ledger, LedgerDamaged, LedgerUnavailable, View, replay
from agent.ledger.upkeep import Upkeep, UpkeepPlan

PLAN = UpkeepPlan(keep_days=30, budget_bytes=2**40, alone=True)


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger whose member's last sale, sale-30, is sealed."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell(ledger, 30)
        stock.day = 60
        stock.sell(ledger, 1, card="em4100:0000000009")
        assert stock.seal(ledger, alone=True) == 1
    return stock


def look(ledger: Ledger) -> None:
    """What an agent does every two seconds."""
    asyncio.run(Upkeep(ledger, PLAN).look())


def forget_blocks(ledger: Ledger) -> None:
    """Have the segments read again, as after a day of other sales."""
    ledger.archive._block.cache_clear()


def harm_segment(stock: Stock, ledger: Ledger) -> None:
    """Turn a byte of the block that holds the last sale."""
    forget_blocks(ledger)
    (segment,) = segments_of(stock.path)
    flip(segment, segment.stat().st_size // 2)


def test_a_tap_that_meets_a_bad_segment(stock: Stock, ledger: Ledger) -> None:
    """A tap whose last sale cannot be read is refused once; the next look makes the ledger anew,
    and the member's balance is what it was.
    """
    harm_segment(stock, ledger)
    with pytest.raises(LedgerDamaged):
        stock.identify(ledger)
    assert str(ledger.damage).startswith("segment ")
    look(ledger)
    assert ledger.damage is None
    assert ledger.frozen is not None
    replay(stock.path)


def test_a_retry_that_meets_a_bad_segment(stock: Stock, ledger: Ledger) -> None:
    """A POS that asks again for a sealed sale is refused once, and answered after a look."""
    harm_segment(stock, ledger)
    with pytest.raises(LedgerDamaged):
        stock.commit(ledger, "sale-30")
    assert str(ledger.damage).startswith("segment ")
    look(ledger)
    assert ledger.damage is None
    stock.commit(ledger, "sale-30")
    replay(stock.path)


def test_a_tap_that_meets_a_torn_page(stock: Stock, ledger: Ledger) -> None:
    """The same for a page of the database that SQLite cannot believe."""
    break_page(stock)
    with pytest.raises(LedgerUnavailable, match="malformed"):
        stock.identify(ledger)
    assert "malformed" in str(ledger.damage)
    look(ledger)
    assert ledger.damage is None
    replay(stock.path)


@pytest.mark.parametrize("ask", [Stock.identify, lambda s, ledger: s.commit(ledger, "unlucky")])
def test_a_question_that_meets_text_that_is_none(
    stock: Stock, ledger: Ledger, ask: Callable[[Stock, Ledger], object]
) -> None:
    """The same for a name whose bytes are no text any more, be it a tap or a sale that met it."""
    scribble(stock.path, "UPDATE cards SET account = CAST(x'fffe41' AS TEXT)")
    scribble(stock.path, "UPDATE accounts SET account = CAST(x'fffe41' AS TEXT)")
    with pytest.raises(LedgerUnavailable, match="Could not decode"):
        ask(stock, ledger)
    assert "Could not decode" in str(ledger.damage)
    look(ledger)
    assert ledger.damage is None
    assert stock.identify(ledger).balance == 300
    ask(stock, ledger)
    replay(stock.path)


def test_a_segment_that_is_dropped_meanwhile_is_no_damage(stock: Stock, ledger: Ledger) -> None:
    """A question that began before the budget let a segment go is asked again, and answered."""
    (segment,) = segments_of(stock.path)
    asked = []

    def question(view: View) -> int:
        asked.append(view.count())
        if len(asked) == 1:
            raise LedgerDamaged(f"segment {segment.name}: No such file or directory")
        return len(asked)

    assert asyncio.run(ledger.read(question)) == 2
    assert ledger.damage is None


def test_a_file_that_cannot_be_opened_just_now_is_no_damage(
    stock: Stock, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too many open files are this process's trouble and not the segment's."""
    forget_blocks(ledger)
    real = Path.open

    def refused(self: Path, *arguments: object, **options: object) -> object:
        if self.suffix == ".gz":
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return real(self, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(LedgerUnavailable, match="Too many open files"):
        stock.identify(ledger)
    assert ledger.damage is None
    monkeypatch.undo()
    assert stock.identify(ledger).balance == 300
