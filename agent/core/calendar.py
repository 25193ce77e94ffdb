"""Days and months, as programs count them.

>>> from datetime import date
>>> months_after(date(2025, 12, 15), 2)
datetime.date(2026, 2, 15)
>>> months_after(date(2023, 12, 31), 2)  # no 31 February: the day after the month's last
datetime.date(2024, 3, 1)
"""

from datetime import date, timedelta

__all__ = [
    "days_after",
    "days_since_birthday",
    "end_of_year",
    "first_of_month",
    "last_birthday",
    "months_after",
]

_LAST_YEAR = date.max.year


def first_of_month(day: date, months: int = 0) -> date:
    """Answer the first day of the month so many months after a day's own, or the last of all."""
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    return date.max if year > _LAST_YEAR else date(year, month + 1, 1)


def months_after(day: date, months: int) -> date:
    """Answer the day so many months later; of one that its month has not, the first of the next.

    That is never to the disadvantage of who waits for it: no month is cut short.
    """
    first = first_of_month(day, months)
    if first == date.max:
        return first
    same = days_after(first, day.day - 1)
    return same if same.month == first.month else first_of_month(first, 1)


def days_after(day: date, days: int) -> date:
    """Answer the day so many days later, or the last day of all."""
    return day + min(timedelta(days), date.max - day)


def end_of_year(day: date, years: int = 0) -> date:
    """Answer the last day of the year so many years after a day's own."""
    return date(min(day.year + years, _LAST_YEAR), 12, 31)


def days_since_birthday(day: date, month: int, day_of_month: int) -> int:
    """Answer how many days a member's last birthday is ago, 0 on the day itself.

    >>> days_since_birthday(date(2026, 3, 1), 2, 29)
    0
    >>> days_since_birthday(date(2026, 1, 3), 12, 30)
    4
    """
    last = last_birthday(day, month, day_of_month)
    return 366 if last is None else (day - last).days


def last_birthday(day: date, month: int, day_of_month: int) -> date | None:
    """Answer a member's last birthday up to a day; None where calendars do not reach back to it.

    Who was born on 29 February has their birthday on 1 March in other years.

    >>> last_birthday(date(2026, 2, 28), 2, 29)
    datetime.date(2025, 3, 1)
    """
    this_year = _birthday(day.year, month, day_of_month)
    if this_year <= day:
        return this_year
    return _birthday(day.year - 1, month, day_of_month) if day.year > 1 else None


def _birthday(year: int, month: int, day_of_month: int) -> date:
    return days_after(date(year, month, 1), day_of_month - 1)
