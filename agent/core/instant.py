"""Moments and days as other systems write them.

Order in tapledger is (epoch, seq), never time; times are kept because people ask. A business date
is the shop's own day as the POS opened it, and does not follow any clock.

>>> from datetime import UTC, datetime
>>> rfc3339(datetime(2026, 11, 21, 14, 5, 9, 250_000, tzinfo=UTC))
'2026-11-21T14:05:09.250Z'
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator

__all__ = [
    "HOUR_S",
    "BusinessDate",
    "Clock",
    "DeviceClock",
    "Instant",
    "Moment",
    "is_rfc3339",
    "rfc3339",
    "seconds_of",
]

HOUR_S = 3_600

Clock = Callable[[], datetime]
"""Answers the present moment, with its zone. Handed in, so that a test can hold the hands."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """What a device's clocks say: wall time, the time since which boot, and the kernel's word
    whether something holds the wall clock to the true time.
    """

    at: datetime
    boot_id: str
    up_ms: int
    synchronised: bool


DeviceClock = Callable[[], Moment]
"""Answers a store device's present moment."""


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WRITTEN = re.compile(_DAY.pattern + r"T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{3})?Z")
_MOMENT = re.compile(_DAY.pattern + r"[Tt][0-9:]{8}(\.[0-9]{1,12})?([Zz]|[+-][0-9:]{5})")


def _a_day(value: object) -> object:
    """Refuse what is no text of a day: pydantic would read ``"20261121"`` as seconds since 1970."""
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise ValueError("write it as YYYY-MM-DD")


def _a_moment(value: object) -> object:
    if isinstance(value, datetime) or (isinstance(value, str) and _MOMENT.fullmatch(value)):
        return value
    raise ValueError("write it as RFC 3339 has it, with an offset: 2026-11-21T14:05:09+01:00")


Instant = Annotated[AwareDatetime, BeforeValidator(_a_moment)]
"""A moment with its offset, RFC 3339. The offset is kept: happy hours live in local time."""

BusinessDate = Annotated[date, BeforeValidator(_a_day)]
"""The day a sale belongs to, ``YYYY-MM-DD``, as the POS says."""


def rfc3339(moment: datetime) -> str:
    """Write a moment in UTC with milliseconds, RFC 3339 section 5.6."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def is_rfc3339(text: str) -> bool:
    """Say whether a text is a moment in UTC, as ``rfc3339`` writes one or without milliseconds.

    >>> [is_rfc3339(f"2026-{day}T14:05:09.250Z") for day in ("02-28", "02-29", "2-28")]
    [True, False, False]
    """
    try:
        return _WRITTEN.fullmatch(text) is not None and bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def seconds_of(moment: datetime) -> int:
    """Answer the whole seconds since 1970, for any moment that can be written.

    >>> seconds_of(datetime.fromisoformat("0001-01-01T00:00:00+14:00"))
    -62135647200
    """
    return (moment - _BEGINNING) // timedelta(seconds=1)


_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
