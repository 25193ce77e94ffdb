"""Whatever takes pending points away takes them out of pending lots: the two always agree."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from ledger_facts import DAY, accumulation, strange_return
from ledger_shop import Shop

from agent.core.facts import AccumulatePoints, AccumulatePromotionPoints, Fact, ReturnSale, VoidSale
from agent.ledger.connection import open_reader


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A ledger and its notebook, which are compared after every fact."""
    shop = Shop()
    yield shop
    shop.close()


def tell(shop: Shop, *facts: Fact) -> list[int]:
    """Write facts; answers Ana's pending lots as the ledger has them, oldest first."""
    for fact in facts:
        shop.ask(fact, DAY)
        shop.check()
    shop.check_replay()
    with closing(open_reader(shop.ledger.path)) as connection:
        rows = connection.execute(
            "SELECT points FROM lots WHERE account = 'ana' AND activates_on IS NOT NULL "
            "ORDER BY earned_on, epoch, seq"
        ).fetchall()
        (waiting,) = connection.execute(
            "SELECT points FROM balances WHERE owner = 'ana' AND bucket = 'pending'"
        ).fetchone()
    lots = [points for (points,) in rows]
    assert sum(lots) == waiting
    return lots


def pending(sale_id: str, points: int) -> AccumulatePoints:
    """A sale of Ana's that earned points she has to wait for."""
    return accumulation(sale_id, "ana", points, pending=True)


def bonus(points: int) -> Fact:
    """A promotion's points for sale s, pending as the sale's own."""
    sale = pending("s", 1)
    return AccumulatePromotionPoints(
        account="ana",
        promotion="double",
        points=points,
        because=(),
        sale_id="s",
        pending_until=sale.pending_until,
    )


def test_another_stores_sale_takes_the_oldest_pending_points(shop: Shop) -> None:
    """A return of a sale that is not known here lowers the lots as it lowers the points."""
    facts = pending("s1", 5), pending("s2", 7)
    assert tell(shop, *facts, strange_return("b", "ana", 0, 0, waiting=6)) == [6]


def test_a_sales_own_lot_goes_first(shop: Shop) -> None:
    """A return of a sale known here takes what that sale brought, and not the oldest there is."""
    back = ReturnSale(sale_id="s", return_id="b", amount_minor=1, account="ana", from_pending=4)
    assert tell(shop, pending("s0", 5), pending("s", 4), pending("s2", 6), back) == [5, 6]


def test_what_a_promotion_gave_goes_with_its_sale(shop: Shop) -> None:
    """A void that takes more than the sale's own lot takes the rest from other pending lots."""
    void = VoidSale(sale_id="s", account="ana", from_pending=8)
    assert tell(shop, pending("s", 5), bonus(3), void) == []
