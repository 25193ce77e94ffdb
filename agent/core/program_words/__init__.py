"""A program in plain sentences, for whoever runs the shop.

They say what the file says and nothing else: who reads them and finds something else than was
meant has found a mistake that no check could.
"""

from dataclasses import dataclass

from agent.core.program import Program
from agent.core.program_words.earning import earning
from agent.core.program_words.promotions import promotions
from agent.core.program_words.spending import expiry, spending
from agent.core.program_words.stamping import stamp_cards
from agent.core.program_words.tiers import tiers
from agent.core.program_words.whole import about, limits, offline, returns

__all__ = ["Section", "sections"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """What a program says about one thing."""

    title: str
    sentences: tuple[str, ...]


def sections(program: Program) -> tuple[Section, ...]:
    """Put a program in sentences; what it has nothing of is left out."""
    written = {
        "About": about(program),
        "Earning": earning(program),
        "Promotions": promotions(program),
        "Tiers": tiers(program),
        "Rewards": spending(program),
        "Stamp cards": stamp_cards(program),
        "Expiry": expiry(program),
        "Returns": returns(program),
        "Limits": limits(program),
        "Offline": offline(program),
    }
    return tuple(
        Section(title=title, sentences=sentences)
        for title, each in written.items()
        if (sentences := tuple(each))
    )
