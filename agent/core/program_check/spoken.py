"""Texts that one of a program's languages lacks: receipts say them in the first."""

from collections.abc import Iterator

from agent.core.mistakes import Finding, Location
from agent.core.program import Program, Worded

__all__ = ["unspoken"]


def unspoken(program: Program) -> Iterator[Finding]:
    """Find what has no text in one of the languages."""
    first, *others = program.languages
    for at, each in _worded(program):
        if missing := [language for language in others if language not in each.texts]:
            words = ", ".join(f'{language} = "…"' for language in missing)
            what = f"it has no text in {', '.join(missing)}, and is printed in {first} there"
            yield Finding((*at, "text"), what, f"write texts = {{ {words} }}")


def _worded(program: Program) -> Iterator[tuple[Location, Worded]]:
    yield from ((("earn", index), each) for index, each in enumerate(program.earn))
    yield from ((("promotion", index), each) for index, each in enumerate(program.promotion))
    tiers = () if program.tiers is None else program.tiers.tier
    yield from ((("tiers", "tier", index), each) for index, each in enumerate(tiers))
    for name in ("enrolment", "referral", "discount"):
        if isinstance(each := getattr(program, name), Worded):
            yield (name,), each
    yield from ((("reward", index), each) for index, each in enumerate(program.reward))
