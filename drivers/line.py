"""The thread that owns one line: read, parse, hand over; lose the port and find it again.

The loss of a port is logged once and its return once. Refused frames are counted here and logged
by the agent once a minute. A reader that floods is heard no more often than a hand can move: what
goes beyond is dropped and counted. A driver that raises is lost and found again, as a port is.
"""

import threading
import traceback
from contextlib import closing

import structlog

from agent.core.tokens import Token
from drivers.device import CardPresented, Counters, DeviceEvent, Place, ProductScanned, Tell
from drivers.events import Event, ProductRead, RefusedFrame, StatusSeen, TokenRead
from drivers.port import PORT_ERRORS, Live, Port, Surroundings
from drivers.presence import Presence
from drivers.session import Session

__all__ = ["LineDevice", "SteadyHand"]

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

    ``rests`` says that a card lies on it and is repeated: it is told once for as long as it lies.
    """

    def __init__(
        self,
        place: Place,
        *,
        baud: int,
        session: Session,
        tell: Tell,
        rests: bool = True,
        live: Live | None = None,
        surroundings: Surroundings | None = None,
    ) -> None:
        self.name, self.port = place.name, place.port
        self.fault: str | None = _NOT_OPENED
        self.counters = Counters()
        self._baud, self._session, self._tell = baud, session, tell
        self._presence = Presence() if rests else None
        self._hand = SteadyHand()
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
                    self._found()
                    self._talk(port)
            except Exception as error:  # noqa: BLE001 - no mistake of a driver may end its thread
                self._lost(error if isinstance(error, PORT_ERRORS) else _mistake(error))
                held = self._world.now_s() - opened_s > _HELD_S
                attempt = 0 if held else attempt
                self._world.wait_before(attempt)
                attempt += 1

    def _talk(self, port: Port) -> None:
        world, session = self._world, self._session
        session.begin(world.now_s())
        while not world.is_over():
            if out := session.to_send():
                port.write(out)
            data = port.read()
            self.counters.received += len(data)
            now_s = world.now_s()
            self._handle(session.feed(data, now_s) if data else session.idle(now_s), now_s)

    def _handle(self, events: list[Event], now_s: float) -> None:
        for event in events:
            match event:
                case TokenRead(token=token, counter=counter):
                    self._present(token, counter, now_s)
                case ProductRead():
                    self._say(ProductScanned(device=self.name, product=event), now_s)
                case RefusedFrame():
                    self.counters.refused += 1
                case StatusSeen():
                    pass  # nothing to a lane

    def _present(self, token: Token, counter: int | None, now_s: float) -> None:
        if self._presence is None or self._presence.is_new(token, now_s):
            self._say(CardPresented(device=self.name, token=token, counter=counter), now_s)

    def _say(self, event: DeviceEvent, now_s: float) -> None:
        if self._hand.can(now_s):
            self.counters.presentations += 1
            self._tell(event)
        else:
            self.counters.dropped += 1

    def _found(self) -> None:
        self.fault = None
        _log.info("reader_found", reader=self.name, port=self.port)

    def _lost(self, error: Exception) -> None:
        if self.fault is None or self.fault == _NOT_OPENED:
            _log.warning("reader_lost", reader=self.name, port=self.port, error=str(error))
        self.fault = str(error)


def _mistake(error: Exception) -> RuntimeError:
    """Say where a driver failed, and nothing of what it was about, which may be a card's number."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    kind = type(error).__name__
    return RuntimeError(f"its driver failed: {kind} in {last.name}, {last.filename}:{last.lineno}")
