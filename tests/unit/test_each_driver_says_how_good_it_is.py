"""Each driver has a quality scale: every promise is kept by named tests, or it says why not."""

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml
from scale_rules import BY_ITS_OWN_TESTS, BY_THE_SUITE

from drivers.conformance import DeviceConformance
from drivers.registry import names_of

_ROOT = Path(__file__).resolve().parents[2]
_DRIVERS = [*names_of("reader"), *names_of("scanner")]


def _scale(driver: str) -> dict[str, Any]:
    found = [
        *(_ROOT / "drivers").glob(f"*/{driver}.quality_scale.yaml"),
        *(_ROOT / "drivers").glob(f"{driver}/quality_scale.yaml"),
    ]
    assert len(found) == 1, found
    scale: dict[str, Any] = yaml.safe_load(found[0].read_text("utf-8"))
    return scale


def _names_in(file: str) -> set[str]:
    tree = ast.parse((_ROOT / file).read_text("utf-8"))
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }


def _exists(test: str) -> bool:
    file, _, name = test.partition("::")
    return (_ROOT / file).is_file() and (not name or name in _names_in(file))


def test_the_suite_keeps_what_the_scale_says() -> None:
    """Every promise of the scale that the suite holds is a test of the suite, and the other way."""
    tests = {name for name in vars(DeviceConformance) if name.startswith("test_")}
    assert set(BY_THE_SUITE.values()) == tests


@pytest.mark.parametrize("driver", _DRIVERS)
def test_each_promise_is_kept_or_has_its_reason(driver: str) -> None:
    """All promises stand there, in order: kept by tests that exist, or not and why."""
    scale = _scale(driver)
    assert list(scale["rules"]) == [*BY_THE_SUITE, *BY_ITS_OWN_TESTS]
    assert all(_exists(test) for test in scale["conformance"]), scale["conformance"]
    for rule, said in scale["rules"].items():
        if said == "done":
            assert rule in BY_THE_SUITE, f"{rule} names its tests"
        elif "exempt" in said:
            assert len(said["exempt"]) > 20, f"{rule} says why"
        else:
            assert said["done"], rule
            for test in said["done"]:
                assert _exists(test), (rule, test)
