"""The terms a till works under: the program, and what this device may decide alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from agent.core.floor import floor_left
from agent.core.program import Editions, Program, Promotion
from agent.core.receipt import Paper
from agent.core.values import MOST_POINTS
from agent.ledger import AccountRow, Transaction, View

__all__ = ["Terms", "why_frozen"]


def _nowhere(_account: str, _day: date) -> frozenset[str]:
    return frozenset()


def _never() -> bool:
    return False


def _nothing() -> str | None:
    return None


_FROZEN = "this ledger was rebuilt or set back, and nobody has confirmed it"
_HALTED = "head office has halted this device, and somebody has to look"
_NEVER_HEARD = "points can be redeemed here once head office has welcomed this device"


def why_frozen(view: View) -> str | None:
    """Say in a cashier's words why nothing is redeemed from this ledger; None where it may be."""
    because = view.frozen()
    if because is None:
        return None
    return _HALTED if because.startswith("head office halted") else _FROZEN


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """``alone`` says that no head office is configured: then every point may be spent here."""

    program: Program
    editions: Editions | None = None
    """The program's versions, where there are several; ``program`` is one of them."""
    pushed: tuple[Promotion, ...] = ()
    """The promotions that head office pushed, beside the program's own."""
    alone: bool = True
    store: str | None = None
    """This store's name, where promotions are for some stores or have a budget."""
    hold_for: timedelta = timedelta(minutes=15)
    often: int = 4
    """From which sale in a row of one card at one cashier on one day head office is told."""
    adjust_alone_points: int = 500
    """How many points a cashier may adjust at once without a second person."""
    adjust_day_points: int = 5_000
    """How many points a cashier may adjust on one business date, added up whichever their sign."""
    claims_per_day: int = 0
    """How many sales a cashier may give to a card afterwards on one business date; 0 for any."""
    phone_country: str = "US"
    """Where a telephone number without a country's code is at home, ISO 3166-1 alpha-2."""
    papers: Mapping[str, Paper] = field(default_factory=dict)
    """What each lane prints on; one that is not here has the narrowest, in the first language."""

    is_online: Callable[[], bool] = _never
    """Whether head office answers now."""
    why_unheard: Callable[[], str | None] = _nothing
    """Why redemptions wait for a till that was not heard since the start, in a cashier's words."""

    zones: Callable[[str, date], frozenset[str]] = _nowhere
    """Where a member was seen on a business date, as ``Visits.zones`` answers."""

    def on(self, day: date) -> "Terms":
        """Answer the terms of a business date, with the version of the program in force then."""
        if self.editions is None:
            return self
        in_force = self.editions.on(day)
        return self if in_force is self.program else replace(self, program=in_force)

    def edition(self, name: str) -> Program | None:
        """Find the version that judged an entry; None where it is no longer there."""
        if self.editions is not None:
            return self.editions.of(name)
        return self.program if self.program.edition == name else None

    def usable(self, view: View, row: AccountRow, *, due: int = 0, is_read: bool = True) -> int:
        """Answer how many of an account's active points may be redeemed here and now.

        None with a card that is blocked or where redemptions wait, none in debt. With a head office
        all that it may grant while it answers; else what this device holds the right to, and the
        floor. ``due`` are those of the row's balance that become active with the sale that asks,
        and bring the right with them; ``is_read`` says that a reader read the card.
        """
        if row.card_state != "active" or self.why_wait(view) is not None:
            return 0
        if self.alone or self.is_online():
            return max(0, row.balance)
        newest = view.newest()
        assert newest is not None, "a member was enrolled by an entry"  # noqa: S101
        day = newest.business_date or date.fromisoformat(newest.recorded_at[:10])
        floor = view.floor_use(row.account, view.head().epoch, day)
        there = (
            view.right(row.account)
            + due
            + floor_left(self.program.offline, floor, is_proved=is_read)
        )
        return max(0, min(row.balance, there))

    def why_wait(self, view: View) -> str | None:
        """Say in a cashier's words why nothing is redeemed here now; None where it may be."""
        if (frozen := why_frozen(view)) is not None:
            return frozen
        if not self.alone and not view.opened():
            return _NEVER_HEARD
        return self.why_unheard()

    def earned_lease(self, transaction: Transaction, account: str, points: int) -> int:
        """Answer the rights that points bring which become active here: none in an epoch that head
        office did not open, and none under an account that was merged into another.
        """
        if self.alone or not transaction.opened() or transaction.root(account) != account:
            return 0
        return points

    def taken_lease(self, view: View, account: str | None, points: int) -> int:
        """Answer how rights shrink when active points are taken away: never below none."""
        if account is None or self.alone:
            return 0
        return -min(view.right(account), points)

    def room(self, view: View, account: str) -> int:
        """Answer how many more points an account can hold: far more than any shop will give."""
        there = [view.balance(account, bucket) for bucket in ("active", "pending", "held")]
        return MOST_POINTS - sum(max(0, points) for points in there)

    def given(self, view: View, account: str | None, points: int) -> int:
        """Answer how many of some points that are given back an account can hold."""
        return points if account is None else max(0, min(points, self.room(view, account)))

    def pending_after(self, view: View, row: AccountRow | None, points: int) -> int | None:
        """Answer an account's pending points with those that come now; None where none wait."""
        if row is None or self.program.return_window_days == 0:
            return None
        return max(0, view.balance(row.account, "pending")) + points

    def pending_until(self, day: date, points: int) -> date | None:
        """Answer until when points of a business date's sale wait; None where they need not."""
        if points == 0 or self.program.return_window_days == 0:
            return None
        window = timedelta(days=self.program.return_window_days)
        return day + min(window, date.max - day)

    def paper(self, lane: str | None) -> Paper:
        """Answer what a lane prints on, where somebody said which it was."""
        known = None if lane is None else self.papers.get(lane)
        return known or Paper.of(self.program)
