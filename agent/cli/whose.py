"""What an operator typed for an account or a card, and how it may be shown again.

A screen may be photographed and a terminal's log is kept: no card number is printed whole, and a
payment card's number, which somebody reads off the wrong card, not at all.
"""

import re

import click

from agent.core.tokens import Token, TokenRefused

__all__ = ["checked_whose", "shown"]

_LONG_NUMBER = re.compile(r"(?:\d[^0-9A-Za-z]*){12}")


def checked_whose(typed: str, *, hint: str) -> str:
    """Answer what was typed, without its blanks. Raises click.BadParameter for a payment card."""
    whose = "".join(typed.split())
    try:
        Token.parse(whose.replace("-", ""))
    except TokenRefused as refused:
        if str(refused) == "payment_card":
            raise click.BadParameter(
                "this looks like a payment card's number, and those are kept nowhere; "
                "give an account or a member's card",
                param_hint=hint,
            ) from None
    return whose


def shown(whose: str) -> str:
    """Name what was asked for, with no more than the end of a number."""
    try:
        return Token.parse(whose).masked
    except TokenRefused:
        return f"'…{whose[-4:]}'" if _LONG_NUMBER.search(whose) else repr(whose)
