"""``tapledger bench till`` measures what it says, with an agent that is really one."""

import pytest
from click.testing import CliRunner

from agent.cli import main
from agent.tools.bench import measure, till_http
from agent.tools.bench.lookups import LOOKUPS
from agent.tools.bench.till_calls import CALLS

_SMALL = ("--accounts", "100", "--entries", "1000", "--requests", "8")


@pytest.mark.torture
@pytest.mark.timeout(300)
def test_every_row_of_the_till_has_a_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command runs, and prints each call at 1 and at 16 connections, each way to identify and
    the customers on a large ledger, all with numbers."""
    monkeypatch.setattr(measure, "RUNS", 1)
    monkeypatch.setattr(till_http, "_YOUNG_S", 600)  # how fast it is does not matter here
    done = CliRunner().invoke(main, ["bench", "till", *_SMALL], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    for call in CALLS:
        for connections in ("1", "16"):
            (row,) = [line for line in lines if _cells(line)[:2] == [call.name, connections]]
            numbers = [float(cell.replace(",", "")) for cell in _cells(row)[2:9]]
            assert all(number > 0 for number in numbers), row
            assert _cells(row)[9] == "<= 2 x sale"
    for kind in LOOKUPS:
        assert _ratio(lines, f"identify by {kind.name} among 100, p99") > 0
    assert _ratio(lines, "a sale among ") > 0
    assert f"of {2 * len(CALLS) + len(LOOKUPS) + 1} targets met" in lines[-1]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


def _ratio(lines: list[str], name: str) -> float:
    (row,) = [line for line in lines if line.startswith(name)]
    return float(_cells(row)[3])
