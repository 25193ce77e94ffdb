"""What a basket earns and why, to the point: what ``program explain`` and a quote answer.

Everything but the points is the account's before the sale. The tier is taken as given.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from pydantic import ConfigDict

from agent.core.accumulate import Because, worths
from agent.core.basket import Sale
from agent.core.earning import Worth, thousandths
from agent.core.expiry import Expiring, expires
from agent.core.free_rewards import free_rewards
from agent.core.money import format_money
from agent.core.program import EarnRule, Program, Promotion
from agent.core.program.parts import as_fraction
from agent.core.promoting import Circumstances
from agent.core.rewards import Offer, Shown, Spendable, offers
from agent.core.stamp_cards import CardStamps, collected, on_cards
from agent.core.tiers import NextTier, next_tier, tier_of
from agent.core.values import Text

__all__ = ["Explained", "Explanation", "explain"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Explained(Because):
    """Why some points were earned, with the calculation."""

    how: Text
    """The calculation, from what was counted to whole points."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """What a basket earns, and the account that it is for; ``because`` adds up to ``points``."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)

    points: int
    """Whole points that the basket would earn."""
    because: tuple[Explained, ...]
    """Why: the points of each rule, which add up to `points`."""
    balance: int
    """The account's active points before it; below zero in debt."""
    expires: tuple[Expiring, ...]
    """Points of the account that run out, the soonest first."""
    rewards: tuple[Offer, ...]
    """Every reward, with whether it goes with this basket now."""
    tier: str | None
    """The account's tier, as given; null where the program has none."""
    next_tier: NextTier | None
    """The tier that comes next, and what is missing for it."""
    withheld: int = 0
    """Whole points that the program's limits took away."""
    stamps: tuple[CardStamps, ...] = ()
    """Each stamp card of the account, as it would stand after this basket."""


def explain(program: Program, sale: Sale, when: Circumstances) -> Explanation:
    """Explain a basket. Costs one judging of it, and the words."""
    account = when.account
    given, withheld = worths(program, sale, when)
    tier, day = tier_of(program, account), sale.business_date
    tier_id = None if tier is None else tier.id
    by_sale = collected(program, sale, tier_id, account.stamps)
    return Explanation(
        points=sum(each.points for each in given),
        because=tuple(_explained(program, sale, each, when, tier_id) for each in given),
        balance=account.balance,
        expires=expires(program.expiry, account),
        rewards=offers(
            program,
            Spendable(balance=account.balance, usable=max(0, account.balance)),
            sale,
            Shown(tier=tier_id, day=day, free=free_rewards(program, account, day)),
        ),
        tier=tier_id,
        next_tier=next_tier(program, account),
        withheld=withheld,
        stamps=CardStamps.of(on_cards(program, day, tier_id, account.stamps, by_sale)),
    )


def _explained(
    program: Program, sale: Sale, worth: Worth, when: Circumstances, tier: str | None
) -> Explained:
    rules = {rule.id: rule for rule in program.earn}
    promotions = {each.id: each for each in (*program.promotion, *when.pushed)}
    if worth.rule in rules:
        how = _how(rules[worth.rule], worth, sale.currency, tier)
    elif worth.rule in promotions:
        how = _how_more(promotions[worth.rule], worth)
    else:
        how = _in_whole("its share of what is left", worth)
    if worth.points < int(worth.exact):
        how = f"{how}, of which {worth.points} are given"
    return Explained(
        rule=worth.rule,
        points=worth.points,
        lines=worth.lines,
        text=worth.text,
        how=how,
    )


def _how(rule: EarnRule, worth: Worth, currency: str, tier: str | None) -> str:
    if rule.per_visit:
        return f"{rule.points} for the visit"
    money, points = rule.per_quantity is None, int(worth.exact)
    basis = _money(worth.basis, currency) if money else _quantity(worth.basis)
    if rule.steps:
        reached = [step.from_minor for step in rule.steps if step.from_minor <= worth.basis]
        return f"{basis} reaches {_money(reached[-1], currency)}: {points}"
    unit = rule.per_minor or thousandths(rule.per_quantity or "1")
    each = _money(unit, currency) if money else _quantity(unit)
    if not rule.tier_rates:
        whole = worth.basis // unit
        return f"{basis} has {whole} whole {each}: {whole} x {rule.points} = {points}"
    rate = rule.tier_rates.get(tier or "", "1")
    return _in_whole(f"{basis} / {each} x {rule.points} x {rate}", worth)


def _how_more(promotion: Promotion, worth: Worth) -> str:
    if promotion.multiplier is None:
        return f"{promotion.bonus} for the sale"
    more = as_fraction(promotion.multiplier) - 1
    base = _decimal(Fraction(worth.exact) / more)
    return _in_whole(f"{base} x {_decimal(more)} more", worth)


def _in_whole(calculated: str, worth: Worth) -> str:
    said, whole = f"{calculated} = {_decimal(Fraction(worth.exact))}", int(worth.exact)
    return said if worth.exact == whole else f"{said}, without its fraction {whole}"


def _money(minor: int, currency: str) -> str:
    return format_money(minor, currency)


def _quantity(thousandths: int) -> str:
    return _decimal(Fraction(thousandths, 1000))


def _decimal(exact: Fraction) -> str:
    """Write a number of up to six places without zeros at its end.

    >>> _decimal(Fraction(23988, 1000))
    '23.988'
    """
    millionths = int(exact * 1_000_000)
    return f"{(Decimal(millionths) / 1_000_000).normalize():f}"
