"""Real baskets under the shipped programs: what each gives in all, beside its golden file."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from agent.core.accumulate import Earned
from agent.paths import shipped_config
from agent.rules import read_program
from agent.tools.baskets import Basket, read_baskets
from agent.tools.replay import Replay, Totals

__all__ = ["GOLDEN", "WHOLE", "golden_of", "replayed", "shipped", "written"]

GOLDEN = Path(__file__).parents[1] / "data" / "golden"
"""What every 20th basket earns, a file for each program."""

_FIRST_DAY = date(2026, 1, 1)

WHOLE = GOLDEN / "all"
"""What all baskets earn."""


def shipped() -> list[str]:
    """Name every program that is shipped."""
    return sorted(file.stem for file in shipped_config("programs").glob("*.toml"))


def replayed(baskets: Path) -> dict[str, Totals]:
    """Judge a file of baskets by every shipped program, in one pass; each judgement has to add up.

    The baskets of 2017 are put into 2026, where the programs' promotions are.
    """
    programs = shipped_config("programs")
    replays = {name: Replay(read_program(programs / f"{name}.toml")) for name in shipped()}
    for basket in read_baskets(baskets, first_day=_FIRST_DAY):
        for name, replay in replays.items():
            _hold_adds_up(f"{name}, {basket.sale_id}", basket, replay.judge(basket))
    return {name: replay.totals for name, replay in replays.items()}


def _hold_adds_up(where: str, basket: Basket, earned: Earned) -> None:
    assert earned.points == sum(reason.points for reason in earned.because), where
    assert earned.withheld >= 0, where
    places = range(len(basket.sale.lines))
    for reason in earned.because:
        assert reason.points > 0, where
        assert list(reason.lines) == sorted({*reason.lines}), where
        assert {*reason.lines} <= {*places}, where


def golden_of(directory: Path) -> dict[str, Any]:
    """Read the golden files."""
    return {file.stem: json.loads(file.read_text("utf-8")) for file in directory.glob("*.json")}


def written(totals: Totals) -> dict[str, Any]:
    """Put totals in the form of a golden file."""
    return {
        "baskets": totals.baskets,
        "earning": totals.earning,
        "points": totals.points,
        "withheld": totals.withheld,
        "rules": dict(sorted(totals.rules.items())),
    }
