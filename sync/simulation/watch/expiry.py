"""Points that ran out: never more than were due, and only what no device has rights to (I4).

What is due is worked out here anew: who spends, spends the oldest points, so what was earned within
the month is what is left last.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from typing import Any

from agent.core.calendar import months_after
from agent.core.entry import Entry
from agent.core.facts import AccumulatePoints, ExpirePoints, ReturnSale, VoidSale
from sync.simulation.watch.violations import hold

__all__ = ["ExpiryWatch"]

_MONTHS = 1

_DECIDED = "SELECT seq, canonical FROM decisions WHERE seq > ? ORDER BY seq"

_STANDS = "SELECT active, available, due FROM accounts WHERE account = ?"

_OF_FAMILY = """
SELECT entries.canonical FROM entries JOIN accounts ON accounts.account = entries.account
WHERE entries.posted AND (accounts.account = ? OR accounts.root = ?)
"""


class ExpiryWatch:
    """Looks at each decision that lets points run out. ``rows`` asks head office's tables."""

    def __init__(self, rows: Callable[..., list[Any]]) -> None:
        self._rows = rows
        self._seen = 0

    def begin_anew(self) -> None:
        """The database was set back."""
        self._seen = self._rows("SELECT coalesce(max(seq), 0) FROM decisions")[0][0]

    def committed(self) -> None:
        """Hold what was decided since the last time."""
        for seq, canonical in self._rows(_DECIDED, self._seen):
            self._seen = seq
            fact = Entry.read(bytes(canonical)).fact
            if isinstance(fact, ExpirePoints):
                self._hold(fact)

    def _hold(self, fact: ExpirePoints) -> None:
        active, available, due = self._rows(_STANDS, fact.account)[0]
        what = f"{fact.points} points of {fact.account} ran out, due on {fact.due_on}"
        hold("I4", available >= 0, f"{what}: {available} are left available, the rest was leased")
        lasting = min(active + fact.points, self._lasting(fact.account, fact.due_on))
        hold("I4", active >= lasting, f"{what}: {active} are left, where {lasting} are not due")
        hold("I4", due >= 0, f"{what}: {due} are still due")

    def _lasting(self, account: str, on: date) -> int:
        """Answer how many points a member earned so late that they are not due on a day."""
        earned: dict[str, tuple[date, int]] = {}
        back: defaultdict[str, int] = defaultdict(int)
        for (canonical,) in self._rows(_OF_FAMILY, account, account):
            entry = Entry.read(bytes(canonical))
            fact, day = entry.fact, entry.business_date
            if isinstance(fact, AccumulatePoints) and day is not None:
                before, points = earned.get(fact.sale_id, (day, 0))
                earned[fact.sale_id] = (min(before, day), max(points, fact.points))
            elif isinstance(fact, ReturnSale | VoidSale):
                back[fact.sale_id] += fact.from_active + fact.from_pending
        return sum(
            max(0, points - back[sale_id])
            for sale_id, (day, points) in earned.items()
            if months_after(day, _MONTHS) > on
        )
