"""What a cashier may change by hand: a little alone, more with a second person, so much a day."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from till_model_cards import Member

__all__ = ["ALONE_POINTS", "DAY_POINTS", "Adjusted", "HandBook"]

ALONE_POINTS = 40
DAY_POINTS = 70

Adjusted = tuple[dict[str, Any], bool]
"""The fields of an answer, and whether it had been given before."""


class HandBook:
    """What was adjusted: under which ids, and how much by which cashier on which day."""

    def __init__(self) -> None:
        self._told: dict[str, dict[str, Any]] = {}
        self._by: Counter[tuple[str, str]] = Counter()

    def adjust(
        self, member: Member | None, body: Mapping[str, Any], today: str, *, brings_right: bool
    ) -> Adjusted | str:
        """Change a balance once, or say by name why not."""
        points, adjust_id = body["points"], body["adjust_id"]
        if member is None:
            return "UnknownAccount"
        told = self._told.get(adjust_id)
        if told is not None:
            same = (told["account"], told["points"]) == (member.account, points)
            return (told, True) if same else "AdjustIdReused"
        who = (body["cashier"].lower(), today)
        refused = self._refused(member, body, self._by[who] + abs(points))
        if refused is not None:
            return refused
        self._by[who] += abs(points)
        member.active += points
        member.adjusted += points
        if points < 0:
            member.right -= min(member.right, -points)
        elif brings_right:
            member.right += points
        told = {"account": member.account, "balance": member.active} | {
            name: body[name] for name in ("points", "cashier", "approver", "lane", "adjust_id")
        }
        if adjust_id is not None:
            self._told[adjust_id] = told
        return told, False

    def _refused(self, member: Member, body: Mapping[str, Any], of_the_day: int) -> str | None:
        second, points = body["approver"], body["points"]
        if second is None and abs(points) > ALONE_POINTS:
            return "ApprovalNeeded"
        if second is not None and (
            body["pin"] is None or second.lower() == body["cashier"].lower()
        ):
            return "ApprovalNeeded"
        if of_the_day > DAY_POINTS:
            return "CashierLimit"
        short = points < 0 and member.active < -points
        return "InsufficientPoints" if short else None
