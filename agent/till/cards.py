"""Cards at the till: a member's first one, one more, a new one for an old one, one that is blocked.

All cards of an account share its points, so that no card strands any. What is asked for again has
been done already and is answered the same; nothing is written twice.
"""

from dataclasses import dataclass
from typing import Literal

from agent.core.accumulate import Because
from agent.core.facts import AccumulatePromotionPoints, AddCard, CardState, Enrol
from agent.core.tokens import Token
from agent.core.values import Label, example
from agent.ledger import AccountRow, Profile, Transaction
from agent.till.brought import Brought, brought_by
from agent.till.members import AccountView, TokenText, account_view, parse_token, why_not
from agent.till.profiles import AtTill, Personal, keep_profile, refuse_phone_of_another
from agent.till.refusals import CardBlocked, CardInUse, UnknownAccount, UnknownCard
from agent.till.terms import Terms

__all__ = [
    "Answered",
    "Block",
    "Enrolled",
    "Enrolment",
    "MoreCard",
    "Replacement",
    "add_card",
    "block_card",
    "enrol",
    "replace_card",
]

Answered = tuple[AccountView, bool]
"""An account, and whether what was asked for had been done before."""


class Enrolment(Personal, AtTill):
    """A card to make an account for; all else where it is known."""

    model_config = example({"token": "em4100:0C000621A5", "lane": "1", "cashier": "ana"})

    token: TokenText
    """The card: `scheme:value` or the bare number."""
    referred_by: TokenText | None = None
    """The card of who brought this member, or `phone:` and a number."""


class Enrolled(AccountView):
    """The account that was made."""

    referral: Brought | None = None
    """What became of `referred_by`: `referred`; or why nobody is noted: `unknown`, `blocked` (a
    card that is not active), `self`, or `not_offered` by the program. Null where nobody was named.
    """


class MoreCard(AtTill):
    """One more card for an account; ``lost`` says that all others of its active ones are lost."""

    token: TokenText
    """The new card: `scheme:value` or the bare number."""
    lost: bool = False
    """Whether all other active cards of the account are lost."""


class Replacement(AtTill):
    """The card that takes another's place."""

    by: TokenText
    """The new card: `scheme:value` or the bare number."""
    reason: Label = ""
    """Why, for head office."""


class Block(AtTill):
    """Why a card spends no more."""

    state: Literal["blocked", "lost"] = "blocked"
    """Whether the card is blocked, or reported lost."""
    reason: Label = ""
    """Why, for head office."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Change:
    """Writes what happens to the cards of one account, at one till."""

    transaction: Transaction
    account: str
    at: AtTill

    def add(self, token: Token) -> None:
        at = self.at
        fact = AddCard(account=self.account, token=str(token), lane=at.lane, cashier=at.cashier)
        self.transaction.append(fact)

    def set(
        self,
        token: str,
        state: Literal["blocked", "lost", "replaced"],
        *,
        by: Token | None = None,
        reason: str = "",
    ) -> None:
        named = self.transaction.journaled_account(Token.parse(token))
        is_theirs = self.transaction.is_same_member(named, self.account)
        self.transaction.append(
            CardState(
                token=token,
                account=named if named is not None and is_theirs else self.account,
                state=state,
                replaced_by=None if by is None else str(by),
                reason=reason,
                cashier=self.at.cashier,
                lane=self.at.lane,
            )
        )


def enrol(
    transaction: Transaction, terms: Terms, enrolment: Enrolment, profile: Profile
) -> Enrolled:
    """Make an account for a card, here and now, with what the program gives for it.

    It is made whoever is named as having brought the member. Raises MalformedToken, CardInUse,
    PhoneInUse.
    """
    token = parse_token(enrolment.token)
    if transaction.is_card(token):
        raise CardInUse("this card already belongs to a member")
    refuse_phone_of_another(transaction, profile)
    today = terms.on(transaction.today)
    referrer, said = brought_by(transaction, today, enrolment.referred_by, token, profile)
    transaction.append(
        Enrol(
            account=profile.account,
            token=str(token),
            lane=enrolment.lane,
            cashier=enrolment.cashier,
            referred_by=referrer,
        )
    )
    keep_profile(transaction, profile)
    _welcome(transaction, today, profile.account)
    view = account_view(transaction, terms, token)
    return Enrolled.model_validate(dict(view) | {"referral": said})


def _welcome(transaction: Transaction, terms: Terms, account: str) -> None:
    """Give what a program gives for becoming a member. It may be spent like any other point."""
    given = terms.program.enrolment
    if given is None:
        return
    transaction.append(
        AccumulatePromotionPoints(
            account=account,
            promotion=given.id,
            points=given.points,
            because=(Because(rule=given.id, points=given.points, lines=(), text=given.text),),
            balance=given.points,
            lease=terms.earned_lease(transaction, account, given.points),
        )
    )


def add_card(transaction: Transaction, terms: Terms, account: str, more: MoreCard) -> Answered:
    """Give an account one more card, and report its others lost where they are.

    Raises MalformedToken, UnknownAccount, CardInUse, and CardBlocked for a card of the account's
    own that is not active any more.
    """
    token = parse_token(more.token)
    member = transaction.account(account)
    if member is None:
        raise UnknownAccount("no member has this account here")
    account = member.account
    own = _own(transaction, token, account)
    if own is not None:
        _refuse_inactive(own, token)
    change = _Change(transaction=transaction, account=account, at=more)
    others = [
        card
        for card, state in transaction.cards_of(account)
        if more.lost and state == "active" and card != str(token)
    ]
    for card in others:
        change.set(card, "lost")
    if own is None:
        change.add(token)
    return account_view(transaction, terms, token), own is not None and not others


def replace_card(
    transaction: Transaction, terms: Terms, token: Token, replacement: Replacement
) -> Answered:
    """Let one card take the place of another, whose points are the account's.

    Raises MalformedToken, UnknownCard, CardInUse where the new card is another member's, and
    CardBlocked where the old one was replaced before or the new one is not active any more.
    """
    old, by = _known(transaction, token), parse_token(replacement.by)
    if by == token:
        raise CardInUse("a card cannot take its own place; give the member another one")
    own = _own(transaction, by, old.account)
    if own is not None:
        _refuse_inactive(own, by)
    if old.card_state == "replaced":
        if own is None:
            raise CardBlocked("this card was replaced by another one before; ask for that")
        return account_view(transaction, terms, by), True
    change = _Change(transaction=transaction, account=old.account, at=replacement)
    # The account may have the new card already; then the old one just goes.
    made = by if own is None else None
    change.set(str(token), "replaced", by=made, reason=replacement.reason)
    return account_view(transaction, terms, by), False


def block_card(transaction: Transaction, terms: Terms, token: Token, block: Block) -> Answered:
    """Let a card spend no more; it still collects. Raises UnknownCard, CardBlocked."""
    row = _known(transaction, token)
    if row.card_state == "replaced":
        raise CardBlocked("this card was replaced by another one before; ask for that")
    replay = row.card_state == block.state
    if not replay:
        change = _Change(transaction=transaction, account=row.account, at=block)
        change.set(str(token), block.state, reason=block.reason)
    return account_view(transaction, terms, token), replay


def _known(transaction: Transaction, token: Token) -> AccountRow:
    row = transaction.account_of(token)
    if row is None:
        raise UnknownCard("this card is not known")
    return row


def _own(transaction: Transaction, token: Token, account: str) -> AccountRow | None:
    """Answer a new card's row where the account has it already. Raises CardInUse."""
    row = transaction.account_of(token)
    if transaction.is_card(token) and (row is None or row.account != account):
        raise CardInUse("this card belongs to another member")
    return row


def _refuse_inactive(row: AccountRow, token: Token) -> None:
    refused = why_not(row, token)
    if refused is not None:
        raise CardBlocked(refused)
