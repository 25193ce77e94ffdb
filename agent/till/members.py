"""Members as a till sees them: who is meant, and what there is on their account.

A member shows a card, or says a telephone number: ``phone:`` and the number. ``find`` is the one
place that knows who is meant by either.
"""

import dataclasses
from datetime import date
from typing import Annotated

from msgspec.structs import replace
from pydantic import StringConstraints

from agent.core.answer import JournalPosition
from agent.core.facts import AccumulatePoints
from agent.core.phones import Phone, PhoneRefused, is_by_phone
from agent.core.point_words import PointWords
from agent.core.rewards import Offer, Spendable, offers
from agent.core.stamp_cards import CardStamps
from agent.core.tokens import How, Token, TokenRefused
from agent.core.values import Value
from agent.ledger import AccountRow, View
from agent.till.asking import asking, is_read
from agent.till.free_things import free_things, gives_things
from agent.till.refusals import CardBlocked, MalformedPhone, MalformedToken, UnknownCard
from agent.till.stamping import stamps_on
from agent.till.terms import Terms, why_frozen

__all__ = [
    "AccountView",
    "LastSale",
    "Shown",
    "TokenText",
    "account_view",
    "card_of",
    "find",
    "member_of",
    "nothing_given",
    "parse_phone",
    "parse_shown",
    "parse_token",
    "shown_in",
    "spendable",
    "why_not",
]


TokenText = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=128)]
"""A card as a reader or a cashier gave it: ``scheme:value`` or the bare number; or ``phone:`` and a
number, where a member may be named so."""

Shown = Token | Phone
"""What a member showed or said. ``str`` of it is all that a journal may hold."""


class LastSale(Value):
    """A member's last sale at this device, also one that was claimed afterwards."""

    sale_id: str
    """The POS's own id of the sale."""
    business_date: str
    """The day it belongs to: `YYYY-MM-DD`."""
    total_minor: int
    """What it came to, in minor units of its currency."""
    currency: str
    """ISO 4217, three capitals."""
    points: int
    """Whole points that it earned."""
    voided: bool = False
    """Whether it was called off since, with its points."""


class AccountView(Value):
    """An account as a till sees it. Points are whole points.

    ``status`` of a member found by telephone is ``active`` unless no card of theirs is.
    """

    account: str
    """The account's id."""
    display_name: str | None = None
    """The member's name, where one is known."""
    status: str
    """The card's state: `active`, `blocked`, `lost` or `replaced`."""
    say: str | None = None
    """Why the balance, or part of it, cannot be spent here now; for the cashier."""
    tier: str | None
    """The member's tier; null where the program has none."""
    balance: int
    """Active whole points; a debt is below zero."""
    pending: int
    """Whole points that wait for the return window to end."""
    redeemable_now: int
    """Whole points that may be spent here and now."""
    as_of: JournalPosition
    """The journal position that what happened here rests on."""
    elsewhere_as_of: str | None = None
    """When head office last told what happened elsewhere: RFC 3339 in UTC; null where it never did,
    or where there is none."""
    offers: tuple[Offer, ...]
    """Every reward, with whether it can be had here now."""
    last_sale: LastSale | None
    """The member's last sale at this device; null where there is none."""
    stamps: tuple[CardStamps, ...] = ()
    """The member's stamp cards."""


def find(view: View, shown: Shown | None) -> AccountRow | None:
    """Find who is meant, with the state of their card; a few index look-ups.

    Who is found by telephone may spend unless every card of theirs is blocked or lost.
    """
    if shown is None:
        return None
    if isinstance(shown, Token):
        return view.account_of(shown)
    account = view.account_of_phone(shown.number)
    row = None if account is None else view.account(account)
    return None if row is None else replace(row, card_state=_state_of_cards(view, row.account))


def _state_of_cards(view: View, account: str) -> str:
    states = {state for _, state in view.cards_of(account)} - {"replaced"}
    if not states or "active" in states:
        return "active"
    return "blocked" if "blocked" in states else "lost"


def member_of(view: View, shown: Shown) -> AccountRow:
    """Find who may spend with what was shown. Raises UnknownCard, CardBlocked."""
    row = _known(view, shown)
    refused = why_not(row, shown)
    if refused is not None:
        raise CardBlocked(refused)
    return row


def why_not(row: AccountRow, shown: Shown) -> str | None:
    """Say in a cashier's words why an account's points cannot be spent with what was shown."""
    reasons = _WHY_NO_CARD if isinstance(shown, Phone) else _WHY_BLOCKED
    return reasons.get(row.card_state)


def nothing_given(view: View, row: AccountRow, shown: Shown) -> str | None:
    """Say why nothing at all is given to what was shown, also what costs no points."""
    return why_not(row, shown) or why_frozen(view)


def spendable(
    view: View, terms: Terms, row: AccountRow, shown: Shown, *, due: int = 0, how: How = "read"
) -> Spendable:
    """Say what of a balance may be spent with what was shown, and why not all of it.

    The only place that decides why; how much it is, the terms say.
    """
    usable = terms.usable(view, row, due=due, is_read=is_read(shown, how))
    why_less = None if 0 < usable == row.balance else _why_less(view, terms, row, shown, usable)
    return Spendable(balance=row.balance, usable=usable, why_less=why_less)


def _why_less(view: View, terms: Terms, row: AccountRow, shown: Shown, usable: int) -> str | None:
    refused, words = nothing_given(view, row, shown), PointWords.in_first(terms.program)
    if refused is not None:
        return refused
    if (waits := terms.why_wait(view)) is not None:
        return waits
    if row.balance < 0:
        owed = words.counted(-row.balance)
        return f"this member owes {owed}; the next {words.many} go toward this"
    if usable < row.balance:
        some = f"{usable or 'none'} of these {words.many}"
        return f"{some} can be spent here before head office answers"
    return None


def account_view(view: View, terms: Terms, shown: Shown, how: How = "read") -> AccountView:
    """Find a member's account. Costs the same whatever the history. Raises UnknownCard.

    ``how`` says whether the card was read, or its number typed.
    """
    row = _known(view, shown)
    points = spendable(view, terms, row, shown, how=how)
    profile = view.profile(row.account)
    who = asking(view, terms.program, row, shown, how)
    day = who.day or date.min  # where it is not known, nothing asks for it
    refused = nothing_given(view, row, shown) if gives_things(terms.program) else None
    things = free_things(view, terms.program, row, who.tier, day, refused=refused)
    who = dataclasses.replace(who, free=things.free)
    return AccountView(
        account=row.account,
        display_name=None if profile is None else profile.display_name,
        status=row.card_state,
        say=points.why_less,
        tier=who.tier,
        balance=row.balance,
        pending=view.balance(row.account, "pending"),
        redeemable_now=points.usable,
        as_of=JournalPosition.of(view.head()),
        elsewhere_as_of=None if terms.alone else view.elsewhere_as_of(),
        offers=(*things.offers, *offers(terms.program, points, shown=who)),
        last_sale=_last_sale(view, row),
        stamps=stamps_on(view, terms.program, row, day, who.tier),
    )


def _known(view: View, shown: Shown) -> AccountRow:
    row = find(view, shown)
    if row is None:
        raise UnknownCard(_UNKNOWN_NUMBER if isinstance(shown, Phone) else _UNKNOWN)
    return row


def parse_shown(text: str, terms: Terms) -> Shown:
    """Read what was shown or said. Raises MalformedToken, MalformedPhone for the cashier."""
    if is_by_phone(text):
        return parse_phone(text.partition(":")[2], terms)
    return parse_token(text)


def parse_phone(text: str, terms: Terms) -> Phone:
    """Read a telephone number, a national one in the store's country. Raises MalformedPhone."""
    try:
        return Phone.parse(text, terms.phone_country)
    except PhoneRefused:
        raise MalformedPhone(_WHY_NO_PHONE) from None


def card_of(shown: Shown) -> str | None:
    """Answer the card that was shown, as an entry has it; a telephone number is none."""
    return str(shown) if isinstance(shown, Token) else None


def shown_in(text: str | None, terms: Terms) -> Shown | None:
    """Read a sale's token where there is one; a bad one must not hold up the sale."""
    try:
        return None if text is None else parse_shown(text, terms)
    except (MalformedToken, MalformedPhone):
        return None


def parse_token(text: str) -> Token:
    """Read a token. Raises MalformedToken with a sentence for the cashier."""
    try:
        return Token.parse(text)
    except TokenRefused as refused:
        raise MalformedToken(_WHY_NO_TOKEN[str(refused)]) from refused


_UNKNOWN = "this card is not known; it can be enrolled at the till"
_UNKNOWN_NUMBER = "no member has this telephone number"
_WHY_NO_PHONE = "this is no whole telephone number; read it again, with its area code"

_WHY_BLOCKED = {
    "blocked": "this card is blocked; it collects points and cannot spend them",
    "lost": "this card was reported lost; ask for the member's new card",
    "replaced": "this card was replaced by a new one; ask for that",
}

_WHY_NO_CARD = {
    "blocked": "every card of this member is blocked; they collect points and cannot spend them",
    "lost": "this member's card was reported lost; give them a new card first",
}

_WHY_NO_TOKEN = {
    "unknown": "this is not a member card number",
    "check_digit": "the check digit is wrong; read the number again",
    "payment_card": "this looks like a payment card; it was not read and not stored",
    "provider_gsrn": "this is the card of a member of staff, and no member's",
}


def _last_sale(view: View, row: AccountRow) -> LastSale | None:
    recorded = None if row.last_sale is None else view.entry_at(*row.last_sale)
    if recorded is None:
        return None
    fact = recorded.entry.fact
    assert isinstance(fact, AccumulatePoints), "an account's last sale is a sale"  # noqa: S101
    sale, points = fact.summary, fact.points
    if fact.account is None:  # its claim says what it earned
        known = view.sale(fact.sale_id)
        points = 0 if known is None else known.points
    return LastSale(
        sale_id=fact.sale_id,
        business_date=sale.business_date,
        total_minor=sale.total_minor,
        currency=sale.currency,
        points=points,
        voided=view.is_voided(fact.sale_id),
    )
