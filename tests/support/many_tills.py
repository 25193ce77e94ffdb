"""Several POS at once, each selling real baskets of its own and enrolling the cards it meets."""

import itertools
import json
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from agent.paths import shipped_baskets
from agent.tools.site import StoreKit

__all__ = ["real_sales", "sell"]


def real_sales(count: int, *, of: str = "") -> dict[str, dict[str, Any]]:
    """So many real baskets, each by a sale_id of its own; they go round where there are fewer."""
    with shipped_baskets().open(encoding="utf-8") as file:
        baskets = itertools.cycle([json.loads(line) for line in file])
    numbered = zip(range(count), baskets, strict=False)
    return {f"{of}{number}-{basket['sale_id']}": basket["sale"] for number, basket in numbered}


def sell(
    store: StoreKit, sales: dict[str, dict[str, Any]], *, lanes: Sequence[str] = ()
) -> dict[str, httpx.Response]:
    """Sell all of these, at all lanes at once or at some; answers what each was answered.

    A card that is not known is enrolled after its first sale, as happens at a till.
    """
    left = iter(sales.items())
    taking = threading.Lock()

    def taken() -> Iterator[tuple[str, dict[str, Any]]]:
        while True:
            with taking:
                one = next(left, None)
            if one is None:
                return
            yield one

    def sell_at(lane: str) -> dict[str, httpx.Response]:
        pos, answers = store.lanes[lane].pos, {}
        for sale_id, sale in taken():
            answers[sale_id] = answer = pos.sell(sale_id, sale)
            if answer.is_success and answer.json()["status"] == "unknown_card":
                pos.enrol(sale["token"])
        return answers

    busy = lanes or tuple(store.lanes)
    with ThreadPoolExecutor(len(busy)) as threads:
        told = list(threads.map(sell_at, busy))
    return {sale_id: answer for answers in told for sale_id, answer in answers.items()}
