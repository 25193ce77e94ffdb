"""Cards that nobody here knows may be somebody's elsewhere, and points that are not known here may
have been earned there a moment ago: head office is asked, while the customer waits.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from agent.core.phones import Phone
from agent.core.tokens import Token
from agent.ledger import Ledger
from agent.till.refusals import UnknownCard

__all__ = ["AskedWhose"]

T = TypeVar("T")

_STILL_NEW_MS = 1_000
"""What head office told of a member a moment ago is not asked for again."""


class AskedWhose:
    """Whom to ask; nobody where no head office is."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._told_ms: dict[str, int] = {}
        """When head office told anew of accounts, of the last moments."""
        self.ask: Callable[[str], Awaitable[bool]] | None = None
        """Answers whether a card is a member's, who then is known here too."""
        self.ask_anew: Callable[[str], Awaitable[bool]] | None = None
        """Answers whether head office told anew what a known card's member has."""
        self.tells_of_all = True
        """Whether head office tells of every member by itself, also of those never seen here."""

    async def or_there(self, shown: Token | Phone, find: Callable[[], Awaitable[T]]) -> T:
        """Find somebody here, or else there and then here. Raises UnknownCard.

        A telephone number never leaves the store.
        """
        try:
            return await find()
        except UnknownCard:
            if self.ask is None or isinstance(shown, Phone) or not await self.ask(str(shown)):
                raise
        return await find()

    async def before_giving(self, card: Token, is_known: Callable[[], Awaitable[bool]]) -> None:
        """Have a card that is to be given to a member known here, if it is another's already: two
        accounts with one card are made one for good.

        Head office is asked only where it would not have told by itself. Where it does not answer
        the card is given: a store that is cut off goes on.
        """
        if self.ask is None or self.tells_of_all or await is_known():
            return
        await self.ask(str(card))

    async def anew(self, account: str | None) -> bool:
        """Have head office tell anew of a member whose balance falls short here; answers whether it
        did, which it is not asked to where it did a moment ago.
        """
        if self.ask_anew is None or account is None:
            return False
        now_ms = self._ledger.moment().up_ms
        self._told_ms = {
            name: at_ms for name, at_ms in self._told_ms.items() if now_ms - at_ms < _STILL_NEW_MS
        }
        if account in self._told_ms:
            return False
        cards = await self._ledger.read(lambda view: view.cards_of(account))
        if not cards or not await self.ask_anew(cards[0][0]):
            return False
        self._told_ms[account] = now_ms
        return True
