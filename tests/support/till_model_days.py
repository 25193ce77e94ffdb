"""A business date's sums, as somebody adds them up from the slips of each lane and cashier.

A sale lies on the date it was sold on; everything else on the date that was said last, by whoever
did it. Nothing here knows how the till keeps its sums: each answer is a slip that is put on a pile.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

__all__ = ["DayBook"]

_MONEY = ("sales", "total_minor", "returns", "returned_minor", "voids", "voided_minor")
_POINTS = (
    *("points", "claims", "redemptions", "redeemed_points", "points_taken", "points_given"),
    *("adjustments", "adjusted_points", "adjusted_net"),
)

_Where = tuple[str, str]
"""Lane and cashier; empty where nobody said."""


class DayBook:
    """The piles. ``currency`` is the program's; money in another one stands apart."""

    def __init__(self, currency: str) -> None:
        self._currency = currency
        self._piles: dict[str, dict[_Where, Counter[tuple[str, str]]]] = defaultdict(dict)
        self._sales: dict[str, Mapping[str, Any]] = {}
        self._came_back: Counter[str] = Counter()
        self._held_at: dict[str, _Where] = {}
        self._spent: set[str] = set()

    @property
    def dates(self) -> list[str]:
        """The dates on which something happened."""
        return [*self._piles]

    def sums(self, day: str) -> dict[_Where, dict[str, Any]]:
        """Answer a date's sums by lane and cashier, as ``GET /v1/days`` names them."""
        return {where: self._named(pile) for where, pile in self._piles[day].items()}

    def total(self, day: str) -> dict[str, Any]:
        """Answer a date's sums in all."""
        pile: Counter[tuple[str, str]] = Counter()
        for each in self._piles[day].values():
            for key, number in each.items():
                pile[key] += number
        return self._named(pile)

    def _named(self, pile: Counter[tuple[str, str]]) -> dict[str, Any]:
        others = sorted({name for name, _ in pile if name not in ("", self._currency)})
        foreign = {name: {each: pile[name, each] for each in _MONEY} for name in others}
        return {
            **{name: pile["", name] for name in _POINTS},
            **{name: pile[self._currency, name] for name in _MONEY},
            "other_currencies": {
                each: sums for each, sums in foreign.items() if any(sums.values())
            },
        }

    def note(self, what: str, ids: tuple[str, ...], body: Mapping[str, Any], told: Any) -> None:
        """Put a call's slip on its pile.

        ``told`` are an answer's fields, with ``today`` and how much of the sale came back in all.
        """
        today, sale = told["today"], self._sales.get(ids[0], {})
        at = tuple(body.get(name) or sale.get(name, "") for name in ("lane", "cashier"))
        match what:
            case "commit":
                self._sales[ids[0]] = body
                sums = {"sales": 1, "total_minor": body["total_minor"], "points": told["points"]}
                self._add(body["business_date"], at, body["currency"], sums)
            case "claim":
                sums = {"claims": 1, "points": told["points"]}
                self._add(today, at, sale["currency"], sums)
            case "return" | "void":
                sums = {"points_taken": told["points_taken"]}
                sums["points_given"] = told["points_given_back"]
                sums |= self._money_back(what, ids[0], told["returned_minor"])
                self._add(today, at, sale["currency"], sums)
            case "adjust":
                sums = {"adjustments": 1, "adjusted_net": told["points"]}
                self._add(today, at, "", sums | {"adjusted_points": abs(told["points"])})
            case "hold":
                self._held_at[ids[0]] = at

    def _money_back(self, what: str, sale_id: str, returned_minor: int) -> dict[str, int]:
        before_minor = self._came_back[sale_id]
        if what == "void":
            left_minor = self._sales[sale_id]["total_minor"] - before_minor
            return {"voids": 1, "voided_minor": left_minor}
        self._came_back[sale_id] = returned_minor
        return {"returns": 1, "returned_minor": returned_minor - before_minor}

    def spend(self, redemption_id: str, points: int, today: str, where: _Where | None) -> None:
        """Put a redemption's slip on its pile, once: at a sale's lane, or where it was held."""
        if redemption_id not in self._spent:
            self._spent.add(redemption_id)
            sums = {"redemptions": 1, "redeemed_points": points}
            self._add(today, where or self._held_at[redemption_id], "", sums)

    def _add(self, day: str, at: Any, currency: str, sums: dict[str, int]) -> None:
        pile = self._piles[day].setdefault(at, Counter())
        for name, number in sums.items():
            pile[currency if name in _MONEY else "", name] += number
