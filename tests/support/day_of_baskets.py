"""A day at a store's two tills, made from the real baskets: who does what, in which order.

The baskets are real and all put on one day. Returns, voids, claims and redemptions are made: a seed
decides which sales they happen to, and when. What one member does is done in its order; what
different members do may come in any.
"""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from baskets_with_points import paid_with, with_coffee
from day_by_hand import DayByHand, Expected

from agent.paths import shipped_baskets

__all__ = ["BUSINESS_DATE", "Day", "Step", "make_day"]

BUSINESS_DATE = "2026-11-21"

_RETURNED, _RETURNED_TWICE = 0.05, 0.3
_RETURNED_WITH_POINTS = 0.4
"""What points bought comes back more often, or a day would hardly show it."""

_VOIDED = 0.01
_VOIDED_WITH_A_RETURN = 0.2
_RETRIED = 0.1
_WITHOUT_CARD, _CLAIMED = 0.04, 0.7
_REDEEMED = 0.7
"""So often does a member redeem who can."""

_WISHES_TOO_MUCH = 0.01
_RETURNS_TOO_MUCH = 0.05
_ASKS_AFTER_VOID = 0.5
_LONGEST_WAIT = 80
"""What follows a sale comes up to so many baskets later."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One call of a till's. It is made once the step ``after`` it was answered.

    ``again`` is the number of the step that this one only repeats.
    """

    number: int
    after: int | None
    till: int
    kind: str
    member: str
    method: str
    path: str
    body: dict[str, Any] | None
    expected: Expected
    again: int | None = None


@dataclass(kw_only=True, slots=True)
class Day:
    """The plan, and what it must come to."""

    steps: list[Step] = field(default_factory=list)
    by_hand: DayByHand = field(default_factory=DayByHand)


def make_day(seed: str, *, rounds: int) -> Day:
    """Plan a day in which every real basket is sold so many times, under ids of their own."""
    planner = _Planner(random.Random(f"{seed}/day"))  # noqa: S311 - deals work, keeps no secret
    with shipped_baskets().open(encoding="utf-8") as file:
        baskets = [json.loads(line) for line in file]
    for number in range(rounds):
        for basket in baskets:
            planner.play(f"{number}-{basket['sale_id']}", basket["sale"])
    planner.close_the_store()
    return planner.day


class _Planner:
    """Makes the plan basket by basket, and does each step by hand to know what may follow."""

    def __init__(self, dice: random.Random) -> None:
        self.day = Day()
        self._dice = dice
        self._played = 0
        self._later: list[tuple[int, Callable[[], None]]] = []
        self._newest: dict[str, int] = {}

    def play(self, sale_id: str, sale: dict[str, Any]) -> None:
        """Sell a basket, with what comes before it; what comes after it is put off."""
        owner = sale["token"]
        time = sale["occurred_at"].partition("T")[2]
        sale = sale | {
            "business_date": BUSINESS_DATE,
            "occurred_at": f"{BUSINESS_DATE}T{time}",
        }
        if owner not in self._newest:
            body = {"token": owner, "lane": sale["lane"], "cashier": sale["cashier"]}
            self._do("enrol", owner, sale, "POST /v1/accounts", body, self._hand.enrol(owner))
        if self._chance(_WISHES_TOO_MUCH):
            self._wish_too_much(sale_id, sale)
        balance = self._hand.members[owner].balance
        if balance >= 150 and self._chance(_REDEEMED):
            self._redeem(sale_id, sale, balance)
        elif self._chance(_WITHOUT_CARD):
            self._sell(sale_id, sale | {"token": None}, owner)
            if self._chance(_CLAIMED):
                self._put_off(lambda: self._claim(sale_id, sale))
        else:
            self._sell(sale_id, sale, owner)
        self._put_off_what_comes_back(sale_id, sale)
        self._played += 1
        self._do_what_is_due(self._played)

    def close_the_store(self) -> None:
        """Do whatever was put off."""
        while self._later:
            self._do_what_is_due(self._played + _LONGEST_WAIT)

    @property
    def _hand(self) -> DayByHand:
        return self.day.by_hand

    def _chance(self, of: float) -> bool:
        return self._dice.random() < of

    def _put_off(self, what: Callable[[], None]) -> None:
        self._later.append((self._played + self._dice.randint(1, _LONGEST_WAIT), what))

    def _do_what_is_due(self, played: int) -> None:
        due = [what for when, what in self._later if when <= played]
        self._later = [(when, what) for when, what in self._later if when > played]
        for what in due:
            what()

    def _do(
        self,
        kind: str,
        owner: str,
        sale: dict[str, Any],
        call: str,
        body: dict[str, Any] | None,
        expected: Expected,
    ) -> None:
        method, _, path = call.partition(" ")
        step = self._add(
            after=self._newest.get(owner),
            till=int(sale["lane"]) % 2,
            kind=kind,
            member=owner,
            method=method,
            path=path,
            body=body,
            expected=expected,
        )
        if kind != "enrol" and not expected.refused and self._chance(_RETRIED):
            self._put_off(lambda: self._again(step))

    def _add(self, **what: Any) -> Step:
        step = Step(number=len(self.day.steps), **what)
        self.day.steps.append(step)
        self._newest[step.member] = step.number
        return step

    def _again(self, step: Step) -> None:
        """Send a call again that was answered long ago, perhaps from the other till."""
        self._add(
            after=self._newest[step.member],
            till=self._dice.randrange(2),
            kind=step.kind,
            member=step.member,
            method=step.method,
            path=step.path,
            body=step.body,
            expected=step.expected,
            again=step.number,
        )

    def _sell(self, sale_id: str, sale: dict[str, Any], owner: str) -> None:
        done = self._hand.sell(sale_id, sale)
        self._do("sale", owner, sale, f"PUT /v1/sales/{sale_id}", sale, done)

    def _claim(self, sale_id: str, sale: dict[str, Any]) -> None:
        body = {key: sale[key] for key in ("token", "lane", "cashier")}
        done = self._hand.claim(sale_id, sale["token"], _place(sale))
        self._do("claim", sale["token"], sale, f"PUT /v1/sales/{sale_id}/claim", body, done)

    def _put_off_what_comes_back(self, sale_id: str, sale: dict[str, Any]) -> None:
        if sale["total_minor"] and self._chance(_VOIDED):
            self._put_off(lambda: self._void(sale_id, sale))
        elif sale["total_minor"] and self._chance(
            _RETURNED_WITH_POINTS if self._hand.sales[sale_id].redeemed else _RETURNED
        ):
            by_line = self._chance(0.5) and not self._has_reward(sale_id)
            make = self._lines_back if by_line else self._amount_back
            self._put_off(lambda: self._return(sale_id, sale, "r1", make(sale_id)))
            if self._chance(_RETURNED_TWICE):
                self._put_off(lambda: self._return(sale_id, sale, "r2", make(sale_id)))
            if self._chance(_VOIDED_WITH_A_RETURN):
                self._put_off(lambda: self._void(sale_id, sale))

    def _has_reward(self, sale_id: str) -> bool:
        """Whether a line of a sale was bought with points: it comes back by amount only."""
        lines = self._hand.baskets[sale_id]["lines"]
        return any(line["category"] == "reward" for line in lines)

    def _void(self, sale_id: str, sale: dict[str, Any]) -> None:
        done = self._hand.void(sale_id, _place(sale))
        lane, cashier = _place(sale)
        path = f"DELETE /v1/sales/{sale_id}?lane={lane}&cashier={cashier}"
        self._do("void", sale["token"], sale, path, None, done)
        if self._chance(_ASKS_AFTER_VOID):
            self._return(sale_id, sale, "late", {"amount_minor": 1})

    def _return(
        self, sale_id: str, sale: dict[str, Any], return_id: str, back: dict[str, Any]
    ) -> None:
        if not back:
            return
        lane, cashier = _place(sale)
        done = self._hand.take_back(sale_id, back, (lane, cashier))
        path = f"PUT /v1/sales/{sale_id}/returns/{return_id}"
        body = back | {"lane": lane, "cashier": cashier}
        self._do("return", sale["token"], sale, path, body, done)

    def _amount_back(self, sale_id: str) -> dict[str, Any]:
        sums = self._hand.sales[sale_id]
        left_minor = sums.total_minor - sums.returned_minor
        if self._chance(_RETURNS_TOO_MUCH):
            return {"amount_minor": left_minor + 1}
        return {"amount_minor": self._dice.randint(1, left_minor)} if left_minor else {}

    def _lines_back(self, sale_id: str) -> dict[str, Any]:
        """Up to three lines, whole or in part, that did not come back yet."""
        lines = self._hand.baskets[sale_id]["lines"]
        here = [i for i in range(len(lines)) if not self._hand.came_back(sale_id, i)]
        chosen = self._dice.sample(here, min(len(here), self._dice.randint(1, 3)))
        back = [{"line": i, "quantity": self._part(lines[i]["quantity"])} for i in chosen]
        return {"lines": back} if back else {}

    def _part(self, quantity: str) -> str:
        thousandths = int(quantity.replace(".", ""))
        if self._chance(0.3):
            thousandths = self._dice.randint(1, thousandths)
        return f"{thousandths // 1000}.{thousandths % 1000:03d}"

    def _wish_too_much(self, sale_id: str, sale: dict[str, Any]) -> None:
        balance = max(0, self._hand.members[sale["token"]].balance)
        points = max(500, (balance // 100 + 1) * 100)
        self._hold(f"{sale_id}-much", sale, {"points": points})

    def _hold(self, redemption_id: str, sale: dict[str, Any], what: dict[str, Any]) -> None:
        wish = {key: sale[key] for key in ("token", "lane", "cashier")} | what
        done = self._hand.hold(redemption_id, wish)
        path = f"PUT /v1/redemptions/{redemption_id}"
        self._do("hold", sale["token"], sale, path, wish, done)

    def _redeem(self, sale_id: str, sale: dict[str, Any], balance: int) -> None:
        """Hold points, sell, and end the hold in one of the ways there are, or not at all."""
        redemption_id, owner = f"{sale_id}-points", sale["token"]
        if points := balance // 100 * 100 if balance >= 500 else 0:
            points = self._dice.randrange(500, points + 1, 100)
        if not points or self._chance(0.3):
            self._hold(redemption_id, sale, {"reward": "coffee"})
            with_points = with_coffee(sale, redemption_id)
            points = 150
        else:
            self._hold(redemption_id, sale, {"points": points})
            with_points = paid_with(sale, redemption_id, points)
        how = self._dice.choice(("in the sale", "by call", "in part", "released", "forgotten"))
        if how == "in the sale" and with_points is not None:
            self._sell(sale_id, with_points, owner)
            return
        self._sell(sale_id, sale, owner)
        if how == "released":
            self._put_off(lambda: self._release(redemption_id, sale))
        elif how != "forgotten":
            # A coffee is one whole thing; money off is redeemed in hundreds, from 500 points.
            in_part = how == "in part" and points > 500
            part = self._dice.randrange(500, points, 100) if in_part else None
            self._put_off(lambda: self._capture(redemption_id, sale, part))

    def _capture(self, redemption_id: str, sale: dict[str, Any], part: int | None) -> None:
        done = self._hand.capture(redemption_id, part)
        path = f"POST /v1/redemptions/{redemption_id}/capture"
        body = None if part is None else {"points": part}
        self._do("capture", sale["token"], sale, path, body, done)

    def _release(self, redemption_id: str, sale: dict[str, Any]) -> None:
        done = self._hand.release(redemption_id)
        path = f"DELETE /v1/redemptions/{redemption_id}"
        self._do("release", sale["token"], sale, path, None, done)


def _place(sale: dict[str, Any]) -> tuple[str, str]:
    return sale["lane"], sale["cashier"]
