"""Members as a till sees them: whose card this is, and what there is on it."""

from typing import Annotated

from pydantic import StringConstraints

from agent.core.answer import JournalPosition
from agent.core.facts import AccumulatePoints, Enrol
from agent.core.rewards import Offer, offers
from agent.core.tokens import Token, TokenRefused
from agent.core.values import Value
from agent.ledger import AccountRow, Transaction, View
from agent.till.refusals import CardBlocked, CardInUse, MalformedToken, UnknownCard
from agent.till.terms import Terms

__all__ = [
    "AccountView",
    "LastSale",
    "TokenText",
    "account_view",
    "enrol",
    "member_of",
    "parse_token",
]


TokenText = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=128)]
"""A card as a reader or a cashier gave it: ``scheme:value`` or the bare number."""


class LastSale(Value):
    """A member's last sale at this device."""

    sale_id: str
    business_date: str
    total_minor: int
    currency: str
    points: int


class AccountView(Value):
    """An account as a till sees it. Points are whole points.

    ``status`` is the card's: ``active``, ``blocked``, ``lost`` or ``replaced``. ``balance`` rests
    on the journal up to ``as_of``; a debt is below zero. ``redeemable_now`` is what may be spent
    here.
    """

    account: str
    status: str
    tier: str | None
    balance: int
    pending: int
    redeemable_now: int
    as_of: JournalPosition
    offers: tuple[Offer, ...]
    last_sale: LastSale | None
    display_name: str | None = None


def member_of(view: View, token: Token) -> AccountRow:
    """Find who may spend with a card. Raises UnknownCard, CardBlocked."""
    row = view.account_of(token)
    if row is None:
        raise UnknownCard(_UNKNOWN)
    if row.card_state != "active":
        raise CardBlocked(_WHY_BLOCKED[row.card_state])
    return row


def account_view(view: View, terms: Terms, token: Token) -> AccountView:
    """Find a token's account. Costs the same whatever the history. Raises UnknownCard."""
    row = view.account_of(token)
    if row is None:
        raise UnknownCard(_UNKNOWN)
    usable = terms.usable(view, row)
    return AccountView(
        account=row.account,
        status=row.card_state,
        tier=None,
        balance=row.balance,
        pending=view.balance(row.account, "pending"),
        redeemable_now=usable,
        as_of=JournalPosition.of(view.head()),
        offers=offers(terms.program, usable),
        last_sale=_last_sale(view, row),
    )


def enrol(
    transaction: Transaction,
    terms: Terms,
    token: Token,
    account: str,
    *,
    lane: str | None,
    cashier: str | None,
) -> AccountView:
    """Make an account for a card, here and now. Raises CardInUse."""
    if transaction.account_of(token) is not None:
        raise CardInUse("this card already belongs to a member")
    transaction.append(Enrol(account=account, token=str(token), lane=lane, cashier=cashier))
    return account_view(transaction, terms, token)


def parse_token(text: str) -> Token:
    """Read a token. Raises MalformedToken with a sentence for the cashier."""
    try:
        return Token.parse(text)
    except TokenRefused as refused:
        raise MalformedToken(_WHY_NO_TOKEN[str(refused)]) from refused


_UNKNOWN = "this card is not known; it can be enrolled at the till"

_WHY_BLOCKED = {
    "blocked": "this card is blocked; it collects points and cannot spend them",
    "lost": "this card was reported lost; ask for the member's new card",
    "replaced": "this card was replaced by a new one; ask for that",
}

_WHY_NO_TOKEN = {
    "unknown": "this is not a member card number",
    "check_digit": "the check digit is wrong; read the number again",
    "payment_card": "this looks like a payment card; it was not read and not stored",
}


def _last_sale(view: View, row: AccountRow) -> LastSale | None:
    recorded = None if row.last_sale is None else view.entry_at(*row.last_sale)
    if recorded is None:
        return None
    fact = recorded.entry.fact
    assert isinstance(fact, AccumulatePoints), "an account's last sale is a sale"  # noqa: S101
    sale = fact.summary
    return LastSale(
        sale_id=fact.sale_id,
        business_date=sale.business_date,
        total_minor=sale.total_minor,
        currency=sale.currency,
        points=fact.points,
    )
