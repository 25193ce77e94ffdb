"""What a program calls its points, in the sentences that a till says of them.

The sentences are the cashier's, in English; the points have the program's own name in its first
language, as its phrases write it. A phrase that does not begin with its number, or is longer than
a sentence can carry, has no name in it: then points are called points.

>>> from agent.core.phrases import BUILT_IN
>>> words = PointWords.of(BUILT_IN.model_copy(update={"more_points": "{points} Stars"}))
>>> words.counted(25, more=True), words.counted(1), words.many
('25 more Stars', '1 point', 'Stars')
"""

from typing import NamedTuple, Self

from agent.core.phrases import BUILT_IN, Phrases
from agent.core.program import Program

__all__ = ["PointWords"]

_NUMBER = "{points}"
_LONGEST = 60


class PointWords(NamedTuple):
    """What one point is called, and what many are."""

    one: str
    many: str

    @classmethod
    def of(cls, phrases: Phrases) -> Self:
        """Take the names out of a language's phrases."""
        return cls(
            one=_name_in(phrases.one_point) or _name_in(BUILT_IN.one_point),
            many=_name_in(phrases.more_points) or _name_in(BUILT_IN.more_points),
        )

    @classmethod
    def in_first(cls, program: Program) -> Self:
        """Take the names out of the phrases of a program's first language."""
        return cls.of(program.phrases_in(program.languages[0]))

    def counted(self, points: int, *, more: bool = False) -> str:
        """Write a number of points."""
        name = self.one if points == 1 else self.many
        return f"{points} more {name}" if more else f"{points} {name}"


def _name_in(phrase: str) -> str:
    if not phrase.startswith(_NUMBER) or phrase.count(_NUMBER) > 1:
        return ""
    name = phrase.format(points="").strip()
    return name if len(name) <= _LONGEST else ""
