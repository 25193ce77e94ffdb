"""Visits: which zones of the shop a member was seen in today.

A reader at a door or at a shelf tells that a tag arrived; a program's promotion for a visit asks at
the sale whether its member's did. The sale's entry names the zones that counted, so nothing else
ever has to know them: they are kept in memory alone, for their business day, and where a person
went is written nowhere else. An agent that starts anew has seen nobody; its readers tell anew who
is still there.

A reader says no business date. A visit is of the day that the POS said last, and of the calendar's:
whoever comes before the first sale of a day is here on that day, and so is who comes past midnight
while the evening is still being sold.
"""

import threading
from collections.abc import Callable
from datetime import date

from agent.core.tokens import Token
from agent.ledger import Ledger, View
from agent.till.asking import day_said

__all__ = ["Visits"]

_MEMBERS_MOST = 10_000
"""More than come into a shop on a day. The one who was seen longest ago gives way."""

_ZONES_MOST = 32
"""More than a shop has; a driver that makes zones up fills nothing."""


class Visits:
    """Who was seen where. ``arrived`` is called on the event loop, ``zones`` from any thread.

    ``calendar`` answers the day of the clock on the wall.
    """

    def __init__(self, ledger: Ledger, calendar: Callable[[], date]) -> None:
        self._ledger = ledger
        self._calendar = calendar
        self._lock = threading.Lock()
        self._today: frozenset[date] = frozenset()
        self._days: dict[str, dict[str, frozenset[date]]] = {}  # the one seen longest ago first

    async def arrived(self, token: Token, zone: str) -> bool:
        """Note that a tag came into a zone; answers whether it is a member's.

        One that nobody has is forgotten at once. A card that is blocked collects, so it counts
        here, too. Raises LedgerError where nobody can look whose it is; then it is not noted.
        """
        account, said = await self._ledger.read(lambda view: _whose(view, token))
        if account is None:
            return False
        today = self._days_now(said)
        with self._lock:
            self._forget(today)
            seen = self._days.pop(account, {})
            if zone in seen or len(seen) < _ZONES_MOST:
                seen = {**seen, zone: seen.get(zone, frozenset()) | today}
            self._days[account] = seen
            if len(self._days) > _MEMBERS_MOST:
                del self._days[next(iter(self._days))]
        return True

    def zones(self, account: str, day: date) -> frozenset[str]:
        """Answer the zones in which a member was seen on a business date."""
        with self._lock:
            seen = self._days.get(account, {})
            return frozenset([zone for zone, days in seen.items() if day in days])

    def look(self, said: date) -> None:
        """Forget whoever was seen on another day than the one said last and the calendar's."""
        with self._lock:
            self._forget(self._days_now(said))

    def _days_now(self, said: date | None) -> frozenset[date]:
        calendar = self._calendar()
        return frozenset({said or calendar, calendar})

    def _forget(self, today: frozenset[date]) -> None:
        """Costs a look at each member, and nothing while it is the same day."""
        if today == self._today:
            return
        self._today = today
        self._days = {
            account: there
            for account, seen in self._days.items()
            if (there := {zone: days for zone, days in seen.items() if days & today})
        }


def _whose(view: View, token: Token) -> tuple[str | None, date | None]:
    row = view.account_of(token)
    return (None, None) if row is None else (row.account, day_said(view))
