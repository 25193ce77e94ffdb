"""The day's trade: real baskets sold at every lane at once, each sent twice."""

import json
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.core.tokens import Token
from agent.paths import shipped_baskets
from agent.tools.demo.failed import DemoFailed
from agent.tools.site import LaneKit, StoreKit
from agent.tools.waiting import wait_until

__all__ = ["Basket", "Progress", "Trade", "choose"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Basket:
    """One line of the baskets file."""

    store: str
    sale_id: str
    sale: dict[str, Any]


@dataclass(slots=True)
class Progress:
    """What the tills have done so far, as they were answered; counted from their threads.

    ``points`` are what was earned less what was spent, ``tokens`` the cards that were shown.
    """

    sold: int = 0
    enrolled: int = 0
    points: int = 0
    tokens: set[str] = field(default_factory=set)
    trouble: list[str] = field(default_factory=list)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def add(self, *, sold: int = 0, enrolled: int = 0, points: int = 0, token: str = "") -> None:
        """Count something."""
        with self._guard:
            self.sold += sold
            self.enrolled += enrolled
            self.points += points
            self.tokens |= {token} - {""}


class Trade:
    """Baskets on their way over the counters of stores."""

    def __init__(
        self, stores: Sequence[StoreKit], baskets: Sequence[Basket], progress: Progress
    ) -> None:
        self._baskets = baskets
        self._progress = progress
        self._threads = [
            threading.Thread(target=self._work, args=(store, lane, name), daemon=True)
            for store in stores
            for name, lane in store.lanes.items()
        ]

    def start(self) -> None:
        """Open every lane."""
        for thread in self._threads:
            thread.start()

    def wait_for(self, sold: int, show: Callable[[int], None]) -> None:
        """Return once so many baskets are sold, showing how many are. Raises DemoFailed."""

        def reached() -> bool:
            show(self._progress.sold)
            is_over = not any(thread.is_alive() for thread in self._threads)
            return self._progress.sold >= sold or is_over

        wait_until(reached, f"{sold} baskets to be sold", timeout_s=300)
        if self._progress.trouble:
            raise DemoFailed("\n".join(self._progress.trouble))

    def _work(self, store: StoreKit, lane: LaneKit, name: str) -> None:
        """One cashier: scan, enrol who is new, sell; twice where the POS missed the answer."""
        try:
            for basket in self._baskets:
                if basket.store == store.name and basket.sale["lane"] == name:
                    self._serve(lane, basket)
        except Exception as error:  # noqa: BLE001 - reported by the main thread, which fails
            self._progress.trouble.append(f"store {store.name}, lane {name}: {error!r}")

    def _serve(self, lane: LaneKit, basket: Basket) -> None:
        token = Token.parse(basket.sale["token"])
        seen = lane.tap(token)
        if seen["status"] == "unknown_card":
            enrolment = lane.pos.enrol(str(token))
            if enrolment.status_code == 201:
                self._progress.add(enrolled=1)
            elif enrolment.json()["code"] != "card_in_use":  # the other lane may have been first
                raise DemoFailed(f"card {token.masked} could not be enrolled: {enrolment.text}")
        answer = lane.pos.sell(basket.sale_id, basket.sale)
        if answer.status_code != 201:
            raise DemoFailed(f"sale {basket.sale_id}: {answer.status_code} {answer.text}")
        again = lane.pos.sell(basket.sale_id, basket.sale)
        if (again.status_code, again.json()) != (200, answer.json()):
            raise DemoFailed(f"sale {basket.sale_id}: the retry was answered differently")
        self._progress.add(sold=1, points=answer.json()["points"], token=str(token))


def choose(count: int, seed: int) -> list[Basket]:
    """Choose as long a stretch from each of two stores, in the order in which they were sold."""
    with shipped_baskets().open(encoding="utf-8") as file:
        every = [Basket(**json.loads(line)) for line in file]
    dice = random.Random(seed)  # noqa: S311 - chooses baskets, keeps no secret
    names = dice.sample(sorted({basket.store for basket in every}), 2)
    chosen: list[Basket] = []
    for name, share in zip(names, (count - count // 2, count // 2), strict=True):
        sold = [basket for basket in every if basket.store == name]
        first = dice.randrange(max(1, len(sold) - share + 1))
        chosen += sold[first : first + share]
    return chosen
