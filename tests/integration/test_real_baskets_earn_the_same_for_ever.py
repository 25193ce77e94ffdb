"""A year of real baskets earns under every shipped program what its golden file says."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from golden import GOLDEN, WHOLE, golden_of, replayed, written

from agent.paths import shipped_year
from agent.tools.baskets import read_baskets

_ADVICE = "if a program was meant to change: python tests/data/make_golden.py, see its README"

_DATA = Path(__file__).parents[1] / "data"


def test_every_20th_basket_earns_what_it_did() -> None:
    """Every 20th basket of the year is explained to the point by every program, and each program
    gives in all, and by each of its rules, what its golden file says.
    """
    totals = replayed(shipped_year())
    assert {name: written(each) for name, each in totals.items()} == golden_of(GOLDEN), _ADVICE


@pytest.mark.torture
def test_all_baskets_earn_what_they_did(tmp_path: Path) -> None:
    """The same for all 155,848 baskets; and the file in the tests is every 20th of them."""
    maker = _maker()
    baskets = maker.baskets_of(maker.read_lines())
    assert len(baskets) == 155_848
    every_20th = tmp_path / "every-20th.jsonl"
    maker.write(baskets[::20], every_20th)
    kept = [(each.sale_id, each.sale) for each in read_baskets(shipped_year())]
    assert [(each.sale_id, each.sale) for each in read_baskets(every_20th)] == kept
    maker.write(baskets, whole := tmp_path / "all.jsonl")
    del baskets
    totals = replayed(whole)
    assert {name: written(each) for name, each in totals.items()} == golden_of(WHOLE), _ADVICE


def _maker() -> ModuleType:
    """Import the script that makes the files; it needs the `data` extra, as make torture has it."""
    spec = importlib.util.spec_from_file_location("make_baskets", _DATA / "make_baskets.py")
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    sys.modules["make_baskets"] = maker  # its dataclass looks itself up
    spec.loader.exec_module(maker)
    return maker
