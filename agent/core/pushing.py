"""Pushing: promotions that head office sends for the next hours, beside the program's own.

They are held to all that a program's file is held to, together with it, and must be over soon: a
store that hears nothing more must not give them for ever. What a push says is taken whole or not at
all. One promotion has one id for ever: caps and budgets count by it, so that one that is pushed
again under its id goes on where it was.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from agent.core.mistakes import Amiss, Finding
from agent.core.program import Program, Promotion
from agent.core.program.whole import amiss_in

__all__ = ["LONGEST", "accept"]

LONGEST = timedelta(hours=24)
"""For how long a promotion may be pushed."""


def accept(program: Program, pushed: Sequence[Promotion]) -> tuple[Promotion, ...]:
    """Answer promotions that may stand beside a program's own, as ``Circumstances.pushed``.

    Raises Amiss with every finding, at its place below ``pushed``.
    """
    if found := [*_beside(program, pushed), *_too_long(pushed)]:
        raise Amiss(*found)
    return tuple(pushed)


def _beside(program: Program, pushed: Sequence[Promotion]) -> Iterator[Finding]:
    """Find what a file would be refused for that had them at its end."""
    own = len(program.promotion)
    together = program.model_dump() | {
        "promotion": [each.model_dump() for each in (*program.promotion, *pushed)]
    }
    for at, what, fix in amiss_in(together):
        match at:
            case ("promotion", int(place), *rest) if place >= own:
                yield Finding(("pushed", place - own, *rest), what, fix)
            case _:  # what the program itself calls as a pushed one that stands before it
                yield Finding(at, what, fix)


def _too_long(pushed: Sequence[Promotion]) -> Iterator[Finding]:
    for place, each in enumerate(pushed):
        for key in ("starts_at", "ends_at"):
            if getattr(each, key) is None:
                what = f"a promotion that is pushed needs {key}"
                yield Finding(("pushed", place, key), what, "write a moment, with its offset")
        if each.starts_at and each.ends_at and each.ends_at - each.starts_at > LONGEST:
            latest = (each.starts_at + LONGEST).isoformat()
            what = "a promotion is pushed for 24 hours at most"
            yield Finding(("pushed", place, "ends_at"), what, f"write {latest} or earlier")
