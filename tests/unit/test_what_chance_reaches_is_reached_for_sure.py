"""Plain cases for what only generated ones would reach, and not with every seed."""

from collections.abc import Callable
from typing import Any

import pytest

from agent.core.account import Account
from agent.core.accumulate import Because, Circumstances, Then, accumulate
from agent.core.basket import Sale
from agent.core.entry import GENESIS, Position, chain, link_hash
from agent.core.explain import explain
from agent.core.facts import VoidSale
from agent.core.program import Program
from agent.core.program_check import check
from agent.core.receipt import Paper, receipt
from agent.core.rewards import toward

SaleBody = Callable[..., dict[str, Any]]

_CORNER = 'id = "c"\nversion = 1\nname = "C"\ncurrency = "USD"\n'
_STEPS = _CORNER + (
    '[[earn]]\nid = "steps"\ntext = "Steps"\n'
    "steps = [{ from_minor = 500, points = 3 }, { from_minor = 1000, points = 8 }]\n"
)
_BASE = _CORNER + '[[earn]]\nid = "base"\ntext = "Base"\nper_minor = 100\n'
_VISIT = '[[earn]]\nid = "visit"\ntext = "A visit"\nper_visit = true\n'


def program(text: str) -> Program:
    """Read it."""
    return Program.parse(text, source="c.toml")


def test_a_step_that_is_reached_is_named(sale_body: SaleBody) -> None:
    """7.00 reach the step of 5.00."""
    explained = explain(program(_STEPS), Sale.model_validate(sale_body(700)), Circumstances())
    assert [each.how for each in explained.because] == ["7.00 USD reaches 5.00 USD: 3"]


@pytest.mark.parametrize(
    ("limit", "account", "points"),
    [
        ("sales_per_hour = 2", Account(sales_this_hour=1), 12),
        ("sales_per_hour = 2", Account(sales_this_hour=2), 0),
        ("points_per_day = 20", Account(earned_today=5), 12),
        ("points_per_day = 20", Account(earned_today=15), 5),
        ("points_per_day = 20", Account(earned_today=25), 0),
    ],
)
def test_a_limit_counts_what_was_before(
    sale_body: SaleBody, limit: str, account: Account, points: int
) -> None:
    """Sales of the hour and points of the day leave so much room for 12 points."""
    limited = program(f"{_BASE}[limits]\n{limit}\n")
    when = Circumstances(account=account)
    earned = accumulate(limited, Sale.model_validate(sale_body(1_200)), when)
    assert (earned.points, earned.withheld) == (points, 12 - points)


def test_a_rule_that_gave_nothing_gives_nothing_again(sale_body: SaleBody) -> None:
    """A rule that is new since the sale, or had no room, is not applied to what is left."""
    sale = Sale.model_validate(sale_body(1_200))
    gave = Then.of(sale, [Because(rule="base", points=12, lines=(0,), text="Base")])
    again = accumulate(program(_BASE + _VISIT), sale, Circumstances(again=gave))
    assert [each.rule for each in again.because] == ["base"]


def test_hours_within_longer_ones_are_in_their_shadow() -> None:
    """Double points from 16:00 to 18:00 change nothing where they are given from 15:00 to 20:00."""
    text = _BASE + "".join(
        f'[[promotion]]\nid = "{name}"\ntext = "P"\nmultiplier = "2"\n'
        f'hours = [{{ start = "{start}:00", end = "{end}:00" }}]\n'
        for name, start, end in (("wide", 15, 20), ("narrow", 16, 18))
    )
    (mistake,) = check(text, source="c.toml").mistakes
    assert "'wide' applies whenever this does" in mistake.message


def test_who_is_nobody_has_no_balance_on_paper() -> None:
    """The receipt of a void without a member says nothing of a balance."""
    paper = Paper.of(program(_BASE))
    place = Position(epoch=0, seq=7, hash=GENESIS)
    nobodys = receipt(VoidSale(sale_id="s"), place, paper)
    members = receipt(VoidSale(sale_id="s", account="a", balance=5), place, paper)
    assert len(nobodys) < len(members)


def test_the_next_reward_needs_no_discount() -> None:
    """A program that knows no points as money off has a next reward, until all are reached."""
    shop = program(_BASE + '[[reward]]\nid = "tea"\ntext = "Tea"\ncost_points = 9\n')
    found = toward(shop, 5)
    assert found is not None
    assert (found.reward, found.short) == ("tea", 4)
    assert toward(shop, 9) is None


def test_a_chain_goes_on_entry_by_entry() -> None:
    """Two entries at once are hashed as one after the other."""
    assert chain(GENESIS, (b"a", b"b")) == link_hash(link_hash(GENESIS, b"a"), b"b")
