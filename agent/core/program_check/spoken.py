"""Texts that one of a program's languages lacks: receipts say them in the first."""

from collections.abc import Iterator, Mapping, Sequence

from agent.core.mistakes import Finding, Location
from agent.core.program import Program, Worded

__all__ = ["unspoken"]


def unspoken(program: Program) -> Iterator[Finding]:
    """Find what has no text in one of the languages."""
    first, *others = program.languages
    for at, each in _worded(program):
        yield from _missing((*at, "text"), each.texts, first, others)
    for index, card in enumerate(program.stamp_card):
        yield from _missing(("stamp_card", index, "gives"), card.gives_texts, first, others)


def _missing(
    at: Location, texts: Mapping[str, str], first: str, others: Sequence[str]
) -> Iterator[Finding]:
    if missing := [language for language in others if language not in texts]:
        words = ", ".join(f'{language} = "…"' for language in missing)
        what = f"it has no text in {', '.join(missing)}, and is printed in {first} there"
        name = "texts" if at[-1] == "text" else f"{at[-1]}_texts"
        yield Finding(at, what, f"write {name} = {{ {words} }}")


def _worded(program: Program) -> Iterator[tuple[Location, Worded]]:
    yield from ((("earn", index), each) for index, each in enumerate(program.earn))
    yield from ((("promotion", index), each) for index, each in enumerate(program.promotion))
    tiers = () if program.tiers is None else program.tiers.tier
    yield from ((("tiers", "tier", index), each) for index, each in enumerate(tiers))
    for name in ("enrolment", "referral", "discount"):
        if isinstance(each := getattr(program, name), Worded):
            yield (name,), each
    yield from ((("reward", index), each) for index, each in enumerate(program.reward))
    yield from ((("stamp_card", index), each) for index, each in enumerate(program.stamp_card))
