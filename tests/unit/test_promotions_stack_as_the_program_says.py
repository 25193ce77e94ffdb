"""Of several promotions that apply, those are given that the program's ``stacking`` says."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from program_strategies import circumstances, programs, sales

from agent.core.accumulate import Circumstances, accumulate
from agent.core.basket import Sale
from agent.core.program import EarnRule, Program, Promotion

SaleBody = Callable[..., dict[str, Any]]


def more_by(program: Program, sale: Sale, when: Circumstances) -> dict[str, int]:
    """What each promotion gives for a sale."""
    rules = {rule.id for rule in program.earn}
    because = accumulate(program, sale, when).because
    return {reason.rule: reason.points for reason in because if reason.rule not in rules}


def each_alone(program: Program, sale: Sale, when: Circumstances) -> dict[str, int]:
    """What each promotion would give if there were no other."""
    alone = {}
    none = program.model_copy(update={"promotion": ()})
    for each in (*program.promotion, *when.pushed):
        only = more_by(none, sale, replace(when, pushed=(each,)))
        alone |= only
    return alone


@given(program=programs(limited=False), sale=sales(), when=circumstances())
def test_all_is_the_sum(program: Program, sale: Sale, when: Circumstances) -> None:
    """Under ``all`` every promotion gives what it would give alone."""
    program = program.model_copy(update={"stacking": "all"})
    assert more_by(program, sale, when) == each_alone(program, sale, when)


@given(program=programs(limited=False), sale=sales(), when=circumstances())
def test_best_is_no_less_than_any(program: Program, sale: Sale, when: Circumstances) -> None:
    """Under ``best`` one is given beside those that are always given, and none gives more."""
    program = program.model_copy(update={"stacking": "best"})
    always = {each.id for each in (*program.promotion, *when.pushed) if each.always}
    alone, given_now = each_alone(program, sale, when), more_by(program, sale, when)
    competing = [points for name, points in alone.items() if name not in always]
    chosen = [points for name, points in given_now.items() if name not in always]
    assert chosen == ([max(competing)] if competing else [])
    assert {name for name in given_now if name in always} == always & alone.keys()


@given(program=programs(limited=False), sale=sales(), when=circumstances())
def test_newest_is_one(program: Program, sale: Sale, when: Circumstances) -> None:
    """Under ``newest`` the one that began last is given, whatever it gives, of one day the last."""
    program = program.model_copy(update={"stacking": "newest"})
    alone, given_now = each_alone(program, sale, when), more_by(program, sale, when)
    newest = None
    for each in (*program.promotion, *when.pushed):
        if each.id in alone and not each.always:
            began = each.first_day or (each.starts_at.date() if each.starts_at else None)
            if newest is None or newest[0] is None or (began is not None and began >= newest[0]):
                newest = (began, each.id)
    expected = {each.id for each in (*program.promotion, *when.pushed) if each.always}
    expected &= alone.keys()
    assert given_now.keys() == expected | ({newest[1]} if newest else set())


@given(program=programs(limited=False), sale=sales(), when=circumstances())
def test_what_rules_give_is_theirs(program: Program, sale: Sale, when: Circumstances) -> None:
    """No promotion changes what the earn rules give."""
    none = program.model_copy(update={"promotion": ()})
    rules = {rule.id for rule in program.earn}
    base = accumulate(none, sale, replace(when, pushed=())).because
    now = accumulate(program, sale, when).because
    assert base == tuple(reason for reason in now if reason.rule in rules)


@pytest.mark.parametrize(
    ("stacking", "given_now"),
    [("best", {"a": 9, "d": 1}), ("all", {"a": 9, "b": 5, "d": 1}), ("newest", {"b": 5, "d": 1})],
)
def test_of_two_the_better_is_given(
    sale_body: SaleBody, stacking: str, given_now: dict[str, int]
) -> None:
    """Of 9 and 5 the best is 9, the newest 5, all are both; what is always given is beside them."""
    said = {
        "earn": (EarnRule(id="base", text="Base", per_minor=100),),
        "stacking": stacking,
        "promotion": (
            Promotion(id="a", text="A", bonus=9, starts_at="2024-01-01T00:00:00Z"),
            Promotion(id="b", text="B", bonus=5, first_day=date(2024, 1, 2)),
            Promotion(id="c", text="C", bonus=99, first_day=date(2024, 3, 1)),
            Promotion(id="d", text="D", bonus=1, always=True),
        ),
    }
    base = {"id": "c", "version": 1, "name": "C", "currency": "USD"}
    body = sale_body(100, business_date="2024-02-29", occurred_at="2024-02-29T12:00:00Z")
    sale = Sale.model_validate(body)
    assert more_by(Program.model_validate(base | said), sale, Circumstances()) == given_now
