"""The demo finds a store that shows a member otherwise than head office has posted."""

from typing import Any, cast

import httpx
import pytest

from agent.tools.shown import differing
from agent.tools.site import HeadOffice, StoreKit

CARD = "em4100:0C000621A5"
POSTED = {
    "root": "a-1",
    "balance": 50,
    "pending": 0,
    "cards": [{"token": CARD, "state": "active"}],
}
SHOWN = {"account": "a-1", "status": "active", "balance": 50, "pending": 0}


class Shop:
    """Stands for head office and for a store, whose till answers as told."""

    def __init__(self, status: int, answer: dict[str, Any]) -> None:
        self.name, self.lanes, self.pos = "s1", {"1": self}, self
        self._answer = httpx.Response(status, json=answer)

    def ask(self, _method: str, _path: str) -> dict[str, Any]:
        """Answer as head office."""
        return POSTED

    def identify(self, _token: str) -> httpx.Response:
        """Answer as the till."""
        return self._answer


def found(status: int, answer: dict[str, Any]) -> dict[str, list[str]]:
    """Hold one answer of a till against head office's."""
    shop = Shop(status, answer)
    return differing(cast(HeadOffice, shop), [cast(StoreKit, shop)], [CARD])


def test_a_store_that_shows_the_same_is_right() -> None:
    """The same account, card, balance and pending points are no difference."""
    assert found(200, SHOWN | {"tier": None}) == {}


@pytest.mark.parametrize(
    "other", [{"balance": 49}, {"pending": 1}, {"status": "blocked"}, {"account": "a-2"}]
)
def test_a_store_that_shows_something_else_is_named(other: dict[str, Any]) -> None:
    """Whatever differs names the card, the store and both sides."""
    (said,) = found(200, SHOWN | other)[CARD]
    assert "store s1 shows" in said
    assert str(next(iter(other.values()))) in said


def test_a_store_that_knows_nobody_is_named() -> None:
    """A card that a store does not know is a difference, too."""
    assert "unknown_card" in found(404, {"code": "unknown_card"})[CARD][0]
