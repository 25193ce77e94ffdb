"""Quotes: what a basket would earn and what could be redeemed with it; nothing is written."""

from typing import Literal

from agent.core.accumulate import Because
from agent.core.answer import JournalPosition
from agent.core.basket import Sale
from agent.core.rewards import Offer, Spendable, offers
from agent.core.values import Value
from agent.ledger import View
from agent.till.members import find, shown_in, spendable
from agent.till.terms import Terms

__all__ = ["Expiring", "Quote", "quote"]

_NOTHING = Spendable(balance=0, usable=0)


class Expiring(Value):
    """Points of the account that run out, and the business date from which they are gone."""

    points: int
    on: str


class Quote(Value):
    """What a sale would earn, and the member's account before it; points in whole points.

    ``rewards`` lists every reward with whether it can be had with this basket now, and why not.
    Balance and rewards rest on the journal up to ``as_of``. ``expires`` and the tiers are empty
    under a program that knows neither.
    """

    status: Literal["accumulated", "no_card", "unknown_card"]
    account: str | None
    points: int
    because: tuple[Because, ...]
    balance: int | None
    rewards: tuple[Offer, ...]
    as_of: JournalPosition
    expires: tuple[Expiring, ...] = ()
    tier: str | None = None
    next_tier: None = None


def quote(view: View, terms: Terms, sale: Sale) -> Quote:
    """Judge a basket as ``sales.commit`` would, by the state of this moment."""
    shown = shown_in(sale.token, terms)
    row = find(view, shown)
    earned, _ = terms.earn(view, row, sale)
    as_of = JournalPosition.of(view.head())
    if shown is None or row is None:
        return Quote(
            status="no_card" if sale.token is None else "unknown_card",
            account=None,
            points=0,
            because=(),
            balance=None,
            rewards=offers(terms.program, _NOTHING, sale.total_minor),
            as_of=as_of,
        )
    points = spendable(view, terms, row, shown)
    return Quote(
        status="accumulated",
        account=row.account,
        points=earned.points,
        because=earned.because,
        balance=row.balance,
        rewards=offers(terms.program, points, sale.total_minor),
        as_of=as_of,
    )
