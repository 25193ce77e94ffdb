"""Cards that nobody here knows may be somebody's elsewhere: head office is asked, for a moment."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from agent.core.phones import Phone
from agent.core.tokens import Token
from agent.till.refusals import UnknownCard

__all__ = ["AskedWhose"]

T = TypeVar("T")


class AskedWhose:
    """Whom to ask; nobody where no head office is."""

    def __init__(self) -> None:
        self.ask: Callable[[str], Awaitable[bool]] | None = None
        """Answers whether a card is a member's, who then is known here too."""
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
