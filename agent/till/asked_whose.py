"""Cards that nobody here knows may be somebody's elsewhere, and points that are not known here may
have been earned there a moment ago: head office is asked, while the customer waits.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from agent.core.phones import Phone
from agent.core.tokens import Token
from agent.ledger import Ledger
from agent.till.refusals import UnknownCard

__all__ = ["AskAnew", "AskOnline", "AskedWhose"]

T = TypeVar("T")

AskOnline = Callable[[str, int], Awaitable[str | None]]
"""Ask head office for rights to so many points of an account. Answers None once they are journaled,
what it says where it will not, and an empty text where nobody answered in time.
"""

AskAnew = Callable[[str], Awaitable[AskOnline | None]]
"""Have all that is known of a card's member told anew. Answers whom to ask for rights then, and
None where nobody told anything.
"""

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
        self.ask_anew: AskAnew | None = None
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

    async def anew(self, account: str | None) -> AskOnline | None:
        """Have head office tell anew of a member whose balance falls short here; answers whom to
        ask for rights then, and None where it told nothing, or did a moment ago.
        """
        if self.ask_anew is None or account is None:
            return None
        now_ms = self._ledger.moment().up_ms
        self._told_ms = {
            name: at_ms for name, at_ms in self._told_ms.items() if now_ms - at_ms < _STILL_NEW_MS
        }
        if account in self._told_ms:
            return None
        cards = await self._ledger.read(lambda view: view.cards_of(account))
        ask = await self.ask_anew(cards[0][0]) if cards else None
        if ask is not None:
            self._told_ms[account] = now_ms
        return ask
