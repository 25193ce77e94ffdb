"""Of a sale whose promotion is gone by now, the member keeps the share of what they kept."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from program_strategies import circumstances, parts_returned, programs, sales

from agent.core.accumulate import Circumstances, Earned, Then, accumulate
from agent.core.basket import Sale
from agent.core.explain import explain
from agent.core.program import Program, Promotion
from agent.core.taking_back import after_lines, money_off

SaleBody = Callable[..., dict[str, Any]]
PROGRAM = Program.parse(
    """
    id = "p"
    version = 1
    name = "P"
    currency = "USD"
    stacking = "all"
    [[earn]]
    id = "base"
    per_minor = 100
    text = "Base"
    """,
    source="p.toml",
)
BONUS = Promotion(id="rain", text="Rain", bonus=25)
BREAD = Promotion(id="bread", text="Bread", bonus=25, categories=frozenset({"bakery"}))
TWICE = Promotion(id="twice", text="Twice", multiplier="2")


def left(sale: Sale, first: Earned, program: Program = PROGRAM, **back: str) -> dict[str, int]:
    """What each reason leaves once so much of each line came back, and nothing is pushed."""
    returned = {int(line[1:]): Decimal(quantity) for line, quantity in back.items()}
    kept = after_lines(sale, returned, money_off(sale, (), things=False))
    again = accumulate(program, kept, Circumstances(again=Then.of(sale, first.because)))
    return {each.rule: each.points for each in again.because}


def test_it_is_shared_by_money_of_its_own_lines(sale_body: SaleBody) -> None:
    """Of 25 points for 10.00 of bread, 7.50 of bread leave 18; what else comes back, nothing."""
    body = sale_body(1000, 5000)
    body["lines"][0] |= {"category": "bakery", "quantity": "4"}
    sale = Sale.model_validate(body)
    first = accumulate(PROGRAM, sale, Circumstances(pushed=(BREAD,)))
    assert left(sale, first, _1="1") == {"base": 10, "bread": 25}
    assert left(sale, first, _0="1") == {"base": 57, "bread": 18}
    assert left(sale, first, _0="4") == {"base": 50}
    assert left(sale, first, _0="4", _1="1") == {}


def test_what_cost_nothing_is_shared_by_quantity(sale_body: SaleBody) -> None:
    """Four pieces that a coupon paid whole earned 4 points on top: three of them leave three."""
    body = sale_body(0)
    body["lines"][0] |= {"quantity": "4", "discount_minor": 400}
    sale = Sale.model_validate(body)
    rule = PROGRAM.earn[0].model_copy(update={"before_discount": True})
    program = PROGRAM.model_copy(update={"earn": (rule,)})
    first = accumulate(program, sale, Circumstances(pushed=(TWICE,)))
    assert left(sale, first, program, _0="0") == {"base": 4, "twice": 4}
    assert left(sale, first, program, _0="1") == {"base": 3, "twice": 3}
    assert left(sale, first, program, _0="4") == {}


def test_its_share_is_explained(sale_body: SaleBody) -> None:
    """The calculation ends in the points that are left."""
    sale = Sale.model_validate(sale_body(300, 700))
    first = accumulate(PROGRAM, sale, Circumstances(pushed=(BONUS,)))
    kept = after_lines(sale, {0: Decimal(1)}, ())
    again = explain(PROGRAM, kept, Circumstances(again=Then.of(sale, first.because)))
    assert [(each.rule, each.how) for each in again.because][1:] == [
        ("rain", "its share of what is left = 17.5, without its fraction 17")
    ]


def test_one_whose_days_were_changed_is_gone(sale_body: SaleBody) -> None:
    """A program that says other days now has no such promotion on the day of the sale."""
    program = PROGRAM.model_copy(update={"promotion": (BONUS,)})
    sale = Sale.model_validate(sale_body(300, 700))
    first = accumulate(program, sale)
    later = BONUS.model_copy(update={"first_day": sale.business_date.replace(year=2030)})
    program = PROGRAM.model_copy(update={"promotion": (later,)})
    assert left(sale, first, program, _0="1") == {"base": 7, "rain": 17}


@given(program=programs(), sale=sales(), when=circumstances(), data=st.data())
def test_shares_only_shrink(
    program: Program, sale: Sale, when: Circumstances, data: st.DataObject
) -> None:
    """Over several returns no share grows beyond what was given, and all back leaves none."""
    pushed = tuple(
        each.model_copy(update={"id": f"pushed-{each.id}"}) for each in program.promotion
    )
    first = accumulate(program, sale, replace(when, pushed=pushed))
    gave = {each.rule: each.points for each in first.because}
    whole = data.draw(parts_returned(sale))
    whole = {i: part for i, part in whole.items() if sale.lines[i].amount_minor >= 0}
    part = {i: each - each.quantize(Decimal("0.1"), "ROUND_DOWN") for i, each in whole.items()}
    everything = {i: Decimal(line.quantity) for i, line in enumerate(sale.lines)}
    before = gave
    for back in (part, whole, everything):
        now = left(sale, first, program, **{f"_{i}": str(each) for i, each in back.items()})
        shared = {rule: points for rule, points in now.items() if rule.startswith("pushed-")}
        assert all(points <= before[rule] for rule, points in shared.items())
        before = {**dict.fromkeys(gave, 0), **now}
    assert not shared
