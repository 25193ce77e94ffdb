"""Phrases: what a receipt and the customer's page say beside their numbers, in one language of the
program.

A phrase may name a value in braces. Which values it must name is checked when the program is read,
so that no receipt and no page ever fails over a translation:

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
        try:
            names = [
                (name, spec or conversion or "")
                for _, name, spec, conversion in Formatter().parse(phrase)
                if name is not None
            ]
        except ValueError:  # a brace that nothing opens or closes
            names = [("", phrase)]
        if {name for name, _ in names} == set(wanted) and not any(how for _, how in names):
            return phrase
        what = " and ".join(f"{{{name}}}" for name in wanted)
        raise ValueError(
            f"must name {what}, and no other value"
            if what
            else "names no value: write it without braces"
        )

    return check


Plain = Annotated[Label, Field(min_length=1), AfterValidator(_naming())]
Counted = Annotated[Label, AfterValidator(_naming("points"))]


class Phrases(Value):
    """Every phrase of a receipt and of the customer's page, in one language.

    On a receipt numbers stand to the right of most of them. From ``thousands`` on they are the
    page's alone: the marks that part its thousands and its decimals, and then its words. Of what
    is counted there is one phrase for one, and one for any other number. A language that says
    nothing of stamps writes them with a slash.
    """

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
    stamps: Annotated[Label, AfterValidator(_naming("card", "stamps", "full"))] = (
        "{card}: {stamps}/{full}"
    )
    voucher: Annotated[Label, AfterValidator(_naming("code"))]
    good_until: Annotated[Label, AfterValidator(_naming("date"))]
    at_partners: Plain
    reference: Annotated[Label, AfterValidator(_naming("position"))]
    thousands: Annotated[Label, Field(max_length=1), AfterValidator(_naming())]
    decimal: Annotated[Plain, Field(max_length=1)]
    show_card: Plain
    collect: Plain
    two_cards: Plain
    which_card: Plain
    new_card: Plain
    ask: Plain
    about_card: Plain
    not_shown: Plain
    moment: Plain
    welcome: Plain
    thanks: Plain
    named: Annotated[Label, AfterValidator(_naming("greeting", "name"))]
    one_point: Counted
    more_points: Counted
    one_point_owed: Counted
    more_points_owed: Counted
    debt: Plain
    this_basket: Counted
    on_the_way: Counted
    ahead: Annotated[Label, AfterValidator(_naming("reward", "points"))]
    enough: Annotated[Label, AfterValidator(_naming("reward"))]
    on_hold: Annotated[Label, AfterValidator(_naming("reward", "cost"))]
    money_off: Annotated[Label, AfterValidator(_naming("amount"))]


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
    stamps="{card}: {stamps} of {full}",
    voucher="Voucher {code}",
    good_until="Good until {date}",
    at_partners="To be used at a partner",
    reference="Ref {position}",
    thousands=",",
    decimal=".",
    show_card="Show your card",
    collect="and collect points",
    two_cards="Two cards were shown",
    which_card="Please say which one to use.",
    new_card="This card is new here. Ask at the till to collect points with it.",
    ask="Please ask at the till",
    about_card="about this card",
    not_shown="Your points cannot be shown right now. They are safe.",
    moment="One moment, please",
    welcome="Welcome",
    thanks="Thank you",
    named="{greeting}, {name}",
    one_point="{points} point",
    more_points="{points} points",
    one_point_owed="{points} point owed",
    more_points_owed="{points} points owed",
    debt="The next points pay them.",
    this_basket="{points} for this basket",
    on_the_way="{points} on the way",
    ahead="{points} more for: {reward}",
    enough="Enough for: {reward}",
    on_hold="{reward}: {cost} set aside",
    money_off="{amount} off",
)
"""The phrases of English, which no program has to write."""
