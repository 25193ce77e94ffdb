"""However many sales, days, members and stores: no cap, no budget and no limit is gone beyond.

The notebook here is plain: what each member had of each promotion, and what each store gave.
"""

from collections import Counter, defaultdict
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from program_strategies import DAYS, programs, sales

from agent.core.account import Account, Use
from agent.core.accumulate import Circumstances, Earned, accumulate
from agent.core.basket import Sale
from agent.core.program import Budget, Program

_STORE = st.sampled_from(["s001", "s002", "s003", "s009"])


class Notebook:
    """Sells to members and writes down what they got."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.had: defaultdict[tuple[str, str], list[tuple[date, int]]] = defaultdict(list)
        self.gave: Counter[tuple[str, str]] = Counter()
        self.earned: Counter[tuple[str, date]] = Counter()

    def sell(self, member: str, store: str, sale: Sale) -> Earned:
        """Judge a sale by what stands here, and write it down."""
        day = sale.business_date
        account = Account(
            uses={each.id: self._use(member, each.id, day) for each in self.program.promotion},
            earned_today=self.earned[member, day],
        )
        given = {each.id: self.gave[store, each.id] for each in self.program.promotion}
        when = Circumstances(account=account, store=store, given=given)
        earned = accumulate(self.program, sale, when)
        self.earned[member, day] += earned.points
        for reason in earned.because:
            self.had[member, reason.rule].append((day, reason.points))
            self.gave[store, reason.rule] += reason.points
        return earned

    def _use(self, member: str, promotion: str, day: date) -> Use:
        had = self.had[member, promotion]
        today = [points for at, points in had if at == day]
        return Use(
            times=len(had),
            points=sum(points for _, points in had),
            times_today=len(today),
            points_today=sum(today),
        )


def within(most: int | None, had: int) -> bool:
    """Say whether there is no such cap, or it holds."""
    return most is None or had <= most


@given(
    program=programs(),
    sold=st.lists(
        st.tuples(st.sampled_from(["ana", "bo"]), _STORE, sales()), min_size=3, max_size=8
    ),
)
@settings(max_examples=40)
def test_nothing_goes_beyond(program: Program, sold: list[tuple[str, str, Sale]]) -> None:
    """Caps hold for each member, allowances for each store, and budgets for all of them."""
    book = Notebook(program)
    for member, store, sale in sorted(sold, key=lambda each: each[2].business_date):
        earned = book.sell(member, store, sale)
        assert within(program.limits.points_per_sale, earned.points)
    for points in book.earned.values():
        assert within(program.limits.points_per_day, points)
    for each in program.promotion:
        for member in ("ana", "bo"):
            had, caps = book.had[member, each.id], each.caps
            days = Counter[date]()
            for day, points in had:
                assert within(caps.points_per_sale, points)
                days[day] += points
            assert within(caps.times_in_all, len(had))
            assert within(caps.points_in_all, sum(points for _, points in had))
            for day, points in days.items():
                assert within(caps.points_per_day, points)
                assert within(caps.times_per_day, sum(at == day for at, _ in had))
        if each.budget is not None:
            by_store = {s: points for (s, name), points in book.gave.items() if name == each.id}
            assert all(points <= each.budget.allowance(s) for s, points in by_store.items())
            assert sum(by_store.values()) <= each.budget.points


@given(program=programs(), sale=sales(), taps=st.integers(0, 5), day=DAYS)
def test_too_many_sales_an_hour_earn_nothing(
    program: Program, sale: Sale, taps: int, day: date
) -> None:
    """What goes beyond a limit is withheld and said; the sale is judged all the same."""
    limited = program.model_copy(update={"limits": program.limits.model_copy(
        update={"sales_per_hour": 3})})  # fmt: skip
    account = Account(sales_this_hour=taps, earned_today=0, last_activity_on=day)
    earned = accumulate(limited, sale, Circumstances(account=account))
    free = accumulate(
        program.model_copy(update={"limits": type(program.limits)()}),
        sale,
        Circumstances(account=account),
    )
    assert earned.points + earned.withheld == free.points
    if taps >= 3:
        assert earned.points == 0


def test_stores_share_no_more_than_the_budget() -> None:
    """Allowances that add up to more than the budget are refused."""
    with pytest.raises(ValueError, match="add up to 60, more than 50"):
        Budget(points=50, stores={"s001": 20, "s002": 40})
    with pytest.raises(ValueError, match="add up to 51, more than 50"):
        Budget(points=50, stores={"s001": 20}, each_store=1, other_stores=31)


@given(
    points=st.integers(1, 200),
    own=st.dictionaries(_STORE, st.integers(0, 100)),
    each_store=st.integers(0, 60),
    other_stores=st.none() | st.integers(1, 9),
)
def test_what_all_stores_may_give_is_in_the_budget(
    points: int, own: dict[str, int], each_store: int, other_stores: int | None
) -> None:
    """However a budget is split: the allowances of as many stores as it names stay within it."""
    try:
        budget = Budget(points=points, stores=own, each_store=each_store, other_stores=other_stores)
    except ValueError:
        return
    others = [f"t{number}" for number in range(other_stores or 9)]
    assert sum(budget.allowance(store) for store in (*own, *others)) <= points


def test_a_store_that_is_not_listed_has_its_own_allowance() -> None:
    """It is ``each_store``, and nothing where that is not said."""
    budget = Budget(points=50, stores={"s001": 20})
    assert [budget.allowance(store) for store in ("s001", "s002", None)] == [20, 0, 0]
    open_to_all = Budget(points=50, stores={"s001": 20}, each_store=5, other_stores=6)
    assert [open_to_all.allowance(store) for store in ("s001", "s002", None)] == [20, 5, 5]


@pytest.mark.parametrize(
    ("said", "more"),
    [
        ("caps = { times_in_all = 2 }", [5, 5, 0, 0]),
        ("caps = { times_per_day = 1 }", [5, 0, 5, 0]),
        ("caps = { points_per_sale = 4 }", [4, 4, 4, 4]),
        ("caps = { points_per_day = 7 }", [5, 2, 5, 2]),
        ("caps = { points_in_all = 12 }", [5, 5, 2, 0]),
        ("budget = { points = 8, stores = { s001 = 8 } }", [5, 3, 0, 0]),
        ("budget = { points = 8, each_store = 8, other_stores = 1 }", [5, 3, 0, 0]),
        ("budget = { points = 8, stores = { s002 = 8 } }", [0, 0, 0, 0]),
    ],
)
def test_what_is_used_up_is_not_given(said: str, more: list[int]) -> None:
    """Two sales today and two tomorrow, 5 points on top of each, as far as they go."""
    text = (
        'id = "c"\nversion = 1\nname = "C"\ncurrency = "USD"\n'
        '[[earn]]\nid = "base"\ntext = "Base"\nper_minor = 100\n'
        f'[[promotion]]\nid = "more"\ntext = "More"\nbonus = 5\n{said}\n'
    )
    book = Notebook(Program.parse(text, source="c.toml"))
    line = {
        "sku": "1",
        "category": "grocery",
        "quantity": "1",
        "unit_price_minor": 100,
        "amount_minor": 100,
    }
    sales_of_days = [
        Sale.model_validate(
            {
                "lane": "1",
                "cashier": "ana",
                "business_date": day,
                "occurred_at": f"{day}T12:00:00Z",
                "currency": "USD",
                "lines": [line],
                "tenders": [{"kind": "cash", "amount_minor": 100}],
                "total_minor": 100,
            }
        )
        for day in ("2024-02-28", "2024-02-28", "2024-02-29", "2024-02-29")
    ]
    assert [book.sell("ana", "s001", sale).points - 1 for sale in sales_of_days] == more
