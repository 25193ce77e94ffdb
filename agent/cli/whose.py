"""What an operator typed for an account or a card, and how it may be shown again.

A screen may be photographed and a terminal's log is kept: no card number is printed whole, and a
payment card's number, which somebody reads off the wrong card, not at all.
"""

import re

import click

from agent.cli.columns import CUT
from agent.core.phones import BY_PHONE
from agent.core.tokens import Token, TokenRefused
from agent.ledger import View

__all__ = ["Several", "account_meant", "checked_whose", "shown"]

_BY_PHONE = f"{BY_PHONE}:"
_SHORTEST_END = 4
_LONG_NUMBER = re.compile(r"(?:\d[^0-9A-Za-z]*){12}")


def checked_whose(typed: str, *, hint: str) -> str:
    """Answer what was typed, without its blanks.

    Raises click.BadParameter for a payment card and for a telephone number.
    """
    whose = "".join(typed.split())
    if whose.lower().startswith(_BY_PHONE):
        raise click.BadParameter(
            "the journal holds no telephone numbers; give an account or a member's card, "
            "or ask at the till whose number it is",
            param_hint=hint,
        )
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


class Several(Exception):
    """More than one account ends as was typed; the message says so."""


def account_meant(view: View, whose: str) -> str:
    """Answer the account of a card, of its name, or of its end as a table shows it.

    What is none of these is answered as it is. Reads every account's name where only an end was
    given. Raises Several.
    """
    try:
        row = view.account_of(Token.parse(whose))
    except TokenRefused:
        row = None
    if row is not None:
        return row.account
    ending = whose.lstrip(f"{CUT}.")
    if view.knows(whose) or len(ending) < _SHORTEST_END:
        return whose
    found = [account for account in view.balances() if account.endswith(ending)]
    if len(found) > 1:
        raise Several(f"{len(found):,} accounts end in '{CUT}{ending}'; give more of the name")
    return found[0] if found else whose


def shown(whose: str) -> str:
    """Name what was asked for, with no more than the end of a number."""
    try:
        return Token.parse(whose).masked
    except TokenRefused:
        return f"'…{whose[-4:]}'" if _LONG_NUMBER.search(whose) else repr(whose)
