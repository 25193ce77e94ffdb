"""The day book beside the notebook (ledger_model.py): sums by lane and cashier, and the flags."""

from collections import Counter, defaultdict

from agent.core.facts import (
    AccumulatePoints,
    AddCard,
    AdjustPoints,
    CardState,
    ClaimSale,
    Fact,
    FlagActivity,
    IssueVoucher,
    RedeemReward,
    ReturnSale,
    VoidSale,
)

__all__ = ["DayBook"]

Place = tuple[int, int]
_COLUMNS = (
    *("sales", "total_minor", "points", "claims", "redemptions", "redeemed_points"),
    *("returns", "returned_minor", "voids", "voided_minor", "points_taken", "points_given"),
    *("adjustments", "adjusted_points", "adjusted_net"),
)
_ALWAYS = {
    ClaimSale: "card_attached_late",
    AdjustPoints: "points_adjusted",
    AddCard: "card_added",
}


class DayBook:
    """What was done at which till, by whom, on which day."""

    def __init__(self) -> None:
        self.days: defaultdict[tuple[str, str, str, str], Counter[str]] = defaultdict(Counter)
        self.flags: dict[tuple[int, int, str], tuple[str | None, ...]] = {}
        self.adjustments: dict[str, Place] = {}

    def write(
        self, fact: Fact, place: Place, day: str, currency: str = "", left_minor: int = 0
    ) -> None:
        """Write one fact down; ``currency`` and ``left_minor`` are of the sale it speaks of."""
        lane, cashier = getattr(fact, "lane", None), getattr(fact, "cashier", None)
        sums: dict[str, int] = {}
        match fact:
            case AccumulatePoints():
                sale = fact.sale
                day, currency = sale.business_date.isoformat(), sale.currency
                lane, cashier = sale.lane, sale.cashier
                sums = {"sales": 1, "total_minor": sale.total_minor, "points": fact.points}
            case ClaimSale():
                sums = {"claims": 1, "points": fact.points}
            case RedeemReward() | IssueVoucher() if fact.points:
                sums, currency = {"redemptions": 1, "redeemed_points": fact.points}, ""
            case ReturnSale():
                sums = {"returns": 1, "returned_minor": fact.amount_minor} | _points(fact)
            case VoidSale():
                sums = {"voids": 1, "voided_minor": left_minor} | _points(fact)
            case AdjustPoints():
                sums = {"adjustments": 1, "adjusted_points": abs(fact.points)}
                sums, currency = sums | {"adjusted_net": fact.points}, ""
                if fact.adjust_id is not None:
                    self.adjustments[fact.adjust_id] = place
        if sums:
            self.days[day, lane or "", cashier or "", currency].update(sums)
        self._flag(fact, place, (day, getattr(fact, "account", None), lane, cashier))

    def _flag(self, fact: Fact, place: Place, who: tuple[str | None, ...]) -> None:
        names = list(fact.flags) if isinstance(fact, AccumulatePoints | ClaimSale) else []
        names += [fact.flag] if isinstance(fact, FlagActivity) else []
        names += [_ALWAYS[type(fact)]] if type(fact) in _ALWAYS else []
        if isinstance(fact, CardState) and fact.state != "active":
            names.append(f"card_{fact.state}")
        if isinstance(fact, ReturnSale | VoidSale) and fact.without_customer:
            names.append("return_without_customer")
        if isinstance(fact, ReturnSale | VoidSale) and fact.date_ahead:
            names.append("date_ahead")
        if isinstance(fact, ReturnSale | VoidSale) and fact.withheld:
            names.append("points_withheld")
        for name in names:
            about = (getattr(fact, "sale_id", None), getattr(fact, "reason", ""))
            self.flags[*place, name] = (*who, *about)

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        """Write the book out in the tables' columns and order, flags without their time."""
        return {
            "days": sorted(
                (*key, *(sums[name] for name in _COLUMNS)) for key, sums in self.days.items()
            ),
            "flags": sorted((*key, *rest) for key, rest in self.flags.items()),
            "adjustments": sorted((key, *place) for key, place in self.adjustments.items()),
        }


def _points(fact: ReturnSale | VoidSale) -> dict[str, int]:
    return {
        "points_taken": fact.from_active + fact.from_pending,
        "points_given": fact.given_back,
    }
