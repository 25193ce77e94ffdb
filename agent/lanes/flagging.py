"""Flags of lanes: so many of one kind an hour, and no more.

A reader that somebody plays with must not fill the journal.
"""

from collections import defaultdict, deque
from collections.abc import Callable

import structlog

from agent.core.facts import ActivityFlag
from agent.till import Till

__all__ = ["MOST_AN_HOUR", "Flagging"]

MOST_AN_HOUR = 20
"""Flags of one kind that a lane may write in an hour."""

_HOUR_S = 3600

_log = structlog.get_logger(__name__)

Key = tuple[str, ActivityFlag]


class Flagging:
    """Lets flags of lanes through to the till's record. Lives on the event loop."""

    def __init__(self, till: Till, now_s: Callable[[], float]) -> None:
        self._till = till
        self._now_s = now_s
        self._noted_s: dict[Key, deque[float]] = defaultdict(lambda: deque(maxlen=MOST_AN_HOUR))
        self.withheld: dict[Key, int] = defaultdict(int)
        """How many flags were not written since a lane's hour was full."""

    def note(self, flag: ActivityFlag, *, account: str | None, lane: str, reason: str = "") -> None:
        """Have a flag written, unless the lane has had its share for this hour."""
        key, now_s = (lane, flag), self._now_s()
        noted_s = self._noted_s[key]
        if len(noted_s) == MOST_AN_HOUR and now_s - noted_s[0] < _HOUR_S:
            self.withheld[key] += 1
            if self.withheld[key] == 1:
                _log.warning("flags_withheld", flag=flag, lane=lane, most_an_hour=MOST_AN_HOUR)
            return
        if withheld := self.withheld.pop(key, 0):
            _log.warning("flags_were_withheld", flag=flag, lane=lane, flags=withheld)
        noted_s.append(now_s)
        self._till.activity.note(flag, account=account, lane=lane, reason=reason)
