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
