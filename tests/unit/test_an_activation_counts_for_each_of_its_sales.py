"""An activation names the sales that its points came from; each part counts once, whether or not
other stores speak of that sale, too.
"""

from datetime import date

from head_office_books import Books, sold

from agent.core.facts import ActivatePoints, LotPart, ReturnSale

_UNTIL = date(2026, 11, 22)


def test_a_part_counts_whoever_else_wrote_another_of_its_sales(house: Books) -> None:
    """Points of two sales become active together; one of the sales was written by a second store,
    the other was not. Both parts are active, and a replay from zero says the same.
    """
    here, there = house.device("s1"), house.device("s2")
    here.says(
        sold(8, sale_id="both", pending_until=_UNTIL, lease=0),
        sold(30, sale_id="alone", pending_until=_UNTIL, lease=0),
    )
    there.says(sold(8, sale_id="both", pending_until=_UNTIL, lease=0))
    lots = (LotPart(epoch=1, seq=2, points=8), LotPart(epoch=1, seq=3, points=30))
    here.says(ActivatePoints(account="a", points=38, lots=lots, lease=38))
    assert (house.account("a").active, house.account("a").pending) == (38, 0)
    assert house.amiss() == []
    assert house.balances()


def test_a_part_counts_once_beside_what_else_is_said_of_its_sale(house: Books) -> None:
    """In one batch some of a sale comes back and the rest becomes active, together with points of
    a sale that a second store wrote, too. What came back counts once, and the rest is active.
    """
    here, there = house.device("s1"), house.device("s2")
    here.says(
        sold(8, sale_id="both", pending_until=_UNTIL, lease=0),
        sold(30, sale_id="alone", pending_until=_UNTIL, lease=0),
    )
    there.says(sold(8, sale_id="both", pending_until=_UNTIL, lease=0))
    back = ReturnSale(
        sale_id="alone", return_id="r", account="a", amount_minor=1_000, from_pending=10
    )
    lots = (LotPart(epoch=1, seq=2, points=8), LotPart(epoch=1, seq=3, points=20))
    here.says(back, ActivatePoints(account="a", points=28, lots=lots, lease=28))
    assert (house.account("a").active, house.account("a").pending) == (28, 0)
    assert house.amiss() == []
    assert house.balances()
