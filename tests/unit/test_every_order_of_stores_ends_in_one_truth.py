"""Whatever stores wrote of the same cards, sales and redemptions, and in whatever order head office
hears it: every member ends with the same points, the books add up at every step, and each point by
which a day differs has a cause.
"""

from collections.abc import Sequence
from typing import Any

from head_office_books import Books, EmptyBooks, enrolled, hold, sold
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mentioned import basket
from sqlalchemy import Connection, func, select

from agent.core.facts import (
    AdjustPoints,
    DeleteReward,
    Fact,
    RedeemReward,
    ReturnSale,
    VoidSale,
)
from sync.hub.tables import accounts, apart, days

_NAMES = st.sampled_from(["a", "b", "c"])
_SALES = st.sampled_from(["s1", "s2"])
_POINTS = st.integers(1, 20)


@st.composite
def stores(draw: st.DrawFn) -> list[Fact]:
    """What one store wrote: enrolments of two cards, two sales, one redemption, one adjustment."""
    facts: list[Fact] = [enrolled(draw(_NAMES), f"em4100:000000000{draw(st.integers(1, 2))}")]
    for sale_id in draw(st.lists(_SALES, unique=True)):
        points, account = draw(_POINTS), draw(_NAMES)
        lease = draw(st.sampled_from([0, points]))
        facts.append(
            sold(points, account=account, sale_id=sale_id, lease=lease,
                 sale_json=basket(draw(st.sampled_from([1000, 1000, 700]))))
        )  # fmt: skip
        ending = draw(st.sampled_from(["", "return", "void"]))
        if ending == "return":
            facts.append(ReturnSale(sale_id=sale_id, return_id=f"r{draw(st.integers(1, 2))}",
                                    amount_minor=500, account=account,
                                    from_active=points // 2))  # fmt: skip
        elif ending:
            facts.append(VoidSale(sale_id=sale_id, account=account, from_active=points))
    if draw(st.booleans()):
        facts.append(ReturnSale(sale_id="s1", return_id="elsewhere", amount_minor=600)
                     if not any(getattr(f, "sale_id", "") == "s1" for f in facts)
                     else AdjustPoints(account="a", points=3, reason="sorry", cashier="c",
                                       adjust_id="j"))  # fmt: skip
    account, points = draw(_NAMES), draw(_POINTS)
    ending = draw(st.sampled_from(["none", "held", "captured", "released"]))
    if ending != "none":
        facts.append(hold("r", points, account=account))
    if ending == "captured":
        facts.append(RedeemReward(redemption_id="r", account=account, points=points))
    elif ending == "released":
        facts.append(
            DeleteReward(redemption_id="r", account=account, points=points, reason="released")
        )
    return facts


def differing(c: Connection) -> dict[tuple[int, str], int]:
    """By how much each day of a journal differs."""
    rows = c.execute(select(days).where(days.c.written != days.c.posted))
    return {(row.journal_id, row.business_date): row.posted - row.written for row in rows}


def named(c: Connection) -> dict[tuple[int, str], int]:
    """How much of that has a cause."""
    of, points = (apart.c.journal_id, apart.c.business_date), func.sum(apart.c.points)
    return {(row[0], row[1]): row[2] for row in c.execute(
        select(*of, points).group_by(*of).having(points != 0))}  # fmt: skip


def hear(house: Books, said: Sequence[list[Fact]], order: Sequence[int]) -> dict[str, Any]:
    """Deliver one entry of one store at a time, as the order says, and then the rest of each, the
    store named last first; answer who has what.
    """
    left = [list(facts) for facts in said]
    for turn in order:
        store = turn % len(said)
        if left[store]:
            house.device(f"s{store}").says(left[store].pop(0))
            assert house.balances()
    for store in sorted(range(len(said)), key=lambda each: each != order[-1]):
        if left[store]:
            house.device(f"s{store}").says(*left[store])
    assert house.amiss() == []
    assert house.database.read(named) == house.database.read(differing)
    rows = house.database.read(lambda c: c.execute(select(accounts)).all())
    # How rights were handed out may differ; what members have, and who is one member, may not.
    return {row.account: (row.root, row.active, row.pending, row.held) for row in rows}


@settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(stores(), min_size=2, max_size=3),
    st.lists(st.integers(0, 2), min_size=1, max_size=12),
    st.lists(st.integers(0, 2), min_size=1, max_size=12),
)
def test_no_order_changes_what_members_have(
    empty_house: EmptyBooks, said: list[list[Fact]], one: list[int], other: list[int]
) -> None:
    """Two orders of delivery of the same journals; both are what a replay from zero finds."""
    assert hear(empty_house.begin(), said, one) == hear(empty_house.begin(), said, other)
