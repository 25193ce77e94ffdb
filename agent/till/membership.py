"""Members and their cards at the till: each use case one transaction of the ledger, one answer."""

from agent.core.phones import Phone
from agent.core.values import MintId
from agent.ledger import Ledger
from agent.till.asked_whose import AskedWhose
from agent.till.cards import (
    Answered,
    Block,
    Enrolled,
    Enrolment,
    MoreCard,
    Replacement,
    add_card,
    block_card,
    enrol,
    replace_card,
)
from agent.till.members import find, parse_shown, parse_token, shown_in
from agent.till.profiles import Personal, erase_profile, profile_of, put_profile
from agent.till.terms import Terms

__all__ = ["Membership"]


class Membership:
    """The use cases about persons and cards over one ledger."""

    def __init__(self, ledger: Ledger, terms: Terms, *, mint_id: MintId) -> None:
        self._ledger = ledger
        self._terms = terms
        self._mint_id = mint_id
        self.asked_whose = AskedWhose(ledger)

    def adopt(self, terms: Terms) -> None:
        """Work under other terms from the next question on."""
        self._terms = terms

    async def enrol(self, enrolment: Enrolment) -> Enrolled:
        """Make an account for a card. Raises as ``cards.enrol`` does, and MalformedPhone."""
        profile = profile_of(self._mint_id(), enrolment, self._terms)
        await self._ask_whose(enrolment.token)
        return await self._ledger.write(
            lambda transaction: enrol(transaction, self._terms, enrolment, profile)
        )

    async def whose(self, text: str) -> str | None:
        """Answer the account that is meant by a card or a number, or None. Raises nothing else
        than ``identify`` does for a malformed text.
        """
        shown = parse_shown(text, self._terms)
        row = await self._ledger.read(lambda view: find(view, shown))
        return None if row is None else row.account

    def is_number(self, text: str) -> bool:
        """Say whether a text is ``phone:`` and a whole telephone number."""
        return isinstance(shown_in(text, self._terms), Phone)

    async def put_profile(self, account: str, personal: Personal) -> Personal:
        """Replace what is known of a member. Raises UnknownAccount, PhoneInUse, MalformedPhone."""
        profile = profile_of(account, personal, self._terms)
        return await self._ledger.write(lambda transaction: put_profile(transaction, profile))

    async def erase_profile(self, account: str) -> None:
        """Forget a person. Raises UnknownAccount."""
        await self._ledger.write(lambda transaction: erase_profile(transaction, account))

    async def add_card(self, account: str, more: MoreCard) -> Answered:
        """Give an account one more card. Raises as ``cards.add_card`` does."""
        await self._ask_whose(more.token)
        return await self._ledger.write(
            lambda transaction: add_card(transaction, self._terms, account, more)
        )

    async def replace_card(self, text: str, replacement: Replacement) -> Answered:
        """Let one card take another's place. Raises as ``cards.replace_card`` does."""
        token = parse_token(text)
        await self._ask_whose(replacement.by)
        return await self._ledger.write(
            lambda transaction: replace_card(transaction, self._terms, token, replacement)
        )

    async def block_card(self, text: str, block: Block) -> Answered:
        """Let a card spend no more. Raises as ``cards.block_card`` does."""
        token = parse_token(text)
        return await self._ledger.write(
            lambda transaction: block_card(transaction, self._terms, token, block)
        )

    async def _ask_whose(self, text: str) -> None:
        """Ask head office about a card before it is given to a member, and outside a transaction.
        Raises MalformedToken.
        """
        card = parse_token(text)
        await self.asked_whose.before_giving(
            card, lambda: self._ledger.read(lambda view: view.is_card(card))
        )
