"""Quotes: what a basket would earn and what could be redeemed with it; nothing is written."""

from datetime import datetime
from typing import Literal

from msgspec.structs import replace

from agent.core.accumulate import Because
from agent.core.answer import JournalPosition
from agent.core.basket import Sale
from agent.core.expiry import Expiring, expires
from agent.core.program import Program
from agent.core.rewards import Offer, Shown, Spendable, offers
from agent.core.stamp_cards import CardStamps
from agent.core.tiers import NextTier, next_tier
from agent.core.tokens import Token, proof_of
from agent.core.values import Value
from agent.ledger import View
from agent.till.fitting import held_beside
from agent.till.free_things import free_things, gives_things
from agent.till.judging import judge, known_of
from agent.till.members import find, nothing_given, shown_in, spendable
from agent.till.pending import points_due
from agent.till.stamping import stamps_on
from agent.till.terms import Terms

__all__ = ["Quote", "quote"]

_NOTHING = Spendable(balance=0, usable=0)


class Quote(Value):
    """What a sale would earn, and the member's account before it; points in whole points."""

    status: Literal["accumulated", "no_card", "unknown_card"]
    """Whose basket it is: a member's, nobody's, or that of a card nobody has."""
    account: str | None
    """The member's account; null where there is none."""
    points: int
    """Whole points that the basket would earn."""
    because: tuple[Because, ...]
    """Why: the points of each rule, which add up to `points`."""
    balance: int | None
    """The member's active points before it, with those that wait no longer on its business date;
    null without a member."""
    rewards: tuple[Offer, ...]
    """Every reward, with whether it goes with this basket now."""
    as_of: JournalPosition
    """The journal position that balance and rewards rest on."""
    expires: tuple[Expiring, ...] = ()
    """Points that run out, and when; none under a program that knows no end of points."""
    tier: str | None = None
    """The member's tier; null where the program has none."""
    next_tier: NextTier | None = None
    """The tier that comes next, and what is missing for it; null where there is none."""
    stamps: tuple[CardStamps, ...] = ()
    """The member's stamp cards, as they would stand after it."""


def quote(view: View, terms: Terms, sale: Sale, now: datetime) -> Quote:
    """Judge a basket as ``sales.commit`` would, by the state of this moment.

    What is pending until the basket's business date counts as active: committed, it would be.
    """
    terms = terms.on(sale.business_date)
    program, day = terms.program, sale.business_date
    shown = shown_in(sale.token, terms)
    row = find(view, shown)
    judged = judge(view, terms, row, sale, now)
    as_of = JournalPosition.of(view.head())
    if shown is None or row is None:
        return _nobodys(program, sale, as_of)
    due, with_rights = points_due(view, row.account, day)
    row = replace(row, balance=row.balance + due)
    points = spendable(view, terms, row, shown, due=with_rights)
    tier = judged.progress["tier"]
    account = known_of(view, program, row, day, tier)
    refused = nothing_given(view, row, shown) if gives_things(program) else None
    things = free_things(view, program, row, tier, day, refused=refused)
    token = shown if isinstance(shown, Token) else None
    who = Shown(tier=tier, day=day, proof=proof_of(token), free=things.free)
    beside = held_beside(view, program, sale.redemptions, row.account)
    by_sale = judged.progress["stamps"]
    return Quote(
        status="accumulated",
        account=row.account,
        points=judged.earned.points,
        because=judged.earned.because,
        balance=row.balance,
        rewards=(*things.offers, *offers(program, points, sale, who, beside)),
        expires=expires(program.expiry, account),
        tier=account.tier,
        next_tier=next_tier(program, account),
        stamps=stamps_on(view, program, row, day, account.tier, by_sale),
        as_of=as_of,
    )


def _nobodys(program: Program, sale: Sale, as_of: JournalPosition) -> Quote:
    return Quote(
        status="no_card" if sale.token is None else "unknown_card",
        account=None,
        points=0,
        because=(),
        balance=None,
        rewards=offers(program, _NOTHING, sale, Shown(day=sale.business_date)),
        as_of=as_of,
    )
