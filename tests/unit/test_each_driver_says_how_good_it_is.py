"""Each driver has a quality scale: every promise is kept by named tests, or it says why not."""

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml

from drivers.conformance import DeviceConformance
from drivers.registry import names_of

_ROOT = Path(__file__).resolve().parents[2]
_DRIVERS = [*names_of("reader"), *names_of("scanner")]

BY_THE_SUITE = {
    "told-once": "test_a_card_is_told_once",
    "absent-at-start": "test_it_may_be_absent_at_first",
    "permission": "test_a_right_that_is_missing_is_said",
    "unplug": "test_a_cable_is_pulled_and_plugged_in_again",
    "reconnect": "test_faults_come_and_go_with_the_device",
    "log-once": "test_a_cable_is_pulled_and_plugged_in_again",
    "garbage": "test_noise_is_no_card",
    "half-frame": "test_half_a_card_and_silence_are_none",
    "half-frame-and-unplug": "test_half_a_card_on_a_pulled_cable_is_none",
    "split-frames": "test_a_card_may_come_in_pieces",
    "ten-in-one-read": "test_ten_cards_in_one_read_are_ten",
    "resting-card": "test_a_card_that_rests_is_told_once",
    "flood": "test_a_flood_is_held_back",
    "slow-lane": "test_a_slow_lane_loses_no_card",
    "stop-in-mid-read": "test_it_may_be_stopped_in_mid_read",
    "clock-jump": "test_a_machine_may_sleep",
}
"""Promises that the shipped suite holds a driver to, and the test that does."""

BY_ITS_OWN_TESTS = ("vectors", "any-bytes", "real-port", "hardware")
"""Promises whose tests the scale itself names."""


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
