"""A day's sums, worked out by hand: plain arithmetic on baskets, from what is published.

``simple.toml`` says what a basket earns and README.md what a return takes back. Nothing of the
program under test is imported but the place of that file, so that a mistake there is not made here.
"""

import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from agent.paths import shipped_program

__all__ = ["BySale", "DayByHand", "Expected", "LaneSums", "MemberSums", "SaleSums", "earned"]

_PROGRAM = tomllib.loads(shipped_program("simple").read_text("utf-8"))
(_RULE,) = _PROGRAM["earn"]
_COSTS = {reward["id"]: reward["cost_points"] for reward in _PROGRAM["reward"]}


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """What a till is told: refused with a code, or these fields among others."""

    refused: str = ""
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(kw_only=True, slots=True)
class MemberSums:
    """One member's day, in points."""

    balance: int = 0
    earned: int = 0
    redeemed: int = 0
    taken_back: int = 0
    given_back: int = 0
    held: int = 0


@dataclass(kw_only=True, slots=True)
class SaleSums:
    """One sale: what it earned whom, and what came back of it."""

    token: str | None = None
    total_minor: int = 0
    points: int = 0
    redeemed: int = 0
    rewarded: int = field(default=0, compare=False)
    taken_back: int = 0
    given_back: int = 0
    returned_minor: int = 0
    voided: bool = False


@dataclass(kw_only=True, slots=True)
class LaneSums:
    """What one cashier did at one lane: what the POS's own report of the day says too.

    A redemption counts where the sale was that captured it, or else where it was held; a claim, a
    return and a void where they were made.
    """

    sales: int = 0
    total_minor: int = 0
    points: int = 0
    redemptions: int = 0
    redeemed_points: int = 0
    voids: int = 0
    voided_minor: int = 0
    returns: int = 0
    returned_minor: int = 0
    points_taken: int = 0
    points_given: int = 0
    claims: int = 0
    claimed_points: int = 0


BySale = dict[str, SaleSums]


@dataclass(kw_only=True, slots=True)
class _Hold:
    token: str
    points: int
    place: tuple[str, str]
    is_reward: bool


def earned(sale: dict[str, Any], amounts_minor: list[int], points_minor: int) -> int:
    """One point for each whole unit of what was really paid for the lines that count."""
    excluded = {*_RULE["exclude_categories"], "reward"}
    lines = zip(sale["lines"], amounts_minor, strict=True)
    counted_minor = sum(amount for line, amount in lines if line["category"] not in excluded)
    paid_minor = max(0, counted_minor - points_minor)
    return int(paid_minor // _RULE["per_minor"] * _RULE["points"])


def _paid_with_points_minor(sale: dict[str, Any]) -> int:
    tendered = sum(each["amount_minor"] for each in sale["tenders"] if each["kind"] == "points")
    off = sum(line["amount_minor"] for line in sale["lines"] if line["category"] == "reward")
    return int(tendered - off)


def _share(whole: int, left: int, of: int) -> int:
    return whole * left // of if of else 0


class DayByHand:
    """The sums of a day so far. Each step is done once, in the order its member did it."""

    def __init__(self) -> None:
        self.members: defaultdict[str, MemberSums] = defaultdict(MemberSums)
        self.sales: BySale = {}
        self.lanes: defaultdict[tuple[str, str], LaneSums] = defaultdict(LaneSums)
        self.baskets: dict[str, dict[str, Any]] = {}
        self._holds: dict[str, _Hold] = {}
        self._lines_back: dict[str, defaultdict[int, Decimal]] = {}

    def enrol(self, token: str) -> Expected:
        """A member without points."""
        return Expected(fields={"balance": self.members[token].balance})

    def sell(self, sale_id: str, sale: dict[str, Any]) -> Expected:
        """A sale, with the redemptions it names."""
        token, place = sale["token"], (sale["lane"], sale["cashier"])
        self.baskets[sale_id] = sale
        sums = self.sales[sale_id] = SaleSums(token=token, total_minor=sale["total_minor"])
        lane = self.lanes[place]
        lane.sales += 1
        lane.total_minor += sale["total_minor"]
        if token is None:
            return Expected(fields={"points": 0, "balance": None, "status": "no_card"})
        sums.points = self._whole(sale_id)
        lane.points += sums.points
        self._earn(token, sums.points)
        balance = self.members[token].balance  # the answer was made before its holds were spent
        for redemption_id in sale.get("redemptions", ()):
            hold = self._holds[redemption_id]
            sums.redeemed += hold.points
            sums.rewarded += hold.points if hold.is_reward else 0
            self.capture(redemption_id, place=place)
        return Expected(fields={"points": sums.points, "balance": balance, "status": "accumulated"})

    def claim(self, sale_id: str, token: str, place: tuple[str, str]) -> Expected:
        """A card that is shown later earns the same."""
        sums = self.sales[sale_id]
        if sums.voided:
            return Expected(refused="sale_voided")
        if sums.returned_minor:
            return Expected(refused="claim_too_late")
        sums.token, sums.points = token, self._whole(sale_id)
        self._earn(token, sums.points)
        lane = self.lanes[place]
        lane.claims += 1
        lane.claimed_points += sums.points
        return Expected(fields={"points": sums.points, "balance": self.members[token].balance})

    def void(self, sale_id: str, place: tuple[str, str]) -> Expected:
        """All that is left of a sale is called off."""
        sums = self.sales[sale_id]
        taken, given = sums.points - sums.taken_back, sums.redeemed - sums.given_back
        if sums.returned_minor == sums.total_minor > 0 and not taken and not given:
            return Expected(refused="sale_returned")
        sums.voided = True
        lane = self.lanes[place]
        lane.voids += 1
        lane.voided_minor += sums.total_minor - sums.returned_minor
        return self._bring_back(sums, lane, taken, given)

    def take_back(self, sale_id: str, back: dict[str, Any], place: tuple[str, str]) -> Expected:
        """Part of a sale comes back; what is taken is what all returns together leave too much."""
        sums = self.sales[sale_id]
        if sums.voided:
            return Expected(refused="sale_voided")
        if back.get("amount_minor", 0) > sums.total_minor - sums.returned_minor:
            return Expected(refused="return_exceeds_sale")
        if "lines" in back:
            lines_back = self._lines_back.setdefault(sale_id, defaultdict(Decimal))
            for line in back["lines"]:
                lines_back[line["line"]] += Decimal(line["quantity"])
            points_left, left_minor = self._without_lines(sale_id)
        else:
            left_minor = sums.total_minor - sums.returned_minor - back["amount_minor"]
            points_left = _share(sums.points, left_minor, sums.total_minor)
        # Money off comes back with the money; a coffee does not, as long as it was drunk.
        off_left = _share(sums.redeemed - sums.rewarded, left_minor, sums.total_minor)
        redeemed_left = off_left + sums.rewarded
        amount_minor = sums.total_minor - sums.returned_minor - left_minor
        sums.returned_minor += amount_minor
        lane = self.lanes[place]
        lane.returns += 1
        lane.returned_minor += amount_minor
        taken = max(0, sums.points - sums.taken_back - points_left)
        given = sums.redeemed - sums.given_back - redeemed_left
        return self._bring_back(sums, lane, taken, given)

    def hold(self, redemption_id: str, wish: dict[str, Any]) -> Expected:
        """Points are set aside."""
        member = self.members[wish["token"]]
        points = wish.get("points") or _COSTS[wish["reward"]]
        if points > member.balance:
            return Expected(refused="insufficient_points")
        self._holds[redemption_id] = _Hold(
            token=wish["token"],
            points=points,
            place=(wish["lane"], wish["cashier"]),
            is_reward="reward" in wish,
        )
        member.balance -= points
        member.held += points
        return Expected(fields={"points": points, "balance": member.balance, "status": "held"})

    def capture(
        self,
        redemption_id: str,
        points: int | None = None,
        place: tuple[str, str] | None = None,
    ) -> Expected:
        """Points that were set aside are spent; what is not spent of them comes back."""
        hold = self._holds.pop(redemption_id)
        spent = points or hold.points
        member, lane = self.members[hold.token], self.lanes[place or hold.place]
        member.held -= hold.points
        member.balance += hold.points - spent
        member.redeemed += spent
        lane.redemptions += 1
        lane.redeemed_points += spent
        return Expected(fields={"captured": spent, "balance": member.balance, "status": "captured"})

    def release(self, redemption_id: str) -> Expected:
        """Points that were set aside come back."""
        hold = self._holds.pop(redemption_id)
        member = self.members[hold.token]
        member.held -= hold.points
        member.balance += hold.points
        return Expected(fields={"balance": member.balance, "status": "released"})

    def came_back(self, sale_id: str, line: int) -> bool:
        """Whether anything of a line came back."""
        return line in self._lines_back.get(sale_id, {})

    def _whole(self, sale_id: str) -> int:
        sale = self.baskets[sale_id]
        amounts_minor = [line["amount_minor"] for line in sale["lines"]]
        return earned(sale, amounts_minor, _paid_with_points_minor(sale))

    def _without_lines(self, sale_id: str) -> tuple[int, int]:
        """What a basket would have earned without what came back of it, and come to."""
        sale, back = self.baskets[sale_id], self._lines_back[sale_id]
        left = []
        for index, line in enumerate(sale["lines"]):
            sold = Decimal(line["quantity"])
            left.append(int(line["amount_minor"] * (sold - back[index]) // sold))
        left_minor = sum(left)
        # Points come back as points: they paid for less of a basket that is smaller now.
        points_minor = _share(_paid_with_points_minor(sale), left_minor, sale["total_minor"])
        points = min(self.sales[sale_id].points, earned(sale, left, points_minor))
        return points, left_minor

    def _earn(self, token: str, points: int) -> None:
        self.members[token].earned += points
        self.members[token].balance += points

    def _bring_back(self, sums: SaleSums, lane: LaneSums, taken: int, given: int) -> Expected:
        if sums.token is None:
            return Expected(fields={"points_taken": 0, "points_given_back": 0, "balance": None})
        sums.taken_back += taken
        sums.given_back += given
        lane.points_taken += taken
        lane.points_given += given
        member = self.members[sums.token]
        member.taken_back += taken
        member.given_back += given
        member.balance += given - taken
        return Expected(
            fields={"points_taken": taken, "points_given_back": given, "balance": member.balance}
        )
