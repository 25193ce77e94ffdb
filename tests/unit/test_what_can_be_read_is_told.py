"""``history`` and ``export`` read on behind what cannot be read, and say what they left out."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from stocked import CARD, Stock, everything, flip, scribble, segments_of

from agent.cli import main


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger whose first of two sealed files cannot be read."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell_and_seal(ledger, 9, times=2)
        assert len(everything(stock.path)) == 21
    return stock


def run(stock: Stock, *words: str) -> Result:
    """Run a command that leaves something out: exit code 1, without a traceback."""
    result = CliRunner().invoke(main, ["ledger", *words, "--db", str(stock.path)])
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit)
    return result


@pytest.mark.parametrize("words", [("history", CARD, "--json"), ("export",)])
def test_a_bad_segment_hides_only_itself(stock: Stock, words: tuple[str, ...]) -> None:
    """Everything after a sealed file that is damaged or gone is told; the file is named."""
    segment = segments_of(stock.path)[0]
    flip(segment, segment.stat().st_size // 2)
    for _ in ("damaged", "gone"):
        result = run(stock, *words)
        assert [json.loads(line)["seq"] for line in result.stdout.splitlines()] == [*range(11, 22)]
        assert f"left out: segment {segment.name}: " in result.stderr
        assert "ledger verify" in result.stderr.splitlines()[-1]
        segment.unlink(missing_ok=True)


def test_entries_that_are_missing_are_said(stock: Stock) -> None:
    """A gap in the journal is said; what stands on both sides of it is told."""
    with stock.running() as ledger:
        stock.sell(ledger, 4)
    scribble(stock.path, "DELETE FROM journal WHERE seq = 23")
    result = run(stock, "export")
    seqs = [json.loads(line)["seq"] for line in result.stdout.splitlines()]
    assert seqs == [*range(1, 23), 24, 25]
    assert "left out: entry 0:24: comes after 0:22;" in result.stderr


@pytest.mark.parametrize("words", [("history", CARD), ("export",), ("export", "--format", "csv")])
def test_an_entry_that_is_none_is_said(stock: Stock, words: tuple[str, ...]) -> None:
    """Bytes that are no entry are named by their place; the others are told."""
    with stock.running() as ledger:
        account = stock.identify(ledger).account
        stock.sell(ledger, 1)
    bad = f'{{"account":"{account}"'.encode()
    scribble(stock.path, "UPDATE journal SET canonical = ? WHERE seq = 21", bad)
    result = run(stock, *words)
    assert "left out: entry 0:21: " in result.stderr
    above_or_below = ("account ", "date ", "  ")
    told = [line for line in result.stdout.splitlines() if not line.startswith(above_or_below)]
    assert len(told) == 21 + ("csv" in words)
