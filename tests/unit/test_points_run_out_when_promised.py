"""Points run out on the day that the program says, and never a day sooner."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from program_strategies import accounts, expiries

from agent.core.account import Account
from agent.core.calendar import months_after
from agent.core.expiry import expires, gone_on
from agent.core.program import Expiry

ANY_DAY = st.dates(date(1970, 1, 1), date(9999, 12, 31))


def naive_months_after(day: date, months: int) -> date:
    """The same day so many months later, found by counting; where there is none, the next day."""
    year, month = day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1
    try:
        return date(year, month, day.day)
    except ValueError:
        return date(year + month // 12, month % 12 + 1, 1)


@given(day=st.dates(date(1970, 1, 1), date(9980, 1, 1)), months=st.integers(0, 120))
def test_months_are_never_cut_short(day: date, months: int) -> None:
    """The 31st and 29 February of a month without them are the first of the next one."""
    assert months_after(day, months) == naive_months_after(day, months)


@given(expiry=expiries, earned_on=ANY_DAY, later=st.integers(0, 800), active_on=st.none() | ANY_DAY)
def test_later_points_run_out_no_sooner(
    expiry: Expiry, earned_on: date, later: int, active_on: date | None
) -> None:
    """Of two lots the one earned later is there at least as long."""
    other = min(date.max, earned_on + timedelta(days=min(later, (date.max - earned_on).days)))
    assert gone_on(expiry, earned_on, active_on) <= gone_on(expiry, other, active_on)


@given(expiry=expiries, earned_on=ANY_DAY, active_on=st.none() | ANY_DAY)
def test_no_point_runs_out_before_its_months(
    expiry: Expiry, earned_on: date, active_on: date | None
) -> None:
    """Points stay for the months from the day that counts, and the days of grace; a day that no
    calendar has is the last of all.
    """
    since = earned_on
    if expiry.kind == "inactivity":
        since = active_on or earned_on
    elif expiry.activity_extends and active_on is not None:
        since = max(since, active_on)
    gone = gone_on(expiry, earned_on, active_on)
    if since.year >= 9980:
        assert since <= gone
        return
    if expiry.kind == "end_of_month":
        on = naive_months_after(since.replace(day=1), expiry.months + 1)
        assert on > naive_months_after(since, expiry.months) - timedelta(days=1)
    else:
        on = naive_months_after(since, expiry.months)
    gone_by_then = on + timedelta(days=expiry.grace_days)
    if gone_by_then <= earned_on:  # given after so long a pause, they count from their own day
        assert gone == gone_on(expiry, earned_on, None)
    else:
        assert gone == gone_by_then


@given(expiry=expiries, account=accounts())
def test_every_point_is_listed_once(expiry: Expiry, account: Account) -> None:
    """What runs out adds up to the account's lots, each day once and in order; of a tier whose
    points stay, nothing.
    """
    listed = expires(expiry, account)
    if account.tier in expiry.never_tiers:
        assert listed == ()
        return
    assert sum(each.points for each in listed) == sum(lot.points for lot in account.lots)
    days = [each.on for each in listed]
    assert days == sorted(set(days))
    assert expires(None, account) == ()


@pytest.mark.parametrize(
    ("kind", "months", "earned_on", "gone"),
    [
        ("end_of_month", 6, "2025-12-15", "2026-07-01"),
        ("end_of_month", 6, "2025-12-01", "2026-07-01"),
        ("end_of_month", 6, "2025-12-31", "2026-07-01"),
        ("end_of_month", 6, "2026-01-01", "2026-08-01"),
        ("end_of_month", 1, "2024-01-31", "2024-03-01"),
        ("end_of_month", 12, "2024-02-29", "2025-03-01"),
        ("rolling", 12, "2024-02-29", "2025-03-01"),
        ("rolling", 48, "2024-02-29", "2028-02-29"),
        ("rolling", 1, "2024-01-31", "2024-03-01"),
        ("rolling", 1, "2023-01-29", "2023-03-01"),
        ("rolling", 24, "2024-05-31", "2026-05-31"),
        ("rolling", 1, "9999-11-30", "9999-12-30"),
        ("rolling", 1, "9999-12-01", "9999-12-31"),
        ("end_of_month", 1, "9999-11-02", "9999-12-31"),
        ("rolling", 120, "9990-01-01", "9999-12-31"),
        ("inactivity", 12, "2024-02-29", "2025-03-01"),
    ],
)
def test_the_calendar_at_its_edges(kind: str, months: int, earned_on: str, gone: str) -> None:
    """Month ends, leap days and the last year of all, by hand."""
    expiry = Expiry.model_validate({"kind": kind, "months": months})
    assert gone_on(expiry, date.fromisoformat(earned_on), None) == date.fromisoformat(gone)


def test_a_whole_balance_runs_out_together() -> None:
    """By inactivity all lots go on one day, counted from the last purchase or redemption."""
    lots = [{"points": 5, "earned_on": "2024-01-31"}, {"points": 7, "earned_on": "2024-03-01"}]
    account = Account.model_validate({"lots": lots, "last_activity_on": "2024-04-15"})
    expiry = Expiry(kind="inactivity", months=12)
    assert [(e.points, e.on) for e in expires(expiry, account)] == [(12, date(2025, 4, 15))]


def test_points_of_some_tiers_stay() -> None:
    """Who is in one of ``never_tiers`` loses nothing; others lose, the soonest first."""
    lots = [{"points": 5, "earned_on": "2024-03-01"}, {"points": 7, "earned_on": "2024-01-31"}]
    expiry = Expiry(kind="rolling", months=12, never_tiers=frozenset({"gold"}))
    gold = Account.model_validate({"lots": lots, "tier": "gold"})
    assert expires(expiry, gold) == ()
    green = gold.model_copy(update={"tier": "green"})
    assert [each.points for each in expires(expiry, green)] == [7, 5]
