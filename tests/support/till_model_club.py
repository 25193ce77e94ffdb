"""The notebook of a shop whose program has tiers and promotions.

What one basket earns under given circumstances it asks the pure core. The circumstances are its
own: each use of a promotion is a slip on a pile, what counts toward a tier a day with a number, and
all of it is added up anew, from nothing, whenever somebody asks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from till_calls import Call
from till_model import Notebook, SaleNote
from till_model_cards import Member
from till_model_desk import Answer
from till_model_sums import Worth, paid_minor
from till_model_tiers import Place, missing, place_on

from agent.core.account import Account, Use
from agent.core.accumulate import Because, Circumstances, Earned, accumulate
from agent.core.again import Then
from agent.core.basket import Sale
from agent.core.program import Program

__all__ = ["STORE", "ClubBook"]

Body = Mapping[str, Any]
STORE = "s001"


class Slip(NamedTuple):
    """One use of a promotion: by whom, in which sale, of which business date, for how much."""

    account: str
    sale_id: str
    day: str
    promotion: str
    points: int


class Counted(NamedTuple):
    """What a day adds to what counts of a member, or takes from it."""

    account: str
    day: date
    points: int
    minor: int


@dataclass(slots=True)
class Judged:
    """What decided a sale when it was judged; ``left_minor`` of its money still counts."""

    tier: str | None
    because: tuple[Because, ...]
    is_withheld: bool = False
    minor: int = 0
    left_minor: int = 0

    @property
    def given(self) -> dict[str, int]:
        """What each rule gave."""
        return {each.rule: each.points for each in self.because}


class ClubBook(Notebook):
    """A notebook with piles. ``rules`` is the program for the core's judgement of a basket."""

    def __init__(self, program: Body, rules: Program, *, alone: bool) -> None:
        super().__init__(program, alone=alone)
        self._rules = rules
        self._slips: list[Slip] = []
        self._counted: list[Counted] = []
        self._judged: dict[str, Judged] = {}
        self._places: dict[str, Place] = {}
        self._enrolled: dict[str, date] = {}

    def ask(self, call: Call, now: datetime) -> Answer | str:
        """Answer a call, and write down what it changes."""
        known = len(self.cards.members)
        answer = super().ask(call, now)
        for member in self.cards.members[known:]:
            self._enrolled[member.account] = self._today(now)
        return answer

    def change_cards(self, call: Call) -> Answer | str:
        """Who becomes a member has what the program gives for it."""
        known = len(self.cards.members)
        answer = super().change_cards(call)
        given = self.program.get("enrolment", {}).get("points", 0)
        if given and len(self.cards.members) > known and isinstance(answer, Answer):
            member = self.cards.members[-1]
            member.issued += given
            self._activated(member, given, came_in=self.epoch)
            now = {"balance": member.active, "redeemable_now": self.usable(call.ids[0])}
            answer = answer._replace(fields=answer.fields | now)
        return answer

    def would_earn(self, body: Body, member: Member | None) -> int:
        """Ask the core what a basket earns for a member as they are now."""
        return self._earns(body, member).points

    def judge(self, sale_id: str, body: Body, member: Member | None) -> int:
        """The same, and write down what it uses up and what counts."""
        earned, day = self._earns(body, member), _day(body)
        self._judged[sale_id] = judged = Judged(None, ())
        if member is None:
            return 0
        account, judged.tier = member.account, self.tier_of(member, day)
        judged.because = earned.because
        judged.is_withheld = earned.withheld > 0
        promotions = {one["id"] for one in self.program["promotion"]}
        for rule, points in judged.given.items():
            if rule in promotions:
                self._slips.append(Slip(account, sale_id, body["business_date"], rule, points))
        judged.minor = judged.left_minor = self._minor(body)
        place = self._place(account, day)
        self._counted.append(Counted(account, day, earned.points, judged.minor))
        self._places[account] = place_on(self._tiers, place, self._counts(account), day)
        return earned.points

    def why(self, sale_id: str) -> dict[str, int] | None:
        """Answer what each rule gave for a sale."""
        return self._judged[sale_id].given

    def is_withheld(self, sale_id: str) -> bool:
        """Say whether a limit took away some of what a sale would have earned."""
        return self._judged[sale_id].is_withheld

    def worth_left(self, sale_id: str, body: Body) -> Worth:
        """What is left of a sale is judged as it was then, and gives nothing that it did not."""
        judged, sale = self._judged[sale_id], Sale.model_validate(body)
        then = Then.of(sale, judged.because)
        again = Circumstances(account=Account(tier=judged.tier), store=STORE, again=then)

        def worth_of(lines: list[Any], tenders: list[Any]) -> int:
            kept = {
                "lines": _with_amounts(sale.lines, lines),
                "tenders": _with_amounts(sale.tenders, tenders),
            }
            return accumulate(self._rules, sale.model_copy(update=kept), again).points

        return worth_of

    def tier_of(self, member: Member, day: date) -> str:
        """Answer the tier that a member is in on a day."""
        place = self._place(member.account, day)
        return str(self._tiers["tier"][place.tier]["id"])

    def short_of(self, member: Member, day: date) -> int | None:
        """Answer what is missing for the next tier."""
        place = self._place(member.account, day)
        return missing(self._tiers, place.tier, self._counts(member.account), day)

    @property
    def _tiers(self) -> Body:
        rules: Body = self.program["tiers"]
        return rules

    def _today(self, now: datetime) -> date:
        return date.fromisoformat(self.today) if self.today else now.date()

    def _earns(self, body: Body, member: Member | None) -> Earned:
        if member is None:
            return Earned(points=0, because=())
        when = Circumstances(
            account=self._as_known(member, body["business_date"]),
            store=STORE,
            given={one["id"]: self._given(one["id"]) for one in self.program["promotion"]},
        )
        return accumulate(self._rules, Sale.model_validate(body), when)

    def _as_known(self, member: Member, day: str) -> Account:
        account = member.account
        on, names = date.fromisoformat(day), [one["id"] for one in self.program["promotion"]]
        mine = [one for one in self._counted if one.account == account]
        return Account(
            tier=self.tier_of(member, on),
            enrolled_on=self._enrolled.get(account),
            birthday=member.birthday,
            last_activity_on=date(2020, 1, 1) if self._has_bought(member) else None,
            earned_today=max(0, sum(one.points for one in mine if one.day == on)),
            uses={name: self._use(account, name, day) for name in names},
        )

    def _use(self, account: str, promotion: str, day: str) -> Use:
        mine = [one for one in self._used(promotion) if one.account == account]
        today = [one for one in mine if one.day == day]
        return Use(
            times=len(mine),
            points=sum(one.points for one in mine),
            times_today=len(today),
            points_today=sum(one.points for one in today),
        )

    def _given(self, promotion: str) -> int:
        return sum(one.points for one in self._used(promotion))

    def _used(self, promotion: str) -> list[Slip]:
        """The uses that stand, each less the share that was taken back of its sale's points."""
        mine = [one for one in self._slips if one.promotion == promotion]
        stand = [one for one in mine if not self._is_as_never_bought(self.sales[one.sale_id])]
        return [one._replace(points=self._left_of(one)) for one in stand]

    def _left_of(self, slip: Slip) -> int:
        sale = self.sales[slip.sale_id]
        return slip.points - slip.points * min(sale.taken, sale.points) // sale.points

    def _has_bought(self, member: Member) -> bool:
        mine = [sale for sale in self.sales.values() if sale.member is member]
        return any(not self._is_as_never_bought(sale) for sale in mine)

    @staticmethod
    def _is_as_never_bought(sale: SaleNote) -> bool:
        """Whether what a sale used up of caps, of budgets and of the first purchase is there again.

        It is once the sale was called off, or all of its money and its points came back.
        """
        total, back = sale.body["total_minor"], sale.returned_minor
        nothing_left = back == total and sale.taken >= sale.points and (total or sale.points)
        return sale.void_told is not None or bool(nothing_left)

    def _place(self, account: str, day: date) -> Place:
        return place_on(self._tiers, self._places.get(account), self._counts(account), day)

    def _counts(self, account: str) -> list[tuple[date, int]]:
        mine = [one for one in self._counted if one.account == account]
        by_points = self._tiers["count"] == "points"
        return [(one.day, one.points if by_points else one.minor) for one in mine]

    def _minor(self, body: Body) -> int:
        """The money that counts is what the first rule counts, in the program's own currency."""
        if body["currency"] != self.program["currency"]:
            return 0
        return paid_minor(self.program["earn"][0], body["lines"], body["tenders"])

    def _unsell(self, sale: SaleNote, points: int, redeemed: int) -> dict[str, Any]:
        taken_before = sale.taken
        told = super()._unsell(sale, points, redeemed)
        if sale.member is None:
            return told
        sale_id = next(name for name, one in self.sales.items() if one is sale)
        judged, total = self._judged[sale_id], sale.body["total_minor"]
        back = judged.minor * sale.returned_minor // total if total else 0
        self._count_back(sale, sale.taken - taken_before, judged.left_minor - judged.minor + back)
        judged.left_minor = judged.minor - back
        return told

    def _count_back(self, sale: SaleNote, points: int, minor: int) -> None:
        """What came back counts as less, on the day that was said last."""
        if sale.member is not None:
            day = date.fromisoformat(self.today)
            self._counted.append(Counted(sale.member.account, day, -points, -minor))

    def _void(self, sale_id: str, body: Body) -> Answer | str:
        answer = super()._void(sale_id, body)
        sale = self.sales.get(sale_id)
        if isinstance(answer, Answer) and not answer.replay and sale is not None:
            judged = self._judged[sale_id]
            self._count_back(sale, 0, judged.left_minor)
            judged.left_minor = 0
        return answer


def _day(body: Body) -> date:
    return date.fromisoformat(body["business_date"])


def _with_amounts(checked: Any, written: list[Any]) -> tuple[Any, ...]:
    return tuple(
        one.model_copy(update={"amount_minor": each["amount_minor"]})
        for one, each in zip(checked, written, strict=True)
    )
