"""What stores show of members, held against head office's books, by the calls that tills make."""

from collections.abc import Collection, Iterable
from typing import Any

from agent.tools.site import HeadOffice, StoreKit

__all__ = ["differing", "sayings"]

_TOLD = ("account", "status", "balance", "pending")


def differing(
    office: HeadOffice, stores: Collection[StoreKit], tokens: Iterable[str]
) -> dict[str, list[str]]:
    """Ask each store and head office about cards; answers the cards of which they tell different
    things, with what they tell.
    """
    found = {token: sayings(office, stores, token) for token in tokens}
    return {token: said for token, said in found.items() if said}


def sayings(office: HeadOffice, stores: Collection[StoreKit], token: str) -> list[str]:
    """Say where a store does not show of a card what head office has posted."""
    held = office.ask("GET", f"/v1/cards/{token}")
    (card,) = [each for each in held["cards"] if each["token"] == token]
    posted = _told(held | {"account": held["root"], "status": card["state"]})
    said = []
    for store in stores:
        answer = next(iter(store.lanes.values())).pos.identify(token)
        shown = _told(answer.json()) if answer.is_success else {"code": answer.json()["code"]}
        if shown != posted:
            said.append(f"store {store.name} shows {shown}, head office has {posted}")
    return said


def _told(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: answer[name] for name in _TOLD}
