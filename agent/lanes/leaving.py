"""Cards that leave a lane: a member's card that had no sale is recorded.

A sale that was paid without a card may be that of the card that lay there: the card is shown once
more, and claims it. So a card that such a sale passed over is recorded when its time is up, or when
another card claims the sale.
"""

from collections.abc import Callable

from agent.core.answer import SaleAnswer
from agent.lanes.flagging import Flagging
from agent.lanes.lane import Shown

__all__ = ["Leaving"]


class Leaving:
    """Records cards that had no basket. Lives on the event loop."""

    def __init__(self, flagging: Flagging) -> None:
        self._flagging = flagging
        self._passed_over: dict[str, tuple[str, tuple[Shown, ...]]] = {}

    def leave(self, lane: str, *cards: Shown) -> None:
        """Cards leave a lane for good."""
        for shown in cards:
            if shown.account is not None and not shown.sold:
                self._flagging.note("tap_without_basket", account=shown.account, lane=lane)

    def pass_over(self, sale: SaleAnswer, lane: str, *cards: Shown) -> None:
        """Cards leave their lane for a sale that is none of theirs, or is yet to be claimed."""
        if sale.account is not None:
            self.leave(lane, *cards)
        elif cards:
            self._passed_over[sale.sale_id] = (lane, cards)

    def claimed(self, sale_id: str, account: str | None) -> None:
        """A sale without a card has become a member's."""
        lane, cards = self._passed_over.pop(sale_id, ("", ()))
        self.leave(lane, *(shown for shown in cards if shown.account != account))

    def look_after(self, is_over: Callable[[Shown], bool]) -> None:
        """Wait no longer for the claims of cards whose time is up."""
        for sale_id, (lane, cards) in tuple(self._passed_over.items()):
            if all(is_over(shown) for shown in cards):
                del self._passed_over[sale_id]
                self.leave(lane, *cards)
