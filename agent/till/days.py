"""A business date's sums by lane and cashier, to match the POS's report at the end of its day.

A sale counts on the date the POS said with it, at the lane and cashier that sold it. A claim, void,
return, redemption or adjustment counts on the date the POS had said last, or said with a void or
return, at the lane and cashier that did it; a claim or adjustment on the clock's date, where a
clock that can be trusted denies that one. Where nobody said which lane and cashier, a claim, void
or return counts where the sale was, a redemption where it was held, and an adjustment at a lane
with an empty name.

Money is in the program's currency. What was sold and came back in another one stands apart, by
currency; points have none and are all in one place.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from itertools import chain

from agent.core.answer import JournalPosition
from agent.core.values import Value
from agent.ledger import View
from agent.ledger.activity import DayChange
from agent.till.terms import Terms

__all__ = ["DayAnswer", "DaySums", "ForeignSums", "LaneSums", "day_of", "sums_of"]


class ForeignSums(Value):
    """Sales in another currency than the program's, in its minor units."""

    sales: int
    """How many sales."""
    total_minor: int
    """What they came to."""
    returns: int
    """How many returns."""
    returned_minor: int
    """What came back with them."""
    voids: int
    """How many sales were voided."""
    voided_minor: int
    """What was left of them then."""


class DaySums(Value):
    """Sums of a day; money in minor units, points whole.

    What the day changed for the members is ``points`` -
    ``points_taken`` + ``points_given`` - ``redeemed_points`` + ``adjusted_net``.
    """

    sales: int
    """How many sales, also those that came back since."""
    total_minor: int
    """What they came to, in minor units."""
    points: int
    """Whole points that sales and claims brought, pending ones included."""
    claims: int
    """How many sales were given to a card afterwards."""
    redemptions: int
    """How many redemptions were captured."""
    redeemed_points: int
    """Whole points that they spent."""
    returns: int
    """How many returns."""
    returned_minor: int
    """What came back with them, in minor units."""
    voids: int
    """How many sales were voided."""
    voided_minor: int
    """What was left of them then, in minor units."""
    points_taken: int
    """Whole points taken back with voids and returns."""
    points_given: int
    """Whole points given back of what was redeemed."""
    adjustments: int
    """How many adjustments by hand."""
    adjusted_points: int
    """Whole points adjusted, added up whichever their sign."""
    adjusted_net: int
    """Whole points adjusted, with their sign."""
    other_currencies: dict[str, ForeignSums]
    """What is in other currencies than the program's, by ISO 4217 code."""


class LaneSums(DaySums):
    """The sums of one cashier at one lane; an empty name where nobody said which."""

    lane: str
    """The lane; empty where nobody said which."""
    cashier: str
    """The cashier; empty where nobody said who."""


class DayAnswer(Value):
    """A business date by lane and cashier, and in all, as of a position in the journal."""

    business_date: date
    """The day: `YYYY-MM-DD`."""
    currency: str
    """The program's currency, which `_minor` is in: ISO 4217."""
    lanes: tuple[LaneSums, ...]
    """The sums by lane and cashier."""
    total: DaySums
    """The sums of all of them."""
    as_of: JournalPosition
    """The journal position that the sums rest on."""


_MONEY = tuple(ForeignSums.model_fields)
"""What a day counts by currency."""

_ByCurrency = Iterable[tuple[str, DayChange]]

_Rows = Iterable[tuple[str, str, str, DayChange]]
"""Lane, cashier, currency and their sums."""


def day_of(view: View, terms: Terms, business_date: date) -> DayAnswer:
    """Answer a business date's sums; without a row where nothing happened.

    Reads a row for each lane, cashier and currency of that day.
    """
    currency = terms.program.currency
    lanes, total = sums_of(view.day(business_date.isoformat()), currency)
    return DayAnswer(
        business_date=business_date,
        currency=currency,
        lanes=lanes,
        total=total,
        as_of=JournalPosition.of(view.head()),
    )


def sums_of(rows: _Rows, currency: str) -> tuple[tuple[LaneSums, ...], DaySums]:
    """Add a day's rows up by lane and cashier, in the rows' order, and in all.

    Money that is not in ``currency`` stands apart.
    """
    by_whom: dict[tuple[str, str], list[tuple[str, DayChange]]] = defaultdict(list)
    for lane, cashier, counted_in, change in rows:
        by_whom[lane, cashier].append((counted_in, change))
    lanes = tuple(
        LaneSums(lane=lane, cashier=cashier, **dict(_sums(currency, changes)))
        for (lane, cashier), changes in by_whom.items()
    )
    return lanes, _sums(currency, chain.from_iterable(by_whom.values()))


def _sums(currency: str, changes: _ByCurrency) -> DaySums:
    """Add up; what has no currency, such as a redemption, is counted with the program's."""
    own: dict[str, int] = dict.fromkeys(DayChange._fields, 0)
    foreign: dict[str, dict[str, int]] = {}
    for counted_in, change in changes:
        is_own = counted_in in ("", currency)
        money = own if is_own else foreign.setdefault(counted_in, dict.fromkeys(_MONEY, 0))
        for name, value in change._asdict().items():
            (money if name in _MONEY else own)[name] += value
    return DaySums(
        **own,
        # A claim moves points and no money: it alone puts no currency here.
        other_currencies={
            name: ForeignSums(**sums)
            for name, sums in sorted(foreign.items())
            if any(sums.values())
        },
    )
