"""The thread that owns one line: read, parse, hand over; lose the port and find it again.

The loss of a device is logged once and its return once, be it that its port is gone or that it does
not answer on it; a port that is open stays so. Refused frames are counted here, logged by the agent
once a minute, and told to whoever watches the devices. A reader that floods is heard no more often
than a hand can move: what goes beyond is dropped and counted.
"""

import threading
import traceback
from contextlib import closing
from pathlib import Path

import structlog

from drivers.device import Counters, Place, Refused, Tell
from drivers.events import Event, ProductRead, Reason, RefusedFrame, StatusSeen, TokenRead
from drivers.port import PORT_ERRORS, Live, Port, Surroundings
from drivers.session import Session
from drivers.sightings import Read, Sightings

__all__ = ["NOT_ANSWERING", "LineDevice", "SteadyHand"]

NOT_ANSWERING = "its port is open, but it does not answer; is it powered, and is the baud right?"
_NOT_OPENED = "not opened yet"
_HELD_S = 5
"""A port that was open for so long is no loose contact: the next loss is tried again at once."""

_log = structlog.get_logger(__name__)


class SteadyHand:
    """Lets through what a hand can do: ten events at once, and then five in a second.

    >>> hand = SteadyHand()
    >>> sum(hand.can(now_s=0.0) for _ in range(1_000)), hand.can(now_s=0.3)
    (10, True)
    """

    def __init__(self, *, at_once: int = 10, per_s: float = 5.0) -> None:
        self._most, self._per_s = float(at_once), per_s
        self._left, self._at_s = self._most, 0.0

    def can(self, now_s: float) -> bool:
        """Say whether one more event may be told."""
        self._left = min(self._most, self._left + max(0.0, now_s - self._at_s) * self._per_s)
        self._at_s = now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True


class LineDevice:
    """A device on a serial port, or on any URL that pyserial opens.

    ``session`` says what its bytes mean, ``sightings`` what of that is told.
    """

    def __init__(
        self,
        place: Place,
        *,
        baud: int,
        session: Session,
        sightings: Sightings,
        tell: Tell,
        live: Live | None = None,
        surroundings: Surroundings | None = None,
    ) -> None:
        self.name, self.port = place.name, place.port
        self.fault: str | None = _NOT_OPENED
        self.counters = Counters()
        self._baud, self._session, self._tell = baud, session, tell
        self._sightings = sightings
        self._hand, self._noise = SteadyHand(), SteadyHand()
        self._live = live or Live()
        self._world: Surroundings = surroundings or self._live
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin reading in a thread; an absent port is tried again until it is there."""
        self._thread = threading.Thread(target=self.run, name=f"device-{self.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the port and end the thread."""
        self._live.stop()
        if self._thread is not None:
            self._thread.join(timeout=2)

    def run(self) -> None:
        """Serve the line until it is over, on the caller's own thread."""
        attempt = 0
        while not self._world.is_over():
            opened_s = self._world.now_s()
            try:
                with closing(self._world.open(self.port, self._baud)) as port:
                    self._talk(port)
            except Exception as error:  # noqa: BLE001 - a thread that ended would look alive
                self._lost(str(error) if isinstance(error, PORT_ERRORS) else _of_a_driver(error))
                self._pass(self._world.now_s())
                held = self._world.now_s() - opened_s > _HELD_S
                attempt = 0 if held else attempt
                self._world.wait_before(attempt)
                attempt += 1

    def _talk(self, port: Port) -> None:
        world, session = self._world, self._session
        session.begin(world.now_s())
        self._judge()
        while not world.is_over():
            if out := session.to_send():
                port.write(out)
            data = port.read()
            self.counters.received += len(data)
            now_s = world.now_s()
            self._handle(session.feed(data, now_s) if data else session.idle(now_s), now_s)
            self._judge()

    def _judge(self) -> None:
        answering = self._session.answering
        if answering and self.fault is not None:
            self._found()
        elif answering is False and self.fault != NOT_ANSWERING:
            self._lost(NOT_ANSWERING)

    def _handle(self, events: list[Event], now_s: float) -> None:
        self._pass(now_s)
        for event in events:
            match event:
                case TokenRead() | ProductRead():
                    self._see(event, now_s)
                case RefusedFrame(reason=reason):
                    self._refuse(reason, now_s)
                case StatusSeen():
                    pass  # nothing to a lane

    def _pass(self, now_s: float) -> None:
        for change in self._sightings.passed(now_s):
            self._tell(change)  # it belongs to one that was told

    def _see(self, read: Read, now_s: float) -> None:
        event = self._sightings.seen(read, now_s)
        if event is None:
            return
        if self._hand.can(now_s):
            self.counters.presentations += 1
            self._tell(event)
        else:
            self.counters.dropped += 1
            self._sightings.untold(read)

    def _refuse(self, reason: Reason, now_s: float) -> None:
        """Count it, and tell it where few do: noise has a hand of its own, which takes no card's
        turn.
        """
        self.counters.refused += 1
        if self._noise.can(now_s):
            self._tell(Refused(device=self.name, reason=reason))

    def _found(self) -> None:
        self.fault = None
        _log.info("reader_found", reader=self.name, port=self.port)

    def _lost(self, error: str) -> None:
        if self.fault is None or self.fault == _NOT_OPENED:
            _log.warning("reader_lost", reader=self.name, port=self.port, error=error)
        self.fault = error


def _of_a_driver(error: Exception) -> str:
    """Say where a driver failed, and not with what, which may be a card's number."""
    at = traceback.extract_tb(error.__traceback__)[-1]
    return f"its driver failed: {type(error).__name__} at {Path(at.filename).name}:{at.lineno}"
