"""What a program's stamp cards say: what brings stamps, how many, and what a full card gives."""

from collections.abc import Iterator

from agent.core.program import Program, StampCard
from agent.core.program_words.words import (
    about_lines,
    between_days,
    counted,
    of_tiers,
    sentence,
)

__all__ = ["stamp_cards"]


def stamp_cards(program: Program) -> Iterator[str]:
    """Say what the stamp cards count and give."""
    for card in program.stamp_card:
        yield f"{card.text}: {' '.join(_one(program, card))}"
    if program.stamp_card:
        yield (
            "What comes back takes its stamps back, and what a full card gave is kept; "
            "stamps that are missing then come off the next ones."
        )


def _one(program: Program, card: StampCard) -> Iterator[str]:
    most = card.stamps_per_sale
    yield sentence(
        f"a stamp for each piece of {about_lines(card) or 'everything'}",
        of_tiers(program, card.tiers),
        between_days(card.first_day, card.last_day),
        f"at most {most:,} with a sale" if most is not None else "",
        between=", ",
    )
    good = card.good_months
    yield sentence(
        f"{counted(card.stamps, 'stamp')} fill the card and give: {card.gives}",
        f"good for {counted(good, 'month')}" if good is not None else "",
        between=", ",
    )
