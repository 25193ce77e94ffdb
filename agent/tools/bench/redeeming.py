"""Members whose points are at head office, and a real till at which each of them redeems once.

They earned them in an epoch without rights, so no device holds any of them: a till has to ask.
"""

import secrets
import time
from functools import partial

from agent.clock import mint_id
from agent.tools.bench.measure import timed
from agent.tools.bench.office_site import CrowdProcess
from agent.tools.bench.sale import real_sales
from agent.tools.site import StoreKit
from agent.tools.waiting import wait_until

__all__ = ["Redeemers", "Regulars", "is_known"]

_POINTS = 500
_REWARD = "coffee"
_HELD = 201
_LONGEST_S = 20
_AGAIN_AFTER_S = 0.05


class Redeemers:
    """So many of them for each run, all known at the till of ``store``."""

    def __init__(self, store: StoreKit, *, a_run: int, runs: int) -> None:
        count = a_run * runs
        self._a_run = a_run
        self._store = store
        first = secrets.randbelow(2**40 - count)
        self._members = [[mint_id(), f"em4100:{first + n:010X}"] for n in range(count)]
        self._next = 0

    def come(self, crowd: CrowdProcess, founder: str) -> None:
        """Have a device write of them, and show every card at the till once."""
        crowd.does("join", tenant="demo", devices=[founder], members=self._members, points=_POINTS)
        for _, token in self._members:
            wait_until(partial(is_known, self._store, token), "a member to be known at the till")

    def left(self, parts: int) -> int:
        """Answer how many may redeem now where ``parts`` runs, this one too, share the rest."""
        return len(self._members) - self._next - (parts - 1) * self._a_run

    def redeem(self, count: int) -> list[float]:
        """Have so many redeem, one after another; answers the seconds of each."""
        return [timed(self._redeem_next) for _ in range(count)]

    def _redeem_next(self) -> None:
        _, token = self._members[self._next]
        self._next += 1
        _redeem(self._store, token)


class Regulars:
    """Members of another store, where they earned their points, who come to this one."""

    def __init__(self, here: StoreKit, there: StoreKit, count: int) -> None:
        first = secrets.randbelow(2**40 - count)
        self._here, self._there = here, there
        self._tokens = [f"em4100:{first + n:010X}" for n in range(count)]
        self._next = 0

    def come(self) -> None:
        """Have each buy something at the other store, and show their card here."""
        pos = self._there.lanes["1"].pos
        for token in self._tokens:
            _expect(pos.enrol(token).status_code, 201)
            _expect(pos.sell(f"earned-{token[-10:]}", _dear(token)).status_code, 201)
        self._there.wait_acknowledged()
        for token in self._tokens:
            wait_until(partial(is_known, self._here, token), "a member to be known at the till")

    def redeem(self, count: int) -> list[float]:
        """Have so many redeem here, one after another; answers the seconds of each."""
        return [timed(self._redeem_next) for _ in range(count)]

    def _redeem_next(self) -> None:
        self._next += 1
        _redeem(self._here, self._tokens[self._next - 1])


def is_known(store: StoreKit, token: str) -> bool:
    """Show a card; a till that does not know it asks head office."""
    return store.lanes["1"].pos.identify(token).json().get("account") is not None


def _redeem(store: StoreKit, token: str) -> None:
    """Redeem, and where nobody answered the till in time, try again: all of it is waiting."""
    pos, until_s = store.lanes["1"].pos, time.monotonic() + _LONGEST_S
    while True:
        answer = pos.hold(f"redeem-{token[-10:]}", token=token, reward=_REWARD)
        if answer.status_code == _HELD:
            return
        if time.monotonic() > until_s:
            raise RuntimeError(f"a redemption was refused: {answer.text}")
        time.sleep(_AGAIN_AFTER_S)


def _expect(status: int, wanted: int) -> None:
    if status != wanted:
        raise RuntimeError(f"expected {wanted}, got {status}")


def _dear(token: str) -> dict[str, object]:
    """Answer a sale that gives points enough."""
    minor = _POINTS * 100
    line = {
        "sku": "1",
        "description": "SOMETHING DEAR",
        "category": "grocery",
        "quantity": "1.000",
        "unit_price_minor": minor,
        "amount_minor": minor,
        "discount_minor": 0,
        "tax_minor": 0,
    }
    return real_sales()[0] | {
        "token": token,
        "lines": [line],
        "tenders": [{"kind": "card", "amount_minor": minor}],
        "total_minor": minor,
    }
