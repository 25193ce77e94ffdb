"""Whether there is any moment at which a promotion applies.

Its days are the POS's business dates, its weekdays and hours those of the clock on the wall. A shop
that is open past midnight sells in the small hours on the business date of the day before.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from agent.core.program import Program, Promotion
from agent.core.program.parts import WEEKDAYS

__all__ = ["days_of", "has_a_moment"]

_DAY = timedelta(1)
_SMALL_HOURS = time(6)
_ANY = date(2024, 1, 1)
_WEEK = 8
"""Days that show every weekday, and what follows each."""


def has_a_moment(program: Program, promotion: Promotion) -> bool:
    """Say whether it can ever be the day, the weekday and the hour of a promotion."""
    return any(_is_then(promotion, at) for at in _moments(program, promotion))


def days_of(program: Program, promotion: Promotion) -> list[date]:
    """List the business dates on which a promotion can apply, the first eight of them."""
    firsts = [promotion.first_day, program.effective_from]
    lasts = [promotion.last_day]
    if promotion.starts_at is not None:
        firsts.append(promotion.starts_at.date() - _DAY)
    if promotion.ends_at is not None:
        lasts.append(promotion.ends_at.date())
    first = max((day for day in firsts if day is not None), default=None)
    last = min((day for day in lasts if day is not None), default=None)
    if first is None:
        first = _ANY if last is None else last - (_WEEK - 1) * _DAY
    days = [first + count * _DAY for count in range(_WEEK)]
    return days if last is None else [day for day in days if day <= last]


def _moments(program: Program, promotion: Promotion) -> Iterator[datetime]:
    """Go through the beginnings of what a promotion names: it applies at one of them, if ever."""
    zone = next((at.tzinfo for at in (promotion.starts_at, promotion.ends_at) if at), None)
    begins = {time(0), *(hours.start for hours in promotion.hours)}
    days = days_of(program, promotion)
    for day in days:
        for begin in begins:
            yield datetime.combine(day, begin, zone)
            if promotion.hours and begin < _SMALL_HOURS:
                yield datetime.combine(day + _DAY, begin, zone)
    starts = promotion.starts_at
    if starts is not None and (
        starts.date() in days or (starts.time() < _SMALL_HOURS and starts.date() - _DAY in days)
    ):
        yield starts


def _is_then(promotion: Promotion, at: datetime) -> bool:
    return (
        (promotion.starts_at is None or promotion.starts_at <= at)
        and (promotion.ends_at is None or at < promotion.ends_at)
        and (not promotion.weekdays or WEEKDAYS[at.weekday()] in promotion.weekdays)
        and (not promotion.hours or any(hours.has(at.time()) for hours in promotion.hours))
    )
