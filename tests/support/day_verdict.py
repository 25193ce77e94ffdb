"""Hold a day that was played against the day by hand: each answer, and the journal's own words."""

import json
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from day_by_hand import BySale, LaneSums, MemberSums, SaleSums
from day_of_baskets import Day, Step
from day_tills import Told

from agent.tools.processes import tapledger

__all__ = ["DayAsWritten", "wrong_answers"]

_NEW = {"void": 200, "capture": 200, "release": 200}
"""What a call that wrote something answers; all others answer 201."""


def wrong_answers(day: Day, told: dict[int, Told]) -> Iterator[str]:
    """Say which answers are not what they must be, by the plan and by hand."""
    for step in day.steps:
        answer = told.get(step.number)
        if answer is None:
            yield f"{_name(step)}: never answered"
            continue
        fault = _fault(step, answer, told)
        if fault is not None:
            yield f"{_name(step)}: {fault}; {answer.status} {answer.content[:300]!r}"


def _name(step: Step) -> str:
    again = "" if step.again is None else " again"
    return f"step {step.number}, {step.kind}{again} {step.path}"


def _fault(step: Step, answer: Told, told: dict[int, Told]) -> str | None:
    if step.expected.refused:
        refused = (answer.status, answer.body.get("code")) == (409, step.expected.refused)
        return None if refused else f"not refused with {step.expected.refused}"
    if step.again is not None:
        return _fault_again(step, answer, told[step.again])
    if step.kind == "enrol" and answer.attempts > 1 and answer.status == 409:
        return None if answer.body["code"] == "card_in_use" else "another code"
    new = (answer.status, answer.replayed) == (_NEW.get(step.kind, 201), False)
    replayed = (answer.status, answer.replayed) == (200, True)
    if not (new or (replayed and answer.attempts > 1)):
        return "neither new nor asked before"
    wanted = step.expected.fields
    wrong = {key: value for key, value in wanted.items() if answer.body[key] != value}
    return f"not {wrong}" if wrong else None


def _fault_again(step: Step, answer: Told, first: Told) -> str | None:
    """Hold that a call that was answered is answered the same; a hold says how it stands now."""
    if (answer.status, answer.replayed) != (200, True):
        return "not marked as asked before"
    if step.kind in ("hold", "capture", "release"):
        same = all(answer.body[key] == first.body[key] for key in ("account", "points", "reward"))
    else:
        same = answer.content == first.content
    return None if same else "answered otherwise than before"


class DayAsWritten:
    """The same sums as the day by hand, added up from the entries of a journal."""

    def __init__(self) -> None:
        self.members: defaultdict[str, MemberSums] = defaultdict(MemberSums)
        self.sales: BySale = {}
        self.lanes: defaultdict[tuple[str, str], LaneSums] = defaultdict(LaneSums)
        self._token_of: dict[str | None, str | None] = {None: None}
        self._adders: dict[str, Callable[[dict[str, Any]], None]] = {
            "ENROL": self._enrolled,
            "ACCUMULATE_POINTS": self._sold,
            "CLAIM_SALE": self._claimed,
            "RETURN_SALE": self._came_back,
            "VOID_SALE": self._came_back,
            "CREATE_REWARD": self._held,
            "REDEEM_REWARD": self._spent,
            "DELETE_REWARD": self._released,
        }

    @classmethod
    def of(cls, ledger: Path) -> "DayAsWritten":
        """Read a ledger by ``tapledger ledger export``, as another program would."""
        command = tapledger("ledger", "export", "--card-numbers", "--db", str(ledger))
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        day = cls()
        for line in done.stdout.splitlines():
            fact = json.loads(line)["fact"]
            adder = day._adders.get(fact["kind"])
            if adder is not None:
                adder(fact)
        return day

    def _member(self, fact: dict[str, Any]) -> MemberSums | None:
        token = self._token_of[fact.get("account")]
        return None if token is None else self.members[token]

    def _enrolled(self, fact: dict[str, Any]) -> None:
        self._token_of[fact["account"]] = fact["token"]
        self.members[fact["token"]].balance += 0

    def _sold(self, fact: dict[str, Any]) -> None:
        sale, member = fact["sale"], self._member(fact)
        assert fact["sale_id"] not in self.sales, f"{fact['sale_id']} was written twice"
        self.sales[fact["sale_id"]] = SaleSums(
            token=self._token_of[fact.get("account")],
            total_minor=sale["total_minor"],
            points=fact["points"],
        )
        lane = self._lane(sale)
        lane.sales += 1
        lane.total_minor += sale["total_minor"]
        lane.points += fact["points"]
        self._earn(member, fact["points"])

    def _claimed(self, fact: dict[str, Any]) -> None:
        sale, lane = self.sales[fact["sale_id"]], self._lane(fact)
        sale.token, sale.points = self._token_of[fact["account"]], fact["points"]
        lane.claims += 1
        lane.claimed_points += fact["points"]
        self._earn(self._member(fact), fact["points"])

    def _came_back(self, fact: dict[str, Any]) -> None:
        sale, lane, member = self.sales[fact["sale_id"]], self._lane(fact), self._member(fact)
        taken = fact.get("from_active", 0) + fact.get("from_pending", 0)
        given = fact.get("given_back", 0)
        sale.taken_back += taken
        sale.given_back += given
        lane.points_taken += taken
        lane.points_given += given
        if fact["kind"] == "VOID_SALE":
            sale.voided = True
            lane.voids += 1
            lane.voided_minor += sale.total_minor - sale.returned_minor
        else:
            sale.returned_minor += fact["amount_minor"]
            lane.returns += 1
            lane.returned_minor += fact["amount_minor"]
        if member is not None:
            member.taken_back += taken
            member.given_back += given
            member.balance += given - taken

    def _held(self, fact: dict[str, Any]) -> None:
        self._set_aside(fact, fact["points"])

    def _spent(self, fact: dict[str, Any]) -> None:
        lane, member = self._lane(fact), self._member(fact)
        assert member is not None, "points are spent by a member"
        lane.redemptions += 1
        lane.redeemed_points += fact["points"]
        member.held -= fact["points"]
        member.redeemed += fact["points"]
        if "sale_id" in fact:
            self.sales[fact["sale_id"]].redeemed += fact["points"]

    def _released(self, fact: dict[str, Any]) -> None:
        self._set_aside(fact, -fact["points"])

    def _set_aside(self, fact: dict[str, Any], points: int) -> None:
        member = self._member(fact)
        assert member is not None, "points are held for a member"
        member.balance -= points
        member.held += points

    def _lane(self, at: dict[str, Any]) -> LaneSums:
        return self.lanes[at["lane"], at["cashier"]]

    def _earn(self, member: MemberSums | None, points: int) -> None:
        if member is not None:
            member.earned += points
            member.balance += points
