"""What a till can ask for: identify a card, enrol one, commit a sale.

Each use case looks, decides with the pure core, and appends, inside one transaction of the ledger.
Its answer is given only after that transaction is on disk.

Refusals::

    TillRefusal           a considered no; nothing was written
    ├── UnknownCard       no account has this card
    ├── CardInUse         the card already belongs to an account
    ├── MalformedToken    what was read is no card number; carries the reason word
    ├── SaleIdReused      another basket was committed under this sale_id
    ├── SaleRecorded      it was committed; its basket is no longer kept to compare this one with
    └── UnknownRedemption the sale names a redemption that this ledger does not have
"""

from dataclasses import dataclass

from msgspec import Raw

from agent.core.accumulate import accumulate
from agent.core.answer import JournalPosition, SaleAnswer, sale_answer
from agent.core.basket import Sale
from agent.core.entry import Position
from agent.core.facts import AccumulatePoints, Enrol, SaleStatus
from agent.core.program import Program
from agent.core.tokens import Token, TokenRefused
from agent.core.values import MintId, Value
from agent.ledger import AccountRow, KnownSale, Ledger, Refusal, Transaction, View

__all__ = [
    "AccountView",
    "CardInUse",
    "Committed",
    "LastSale",
    "MalformedToken",
    "SaleIdReused",
    "SaleRecorded",
    "Till",
    "TillRefusal",
    "UnknownCard",
    "UnknownRedemption",
    "parse_token",
]


class TillRefusal(Refusal):
    """A considered no to a till; the message is for the cashier."""


class UnknownCard(TillRefusal):
    """No account has this card."""


class CardInUse(TillRefusal):
    """The card already belongs to an account."""


class MalformedToken(TillRefusal):
    """What was read is not a card number tapledger accepts."""


class SaleIdReused(TillRefusal):
    """Another basket was committed under this sale_id."""


class SaleRecorded(TillRefusal):
    """The sale was committed and counts; its basket is no longer kept to compare this one with."""


class UnknownRedemption(TillRefusal):
    """The sale names a redemption that this ledger does not have."""


class LastSale(Value):
    """A member's last sale at this device."""

    sale_id: str
    business_date: str
    total_minor: int
    currency: str
    points: int


class AccountView(Value):
    """An account as a till sees it. Points are whole points.

    ``balance`` rests on the journal up to ``as_of``. ``redeemable_now`` is 0 and ``offers`` is
    empty while the program has no rewards.
    """

    account: str
    status: str
    tier: str | None
    balance: int
    pending: int
    redeemable_now: int
    as_of: JournalPosition
    offers: tuple[str, ...]
    last_sale: LastSale | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Committed:
    """A sale's answer, and whether it had been given before."""

    answer: SaleAnswer
    replay: bool


class Till:
    """The use cases over one ledger and one program."""

    def __init__(self, ledger: Ledger, program: Program, *, mint_id: MintId) -> None:
        self._ledger = ledger
        self._program = program
        self._mint_id = mint_id

    async def identify(self, text: str) -> AccountView:
        """Find a token's account, ``scheme:value`` or bare. Raises UnknownCard, MalformedToken.

        Reads only what is on disk; costs the same whatever the history.
        """
        token = parse_token(text)
        return await self._ledger.read(lambda view: _account_view(view, token))

    async def enrol(
        self, text: str, *, lane: str | None = None, cashier: str | None = None
    ) -> AccountView:
        """Make an account for a card, here and now. Raises CardInUse, MalformedToken."""
        token = parse_token(text)
        account = self._mint_id()

        def enrol(transaction: Transaction) -> AccountView:
            if transaction.account_of(token) is not None:
                raise CardInUse("this card already belongs to a member")
            transaction.append(Enrol(account=account, token=str(token), lane=lane, cashier=cashier))
            return _account_view(transaction, token)

        return await self._ledger.write(enrol)

    async def commit(self, sale_id: str, sale: Sale) -> Committed:
        """Commit a sale under the POS's own id; the same sale again gets the same answer.

        Raises SaleIdReused where another basket has the id, SaleRecorded where a basket has it
        that is no longer kept, UnknownRedemption.
        """
        token = _token_of(sale)
        card_shown = sale.token is not None
        # The journal keeps a card number in canonical form, and nothing that is not one.
        canonical = None if token is None else str(token)
        if sale.token != canonical:
            sale = sale.model_copy(update={"token": canonical})

        def commit(transaction: Transaction) -> tuple[AccumulatePoints, Position, bool]:
            known = transaction.sale(sale_id)
            if known is not None:
                return (*_again(sale_id, known, sale), True)
            row = None if token is None else transaction.account_of(token)
            status: SaleStatus = "unknown_card" if card_shown else "no_card"
            fact = self._judge(sale_id, sale, row, "accumulated" if row else status)
            recorded = transaction.append(fact, business_date=sale.business_date)
            return fact, recorded.position, False

        fact, position, replay = await self._ledger.write(commit)
        return Committed(answer=sale_answer(fact, position), replay=replay)

    def _judge(
        self, sale_id: str, sale: Sale, row: AccountRow | None, status: SaleStatus
    ) -> AccumulatePoints:
        """Decide what a sale earns for whom. A sale is never refused for its card or currency."""
        if sale.redemptions:
            raise UnknownRedemption("the sale names a redemption that was not made here")
        earned = accumulate(self._program, sale)
        return AccumulatePoints(
            sale_id=sale_id,
            sale_json=Raw(sale.canonical()),
            status=status,
            account=row.account if row else None,
            program=self._program.edition,
            points=earned.points if row else 0,
            because=earned.because if row else (),
            balance=row.balance + earned.points if row else None,
            flags=("currency_mismatch",) if sale.currency != self._program.currency else (),
        )


def parse_token(text: str) -> Token:
    """Read a token. Raises MalformedToken with a sentence for the cashier."""
    try:
        return Token.parse(text)
    except TokenRefused as refused:
        raise MalformedToken(_WHY_NO_TOKEN[str(refused)]) from refused


_WHY_NO_TOKEN = {
    "unknown": "this is not a member card number",
    "check_digit": "the check digit is wrong; read the number again",
    "payment_card": "this looks like a payment card; it was not read and not stored",
}


def _token_of(sale: Sale) -> Token | None:
    """Read a sale's token where there is one; a bad one must not hold up the sale."""
    try:
        return None if sale.token is None else Token.parse(sale.token)
    except TokenRefused:
        return None


def _again(sale_id: str, known: KnownSale, sale: Sale) -> tuple[AccumulatePoints, Position]:
    """Answer a sale that is known with what is known of it, where it is the same sale."""
    if known.recorded is None:
        raise _incomparable(sale_id, known, sale)
    basket = known.recorded[0].sale
    if not basket.same_basket(sale):
        raise SaleIdReused(
            f"sale {sale_id} was committed with another basket of "
            f"{basket.total_minor} {basket.currency} minor units; give this sale an id of its own"
        )
    return known.recorded


def _incomparable(sale_id: str, known: KnownSale, sale: Sale) -> TillRefusal:
    """Say what is still known of a sale whose basket is gone; another total is another basket."""
    if known.total_minor != sale.total_minor:
        return SaleIdReused(
            f"sale {sale_id} was committed with another basket of {known.total_minor} minor units; "
            "give this sale an id of its own"
        )
    epoch, seq = known.place
    return SaleRecorded(
        f"sale {sale_id} was committed as entry {epoch}:{seq} with {known.points} points; its "
        "basket is no longer kept to compare this one with: take the sale as done"
    )


def _account_view(view: View, token: Token) -> AccountView:
    row = view.account_of(token)
    if row is None:
        raise UnknownCard("this card is not known; it can be enrolled at the till")
    return AccountView(
        account=row.account,
        status="active",
        tier=None,
        balance=row.balance,
        pending=0,
        redeemable_now=0,
        as_of=JournalPosition.of(view.head()),
        offers=(),
        last_sale=_last_sale(view, row),
    )


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
