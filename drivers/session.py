"""Talks with devices, without I/O: what came in and what time it is → what it means, what to send.

A device that only speaks needs a parser and no more; ``Listening`` makes a session of it. One that
wants to be asked has a session of its own.

Whoever owns the port calls ``begin``, writes what ``to_send`` answers, reads, and hands in what
came with ``feed``, or with ``idle`` that nothing came for a tenth of a second; and so on from
``to_send``. A read ends with the first bytes that come, so that a talk goes as fast as both talk.
"""

from typing import Protocol

from drivers.events import Event, Parser

__all__ = ["Listening", "Session"]


class Session(Protocol):
    """One connection's talk. Times are seconds of a monotonic clock; a new port is a new talk."""

    @property
    def answering(self) -> bool | None:
        """Whether the device does what it is asked; None where that is not known yet."""
        ...

    def begin(self, now_s: float) -> None:
        """Start afresh: the port was just opened."""
        ...

    def feed(self, data: bytes, now_s: float) -> list[Event]:
        """Take what came in, and answer what it means."""
        ...

    def idle(self, now_s: float) -> list[Event]:
        """Learn that the line was silent for a while. What is overdue is seen here and by ``feed``:
        a line that is never silent may still not answer.
        """
        ...

    def to_send(self) -> bytes:
        """Take what is to be written now; empty where there is nothing."""
        ...


class Listening:
    """A session with a device that nobody asks: who listens knows of an open port and no more."""

    answering = True

    def __init__(self, parser: Parser) -> None:
        self._parser = parser

    def begin(self, now_s: float) -> None:  # noqa: ARG002 - nothing depends on it
        """Forget what was unfinished on another port."""
        self._parser.idle()

    def feed(self, data: bytes, now_s: float) -> list[Event]:  # noqa: ARG002 - the same
        """Parse it."""
        return self._parser.feed(data)

    def idle(self, now_s: float) -> list[Event]:  # noqa: ARG002 - the same
        """Give up what is unfinished."""
        return self._parser.idle()

    def to_send(self) -> bytes:
        """Nothing ever."""
        return b""
