"""What a friend's sale comes to, for whoever brought them, and what it gives."""

from typing import Any

import pytest
from friends import REFERRAL
from hypothesis import given
from hypothesis import strategies as st
from small_programs import program

from agent.core.accumulate import accumulate
from agent.core.basket import Line, Sale
from agent.core.program import Program, Referral
from agent.core.referring import (
    Share,
    paid_for,
    reaches,
    referred,
    spent_left,
    with_friends_part,
)

_RULES = 'exclude_categories = ["tobacco"]\n[[earn]]\nid = "fuel"\nper_quantity = "1"\n'
PAYING = program(f'{_RULES}categories = ["fuel"]\ntext = "By litre"\n{REFERRAL}')


def sale(*lines: tuple[str, int], points_minor: int = 0, **changes: Any) -> Sale:
    """A basket of lines of these categories and amounts, in part paid with points."""
    total_minor = sum(amount for _, amount in lines)
    tenders = [("points", points_minor), ("cash", total_minor - points_minor)]
    return Sale.model_validate(
        {
            "lane": "1",
            "cashier": "ana",
            "business_date": "2026-11-21",
            "occurred_at": "2026-11-21T14:05:09+01:00",
            "currency": "USD",
            "lines": [
                {"sku": "7", "category": category, "quantity": "1", "unit_price_minor": 1,
                 "amount_minor": amount}
                for category, amount in lines
            ],
            "tenders": [{"kind": kind, "amount_minor": minor} for kind, minor in tenders],
            "total_minor": total_minor,
        }
        | changes
    )  # fmt: skip


@pytest.mark.parametrize(
    ("basket", "spent_minor", "lines"),
    [
        (sale(("grocery", 2_000)), 2_000, (0,)),
        (sale(("grocery", 1_500), ("tobacco", 900), ("fuel", 500)), 2_000, (0, 2)),
        (sale(("tobacco", 2_000)), 0, ()),
        (sale(("grocery", 2_000), ("grocery", -500)), 1_500, (0, 1)),
        (sale(("grocery", 2_000), ("reward", -500)), 1_500, (0,)),
        (sale(("grocery", 2_000), ("reward", 300), points_minor=300), 2_000, (0,)),
        (sale(("grocery", 2_000), points_minor=300), 1_700, (0,)),
        (sale(("grocery", 2_000), ("tobacco", -500)), 1_500, (0,)),
        (sale(("grocery", 500), ("tobacco", 900), points_minor=700), 0, (0,)),
        (sale(("grocery", 2_000), currency="EUR"), 0, ()),
        (sale(), 0, ()),
    ],
)
def test_what_counts(basket: Sale, spent_minor: int, lines: tuple[int, ...]) -> None:
    """Money for goods that some rule counts, and no more than the sale came to."""
    assert paid_for(PAYING, basket) == (spent_minor, lines)


@pytest.mark.parametrize(
    ("spent_minor", "minimum_minor", "is_enough"),
    [(0, 0, False), (1, 0, True), (1_999, 2_000, False), (2_000, 2_000, True)],
)
def test_it_is_as_much_as_the_program_asks(
    spent_minor: int, minimum_minor: int, *, is_enough: bool
) -> None:
    """And never nothing."""
    assert reaches(spent_minor, minimum_minor) == is_enough


def test_what_is_left_of_it() -> None:
    """By the lines that were kept, or by the share of the money; never more than it was."""
    basket = sale(("grocery", 2_000), ("tobacco", 2_000))
    kept = sale(("grocery", 1_000), ("tobacco", 2_000))
    assert spent_left(PAYING, 2_000, Share(kept=None, total_minor=4_000, left_minor=1_000)) == 500
    assert spent_left(PAYING, 2_000, Share(kept=kept, total_minor=3_000, left_minor=3_000)) == 1_000
    assert spent_left(PAYING, 2_000, Share(kept=kept, total_minor=3_000, left_minor=1_500)) == 500
    assert spent_left(None, 2_000, Share(kept=kept, total_minor=3_000, left_minor=3_000)) == 2_000
    assert spent_left(None, 2_000, Share(kept=kept, total_minor=1_500, left_minor=1_500)) == 1_500
    assert spent_left(PAYING, 900, Share(kept=basket, total_minor=4_000, left_minor=4_000)) == 900


def test_without_a_referrer_or_a_rule_nothing_is_given() -> None:
    """A member whom nobody brought, and a program that pays for nobody."""
    basket = sale(("grocery", 5_000))
    assert referred(PAYING, basket, None) is None
    assert referred(program(), basket, "ana") is None
    earned = accumulate(program(), basket)
    assert with_friends_part(program(), basket, earned) == earned


@given(
    basket=st.from_type(Sale),
    rules=st.from_type(Program),
    points=st.integers(1, 1_000),
    friend_points=st.integers(0, 1_000),
    minimum_minor=st.integers(0, 10**6),
    left=st.fractions(0, 1),
)
def test_whatever_is_bought(
    basket: Sale, rules: Program, points: int, friend_points: int, minimum_minor: int, left: Any
) -> None:
    """Any basket under any program comes to no more than its total, its reasons add up, the part of
    the friend stands last and leaves the others alone, and no more is left than there was.
    """
    rule = Referral(
        id="friend", points=points, friend_points=friend_points, minimum_minor=minimum_minor,
        text="Friend",
    )  # fmt: skip
    rules = rules.model_copy(update={"referral": rule})
    spent_minor, lines = paid_for(rules, basket)
    assert 0 <= spent_minor <= basket.total_minor
    assert all(not line.is_reward for line in (basket.lines[index] for index in lines))
    paid = referred(rules, basket, "ana")
    assert (paid is not None) == reaches(spent_minor, minimum_minor)
    if paid is not None:
        assert (paid.points, paid.friend_points, paid.spent_minor) == (
            points,
            friend_points,
            spent_minor,
        )
    earned = accumulate(rules, basket)
    with_part = with_friends_part(rules, basket, earned)
    assert with_part.points == sum(each.points for each in with_part.because)
    assert with_part.points == earned.points + friend_points
    assert with_part.because[: len(earned.because)] == earned.because
    total_minor = basket.total_minor
    left_minor = int(total_minor * left)
    share = Share(kept=None, total_minor=total_minor, left_minor=left_minor)
    assert 0 <= spent_left(rules, spent_minor, share) <= spent_minor


@given(amounts=st.lists(st.integers(1, 10**6), min_size=1, max_size=5), gone=st.integers(0, 4))
def test_fewer_goods_are_never_more_money(amounts: list[int], gone: int) -> None:
    """Without one of its lines a basket of goods comes to no more than with it."""
    basket = sale(*[("grocery", amount) for amount in amounts])
    kept: list[Line] = [line for index, line in enumerate(basket.lines) if index != gone]
    rest = basket.model_copy(
        update={"lines": tuple(kept), "total_minor": sum(line.amount_minor for line in kept)}
    )
    assert paid_for(PAYING, rest)[0] <= paid_for(PAYING, basket)[0]
