"""Complaint 15: another till shows a balance that is no longer true.

Here every lane that shows an account is told when a sale at another lane changed it.
"""

from collections.abc import Callable
from typing import Any

from agent.core.tokens import Token
from agent.tools.site import StoreKit

_CARD = Token.parse("em4100:0C000621A5")


def test_a_sale_at_one_till_is_seen_at_the_other(
    kit: StoreKit, make_sale: Callable[..., dict[str, Any]]
) -> None:
    """A member's balance at lane 1 is the one that the sale at lane 2 left, without a new tap."""
    here, there = kit.lanes["1"].pos, kit.lanes["2"].pos
    here.enrol(str(_CARD))
    kit.lanes["1"].tap(_CARD)
    sold = there.sell("s-1", make_sale(token=str(_CARD), lane="2")).json()
    told = here.wait_for("card", token=str(_CARD), cause="changed")
    assert (told["balance"], sold["balance"]) == (14, 14)
