"""A sale is judged again from what is left of it: all of it back, and it was never bought.

What a return takes is the difference to what was left before, so the sum of all that was taken
rests on the last judgement alone, in whatever parts and order the goods came back.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from program_strategies import circumstances, parts_returned, programs, sales

from agent.core.accumulate import Because, Circumstances, Earned, Then, accumulate
from agent.core.basket import Line, Sale, Tender
from agent.core.program import EarnRule, Limits, Program, Promotion
from agent.core.taking_back import ReturnExceedsSale, after_lines, money_off, share_left


def judged_again(
    program: Program,
    sale: Sale,
    when: Circumstances,
    first: Earned,
    returned: Mapping[int, Decimal],
) -> Earned:
    """What is left of a sale's points once so much of it came back."""
    kept = after_lines(sale, returned, money_off(sale, (), things=False))
    again = Then.of(sale, first.because)
    return accumulate(
        program,
        kept,
        Circumstances(account=when.account, store=when.store, pushed=when.pushed, again=again),
    )


def all_of(sale: Sale) -> dict[int, Decimal]:
    """Every line, whole."""
    return {index: Decimal(line.quantity) for index, line in enumerate(sale.lines)}


@given(program=programs(), sale=sales(), when=circumstances())
def test_all_of_it_back_earns_nothing(program: Program, sale: Sale, when: Circumstances) -> None:
    """A sale of which every line came back, or every line but coupons, is worth no point."""
    first = accumulate(program, sale, when)
    assert judged_again(program, sale, when, first, all_of(sale)).points == 0
    goods = {i: part for i, part in all_of(sale).items() if sale.lines[i].amount_minor >= 0}
    assert judged_again(program, sale, when, first, goods).points == 0


@given(program=programs(), sale=sales(), when=circumstances())
def test_nothing_back_is_the_same_sale(program: Program, sale: Sale, when: Circumstances) -> None:
    """Judged again without a return, a sale has the points, and the reasons, that it had."""
    first = accumulate(program, sale, when)
    again = judged_again(program, sale, when, first, {})
    assert again.because == first.because


@given(program=programs(), sale=sales(), when=circumstances(), data=st.data())
def test_a_part_earns_no_more_than_the_whole(
    program: Program, sale: Sale, when: Circumstances, data: st.DataObject
) -> None:
    """No return brings points: of each rule there is no more than it gave for the whole sale."""
    first = accumulate(program, sale, when)
    returned = data.draw(parts_returned(sale))
    gave = {reason.rule: reason.points for reason in first.because}
    for reason in judged_again(program, sale, when, first, returned).because:
        assert 0 < reason.points <= gave[reason.rule]


@given(program=programs(), sale=sales(), when=circumstances(), data=st.data())
def test_the_parts_and_their_order_do_not_matter(
    program: Program, sale: Sale, when: Circumstances, data: st.DataObject
) -> None:
    """In two returns, in either order, or in one: as many points are taken back in all."""
    first = accumulate(program, sale, when)
    whole = data.draw(parts_returned(sale))
    one = {
        index: part - part.quantize(Decimal("0.1"), "ROUND_DOWN") for index, part in whole.items()
    }
    other = {index: part - one[index] for index, part in whole.items()}
    taken = []
    for parts in ((whole,), (one, other), (other, one)):
        left, back = first.points, dict.fromkeys(whole, Decimal(0))
        sums = []
        for part in parts:
            back = {index: back[index] + part[index] for index in whole}
            now = judged_again(program, sale, when, first, back).points
            sums.append(left - now)
            left = now
        taken.append(sum(sums))
    assert len(set(taken)) == 1


def sale_of(*lines: dict[str, Any], **tenders: int) -> Sale:
    """A sale of such lines."""
    given = {"sku": "1", "category": "grocery", "quantity": "2", "unit_price_minor": 1}
    made = tuple(Line(**(given | line)) for line in lines)
    total_minor = sum(line.amount_minor for line in made)
    paid = tenders or {"cash": total_minor}
    return Sale.model_validate(
        {
            "lane": "1",
            "cashier": "ana",
            "business_date": "2024-02-29",
            "occurred_at": "2024-02-29T12:00:00Z",
            "currency": "USD",
            "lines": made,
            "tenders": [
                Tender.model_validate({"kind": k, "amount_minor": m}) for k, m in paid.items()
            ],
            "total_minor": total_minor,
        }
    )


def program_of(**said: Any) -> Program:
    """A program with one rule, a point for each cent."""
    base = {"id": "c", "version": 1, "name": "C", "currency": "USD"}
    rule = EarnRule(id="base", text="Base", per_minor=1)
    return Program.model_validate(base | {"earn": (rule,)} | said)


@pytest.mark.parametrize(
    ("basis", "whole", "half"), [("before_tax", 80, 40), ("before_discount", 125, 62)]
)
def test_tax_and_discount_come_back_with_their_goods(basis: str, whole: int, half: int) -> None:
    """Of a line of which half came back, half the tax and half the discount are left."""
    rule = EarnRule.model_validate({"id": "base", "text": "Base", "per_minor": 1, basis: True})
    program = program_of(earn=(rule,))
    sale = sale_of({"amount_minor": 100, "tax_minor": 20, "discount_minor": 25})
    first = accumulate(program, sale)
    assert first.points == whole
    left = judged_again(program, sale, Circumstances(), first, {0: Decimal(1)})
    assert left.points == half
    assert judged_again(program, sale, Circumstances(), first, {0: Decimal(2)}).points == 0


def test_what_was_withheld_is_not_given_by_a_return() -> None:
    """Of 200 points 30 were given; half the goods back leave 30, not 100."""
    program = program_of(limits=Limits(points_per_sale=30))
    sale = sale_of({"amount_minor": 200})
    first = accumulate(program, sale)
    assert (first.points, first.withheld) == (30, 170)
    assert judged_again(program, sale, Circumstances(), first, {0: Decimal(1)}).points == 30


def test_a_promotion_gives_again_what_it_gave() -> None:
    """One that is over, used up or out of budget by now still counts for what is left; one that
    gave nothing then gives nothing now.
    """
    gone = Promotion(
        id="gone", text="Gone", multiplier="3", hours=({"start": "08:00", "end": "09:00"},)
    )
    new = Promotion(id="new", text="New", bonus=500)
    program = program_of(stacking="all", promotion=(gone, new))
    sale = sale_of({"amount_minor": 100})
    gave = (("base", 100), ("gone", 150))
    because = [Because(rule=rule, points=points, lines=(0,), text="") for rule, points in gave]
    again = Circumstances(again=Then.of(sale, because))
    assert [(r.rule, r.points) for r in accumulate(program, sale, again).because] == [
        ("base", 100),
        ("gone", 150),
    ]


def test_what_is_withheld_is_taken_of_promotions_first() -> None:
    """Of 100 points and 50 on top 120 are given: the basket's own, and 20 of the promotion's."""
    more = Promotion(id="more", text="More", bonus=50)
    other = Promotion(id="other", text="Other", bonus=30)
    program = program_of(
        stacking="all", promotion=(more, other), limits=Limits(points_per_sale=120)
    )
    earned = accumulate(program, sale_of({"amount_minor": 100}))
    assert [(each.rule, each.points) for each in earned.because] == [("base", 100), ("more", 20)]
    assert (earned.points, earned.withheld) == (120, 60)


@pytest.mark.parametrize("returned", [{1: Decimal(1)}, {0: Decimal(3)}, {0: Decimal(-1)}])
def test_what_was_not_sold_cannot_come_back(returned: dict[int, Decimal]) -> None:
    """A line that is not there, more of one than was sold, or less than nothing is refused."""
    with pytest.raises(ReturnExceedsSale):
        after_lines(sale_of({"amount_minor": 100}), returned, ())


def test_a_share_is_of_what_was_paid() -> None:
    """Of 10 points a third is gone with a third of the money, rounded down; more cannot be."""
    assert [share_left(10, 3, back) for back in (0, 1, 3)] == [10, 6, 0]
    assert share_left(10, 0, 0) == 10
    with pytest.raises(ReturnExceedsSale):
        share_left(10, 3, 4)
