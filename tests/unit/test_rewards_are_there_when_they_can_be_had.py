"""A reward is available exactly where points, tier, window, proof and basket fit, and says why not.

Each condition is worked out here by itself; ``offers`` has to come to the same.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from program_strategies import DAYS, TIERS, catalogues, sales

from agent.core.basket import Line, Sale
from agent.core.program import Discount, Program, Reward
from agent.core.rewards import Shown, Spendable, cost_of, offers, toward

SaleBody = Callable[..., dict[str, Any]]

_PROOFS = ["any", "uid", "sdm"]
_SHOWN = st.builds(
    Shown,
    tier=st.sampled_from(["", None, *TIERS]),
    day=st.none() | DAYS,
    proof=st.sampled_from([None, *_PROOFS]),
)


@st.composite
def _spendable(draw: st.DrawFn) -> Spendable:
    balance = draw(st.integers(-100, 800))
    return Spendable(balance=balance, usable=draw(st.integers(0, max(0, balance))))


def is_between(first: date | None, day: date | None, last: date | None) -> bool:
    """Say whether a day that is known lies between two that may be open."""
    return day is None or (first or date.min) <= day <= (last or date.max)


def goods_minor(sale: Sale) -> int:
    """Add up what the goods came to before rewards took anything off."""
    return max(0, sum(line.amount_minor for line in sale.lines if line.category != "reward"))


def goods_for(rule: Reward | Discount, sale: Sale) -> list[Line]:
    """List the goods that a rule is about."""
    named = rule.categories or rule.skus
    return [
        line
        for line in sale.lines
        if line.category not in {*rule.exclude_categories, "reward"}
        and line.sku not in rule.exclude_skus
        and (not named or line.category in rule.categories or line.sku in rule.skus)
    ]


def money_for(rule: Reward | Discount, sale: Sale) -> int:
    """Add up the goods that a rule is about, as far as the whole basket comes to as much."""
    about_minor = sum(line.amount_minor for line in goods_for(rule, sale))
    return max(0, min(about_minor, goods_minor(sale)))


def has_line_for(reward: Reward, sale: Sale, *, is_thing: bool) -> bool:
    """Say whether there is something that a reward is for, or it stands there itself."""
    if not (reward.categories or reward.skus or reward.exclude_categories or reward.exclude_skus):
        return True
    itself = [line for line in sale.lines if line.is_reward and line.amount_minor >= 0]
    goods = [line for line in goods_for(reward, sale) if line.amount_minor >= 0]
    return bool(goods or (is_thing and itself))


@given(program=catalogues(), points=_spendable(), sale=st.none() | sales(), shown=_SHOWN)
@settings(max_examples=60)
def test_it_is_there_exactly_where_all_fits(
    program: Program, points: Spendable, sale: Sale | None, shown: Shown
) -> None:
    """Enough points, the tier, the day, the proof and the basket: with all of them it is there."""
    listed = {each.reward: each for each in offers(program, points, sale, shown)}
    assert listed.keys() >= {each.id for each in program.reward}
    for reward in program.reward:
        is_thing = not reward.value_minor
        most_minor = 0 if sale is None else money_for(reward, sale)
        takes_minor = min(reward.value_minor or 0, most_minor)
        expected = (
            reward.cost_points <= points.usable
            and (not reward.tiers or shown.tier == "" or shown.tier in reward.tiers)
            and is_between(reward.first_day, shown.day, reward.last_day)
            and (shown.proof is None or reward.proof in _PROOFS[: _PROOFS.index(shown.proof) + 1])
            and (
                sale is None
                or (
                    goods_minor(sale) >= reward.minimum_basket_minor
                    and has_line_for(reward, sale, is_thing=is_thing)
                    and (is_thing or takes_minor > 0)
                )
            )
        )
        offer = listed[reward.id]
        assert offer.available == expected, offer.why
        assert offer.cost_points == reward.cost_points == cost_of(program, reward.id)
        takes = sale is not None and not is_thing and expected
        assert offer.value_minor == (takes_minor if takes else reward.value_minor)
        assert (offer.why == offer.text == reward.text) == expected


@given(program=catalogues(), points=_spendable(), sale=st.none() | sales())
@settings(max_examples=60)
def test_money_off_is_the_most_whole_steps(
    program: Program, points: Spendable, sale: Sale | None
) -> None:
    """As many whole steps as points and basket allow, tried one by one; never more than either."""
    discount = program.discount
    if discount is None:
        return
    offer = offers(program, points, sale)[0]
    step_minor = discount.step * discount.worth_minor // discount.points
    most = 0
    while (most + 1) * discount.step <= points.usable and (
        sale is None
        or (
            goods_minor(sale) >= discount.minimum_basket_minor
            and 100 * (most + 1) * step_minor <= goods_minor(sale) * discount.most_percent
            and (most + 1) * step_minor <= money_for(discount, sale)
        )
    ):
        most += 1
    least = max(discount.minimum, discount.step)
    assert offer.available == (most * discount.step >= least)
    assert offer.cost_points == (most * discount.step if offer.available else least)
    assert offer.value_minor == offer.cost_points // discount.step * step_minor
    if offer.available and sale is not None:
        assert 0 < offer.value_minor <= goods_minor(sale)


@given(program=catalogues(), balance=st.integers(-100, 800), shown=_SHOWN)
def test_what_comes_next_is_what_is_missing(program: Program, balance: int, shown: Shown) -> None:
    """With what ``toward`` says is missing, and no point less, its reward is within reach; it is
    none of another tier, and none whose last day is over.
    """
    ahead = toward(program, balance, shown)
    costs = [
        each.cost_points
        for each in program.reward
        if (not each.tiers or shown.tier == "" or shown.tier in each.tiers)
        and is_between(None, shown.day, each.last_day)
    ]
    if program.discount is not None:
        costs.append(max(program.discount.minimum, program.discount.step))
    if ahead is None:
        assert all(cost <= balance for cost in costs)
        return
    assert ahead.short > 0
    assert balance + ahead.short == min(cost for cost in costs if cost > balance)
    reached = Spendable(balance=balance + ahead.short, usable=balance + ahead.short)
    assert next(o for o in offers(program, reached) if o.reward == ahead.reward).available


def test_what_is_not_in_the_catalogue_costs_nothing_known() -> None:
    """Of a reward that is not there, no cost is told."""
    program = Program.parse(
        'id = "c"\nversion = 1\nname = "C"\ncurrency = "USD"\n'
        '[[earn]]\nid = "base"\ntext = "Base"\nper_minor = 100\n',
        source="c.toml",
    )
    assert cost_of(program, "coffee") is None


_PROGRAM = """
id = "c"
version = 1
name = "C"
currency = "USD"
[[earn]]
id = "base"
text = "Base"
per_minor = 100
[tiers]
count = "points"
period = "rolling"
keep = "months"
tier = [{ id = "green", text = "Green", reach = 0 }, { id = "gold", text = "Gold", reach = 5 }]
[discount]
id = "off"
text = "Money off"
points = 1
worth_minor = 1
step = 50
minimum = 150
most_percent = 30
[[reward]]
id = "cake"
text = "Cake"
cost_points = 100
tiers = ["gold"]
first_day = "2024-02-28"
last_day = "2024-02-29"
proof = "uid"
"""


@pytest.mark.parametrize(
    ("shown", "why"),
    [
        (Shown(), "Cake"),
        (Shown(tier="gold", day=date(2024, 2, 28), proof="uid"), "Cake"),
        (Shown(tier="gold", day=date(2024, 2, 29), proof="sdm"), "Cake"),
        (Shown(tier="green"), "not for this tier"),
        (Shown(tier=None), "not for this tier"),
        (Shown(day=date(2024, 2, 27)), "not on this day"),
        (Shown(day=date(2024, 3, 1)), "not on this day"),
        (Shown(proof="any"), "this card proves too little for it"),
    ],
)
def test_who_may_have_it(shown: Shown, why: str) -> None:
    """A reward is for its tiers, from its first to its last day, to a card that proves enough."""
    program = Program.parse(_PROGRAM, source="c.toml")
    offer = offers(program, Spendable(balance=100, usable=100), None, shown)[1]
    assert (offer.why, offer.available) == (why, why == "Cake")


@pytest.mark.parametrize(
    ("total_minor", "points"), [(1_000, 300), (999, 250), (500, 150), (499, None), (0, None)]
)
def test_a_share_of_the_basket(sale_body: SaleBody, total_minor: int, points: int | None) -> None:
    """Points pay for 30 % of a basket at most, in whole steps, and not below the least."""
    program = Program.parse(_PROGRAM, source="c.toml")
    body = sale_body(total_minor, business_date="2024-02-29", occurred_at="2024-02-29T12:00:00Z")
    sale = Sale.model_validate(body)
    offer = offers(program, Spendable(balance=800, usable=800), sale)[0]
    assert (offer.cost_points if offer.available else None) == points


@pytest.mark.parametrize(
    ("balance", "usable", "less", "why"),
    [
        (99, 99, None, "1 more point needed"),
        (98, 98, None, "2 more points needed"),
        (100, 50, None, "these points cannot be spent now"),
        (100, 50, "ask head office", "ask head office"),
    ],
)
def test_what_is_missing_is_said(balance: int, usable: int, less: str | None, why: str) -> None:
    """Points that are missing are counted; those that may not be spent have their reason."""
    program = Program.parse(_PROGRAM, source="c.toml")
    has = Spendable(balance=balance, usable=usable, why_less=less)
    assert offers(program, has)[1].why == why


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("minimum_basket_minor = 501", "the basket is too small"),
        ("minimum_basket_minor = 500", "Bun"),
        ('categories = ["bakery"]', "nothing in the basket is what it is for"),
        ('categories = ["grocery"]', "Bun"),
        ('exclude_skus = ["1"]', "nothing in the basket is what it is for"),
    ],
)
def test_what_the_basket_must_hold(said: str, why: str) -> None:
    """A reward for a basket of some size, or with some line, says where it is not."""
    text = f'{_PROGRAM}[[reward]]\nid = "bun"\ntext = "Bun"\ncost_points = 1\n{said}\n'
    line = {"sku": "1", "category": "grocery", "quantity": "1", "unit_price_minor": 500,
            "amount_minor": 500}  # fmt: skip
    sale = Sale.model_validate(
        {
            "lane": "1",
            "cashier": "ana",
            "business_date": "2024-02-29",
            "occurred_at": "2024-02-29T12:00:00Z",
            "currency": "USD",
            "lines": [line],
            "tenders": [{"kind": "cash", "amount_minor": 500}],
            "total_minor": 500,
        }
    )
    listed = offers(Program.parse(text, source="c.toml"), Spendable(balance=9, usable=9), sale)
    assert listed[-1].why == why


@pytest.mark.parametrize(("total_minor", "is_there"), [(1_999, False), (2_000, True)])
def test_money_off_wants_a_basket_of_its_size(
    sale_body: Callable[..., dict[str, Any]], *, total_minor: int, is_there: bool
) -> None:
    """A discount from 20.00 on is there at 20.00 and not a cent below."""
    text = _PROGRAM.replace("most_percent = 30\n", "minimum_basket_minor = 2000\n")
    program = Program.parse(text, source="c.toml")
    sale = Sale.model_validate(sale_body(total_minor))
    money_off, _ = offers(program, Spendable(balance=900, usable=900), sale)
    assert money_off.available is is_there
