"""What a sale earns: whole points, fractions dropped once per sale and rule, and a reason why."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.accumulate import Earned, accumulate
from agent.core.basket import Sale
from agent.core.program import Program
from agent.paths import shipped_program

SaleBody = Callable[..., dict[str, Any]]

SIMPLE = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")


def points_of(body: dict[str, Any], program: Program = SIMPLE) -> int:
    """The points that a sale body earns."""
    return accumulate(program, Sale.model_validate(body)).points


@pytest.mark.parametrize(
    ("amounts_minor", "points"),
    [
        ((99, 99, 99), 2),
        ((1999,), 19),
        ((100,), 1),
        ((99,), 0),
        ((), 0),
        ((50, 50), 1),
        ((1000, -25), 9),
        ((500, -100, -50), 3),
    ],
)
def test_fractions_are_dropped_once_a_sale(
    sale_body: SaleBody, amounts_minor: tuple[int, ...], points: int
) -> None:
    """A point for every whole dollar of the whole basket, minus lines included."""
    assert points_of(sale_body(*amounts_minor)) == points


def test_excluded_categories_earn_nothing(sale_body: SaleBody) -> None:
    """Lines of an excluded category count for nothing, up or down, and are not in the reason."""
    body = sale_body(1000, 5000, -300)
    body["lines"][1]["category"] = body["lines"][2]["category"] = "tobacco"
    earned = accumulate(SIMPLE, Sale.model_validate(body))
    assert earned.points == 10
    assert [reason.lines for reason in earned.because] == [(0,)]


def test_more_given_back_than_bought_earns_nothing(sale_body: SaleBody) -> None:
    """Where what qualifies sums below zero, the sale earns 0, not a penalty."""
    body = sale_body(5000, -1000)
    body["lines"][0]["category"] = "tobacco"
    assert accumulate(SIMPLE, Sale.model_validate(body)) == Earned(points=0, because=())


def test_another_currency_earns_nothing(sale_body: SaleBody) -> None:
    """A sale in another currency than the program's earns nothing, whatever it is worth."""
    sale = Sale.model_validate(sale_body(10**9, currency="EUR"))
    assert accumulate(SIMPLE, sale) == Earned(points=0, because=())


def test_each_rule_gives_its_own_reason(sale_body: SaleBody) -> None:
    """Two rules each drop their own fraction and each say what they gave, in the file's order."""
    program = Program.parse(
        """
        id = "corner"
        version = 3
        name = "Corner"
        currency = "USD"
        [[earn]]
        id = "base"
        points = 1
        per_minor = 100
        text = "1 point per $1"
        [[earn]]
        id = "dear"
        points = 5
        per_minor = 1000
        text = "5 points per $10"
        """,
        source="corner.toml",
    )
    earned = accumulate(program, Sale.model_validate(sale_body(1999)))
    reasons = [(reason.rule, reason.points, reason.text) for reason in earned.because]
    assert reasons == [("base", 19, "1 point per $1"), ("dear", 5, "5 points per $10")]
    assert earned.points == 24


@given(program=st.from_type(Program), sale=st.from_type(Sale))
def test_the_reasons_add_up(program: Program, sale: Sale) -> None:
    """The points are never negative, and the reasons, each above zero, add up to them."""
    earned = accumulate(program, sale)
    assert earned.points >= 0
    assert earned.points == sum(reason.points for reason in earned.because)
    assert all(reason.points > 0 for reason in earned.because)


@given(program=st.from_type(Program), sale=st.from_type(Sale))
def test_a_reason_names_the_lines_it_counted(program: Program, sale: Sale) -> None:
    """From the lines a reason names, its points can be worked out again by hand."""
    rules = {rule.id: rule for rule in program.earn}
    for reason in accumulate(program, sale).because:
        rule = rules[reason.rule]
        counted = [sale.lines[index] for index in reason.lines]
        assert not {line.category for line in counted} & rule.exclude_categories
        assert not any(line.is_reward for line in counted)
        unpaid_minor = 0 if program.redeemed_part_earns else sale.paid_with_points_minor
        bought_minor = sum(line.amount_minor for line in counted)
        least = max(0, bought_minor - unpaid_minor) // rule.per_minor * rule.points
        most = bought_minor // rule.per_minor * rule.points
        assert least <= reason.points <= most  # more than the least, where others' lines bear it
        assert reason.points == least or len(program.earn) > 1


@given(program=st.from_type(Program), sale=st.from_type(Sale), dice=st.randoms())
def test_the_order_of_lines_does_not_matter(
    program: Program, sale: Sale, dice: random.Random
) -> None:
    """The same lines scanned in another order earn the same points for the same reasons."""
    lines = list(sale.lines)
    dice.shuffle(lines)
    shuffled = accumulate(program, sale.model_copy(update={"lines": tuple(lines)}))
    as_scanned = accumulate(program, sale)
    assert shuffled.points == as_scanned.points
    assert [(r.rule, r.points) for r in shuffled.because] == [
        (r.rule, r.points) for r in as_scanned.because
    ]


@given(program=st.from_type(Program), sale=st.from_type(Sale))
def test_the_same_sale_always_earns_the_same(program: Program, sale: Sale) -> None:
    """A sale judged again, also after a journey through JSON, earns the same."""
    again = Sale.model_validate_json(sale.model_dump_json())
    assert accumulate(program, again) == accumulate(program, sale)
