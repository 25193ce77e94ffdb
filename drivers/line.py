"""The thread that owns one line: read, parse, hand over; lose the port and find it again.

The loss of a device is logged once and its return once, be it that its port is gone or that it does
not answer on it; a port that is open stays so. Refused frames are counted, logged by the agent once
a minute, and told to whoever watches the devices.
"""

import threading
from contextlib import closing

import structlog

from drivers.device import Place, Tell
from drivers.port import PORT_ERRORS, Live, Port, Surroundings
from drivers.serving import NOT_OPENED, driver_failed, keep_serving
from drivers.session import Session
from drivers.sightings import Sightings
from drivers.telling import Telling

__all__ = ["NOT_ANSWERING", "LineDevice"]

NOT_ANSWERING = "its port is open, but it does not answer; is it powered, and is the baud right?"

_log = structlog.get_logger(__name__)


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
        self.fault: str | None = NOT_OPENED
        self._telling = Telling(place.name, tell, sightings)
        self.counters = self._telling.counters
        self._baud, self._session = baud, session
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
        keep_serving(self._world, self._serve, self._failed)

    def _serve(self) -> None:
        with closing(self._world.open(self.port, self._baud)) as port:
            self._talk(port)

    def _failed(self, error: Exception) -> None:
        self._lost(str(error) if isinstance(error, PORT_ERRORS) else driver_failed(error))
        self._telling.passed(self._world.now_s())

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
            events = session.feed(data, now_s) if data else session.idle(now_s)
            self._telling.take(events, now_s)
            self._judge()

    def _judge(self) -> None:
        answering = self._session.answering
        if answering and self.fault is not None:
            self._found()
        elif answering is False and self.fault != NOT_ANSWERING:
            self._lost(NOT_ANSWERING)

    def _found(self) -> None:
        self.fault = None
        _log.info("reader_found", reader=self.name, port=self.port)

    def _lost(self, error: str) -> None:
        if self.fault is None or self.fault == NOT_OPENED:
            _log.warning("reader_lost", reader=self.name, port=self.port, error=error)
        self.fault = error
