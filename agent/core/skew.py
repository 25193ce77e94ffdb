"""Version skew: a store judged a sale by another version than the one that was in force.

A store may have been away when a version began, or heard of one early. What its customer was shown
stands: points that a receipt promised are not taken away. Where the version in force gives more,
the difference is added, and said. Stores, head office and a replay decide alike.
"""

from dataclasses import dataclass

from agent.core.accumulate import Circumstances, accumulate
from agent.core.basket import Sale
from agent.core.program import Editions

__all__ = ["Skew", "skew_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Skew:
    """By which edition a sale was judged, which was in force, and what the two gave.

    ``shown`` are the points that the customer was told, ``due`` those of the edition in force; None
    where that cannot be told: a limit withheld points, or nobody here has the other edition.
    """

    judged_by: str
    in_force: str
    shown: int
    due: int | None

    @property
    def more(self) -> int:
        """How many points the member is given beside those that were shown; never below none."""
        return 0 if self.due is None else max(0, self.due - self.shown)

    @property
    def why(self) -> str:
        """Say in plain words what was found and what becomes of it."""
        found = f"judged by {self.judged_by} while {self.in_force} was in force"
        if self.due is None:
            return f"{found}: the two cannot be compared; the {self.shown} that were shown stand"
        if self.more:
            given = f"{self.shown} points were shown, and {self.more} more are given"
            return f"{found}: {given}"
        if self.due < self.shown:
            return f"{found}: it gives {self.due} points; the {self.shown} that were shown stand"
        return f"{found}: both give {self.shown} points"


def skew_of(
    editions: Editions,
    sale: Sale,
    *,
    judged_by: str,
    shown: int,
    when: Circumstances,
    withheld: bool = False,
) -> Skew | None:
    """Find a version skew in a sale; None where it was judged by the version in force.

    ``judged_by`` and the points ``shown`` are as its entry says, and whether a limit ``withheld``
    any. Both versions judge the sale ``when``, which may be less than the store knew of the member:
    so what counts is the difference between the two, not what either comes to.
    """
    in_force, judge = editions.on(sale.business_date), editions.of(judged_by)
    if in_force.edition == judged_by:
        return None
    due = None
    if judge is not None and not withheld:
        more = accumulate(in_force, sale, when).points - accumulate(judge, sale, when).points
        due = max(0, shown + more)
    return Skew(judged_by=judged_by, in_force=in_force.edition, shown=shown, due=due)
