"""Each fault of a mix does something: without it every history would pass, and prove nothing."""

from collections.abc import Iterable
from itertools import count, islice

import pytest
from seen_faults import WatchedNetwork, seen_in

from sync.simulation import house
from sync.simulation.faults import MIXES, Mix

_STEPS = 12
_MOST_HISTORIES = 40
"""One or two are usual: so many are played only where a fault does nothing."""
_OFTEN = 0.05
"""What is rarer than that at each step is seen in another mix, or is what its mix is about."""

_BOTH_WAYS = ("drop", "duplicate", "one_way")
_AT_A_STEP = ("cut", "wipe", "crash", "clock", "lose", "restore", "clone", "office_restore")
_WITH_A_CUT = ("long_away", "erase", "hand_over", "cards", "one_card_twice")
"""What takes a line away as well, for a while."""
_ANYWHERE = {"late_s", "overtaken up", "overtaken down", "scope", "nothing"}


@pytest.mark.parametrize("mix", MIXES, ids=lambda mix: mix.name)
def test_a_mix_has_each_of_its_faults_and_no_other(
    mix: Mix, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a mix says may fail does fail, as is seen at both ends of the lines, in devices that
    come up and in journals; what it does not say never does.
    """
    monkeypatch.setattr(house, "Network", WatchedNetwork)
    wanted, may = _wanted(mix), _may(mix)
    seen: set[str] = set()
    for seed in islice(count(MIXES.index(mix), len(MIXES)), _MOST_HISTORIES):
        seen |= seen_in(seed, mix, steps=_STEPS)
        assert seen <= may, f"history {seed} has {seen - may}"
        if wanted <= seen:
            return
    pytest.fail(f"in {_MOST_HISTORIES} histories nothing was seen of {wanted - seen}")


def _wanted(mix: Mix) -> set[str]:
    """Name what has to be seen in a few histories of a mix."""
    at_a_step = {each for each in _AT_A_STEP if _is_often(mix, each) or mix.sure == each}
    lines = _both_ways(fault for fault in _BOTH_WAYS if _is_often(mix, fault))
    return at_a_step | lines | {"late_s", "overtaken up", "overtaken down"}


def _may(mix: Mix) -> set[str]:
    """Name all that may be seen."""
    may = {fault for fault in _AT_A_STEP if getattr(mix, fault)}
    if any(getattr(mix, fault) for fault in _WITH_A_CUT):
        may.add("cut")
    return may | _both_ways(fault for fault in _BOTH_WAYS if getattr(mix, fault)) | _ANYWHERE


def _is_often(mix: Mix, fault: str) -> bool:
    rate: float = getattr(mix, fault)
    return rate >= _OFTEN


def _both_ways(faults: Iterable[str]) -> set[str]:
    return {f"{fault} {way}" for fault in faults for way in ("up", "down")}
