"""Judging: what a sale earns for whom, by the program and by what the ledger knows of the member.

A program of earn rules alone asks the ledger nothing. The others cost an index look-up each for the
tier and the promotions, and a row for each day on which the member bought something in the tiers'
period.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict

from agent.core.account import Account, Lot
from agent.core.accumulate import (
    ANYBODY,
    Circumstances,
    Earned,
    Then,
    accumulate,
    spend_minor,
)
from agent.core.basket import Sale
from agent.core.facts import AccumulatePoints, ClaimSale
from agent.core.instant import seconds_of
from agent.core.program import Program, Promotion, TierRules
from agent.core.referring import Referred, with_friends_part
from agent.core.stamp_cards import Collected
from agent.core.tiers import Reached, Standing, period_began, standing_on
from agent.ledger import AccountRow, KnownSale, View
from agent.till.referring import referral_of
from agent.till.stamping import stamps_for
from agent.till.terms import Terms

__all__ = [
    "Judged",
    "Progress",
    "as_then",
    "judge",
    "known_of",
    "progress_of",
    "standing_of",
    "tier_after",
]

_NOTHING = Earned(points=0, because=())


class Progress(TypedDict):
    """What the entries of a sale and of a claim say alike of a member's progress."""

    tier: str | None
    standing: Standing | None
    promotions: tuple[str, ...]
    spend_minor: int | None
    referral: Referred | None
    occurred_s: int | None
    stamps: tuple[Collected, ...]
    zones: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """What a sale earns, whether any of it is withheld, and how far the member came by it."""

    earned: Earned
    is_withheld: bool
    progress: Progress


def judge(view: View, terms: Terms, row: AccountRow | None, sale: Sale, now: datetime) -> Judged:
    """Judge a sale at a moment of the device's clock.

    One whose points an account cannot hold earns none: it is never refused.
    """
    if row is None:
        return Judged(earned=_NOTHING, is_withheld=False, progress=_nobodys())
    before = standing_of(view, terms.program, row, sale.business_date)
    when = _circumstances(view, terms, row, sale, before, now)
    earned = accumulate(terms.program, sale, when)
    is_withheld = earned.withheld > 0
    if earned.points > terms.room(view, row.account):
        earned, is_withheld = _NOTHING, True
    progress = progress_of(view, terms.program, row, sale, earned, before)
    progress["zones"] = tuple(sorted(when.account.zones))
    referral = referral_of(view, terms, row.account, sale, earned)
    if referral is not None:
        progress["referral"] = referral
        earned = with_friends_part(terms.program, sale, earned)
    return Judged(earned=earned, is_withheld=is_withheld, progress=progress)


def as_then(view: View, sale: KnownSale, fact: AccumulatePoints) -> Circumstances | None:
    """Answer what a sale was judged by: the tier of then, and what each rule gave.

    Of a sale that was claimed, its claim says so; None where that is no longer kept.
    """
    judged: AccumulatePoints | ClaimSale = fact
    if sale.claimed is not None:
        recorded = view.entry_at(*sale.claimed)
        if recorded is None or not isinstance(recorded.entry.fact, ClaimSale):
            return None
        judged = recorded.entry.fact
    # The friend's part of a referral goes whole or not at all, and not with a share of the goods.
    apart = None if judged.referral is None else judged.referral.promotion
    because = [each for each in judged.because if each.rule != apart]
    return Circumstances(
        account=Account.model_construct(tier=judged.tier), again=Then.of(fact.sale, because)
    )


def standing_of(view: View, program: Program, row: AccountRow, day: date) -> Standing | None:
    """Answer where a member stands on a business date, before any sale of theirs to come."""
    if program.tiers is None:
        return None
    reached = _reached(view, program.tiers, row.account, day)
    return standing_on(program.tiers, view.standing(row.account), reached, day)


def known_of(view: View, program: Program, row: AccountRow, day: date, tier: str | None) -> Account:
    """Answer what an explanation needs of a member in a tier: what counts toward the next one where
    the program has any, and the lots where points run out.
    """
    rules = program.tiers
    points = money_minor = 0
    if rules is not None:
        points, money_minor = view.reached(row.account, period_began(rules, day), day)
    lots = () if program.expiry is None else view.lots(row.account)
    return Account.model_construct(
        tier=tier,
        enrolled_on=_day(row.enrolled_on),
        birthday=None,
        lots=tuple(
            Lot.model_construct(points=points, earned_on=date.fromisoformat(earned_on))
            for points, earned_on in lots
        ),
        debt=max(0, -row.balance),
        qualifying_points=max(0, points),
        qualifying_spend_minor=max(0, money_minor),
        last_activity_on=_day(row.last_active),
    )


def progress_of(
    view: View,
    program: Program,
    row: AccountRow,
    sale: Sale,
    earned: Earned,
    before: Standing | None,
) -> Progress:
    """Say how far a sale brings a member: the tier it was judged in, and the one it led to."""
    rules = {each.rule for each in earned.because} - {rule.id for rule in program.earn}
    counts = program.tiers is not None or program.limits.points_per_day is not None
    money_minor = spend_minor(program, sale) if counts else None
    is_counted = program.limits.sales_per_hour is not None
    after = None
    if program.tiers is not None and before is not None:
        now = earned.points if program.tiers.count == "points" else money_minor or 0
        day = sale.business_date
        reached = _reached(view, program.tiers, row.account, day, now)
        after = standing_on(program.tiers, before, reached, day)
    is_news = after is not None and after != view.standing(row.account)
    return Progress(
        tier=None if before is None else before.tier,
        standing=after if is_news else None,
        promotions=tuple(sorted(rules)),
        spend_minor=money_minor,
        referral=None,
        occurred_s=seconds_of(sale.occurred_at) if is_counted and earned.points else None,
        stamps=stamps_for(view, program, row, sale, None if before is None else before.tier),
        zones=(),
    )


def tier_after(progress: Progress) -> str | None:
    """Answer the tier in which a sale leaves a member; None where the program has none."""
    standing = progress["standing"]
    return progress["tier"] if standing is None else standing.tier


def _nobodys() -> Progress:
    return Progress(
        tier=None,
        standing=None,
        promotions=(),
        spend_minor=None,
        referral=None,
        occurred_s=None,
        stamps=(),
        zones=(),
    )


def _circumstances(
    view: View,
    terms: Terms,
    row: AccountRow,
    sale: Sale,
    standing: Standing | None,
    now: datetime,
) -> Circumstances:
    """Gather what a program may ask of a member; nothing where it asks nothing."""
    program, day = terms.program, sale.business_date
    promotions = (*program.promotions_on(day), *terms.pushed)
    per_day = program.limits.points_per_day
    per_hour = program.limits.sales_per_hour
    if standing is None and not promotions and per_day is None and per_hour is None:
        return ANYBODY
    by_birthday = any(each.occasion == "birthday" for each in promotions)
    profile = view.profile(row.account) if by_birthday else None
    bought_before = row.bought_before
    return Circumstances(
        account=Account.model_construct(
            tier=None if standing is None else standing.tier,
            enrolled_on=_day(row.enrolled_on),
            birthday=None if profile is None else profile.birthday,
            last_activity_on=(_day(row.last_active) or date.min) if bought_before else None,
            earned_today=0 if per_day is None else max(0, view.counted(row.account, day, day)[0]),
            sales_this_hour=0 if per_hour is None else _this_hour(view, row, sale, now),
            uses=view.uses(row.account, day) if promotions else {},
            zones=_zones(terms, row, promotions, day),
        ),
        store=terms.store,
        pushed=terms.pushed,
        given=view.given() if any(each.budget for each in promotions) else {},
    )


def _zones(
    terms: Terms, row: AccountRow, promotions: Sequence[Promotion], day: date
) -> frozenset[str]:
    """Answer where the member was seen that day, of the zones that a promotion asks for."""
    asked = {each.zone for each in promotions if each.zone is not None}
    return terms.zones(row.account, day) & asked if asked else frozenset()


def _this_hour(view: View, row: AccountRow, sale: Sale, now: datetime) -> int:
    return view.sales_around(row.account, seconds_of(sale.occurred_at), seconds_of(now))


def _reached(view: View, rules: TierRules, account: str, day: date, now: int = 0) -> Reached:
    """Answer what counts since a day, with what comes ``now``. What came back of an earlier period
    can be more than all of it.
    """

    def reached(first: date) -> int:
        points, money_minor = view.reached(account, first, day)
        return max(0, (points if rules.count == "points" else money_minor) + now)

    return reached


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
