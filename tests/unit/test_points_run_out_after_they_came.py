"""Points run out as long after the last activity as the program says, never before they came."""

from datetime import date

from agent.core.account import Account, Lot
from agent.core.expiry import Expiring, expires
from agent.core.program import Expiry


def test_points_are_not_gone_before_they_came() -> None:
    """Points given long after the last purchase count from their own day."""
    account = Account(
        lots=(Lot(points=5, earned_on=date(2026, 5, 15)),), last_activity_on=date(2024, 3, 1)
    )
    gone = expires(Expiry(kind="inactivity", months=12, grace_days=3), account)
    assert gone == (Expiring(points=5, on=date(2027, 5, 18)),)


def test_activity_extends_from_the_later_day() -> None:
    """With ``activity_extends`` a purchase after the points came moves their end, and no other."""
    lots = (Lot(points=5, earned_on=date(2026, 1, 15)), Lot(points=7, earned_on=date(2026, 6, 1)))
    account = Account(lots=lots, last_activity_on=date(2026, 4, 3))
    kept = Expiry(kind="rolling", months=6, activity_extends=True)
    assert expires(kept, account) == (
        Expiring(points=5, on=date(2026, 10, 3)),
        Expiring(points=7, on=date(2026, 12, 1)),
    )
