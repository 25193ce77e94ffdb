"""Of several promotions that apply, those are given that the program's ``stacking`` says."""

from dataclasses import replace

from hypothesis import given
from program_strategies import circumstances, programs, sales

from agent.core.accumulate import Circumstances, accumulate
from agent.core.basket import Sale
from agent.core.program import Program


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
