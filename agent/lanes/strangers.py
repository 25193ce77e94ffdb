"""Sales at lanes that nobody configured: taken as any other, and said once in the log.

A sale is never refused for its lane, so a typo in a till's settings makes a row of its own in the
report of a day; the log is where somebody can find out why.
"""

from collections.abc import Collection

import structlog

__all__ = ["MOST_NAMES", "Strangers"]

MOST_NAMES = 100
"""Names that are remembered, and so warned of, until the agent is started again."""

_log = structlog.get_logger(__name__)


class Strangers:
    """The names of lanes that sales have said and the configuration has not."""

    def __init__(self, configured: Collection[str]) -> None:
        self._configured = configured
        self._named: set[str] = set()

    def note(self, name: str) -> None:
        """Warn of a lane's name once; not of none, and not where no lane is configured at all."""
        if not name or not self._configured or name in self._configured:
            return
        if name in self._named or len(self._named) == MOST_NAMES:
            return
        self._named.add(name)
        _log.warning(
            "unknown_lane",
            lane=name,
            advice="the sale counts; name the lane in [[lane]], or mend the till's settings",
        )
