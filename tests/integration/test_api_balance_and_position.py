"""A balance and the journal position it rests on belong together, also while sales come in."""

import threading
from collections.abc import Callable
from typing import Any

import httpx

from agent.tools.site import StoreKit

_CARD = "em4100:67003BA86C"
_SALES = 150


def test_identify_answers_from_one_state(
    store: StoreKit,
    till: httpx.Client,
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
) -> None:
    """Every answer of identify states the balance that the journal had at its ``as_of``."""
    till.post("/v1/accounts", json={"token": _CARD})
    balances: dict[int, int] = {}
    done = threading.Event()

    def sell() -> None:
        for _ in range(_SALES):
            answer = till.put(f"/v1/sales/{new_sale_id()}", json=make_sale(token=_CARD)).json()
            balances[answer["journal"]["seq"]] = answer["balance"]
        done.set()

    seller = threading.Thread(target=sell)
    pos = store.lanes["1"].pos
    seller.start()
    seen = []
    while not done.is_set():
        seen.append(pos.identify(_CARD).json())
    seller.join()
    assert len(seen) > 1
    for view in seen:
        assert balances.get(view["as_of"]["seq"], 0) == view["balance"]
