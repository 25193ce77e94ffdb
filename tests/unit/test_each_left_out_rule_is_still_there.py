"""A rule is left out by putting something else in its place: that place has to be there still."""

import inspect
from collections import Counter
from typing import Any

import pytest

from sync.simulation.mutants import MUTANTS

_ANY = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def _counted(function: Any) -> Counter[Any] | None:
    """How many parameters of each kind it has; None where it is no function, or takes any."""
    if not inspect.isfunction(function):
        return None
    kinds = [each.kind for each in inspect.signature(function).parameters.values()]
    return None if set(kinds) & {*_ANY} else Counter(kinds)


@pytest.mark.parametrize("rule", MUTANTS)
def test_what_stands_there_instead_is_called_alike(rule: str) -> None:
    """A mutant of what was renamed, or of what is called otherwise by now, would fail by itself,
    and its rule would be held by nothing.
    """
    for where, name, instead in MUTANTS[rule].patches():
        there, put = _counted(vars(where)[name]), _counted(instead)
        assert put is None or there == put, f"{rule} replaces {name}"
