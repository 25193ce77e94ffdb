"""A till that never tires: it sells real baskets in a thread and keeps every answer."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx

from agent.paths import shipped_baskets
from agent.tools.waiting import wait_until
from drivers.virtual.pos import VirtualPos

__all__ = ["BusyTill"]


class BusyTill:
    """Sells real baskets in a thread, as fast as answers come, and keeps every answer it got.

    With ``pause_s`` it rests so long between two sales, as its agent is not what is tested then.
    A sale that was not answered is sent again under its id until it is, as a careful POS does.
    """

    def __init__(self, pos: VirtualPos, *, pause_s: float = 0.0) -> None:
        self.answers: dict[str, dict[str, Any]] = {}
        self.trouble: list[str] = []
        self._pos = pos
        self._pause_s = pause_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._sell, name="busy-till", daemon=True)

    def start(self) -> None:
        """Begin selling."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the sale under way was answered."""
        self._stopping.set()
        self._thread.join(30)
        assert not self._thread.is_alive()
        assert self.trouble == []

    def wait_for_sales(self, more: int) -> None:
        """Wait until so many more sales were answered."""
        target = len(self.answers) + more
        wait_until(lambda: len(self.answers) >= target or bool(self.trouble), f"{more} sales")
        assert self.trouble == []

    def give_up(self) -> None:
        """Stop, whatever it was about."""
        self._stopping.set()

    def _sell(self) -> None:
        for number, line in enumerate(_lines()):
            basket = json.loads(line)
            if self._stopping.wait(self._pause_s):
                return
            sale_id = f"{number}-{basket['sale_id']}"
            answer = self._until_answered(sale_id, basket["sale"])
            if answer is None:
                return
            if answer.status_code not in (200, 201):
                self.trouble.append(f"{sale_id}: {answer.status_code} {answer.text}")
                return
            self.answers[sale_id] = answer.json()
            if answer.json()["status"] == "unknown_card":
                self._until_enrolled(basket["sale"]["token"])

    def _until_answered(self, sale_id: str, sale: dict[str, Any]) -> httpx.Response | None:
        while True:
            try:
                return self._pos.sell(sale_id, sale)
            except httpx.TransportError:
                if self._stopping.wait(0.02):
                    return None

    def _until_enrolled(self, token: str) -> None:
        while not self._stopping.is_set():
            try:
                self._pos.enrol(token)
            except httpx.TransportError:
                self._stopping.wait(0.02)
            else:
                return


def _lines() -> Iterator[str]:
    """Read the baskets over and over; what nobody buys is not read."""
    while True:
        with shipped_baskets().open(encoding="utf-8") as file:
            yield from file
