"""The mirror: what head office tells of members and cards, kept up to a cursor."""

from collections.abc import Callable

from agent import __version__
from agent.ledger.ledger import Ledger
from agent.ledger.mirrored import MirrorPage
from agent.ledger.transaction import Transaction

__all__ = ["Mirror", "OnAlias"]

OnAlias = Callable[[Transaction, str], None]
"""Told of each account that was merged into another, in the transaction that learns it."""


def _nothing(_transaction: Transaction, _account: str) -> None:
    """Do nothing about it."""


class Mirror:
    """Takes head office's pages into a ledger; asks for nothing by itself.

    ``version`` is this program's: what one could not take, the next may.
    """

    def __init__(self, ledger: Ledger, *, version: str = __version__) -> None:
        self._ledger = ledger
        self.version = version

    async def cursor(self) -> tuple[int, int]:
        """Answer up to where head office was heard: its generation, and the cursor in it.

        (0, 0) before anything was heard; the cursor is 0 after a recovery, so that everything is
        told again.
        """
        return await self._ledger.read(lambda view: view.mirror_cursor())

    async def place(self, generation: int, scope: str | None = None) -> tuple[int, str | None]:
        """Answer the cursor to ask from under a generation, and what head office told with it, if
        that was under this one. A new one tells everything anew, and so does an upgrade, where the
        version before left out something that it did not know.

        So does another ``scope`` than was heard: what lies before the cursor was never told to who
        heard of fewer, and who hears of fewer from now on would keep a card that nobody tells of
        any more. It is kept in the transaction that goes back to the start, so that a crash finds
        both or neither. A mirror that knows of no scope stays as it is and notes this one: no
        release has heard a feed without noting it, so nothing here was heard under another.
        Without ``scope`` nothing is noted.
        """
        left_out_by, heard = await self._ledger.read(lambda view: view.mirror_heard_as())
        is_other = scope not in (None, heard)
        is_anew = left_out_by not in (None, self.version) or (is_other and heard is not None)

        def begin(transaction: Transaction) -> None:
            if is_anew:
                transaction.hear_all_again()
            if scope is not None:
                transaction.hear_of(scope)

        if is_anew or is_other:
            await self._ledger.write(begin)
        known, cursor, run = await self._ledger.read(lambda view: view.mirror_place())
        return cursor if generation <= known else 0, run if generation == known else None

    async def apply(self, page: MirrorPage, on_alias: OnAlias = _nothing) -> bool:
        """Take a page in one transaction with its cursor; answers whether it was taken.

        One that is older than what is here, of an older generation, or that leaves something out is
        not. ``on_alias`` is told of each account that was merged since, and may append.
        """

        def take(transaction: Transaction) -> bool:
            merged = transaction.take_mirror(page)
            for account in merged or ():
                on_alias(transaction, account)
            return merged is not None

        return await self._ledger.write(take)
