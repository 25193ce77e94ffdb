"""What a mutant is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sync.simulation.scripts import Script
from sync.simulation.trades import PLAIN, Trade

__all__ = ["Mutant", "Patch", "original"]

Patch = tuple[Any, str, Any]
"""Where, which name, and what stands there instead: a value, made when the mutant is applied."""


def original(where: Any, name: str) -> Any:
    """Answer what stands there in the product."""
    return vars(where)[name]


@dataclass(frozen=True, kw_only=True, slots=True)
class Mutant:
    """One rule left out. ``patches`` answers what to put where; ``mixes`` names the histories in
    which it can fail, none for any; ``caught_by`` the invariants that should show it. ``script`` is
    a hand-made history for one that the dice seldom bring about; it is played first, in shops of
    ``trade``.
    """

    name: str
    breaks: str
    caught_by: tuple[str, ...]
    patches: Callable[[], tuple[Patch, ...]]
    mixes: tuple[str, ...] = ()
    script: Script | None = None
    trade: Trade = PLAIN

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Play with it."""
        before: list[Patch] = []
        try:
            for where, name, instead in self.patches():
                before.append((where, name, vars(where)[name]))
                setattr(where, name, instead)
            yield
        finally:
            for where, name, original in reversed(before):
                setattr(where, name, original)
