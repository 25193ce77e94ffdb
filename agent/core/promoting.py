"""Which promotions apply to a sale, and what each gives.

Several that apply compete, as the program's ``stacking`` says; those that are ``always`` given do
not. A cap or a store's allowance lowers what one gives; one that gives nothing does not compete.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache

from agent.core.account import Account, Use
from agent.core.again import Then
from agent.core.basket import Sale
from agent.core.calendar import days_since_birthday
from agent.core.earning import Bought, Worth, worth_of
from agent.core.program import EarnRule, Program, Promotion
from agent.core.program.parts import WEEKDAYS, Rate, as_fraction

__all__ = ["Circumstances", "applies", "in_a_tier", "promoted"]

_NO_USE = Use()

Based = Sequence[tuple[EarnRule, Worth, int]]
"""Earn rules that give something for a sale, with what each gives, and what of the money that
points paid lowers it.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Circumstances:
    """What decides beside the basket: who buys, in which store, and what was given before.

    ``pushed`` are promotions that head office sent for the next hours, beside the program's own.
    ``given`` is what this store gave of the promotions that have a budget. ``again`` judges what is
    left of a sale that was judged before: only rules that gave something then give now, and no more
    than then, whatever has become of promotions, caps and budgets since.
    """

    account: Account = field(default_factory=Account)
    store: str | None = None
    pushed: tuple[Promotion, ...] = ()
    given: Mapping[str, int] = field(default_factory=dict)
    again: Then | None = None


def in_a_tier(program: Program, when: Circumstances) -> Circumstances:
    """Put who is in none of the program's tiers into the lowest; a program without any has none."""
    rules = program.tiers
    if rules is None or when.account.tier in rules.places:
        return when
    return replace(when, account=when.account.model_copy(update={"tier": rules.tier[0].id}))


def promoted(program: Program, bought: Bought, when: Circumstances, based: Based) -> list[Worth]:
    """Answer what promotions give, in the order of the file."""
    sale, offered = bought.sale, []
    for place, promotion in enumerate((*program.promotions_on(sale.business_date), *when.pushed)):
        if applies(promotion, sale, when):
            worth = _worth(promotion, bought, when, based)
            if worth.points > 0:
                offered.append((place, promotion, worth))
    competing = [each for each in offered if not each[1].always]
    if len(competing) > 1 and program.stacking != "all":
        best = max(competing, key=_gives_most if program.stacking == "best" else _began_last)
        offered = [each for each in offered if each[1].always or each is best]
    return [worth for *_, worth in offered]


def applies(promotion: Promotion, sale: Sale, when: Circumstances) -> bool:
    """Say whether a promotion is for this member, place, day and hour.

    One that is judged again applies where it gave something then.
    """
    if when.again is not None:
        return promotion.id in when.again.because
    return (
        promotion.covers(sale.business_date)
        and _is_here(promotion, sale, when)
        and _is_now(promotion, sale)
        and _has_occasion(promotion, sale.business_date, when.account)
    )


def _is_here(promotion: Promotion, sale: Sale, when: Circumstances) -> bool:
    return (
        (not promotion.stores or when.store in promotion.stores)
        and (not promotion.lanes or sale.lane in promotion.lanes)
        and (not promotion.tiers or when.account.tier in promotion.tiers)
    )


def _is_now(promotion: Promotion, sale: Sale) -> bool:
    at = sale.occurred_at
    if promotion.starts_at is not None and at < promotion.starts_at:
        return False
    if promotion.ends_at is not None and at >= promotion.ends_at:
        return False
    if promotion.weekdays and WEEKDAYS[at.weekday()] not in promotion.weekdays:
        return False
    return not promotion.hours or any(hours.has(at.time()) for hours in promotion.hours)


def _has_occasion(promotion: Promotion, day: date, account: Account) -> bool:
    match promotion.occasion:
        case "first_purchase":
            return account.last_activity_on is None
        case "welcome":
            enrolled = account.enrolled_on
            within = timedelta(promotion.within_days)
            return enrolled is not None and timedelta(0) <= day - enrolled <= within
        case "birthday":
            if account.birthday is None:
                return False
            month, day_of_month = map(int, account.birthday.split("-"))
            within_days = promotion.tier_days.get(account.tier or "", promotion.within_days)
            return days_since_birthday(day, month, day_of_month) <= within_days
        case "visit":
            return promotion.zone in account.zones
    return True


def _worth(promotion: Promotion, bought: Bought, when: Circumstances, based: Based) -> Worth:
    if promotion.multiplier is None:
        worth = _bonus(promotion, bought)
    else:
        worth = _multiplied(promotion, bought, when, based)
    most = _most(promotion, when)
    return worth._replace(points=max(0, min(worth.points, most)))


def _bonus(promotion: Promotion, bought: Bought) -> Worth:
    lines = promotion.taken(bought.sale.lines, bought.categories)
    basis = _paid_minor(bought, lines)
    points = (promotion.bonus or 0) if 0 < basis >= promotion.minimum_minor else 0
    return _of(promotion, lines, basis, points)


def _paid_minor(bought: Bought, lines: Sequence[int]) -> int:
    """Answer what was paid for the promotion's lines: each of them once, whatever counts it."""
    return max(0, sum([bought.amounts_minor[index] for index in lines]) - bought.unpaid_minor)


def _multiplied(promotion: Promotion, bought: Bought, when: Circumstances, based: Based) -> Worth:
    """Multiply what rules give for the promotion's lines; the fraction is dropped once, at last.

    The least that it wants is money of those lines, each once, whatever the rules count of them.
    """
    exact: int | Fraction = 0
    counted = set[int]()
    taken = promotion.taken(bought.sale.lines, bought.categories)
    for rule, whole, unpaid_minor in based:
        if promotion.rules and rule.id not in promotion.rules:
            continue
        part: Worth | None = whole
        if not promotion.takes_any:
            lines = tuple([index for index in whole.lines if index in taken])
            part = worth_of(rule, bought, unpaid_minor, when.account.tier, lines)
        if part is None:
            continue
        exact += part.exact
        counted.update(part.lines)
    basis = _paid_minor(bought, taken)
    if basis < promotion.minimum_minor:
        exact = 0
    return _of(promotion, tuple(sorted(counted)), basis, exact * _more(promotion.multiplier or "1"))


@lru_cache(maxsize=256)
def _more(multiplier: Rate) -> int | Fraction:
    """Answer what a multiplier gives on top; as an integer where it is whole, which is faster."""
    more = as_fraction(multiplier) - 1
    return more.numerator if more.denominator == 1 else more


def _of(promotion: Promotion, lines: tuple[int, ...], basis: int, exact: int | Fraction) -> Worth:
    return Worth(
        rule=promotion.id,
        text=promotion.text,
        lines=lines,
        basis=basis,
        exact=exact,
        points=int(exact),
    )


def _most(promotion: Promotion, when: Circumstances) -> int:
    """Answer how many points a promotion may give to this member in this sale."""
    if when.again is not None:
        return when.again.most(promotion.id)
    use, caps = when.account.uses.get(promotion.id, _NO_USE), promotion.caps
    if caps.times_in_all is not None and use.times >= caps.times_in_all:
        return 0
    if caps.times_per_day is not None and use.times_today >= caps.times_per_day:
        return 0
    most = [10**12]
    if caps.points_per_sale is not None:
        most.append(caps.points_per_sale)
    if caps.points_per_day is not None:
        most.append(caps.points_per_day - use.points_today)
    if caps.points_in_all is not None:
        most.append(caps.points_in_all - use.points)
    if promotion.budget is not None:
        allowance = promotion.budget.allowance(when.store)
        most.append(allowance - when.given.get(promotion.id, 0))
    return min(most)


def _gives_most(offered: tuple[int, Promotion, Worth]) -> tuple[int, int]:
    place, _, worth = offered
    return worth.points, -place


def _began_last(offered: tuple[int, Promotion, Worth]) -> tuple[date, int]:
    place, promotion, _ = offered
    began = promotion.first_day
    if began is None and promotion.starts_at is not None:
        began = promotion.starts_at.date()
    return began or date.min, place
