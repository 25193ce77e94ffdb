"""Generators of programs, sales and accounts that meet each other.

Everything falls into a few categories, articles, days, tiers, stores and lanes, so that a rule has
something to count, to leave out, to cap and to compete with.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from agent.core.account import Account, Lot, Use
from agent.core.accumulate import Circumstances
from agent.core.basket import Line, Sale, Tender
from agent.core.program import (
    Discount,
    EarnRule,
    Expiry,
    Limits,
    Program,
    Promotion,
    ProofLimit,
    Reward,
    Tier,
    TierRules,
)
from agent.core.program.program import Stacking

__all__ = [
    "DAYS",
    "TIERS",
    "accounts",
    "catalogues",
    "circumstances",
    "expiries",
    "parts_returned",
    "programs",
    "promotions",
    "sales",
    "tier_rules",
]

TIERS = ("green", "gold", "reserve")
_STORES = ("s001", "s002", "s003")
_LANES = ("1", "2")
_CATEGORIES = ("grocery", "bakery", "tobacco", "fuel")
_SKUS = ("4011", "4012", "4013")

DAYS = st.dates(date(2024, 2, 26), date(2024, 3, 3))
"""A week about the end of a February of 29 days."""

_AT = st.datetimes(
    datetime(2024, 2, 26),  # noqa: DTZ001 - Hypothesis adds the zone
    datetime(2024, 3, 3, 23, 59, 59),  # noqa: DTZ001
    timezones=st.sampled_from([timezone(timedelta(hours=hours)) for hours in (-5, 0, 1)]),
)
_SOME_DAY = st.none() | DAYS
_TIER = st.sampled_from([None, *TIERS])
_STORE = st.sampled_from([None, *_STORES])
_LANE = st.sampled_from(_LANES)


def _some(of: tuple[str, ...], most: int = 2) -> st.SearchStrategy[frozenset[str]]:
    return st.just(frozenset[str]()) | st.frozensets(st.sampled_from(of), max_size=most)


def _one_of_the_ways(*ways: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Draw one of some ways to fill fields: a program has dozens of them, and a draw takes time."""
    return st.sampled_from(ways)


_ABOUT = _one_of_the_ways(
    {},
    {},
    *({"categories": {each}} for each in _CATEGORIES),
    *({"exclude_categories": {each}} for each in _CATEGORIES),
    {"categories": {"grocery", "fuel"}, "exclude_skus": {"4011"}},
    {"categories": {"bakery"}, "skus": {"4012"}},
    {"exclude_categories": {"tobacco"}, "exclude_skus": {"4012"}},
    {"skus": {"4011", "4013"}},
)
_RULES = _one_of_the_ways(
    {},
    {},
    {"tiers": {"gold", "reserve"}},
    {"minimum_minor": 1_000},
    {"minimum_minor": 1, "before_tax": True},
    {"before_tax": True},
    {"before_discount": True},
    {"before_tax": True, "before_discount": True, "minimum_minor": 700},
    {"exclude_tenders": {"card"}},
    {"exclude_tenders": {"voucher", "gift_card"}, "before_tax": True},
)
_TIER_RATES = _one_of_the_ways(
    {},
    {"gold": "1.2", "reserve": "1.7"},
    {"green": "0.5", "gold": "3.125"},
    {"green": "2", "gold": "0"},
)
_STEPS_MINOR = st.sets(st.integers(1, 5_000), min_size=1, max_size=3).map(sorted)
_FEW = st.integers(1, 5)
_WAYS = st.sampled_from(["per_minor", "per_minor", "per_quantity", "per_visit", "steps"])
_PER_MINOR = st.sampled_from([1, 7, 100, 333])
_PER_QUANTITY = st.sampled_from(["0.5", "1", "2", "2.125"])


@st.composite
def _earn_rules(draw: st.DrawFn, rule_id: str, *, falling_steps: bool) -> EarnRule:
    way = draw(_WAYS)
    counted: dict[str, Any] = {way: True}
    if way == "per_minor":
        counted = {way: draw(_PER_MINOR), "tier_rates": draw(_TIER_RATES)}
    elif way == "per_quantity":
        counted = {way: draw(_PER_QUANTITY), "tier_rates": draw(_TIER_RATES)}
    elif way == "steps":
        money = draw(_STEPS_MINOR)
        points = [draw(_FEW) for _ in money]
        points = points if falling_steps else sorted(points)
        counted = {
            way: [{"from_minor": m, "points": p} for m, p in zip(money, points, strict=True)]
        }
    about = {"id": rule_id, "text": "Why", "points": draw(_FEW)}
    return EarnRule.model_validate(about | draw(_ABOUT) | draw(_RULES) | counted)


_CAPS = _one_of_the_ways(
    {},
    {},
    {"caps": {"points_per_sale": 7}},
    {"caps": {"points_per_day": 20}},
    {"caps": {"points_in_all": 30, "points_per_sale": 20}},
    {"caps": {"times_per_day": 1}},
    {"caps": {"times_in_all": 2, "points_per_day": 25}},
)
_BUDGETS = _one_of_the_ways(
    {},
    {},
    {},
    {"budget": {"points": 50, "stores": {"s001": 20, "s002": 0, "s003": 30}}},
    {"budget": {"points": 45, "stores": {"s001": 15, "s002": 20}}},
)
_GIVEN = _one_of_the_ways(
    *({"multiplier": each} for each in ("1.1", "1.5", "2", "3.333", "10")),
    *({"bonus": each} for each in (1, 5, 5, 40)),
)
_CONDITIONS = _one_of_the_ways(
    {},
    {},
    {},
    {},
    {"always": True},
    {"minimum_minor": 1_500},
    {"first_day": date(2024, 2, 28)},
    {"last_day": date(2024, 2, 29)},
    {"first_day": date(2024, 2, 29), "last_day": date(2024, 3, 1), "always": True},
    {"starts_at": datetime(2024, 2, 28, 17, tzinfo=UTC)},
    {
        "starts_at": datetime(2024, 2, 27, tzinfo=UTC),
        "ends_at": datetime(2024, 3, 1, 12, tzinfo=UTC),
    },
    {"weekdays": {"mon", "thu", "fri"}},
    {"hours": ({"start": "22:00", "end": "04:00"}, {"start": "08:00", "end": "12:30"})},
    {"stores": {"s001"}, "minimum_minor": 500},
    {"lanes": {"1"}},
    {"tiers": {"gold", "reserve"}},
    {"occasion": "first_purchase"},
    {"occasion": "welcome", "within_days": 3},
    {"occasion": "birthday", "within_days": 10, "tier_days": {"gold": 60}},
    {"occasion": "visit", "zone": "bar"},
)
_RARELY = st.sampled_from([False, False, False, True])


@st.composite
def promotions(draw: st.DrawFn, promotion_id: str, *, rules: tuple[str, ...] = ()) -> Promotion:
    """Draw a promotion; ``rules`` are those that it may multiply alone."""
    given = draw(_GIVEN)
    if "multiplier" in given and rules and draw(_RARELY):
        given = given | {"rules": {rules[0]}}
    named = {"id": promotion_id, "text": "Why"}
    about = named | draw(_ABOUT) | draw(_CONDITIONS) | draw(_CAPS) | draw(_BUDGETS)
    return Promotion.model_validate(about | given)


@st.composite
def tier_rules(draw: st.DrawFn) -> TierRules:
    """Draw the rules of up to three tiers, of every period and way to keep and to lose them."""
    reach = sorted(draw(st.sets(st.integers(1, 300), max_size=2)))
    tiers = [
        Tier(id=TIERS[index], text=TIERS[index], reach=each)
        for index, each in enumerate([0, *reach])
    ]
    return TierRules(
        count=draw(st.sampled_from(["points", "spend"])),
        period=draw(st.sampled_from(["rolling", "calendar_year"])),
        months=draw(st.sampled_from([1, 2, 12])),
        keep=draw(st.sampled_from(["months", "next_year"])),
        keep_months=draw(st.sampled_from([1, 3, 12])),
        grace_days=draw(st.sampled_from([0, 0, 1, 40])),
        down=draw(st.sampled_from(["earned", "one"])),
        tier=tuple(tiers),
    )


_THREE = TierRules(
    count="points",
    period="rolling",
    keep="months",
    tier=tuple(Tier(id=each, text=each, reach=100 * place) for place, each in enumerate(TIERS)),
)

expiries = st.builds(
    Expiry,
    kind=st.sampled_from(["end_of_month", "rolling"]),
    months=st.integers(1, 120),
    activity_extends=st.booleans(),
    grace_days=st.sampled_from([0, 1, 31]),
    never_tiers=_some(TIERS),
) | st.builds(Expiry, kind=st.just("inactivity"), months=st.integers(1, 120))


_SHOWN = _one_of_the_ways(
    {},
    {},
    {"value_minor": 200, "minimum_basket_minor": 1_500},
    {"value_minor": 700},
    {"value_minor": 2_500, "alone": True},
    {"tiers": {"gold", "reserve"}},
    {"first_day": date(2024, 2, 29)},
    {"last_day": date(2024, 2, 29), "tiers": {"green"}},
    {"proof": "uid"},
    {"proof": "sdm", "minimum_basket_minor": 800},
)
_COSTS = st.integers(1, 400)


@st.composite
def _rewards(draw: st.DrawFn, reward_id: str) -> Reward:
    named = {"id": reward_id, "text": "What", "cost_points": draw(_COSTS)}
    return Reward.model_validate(named | draw(_ABOUT) | draw(_SHOWN))


_DISCOUNTS = st.none() | st.builds(
    lambda step, least, worth_minor, percent, basket_minor, about: Discount(
        id="money-off",
        text="Money off",
        points=1,
        worth_minor=worth_minor,
        step=step,
        minimum=step * least,
        minimum_basket_minor=basket_minor,
        most_percent=percent,
        **about,
    ),
    st.sampled_from([1, 10, 50]),
    st.integers(0, 4),
    st.integers(1, 5),
    st.sampled_from([1, 30, 50, 100]),
    st.sampled_from([0, 1_500]),
    _ABOUT,
)
_LIMITS = st.sampled_from(
    [
        Limits(),
        Limits(),
        Limits(points_per_sale=25),
        Limits(points_per_day=70),
        Limits(sales_per_hour=2, points_per_sale=60),
        Limits(redemptions=(ProofLimit(above_points=20, proof="uid"),)),
    ]
)
_ANY_STACKING = ("best", "all", "newest")


@st.composite
def programs(
    draw: st.DrawFn,
    *,
    stacking: tuple[Stacking, ...] = _ANY_STACKING,
    limited: bool = True,
    falling_steps: bool = True,
) -> Program:
    """Draw a program that says any of what one can say about earning; ``falling_steps`` may give
    less for more money.
    """
    rules = ("rule-0", "rule-1", "rule-2")[: draw(st.integers(1, 3))]
    names = [f"promotion-{index}" for index in range(draw(st.integers(0, 4)))]
    return Program(
        id="corner",
        version=1,
        name="Corner",
        currency="USD",
        redeemed_part_earns=draw(_RARELY),
        earn=tuple(draw(_earn_rules(each, falling_steps=falling_steps)) for each in rules),
        stacking=draw(st.sampled_from(stacking)),
        promotion=tuple(draw(promotions(each, rules=rules)) for each in names),
        tiers=_THREE,
        limits=draw(_LIMITS) if limited else Limits(),
    )


@st.composite
def catalogues(draw: st.DrawFn) -> Program:
    """Draw a program that has things to redeem points for, and points that run out."""
    return Program(
        id="corner",
        version=1,
        name="Corner",
        currency="USD",
        earn=(EarnRule(id="base", text="Why", per_minor=100),),
        tiers=_THREE,
        expiry=draw(st.none() | expiries),
        discount=draw(_DISCOUNTS),
        reward=tuple(draw(_rewards(f"reward-{i}")) for i in range(draw(st.integers(0, 3)))),
        rewards_per_sale=draw(st.sampled_from([None, None, 2])),
    )


_AMOUNTS = st.integers(1, 5_000) | st.integers(-1_000, 5_000)
_SKU = st.sampled_from(_SKUS)
_CATEGORY = st.sampled_from((*_CATEGORIES, *_CATEGORIES, "reward"))
_QUANTITIES = st.sampled_from(["1", "0.001", "0.25", "3.000", "41.27"])
_DISCOUNTED = st.sampled_from([0, 0, 0, 50, 333])
_TAXED = st.sampled_from([0, 0, 5, 12])


@st.composite
def _lines(draw: st.DrawFn) -> Line:
    amount_minor = draw(_AMOUNTS)
    return Line(
        sku=draw(_SKU),
        category=draw(_CATEGORY),
        quantity=draw(_QUANTITIES),
        unit_price_minor=100,
        amount_minor=amount_minor,
        discount_minor=draw(_DISCOUNTED),
        tax_minor=max(0, amount_minor) // (draw(_TAXED) or 10**6),
    )


_BASKETS = st.lists(_lines(), min_size=1, max_size=5)
_KIND = st.sampled_from(["cash", "cash", "card", "points", "voucher", "gift_card"])


@st.composite
def sales(draw: st.DrawFn, *, days: st.SearchStrategy[date] = DAYS) -> Sale:
    """Draw a sale that a till could hand over: negative lines, reward lines, tenders of points."""
    lines = draw(_BASKETS)
    total_minor = sum(line.amount_minor for line in lines)
    if total_minor < 0:
        lines = [*lines, Line(sku="4011", category="grocery", quantity="1", unit_price_minor=5_000,
                              amount_minor=5_000)]  # fmt: skip
        total_minor += 5_000
    part_minor = draw(st.just(0) | st.integers(-total_minor // 3, total_minor))
    return Sale(
        lane=draw(_LANE),
        cashier="ana",
        business_date=draw(days),
        occurred_at=draw(_AT),
        currency="USD",
        lines=tuple(lines),
        tenders=(
            Tender(kind=draw(_KIND), amount_minor=part_minor),
            Tender(kind=draw(_KIND), amount_minor=total_minor - part_minor),
        ),
        total_minor=total_minor,
    )


_USES = st.dictionaries(
    st.sampled_from(["promotion-0", "promotion-1"]),
    st.sampled_from(
        [
            Use(times=1, points=5),
            Use(times=1, points=18, times_today=1, points_today=18),
            Use(times=3, points=40),
        ]
    ),
    max_size=2,
)
_LOTS = st.lists(
    st.builds(Lot, points=st.integers(1, 300), earned_on=st.dates(date(2023, 1, 1))), max_size=3
).map(tuple)
_BIRTHDAYS = st.sampled_from([None, "02-29", "02-27", "03-01", "12-31"])


@st.composite
def accounts(draw: st.DrawFn) -> Account:
    """Draw a member's account before a sale."""
    lots = draw(_LOTS)
    return Account(
        tier=draw(_TIER),
        enrolled_on=draw(_SOME_DAY),
        birthday=draw(_BIRTHDAYS),
        lots=lots,
        debt=0 if lots else draw(st.integers(0, 100)),
        qualifying_points=draw(st.integers(0, 300)),
        last_activity_on=draw(_SOME_DAY),
        earned_today=draw(st.sampled_from([0, 0, 50, 90])),
        sales_this_hour=draw(st.sampled_from([0, 0, 1, 2])),
        uses=draw(_USES),
        zones=draw(st.sampled_from([frozenset[str](), frozenset({"bar"})])),
    )


_PUSHED = st.none() | promotions("pushed")
_GAVE = st.dictionaries(
    st.sampled_from(["promotion-0", "promotion-1", "pushed"]), st.integers(0, 30), max_size=2
)


@st.composite
def circumstances(draw: st.DrawFn) -> Circumstances:
    """Draw who buys, where, and what was pushed and given before."""
    pushed = draw(_PUSHED)
    return Circumstances(
        account=draw(accounts()),
        store=draw(_STORE),
        pushed=() if pushed is None else (pushed,),
        given=draw(_GAVE),
    )


@st.composite
def parts_returned(draw: st.DrawFn, sale: Sale) -> Mapping[int, Decimal]:
    """Draw how much of each line of a sale has come back in all."""
    returned = {}
    for index, line in enumerate(sale.lines):
        sold = Decimal(line.quantity)
        part = draw(st.integers(0, int(sold * 1000)) | st.just(int(sold * 1000)))
        if part:
            returned[index] = Decimal(part) / 1000
    return returned
