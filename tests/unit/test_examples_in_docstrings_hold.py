"""What a docstring shows of the code is what the code does."""

import doctest
import importlib
from pathlib import Path

import pytest

import agent
import drivers
import sync

_SHOWS = ">>> "


def _showing() -> list[str]:
    found = []
    for package in (agent, drivers, sync):
        root = Path(package.__path__[0])
        for file in sorted(root.rglob("*.py")):
            if _SHOWS in file.read_text("utf-8"):
                parts = file.relative_to(root.parent).with_suffix("").parts
                found.append(".".join(parts).removesuffix(".__init__"))
    return found


def test_there_are_examples() -> None:
    """They are found in every package."""
    assert {name.partition(".")[0] for name in _showing()} == {"agent", "drivers", "sync"}


@pytest.mark.parametrize("name", _showing())
def test_the_examples_of_a_module_hold(name: str) -> None:
    """Each example answers what stands below it."""
    ran = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert ran.attempted > 0
    assert not ran.failed
