"""What a basket earns and why, to the point: what ``program explain`` and a quote answer.

Everything but the points is the account's before the sale. The tier is taken as given.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from pydantic import ConfigDict

from agent.core.account import Account
from agent.core.accumulate import Because, accumulate, worths
from agent.core.basket import Sale
from agent.core.earning import Worth, thousandths
from agent.core.expiry import Expiring, expires
from agent.core.free_rewards import free_rewards
from agent.core.money import format_money
from agent.core.program import EarnRule, Program, Promotion
from agent.core.program.parts import as_fraction
from agent.core.promoting import Circumstances
from agent.core.rewards import Offer, Shown, Spendable, offers
from agent.core.stamp_cards import Collected, collected, on_cards
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
    stamps: tuple[Collected, ...] = ()
    """Each stamp card of the account, as it would stand after this basket."""


def explain(program: Program, sale: Sale, when: Circumstances) -> Explanation:
    """Explain a basket. Costs twice what judging it does."""
    account = when.account
    earned = accumulate(program, sale, when)
    worth = {each.rule: each for each in worths(program, sale, when)} if earned.because else {}
    tier, day = tier_of(program, account), sale.business_date
    in_tier = None if tier is None else tier.id
    by_sale = collected(program, sale, in_tier, account.stamps)
    return Explanation(
        points=earned.points,
        because=tuple(
            _explained(program, sale, each, worth[each.rule], when) for each in earned.because
        ),
        balance=account.balance,
        expires=expires(program.expiry, account),
        rewards=offers(
            program,
            Spendable(balance=account.balance, usable=max(0, account.balance)),
            sale,
            Shown(tier=in_tier, day=day, free=free_rewards(program, account, day)),
        ),
        tier=in_tier,
        next_tier=next_tier(program, account),
        withheld=earned.withheld,
        stamps=on_cards(program, day, in_tier, account.stamps, by_sale),
    )


def _explained(
    program: Program, sale: Sale, because: Because, worth: Worth, when: Circumstances
) -> Explained:
    rules = {rule.id: rule for rule in program.earn}
    promotions = {each.id: each for each in (*program.promotion, *when.pushed)}
    if because.rule in rules:
        how = _how(rules[because.rule], worth, sale.currency, when.account)
    else:
        how = _how_more(promotions[because.rule], worth)
    if because.points < int(worth.exact):
        how = f"{how}, of which {because.points} are given"
    return Explained(
        rule=because.rule,
        points=because.points,
        lines=because.lines,
        text=because.text,
        how=how,
    )


def _how(rule: EarnRule, worth: Worth, currency: str, account: Account) -> str:
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
    rate = rule.tier_rates.get(account.tier or "", "1")
    exact = _decimal(Fraction(worth.exact))
    said = f"{basis} / {each} x {rule.points} x {rate} = {exact}"
    return said if worth.exact == points else f"{said}, without its fraction {points}"


def _how_more(promotion: Promotion, worth: Worth) -> str:
    if promotion.multiplier is None:
        return f"{promotion.bonus} for the sale"
    more = as_fraction(promotion.multiplier) - 1
    base = _decimal(Fraction(worth.exact) / more)
    said = f"{base} x {_decimal(more)} more = {_decimal(Fraction(worth.exact))}"
    whole = int(worth.exact)
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
