"""Baskets judged by a program one after another, as tills would have judged them.

What a judgement rests on beside the basket is folded as it goes, a member at a time: the tier that
was reached, the last purchase, what was had of promotions. So one pass is enough, and memory grows
with the members and not with the baskets.

A member is a card. Who comes for the first time is enrolled with that basket, in the lowest tier; a
birthday is not known, and no zone reader saw anybody. The purchase counts from the next one on.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from agent.core.account import Account, Use
from agent.core.accumulate import Circumstances, Earned, accumulate
from agent.core.basket import Sale
from agent.core.program import Program, TierRules
from agent.core.tiers import Standing, period_began, standing_on
from agent.tools.baskets import BadBaskets, Basket

__all__ = ["NOTHING", "Replay", "Totals"]

NOTHING = Earned(points=0, because=())
"""What a sale without a card earns."""

_HOUR = timedelta(hours=1)


@dataclass(kw_only=True, slots=True)
class Totals:
    """What a program gave in all: whole points, and those of each rule that gave any."""

    baskets: int = 0
    earning: int = 0
    points: int = 0
    withheld: int = 0
    rules: Counter[str] = field(default_factory=Counter)

    def add(self, earned: Earned) -> None:
        """Count what one basket earned."""
        self.baskets += 1
        self.earning += earned.points > 0
        self.points += earned.points
        self.withheld += earned.withheld
        for reason in earned.because:
            self.rules[reason.rule] += reason.points


@dataclass(kw_only=True, slots=True)
class _Member:
    """What is known of a member up to the last basket; what is of a day is of ``last_on``."""

    enrolled_on: date
    standing: Standing | None = None
    last_on: date | None = None
    earned_today: int = 0
    uses: dict[str, Use] = field(default_factory=dict)
    recent: list[datetime] = field(default_factory=list)
    counting: dict[date, int] = field(default_factory=dict)
    """What counts for the tier, by day; of days before the program's period nothing is kept."""

    def reached(self, since: date) -> int:
        """Answer what counts from a day on."""
        return sum([much for day, much in self.counting.items() if day >= since])


class Replay:
    """One program with all of its members and stores."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.totals = Totals()
        self._members: dict[str, _Member] = {}
        self._capped = {each.id for each in program.promotion}
        self._budgeted = {each.id for each in program.promotion if each.budget is not None}
        self._given: dict[str | None, Counter[str]] = {}

    def judge(self, basket: Basket) -> Earned:
        """Judge the next basket; its amounts are taken for the program's currency.

        Raises BadBaskets where the member bought something on a later day before.
        """
        sale, token = basket.sale, basket.sale.token
        if token is None:
            earned = NOTHING
        else:
            if sale.currency != self.program.currency:
                sale = sale.model_copy(update={"currency": self.program.currency})
            earned = self._judged(basket, sale, self._member(token, basket))
        self.totals.add(earned)
        return earned

    def _member(self, token: str, basket: Basket) -> _Member:
        """Find a member, as they are at the beginning of this basket."""
        day = basket.sale.business_date
        member = self._members.get(token)
        if member is None:
            member = self._members[token] = _Member(enrolled_on=day)
        if member.last_on is not None and day < member.last_on:
            raise BadBaskets(
                f"{basket.where}: this card bought on {member.last_on} before, so {day} comes too "
                "late; sort the file by business_date"
            )
        if day != member.last_on:
            member.earned_today = 0
            member.uses = {rule: _new_day(use) for rule, use in member.uses.items()}
        if self.program.tiers is not None:
            _begin_day(self.program.tiers, member, day)
        return member

    def _judged(self, basket: Basket, sale: Sale, member: _Member) -> Earned:
        member.recent = [each for each in member.recent if sale.occurred_at - each < _HOUR]
        when = Circumstances(
            account=Account(
                tier=None if member.standing is None else member.standing.tier,
                enrolled_on=member.enrolled_on,
                last_activity_on=member.last_on,
                earned_today=member.earned_today,
                sales_this_hour=len(member.recent),
                uses=member.uses,
            ),
            store=basket.store,
            given=self._given.get(basket.store, {}),
        )
        earned = accumulate(self.program, sale, when)
        given = {reason.rule: reason.points for reason in earned.because}
        self._remember(sale, member, earned.points, given)
        if spent := self._budgeted & given.keys():
            at_store = self._given.setdefault(basket.store, Counter())
            at_store.update({rule: given[rule] for rule in spent})
        return earned

    def _remember(self, sale: Sale, member: _Member, points: int, given: Mapping[str, int]) -> None:
        """Put a judged basket to what is known of its member."""
        day, rules = sale.business_date, self.program.tiers
        member.last_on = day
        member.earned_today += points
        if points and self.program.limits.sales_per_hour is not None:
            member.recent.append(sale.occurred_at)
        for rule in self._capped & given.keys():
            member.uses[rule] = _used(member.uses.get(rule, Use()), given[rule])
        if rules is not None:
            spent_minor = max(0, sale.total_minor - sale.paid_with_points_minor)
            much = points if rules.count == "points" else spent_minor
            member.counting[day] = member.counting.get(day, 0) + much
            member.standing = standing_on(rules, member.standing, member.reached, day)


def _begin_day(rules: TierRules, member: _Member, day: date) -> None:
    """Leave a tier that was kept to its end, and forget what counts no longer."""
    began = period_began(rules, day)
    if any(counted < began for counted in member.counting):
        member.counting = {on: much for on, much in member.counting.items() if on >= began}
    member.standing = standing_on(rules, member.standing, member.reached, day)


def _new_day(use: Use) -> Use:
    return use.model_copy(update={"times_today": 0, "points_today": 0})


def _used(use: Use, points: int) -> Use:
    return Use(
        times=use.times + 1,
        points=use.points + points,
        times_today=use.times_today + 1,
        points_today=use.points_today + points,
    )
