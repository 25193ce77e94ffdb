"""Whatever a program says, points are whole and never below zero, and each has its reason."""

import random

from hypothesis import given
from hypothesis import strategies as st
from program_strategies import circumstances, programs, sales

from agent.core.accumulate import Because, Circumstances, accumulate
from agent.core.basket import Sale
from agent.core.program import Program


@given(program=programs(), sale=sales(), when=circumstances())
def test_the_reasons_add_up(program: Program, sale: Sale, when: Circumstances) -> None:
    """Points are never below zero; reasons add up to them, each above zero, a rule's only once."""
    earned = accumulate(program, sale, when)
    assert earned.points >= 0
    assert earned.withheld >= 0
    assert earned.points == sum(reason.points for reason in earned.because)
    assert all(reason.points > 0 for reason in earned.because)
    assert len({reason.rule for reason in earned.because}) == len(earned.because)


@given(program=programs(), sale=sales(), when=circumstances())
def test_a_reason_names_lines_of_its_rule(
    program: Program, sale: Sale, when: Circumstances
) -> None:
    """A reason's lines are there, in order, each once; its rule is about them, and no reward is."""
    rules = {each.id: each for each in (*program.earn, *program.promotion, *when.pushed)}
    for reason in accumulate(program, sale, when).because:
        assert list(reason.lines) == sorted(set(reason.lines))
        assert reason.lines
        for index in reason.lines:
            assert not sale.lines[index].is_reward
            assert rules[reason.rule].takes(sale.lines[index])


@given(program=programs(), sale=sales(), when=circumstances(), dice=st.randoms())
def test_the_order_of_lines_does_not_matter(
    program: Program, sale: Sale, when: Circumstances, dice: random.Random
) -> None:
    """Scanned in another order, a basket earns the same points for the same lines."""
    order = list(range(len(sale.lines)))
    dice.shuffle(order)
    shuffled = sale.model_copy(update={"lines": tuple(sale.lines[index] for index in order)})
    again = accumulate(program, shuffled, when)

    def moved(reason: Because) -> Because:
        lines = tuple(sorted(order[index] for index in reason.lines))
        return Because(rule=reason.rule, points=reason.points, lines=lines, text=reason.text)

    as_scanned = accumulate(program, sale, when)
    assert tuple(map(moved, again.because)) == as_scanned.because
    assert again.withheld == as_scanned.withheld


@given(program=programs(), sale=sales(), when=circumstances())
def test_another_reading_judges_the_same(program: Program, sale: Sale, when: Circumstances) -> None:
    """A program and a sale that travelled as JSON, judged twice, give the same to the point."""
    other = Program.model_validate_json(program.model_dump_json(exclude_none=True))
    resent = Sale.model_validate_json(sale.canonical())
    first = accumulate(program, sale, when)
    assert accumulate(other, resent, when) == first
    assert accumulate(program, sale, when) == first


@given(program=programs(), sale=sales(), when=circumstances())
def test_another_currency_earns_nothing(program: Program, sale: Sale, when: Circumstances) -> None:
    """No rule and no promotion gives anything in a currency that is not the program's."""
    foreign = sale.model_copy(update={"currency": "EUR"})
    assert accumulate(program, foreign, when).points == 0
    assert accumulate(program, foreign, when).because == ()
