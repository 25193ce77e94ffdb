"""Why the broker is not there, or what it would not take from us last, for whoever asks why nothing
is heard of a store.
"""

import socket
import ssl

import structlog

from sync.broker import Broker

__all__ = ["Refusals", "connection_refused", "line_ended", "not_reached"]

_log = structlog.get_logger(__name__)


_WRONG_LOGIN = (0x86, 0x87)
"""Bad user name or password, not authorized: which of them is up to the broker."""


def connection_refused(reason: str, code: int) -> str:
    """Say that the broker took no connection, and what to look at."""
    said = f"the broker refused the connection: {reason}"
    if code not in _WRONG_LOGIN:
        return said
    return f"{said}; look at the user name and password, here and in the broker's password file"


_SAYS_NOTHING = "Unspecified error"


def not_reached(broker: Broker, error: Exception) -> str:
    """Say which broker there is no connection to, and why not."""
    where, words = f"{broker.host}:{broker.port}", getattr(error, "strerror", None)
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate of the broker at {where} is not taken: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        reason = getattr(error, "reason", None) or words or str(error)
        return f"no TLS with the broker at {where}: {reason.replace('_', ' ').lower()}"
    if isinstance(error, socket.gaierror):
        return f"nobody knows the broker's name {broker.host}: {words}"
    if isinstance(error, TimeoutError):
        return f"the broker at {where} is not reached: it gives no answer in time"
    if words:
        return f"the broker at {where} is not reached: {words}"
    return str(error)  # in words already, as of a file that cannot be read


def line_ended(reason: str) -> str:
    """Say that the line to the broker was there, and is no more."""
    said = "the line to the broker was lost"
    return said if reason == _SAYS_NOTHING else f"{said}: {reason}"


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
