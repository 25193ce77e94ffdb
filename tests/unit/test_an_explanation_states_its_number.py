"""``explain`` says of every point where it comes from, and its sums are those of the till."""

import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from program_strategies import circumstances, programs, sales

from agent.core.accumulate import Circumstances, Then, accumulate
from agent.core.basket import Sale
from agent.core.explain import explain
from agent.core.program import Program

SaleBody = Callable[..., dict[str, Any]]

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")


@given(program=programs(), sale=sales(), when=circumstances())
@settings(max_examples=40)
def test_it_agrees_with_the_till(program: Program, sale: Sale, when: Circumstances) -> None:
    """What is explained is what a sale would earn, reason by reason, and the account as given."""
    explained, earned = explain(program, sale, when), accumulate(program, sale, when)
    assert (explained.points, explained.withheld) == (earned.points, earned.withheld)
    assert [(e.rule, e.points, e.lines, e.text) for e in explained.because] == [
        (b.rule, b.points, b.lines, b.text) for b in earned.because
    ]
    assert explained.balance == when.account.balance
    assert explained.tier == (when.account.tier or "green")


@given(program=programs(), sale=sales(), when=circumstances())
@settings(max_examples=40)
def test_each_calculation_ends_in_its_points(
    program: Program, sale: Sale, when: Circumstances
) -> None:
    """The last number of each ``how`` is what was given, and a receipt has room for it."""
    for each in explain(program, sale, when).because:
        assert Fraction(_NUMBER.findall(each.how)[-1]) == each.points, each.how
        assert len(each.how) <= 200


@given(program=programs(), sale=sales(), when=circumstances())
@settings(max_examples=40)
def test_what_is_left_is_explained_too(program: Program, sale: Sale, when: Circumstances) -> None:
    """Where less is given than was worked out, both numbers are said, the larger one first."""
    first = accumulate(program, sale, when)
    halves = [replace(each, points=(each.points + 1) // 2) for each in first.because]
    half = {each.rule: each.points for each in halves}
    then = Then.of(sale, halves)
    again = Circumstances(account=when.account, pushed=when.pushed, again=then)
    for each in explain(program, sale, again).because:
        assert each.points <= half[each.rule]
        if " of which " in each.how:
            worked_out, given_now = _NUMBER.findall(each.how)[-2:]
            assert Fraction(worked_out) > Fraction(given_now) == each.points, each.how


def test_what_was_lowered_says_so(sale_body: SaleBody) -> None:
    """Of a bonus that a cap lowered, and of what a limit took away, both numbers are said."""
    text = (
        'id = "c"\nversion = 1\nname = "C"\ncurrency = "USD"\n'
        '[[earn]]\nid = "base"\ntext = "Base"\nper_minor = 100\n'
        '[[promotion]]\nid = "more"\ntext = "More"\nbonus = 9\n'
        "caps = { points_per_sale = 4 }\n"
    )
    body = sale_body(1_250, business_date="2024-02-29", occurred_at="2024-02-29T12:00:00Z")
    sale = Sale.model_validate(body)
    capped = explain(Program.parse(text, source="c.toml"), sale, Circumstances())
    assert [each.how for each in capped.because] == [
        "12.50 USD has 12 whole 1.00 USD: 12 x 1 = 12",
        "9 for the sale, of which 4 are given",
    ]
    limited = Program.parse(text + "[limits]\npoints_per_sale = 5\n", source="c.toml")
    cut = explain(limited, sale, Circumstances())
    assert [each.how for each in cut.because] == [
        "12.50 USD has 12 whole 1.00 USD: 12 x 1 = 12, of which 5 are given"
    ]
    assert (cut.points, cut.withheld) == (5, 11)
