"""Who pays more earns no less, in every program but three, which say otherwise themselves.

It holds for any line that already sold for something. Where a program has steps that fall, more
money reaches one that gives less. Under ``newest``, more money may bring in a newer promotion that
gives less than the older one it displaces. And money cannot be compared across ways to pay it:
what points or an excluded tender pay stays as it is here.
"""

from datetime import date

from hypothesis import assume, given
from hypothesis import strategies as st
from program_strategies import circumstances, programs, sales

from agent.core.accumulate import Circumstances, accumulate
from agent.core.basket import Sale, Tender
from agent.core.program import EarnRule, Program, Promotion, Step


def dearer(sale: Sale, index: int, more_minor: int) -> Sale:
    """The same sale with one line that costs more, paid in cash."""
    lines = list(sale.lines)
    amount_minor = lines[index].amount_minor + more_minor
    lines[index] = lines[index].model_copy(update={"amount_minor": amount_minor})
    return sale.model_copy(
        update={
            "lines": tuple(lines),
            "tenders": (*sale.tenders, Tender(kind="cash", amount_minor=more_minor)),
            "total_minor": sale.total_minor + more_minor,
        }
    )


@given(
    program=programs(stacking=("best", "all"), falling_steps=False),
    sale=sales(),
    when=circumstances(),
    place=st.integers(0, 5),
    more_minor=st.integers(1, 3_000),
)
def test_a_dearer_line_earns_no_less(
    program: Program, sale: Sale, when: Circumstances, place: int, more_minor: int
) -> None:
    """With steps that rise, and the best or all promotions given, a dearer line loses nothing."""
    index = place % len(sale.lines)
    assume(not sale.lines[index].is_reward)  # a dearer reward is paid with more points
    before = accumulate(program, sale, when)
    after = accumulate(program, dearer(sale, index, more_minor), when)
    assert after.points >= before.points
    assert after.points + after.withheld >= before.points + before.withheld


def corner(sale_minor: int, **said: object) -> int:
    """What a sale of one line earns by a program."""
    program = Program.model_validate(
        {"id": "c", "version": 1, "name": "C", "currency": "USD"} | said
    )
    sale = Sale.model_validate(
        {
            "lane": "1",
            "cashier": "ana",
            "business_date": date(2024, 2, 29),
            "occurred_at": "2024-02-29T12:00:00Z",
            "currency": "USD",
            "lines": [
                {
                    "sku": "1",
                    "category": "grocery",
                    "quantity": "1",
                    "unit_price_minor": sale_minor,
                    "amount_minor": sale_minor,
                }
            ],
            "tenders": [{"kind": "cash", "amount_minor": sale_minor}],
            "total_minor": sale_minor,
        }
    )
    return accumulate(program, sale).points


def test_steps_may_fall() -> None:
    """A program whose second step gives less than its first gives less for more money."""
    steps = (Step(from_minor=500, points=10), Step(from_minor=1_000, points=4))
    earn = (EarnRule(id="step", text="Step", steps=steps),)
    assert [corner(minor, earn=earn) for minor in (499, 500, 999, 1_000)] == [0, 10, 10, 4]


def test_the_newest_may_give_less() -> None:
    """Under ``newest``, a newer promotion displaces a better one as soon as it gives anything."""
    said = {
        "earn": (EarnRule(id="base", text="Base", per_minor=100),),
        "stacking": "newest",
        "promotion": (
            Promotion(id="old", text="Old", bonus=50, first_day=date(2024, 2, 1)),
            Promotion(
                id="new", text="New", bonus=5, first_day=date(2024, 2, 2), minimum_minor=1_000
            ),
        ),
    }
    assert [corner(minor, **said) for minor in (999, 1_000)] == [9 + 50, 10 + 5]
