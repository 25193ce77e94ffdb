"""Phrases: what a receipt says beside its numbers, in one language of the program.

A phrase may name a value in braces. Which values it must name is checked when the program is read,
so that no receipt ever fails over a translation:

>>> BUILT_IN.next_reward.format(reward="A coffee", points=120)
'A coffee: 120 to go'
"""

from collections.abc import Callable
from string import Formatter
from typing import Annotated

from pydantic import AfterValidator, Field

from agent.core.values import Label, Value

__all__ = ["BUILT_IN", "ENGLISH", "LANGUAGE_FORM", "Language", "Phrases"]

ENGLISH = "en"

LANGUAGE_FORM = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"

Language = Annotated[str, Field(strict=True, max_length=35, pattern=LANGUAGE_FORM)]
"""A language by its tag, such as ``en`` or ``pt-BR``."""


def _naming(*wanted: str) -> Callable[[str], str]:
    """Hold that a phrase names these values in braces, each as it stands, and no others."""

    def check(phrase: str) -> str:
        names = [
            (name, spec or conversion or "")
            for _, name, spec, conversion in Formatter().parse(phrase)
            if name is not None
        ]
        if {name for name, _ in names} == set(wanted) and not any(how for _, how in names):
            return phrase
        what = " and ".join(f"{{{name}}}" for name in wanted)
        raise ValueError(f"must name {what}, and no other value" if what else "names no value")

    return check


Plain = Annotated[Label, Field(min_length=1), AfterValidator(_naming())]


class Phrases(Value):
    """Every phrase of a receipt, in one language. Numbers stand to the right of most of them."""

    this_sale: Plain
    balance: Plain
    owed: Plain
    pending: Plain
    counts_from: Annotated[Label, AfterValidator(_naming("date"))]
    next_reward: Annotated[Label, AfterValidator(_naming("reward", "points"))]
    not_known: Plain
    other_currency: Plain
    withheld: Plain
    voided: Plain
    returned: Plain
    taken_back: Plain
    given_back: Plain
    redeemed: Plain
    reference: Annotated[Label, AfterValidator(_naming("position"))]


BUILT_IN = Phrases(
    this_sale="Points from this sale",
    balance="Points balance",
    owed="Points owed",
    pending="Points pending",
    counts_from="They count from {date}",
    next_reward="{reward}: {points} to go",
    not_known="Card not known: no points",
    other_currency="No points in this currency",
    withheld="Account full: points withheld",
    voided="Sale voided",
    returned="Goods returned",
    taken_back="Points taken back",
    given_back="Points given back",
    redeemed="Points redeemed",
    reference="Ref {position}",
)
"""The phrases of English, which no program has to write."""
