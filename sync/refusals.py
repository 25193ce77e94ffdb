"""What the broker would not take from us last, for whoever asks why nothing is heard of a store."""

import structlog

__all__ = ["Refusals", "connection_refused"]

_log = structlog.get_logger(__name__)


_WRONG_LOGIN = (0x86, 0x87)
"""Bad user name or password, not authorized: which of them is up to the broker."""


def connection_refused(reason: str, code: int) -> str:
    """Say that the broker took no connection, and what to look at."""
    said = f"the broker refused the connection: {reason}"
    if code not in _WRONG_LOGIN:
        return said
    return f"{said}; look at the user name and password, here and in the broker's password file"


class Refusals:
    """Keeps the last one, until a message to that topic is taken. From the link's thread."""

    def __init__(self) -> None:
        self._last: tuple[str, str] | None = None

    def note(self, topic: str, why: str) -> None:
        """Keep it; the log has it once."""
        if self._last != (topic, why):
            _log.error("broker_refused_message", topic=topic, reason=why)
        self._last = (topic, why)

    def taken(self, topic: str | None) -> None:
        """A message to this topic was taken."""
        if self._last is not None and self._last[0] == topic:
            self._last = None

    @property
    def words(self) -> str | None:
        """Say it in words."""
        last = self._last
        return last and f"the broker refuses what is sent to {last[0]}: {last[1]}"
