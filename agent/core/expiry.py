"""Expiry: on which business date an account's points are gone.

>>> from agent.core.account import Account, Lot
>>> from agent.core.program import Expiry
>>> account = Account(lots=(Lot(points=40, earned_on=date(2025, 12, 15)),))
>>> expires(Expiry(kind="end_of_month", months=6), account)
(Expiring(points=40, on=datetime.date(2026, 7, 1)),)
"""

from dataclasses import dataclass
from datetime import date

from pydantic import ConfigDict

from agent.core.account import Account
from agent.core.calendar import days_after, first_of_month, months_after
from agent.core.program import Expiry

__all__ = ["Expiring", "expires", "gone_on"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Expiring:
    """Points of an account that run out together."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)

    points: int
    """Whole points that run out."""
    on: date
    """The business date from which they are gone: `YYYY-MM-DD`."""


def expires(expiry: Expiry | None, account: Account) -> tuple[Expiring, ...]:
    """List what runs out and when, the soonest first; nothing where points do not run out."""
    if expiry is None or account.tier in expiry.never_tiers:
        return ()
    days: dict[date, int] = {}
    for lot in account.lots:
        on = gone_on(expiry, lot.earned_on, account.last_activity_on)
        days[on] = days.get(on, 0) + lot.points
    return tuple([Expiring(points=days[on], on=on) for on in sorted(days)])


def gone_on(expiry: Expiry, earned_on: date, last_activity_on: date | None) -> date:
    """Answer the first business date on which points of one day are no longer there.

    An account without any activity counts from the day its points were earned, and so do points
    that came when the account had been without any for so long that it had lost the others.
    """
    since = earned_on
    if expiry.kind == "inactivity":
        since = last_activity_on or earned_on
    elif expiry.activity_extends and last_activity_on is not None:
        since = max(earned_on, last_activity_on)
    if expiry.kind == "end_of_month":
        gone = first_of_month(since, expiry.months + 1)
    else:
        gone = months_after(since, expiry.months)
    gone = days_after(gone, expiry.grace_days)
    lasts = gone > earned_on or since == earned_on  # on the last day of all there is no later one
    return gone if lasts else gone_on(expiry, earned_on, None)
