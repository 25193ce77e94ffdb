"""Editions: the versions of one program, each in force from a business date on."""

from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from typing import Self

from agent.core.program.program import Program

__all__ = ["Editions"]


class Editions:
    """One program or several versions of it. Raises ValueError where they are not of one kind."""

    def __init__(self, programs: Iterable[Program]) -> None:
        listed = sorted(programs, key=_began)
        if not listed:
            raise ValueError("there is no program")
        newest = listed[-1]
        for each in listed:
            if each.id != newest.id:
                raise ValueError(f"'{each.id}' and '{newest.id}' are two programs, not versions")
            if each.currency != newest.currency:
                raise ValueError(
                    f"{each.edition} is in {each.currency}, {newest.edition} in {newest.currency}"
                )
        for earlier, later in pairwise(listed):
            if _began(earlier) == _began(later):
                raise ValueError(
                    f"{earlier.edition} and {later.edition} begin on one day: give each its own "
                    "effective_from"
                )
            if earlier.version >= later.version:
                raise ValueError(
                    f"{later.edition} begins after {earlier.edition}: give it a higher version"
                )
        self.programs = tuple(listed)
        self._replaced: tuple[Program, ...] = ()

    @classmethod
    def as_they_came(cls, programs: Iterable[Program]) -> Self:
        """Make them of versions that were put one after the other: one that a higher version
        replaces is in force on no day, and is still found by its name, as it may have judged sales
        before that was put. Raises ValueError as the constructor does.
        """
        listed = list(programs)
        replaced = [each for each in listed if any(_replaces(other, each) for other in listed)]
        made = cls(each for each in listed if each not in replaced)
        made._replaced = tuple(replaced)
        return made

    @property
    def newest(self) -> Program:
        """The version that begins last."""
        return self.programs[-1]

    def on(self, day: date) -> Program:
        """Answer the version in force on a business date; before all of them, the first.

        >>> from agent.core.program import EarnRule
        >>> rule = EarnRule(id="base", per_minor=100, text="1 point per $1")
        >>> old = Program(id="p", version=1, name="P", currency="USD", earn=(rule,))
        >>> new = old.model_copy(update={"version": 2, "effective_from": date(2026, 3, 10)})
        >>> both = Editions([new, old])
        >>> both.on(date(2026, 3, 9)).version, both.on(date(2026, 3, 10)).version
        (1, 2)
        """
        in_force = self.programs[0]
        for each in self.programs[1:]:
            if _began(each) <= day:
                in_force = each
        return in_force

    def of(self, edition: str) -> Program | None:
        """Find a version by the name that journal entries give it."""
        known = (*self.programs, *self._replaced)
        return next((each for each in known if each.edition == edition), None)


def _began(program: Program) -> date:
    return program.effective_from or date.min


def _replaces(newer: Program, older: Program) -> bool:
    return newer.version > older.version and _began(newer) <= _began(older)
