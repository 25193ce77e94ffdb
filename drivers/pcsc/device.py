"""The thread that watches one PC/SC reader: a card comes, is read, and is told once.

The context is had anew whenever pcscd is gone, killed or restarted, and the reader is looked for
by its name. What lies there when it is found again is read: who laid it may still wait. A card is
told once for each time it is laid down; one that flickers at the edge of the field, away for less
than half a second, was not taken away. A card that cannot be read to its end is asked again while
it lies there, and refused once.
"""

import threading
from contextlib import closing, suppress

import structlog

from drivers.device import Place, Tell
from drivers.events import Event, ProductRead, TokenRead
from drivers.pcsc.feedback import REFUSED, TAKEN, gives_signals
from drivers.pcsc.names import Claims, reader_of
from drivers.pcsc.planned import PlannedReading
from drivers.pcsc.service import (
    AccessDenied,
    Card,
    CardAway,
    CardGone,
    CardHeld,
    PcscError,
    Service,
    Slot,
    Surroundings,
)
from drivers.pcsc.winscard import LivePcsc
from drivers.serving import NOT_OPENED, driver_failed, keep_serving
from drivers.sightings import Cards, Read
from drivers.telling import Telling

__all__ = ["PcscDevice"]

_TRIES = 3
_TALK_S = 10.0
"""The largest tag takes three seconds."""

_log = structlog.get_logger(__name__)


class PcscDevice:
    """One reader of PC/SC. ``port`` is its name, or the beginning of one that it alone has.

    ``reading`` is what is said to its cards.
    """

    def __init__(
        self,
        place: Place,
        *,
        reading: PlannedReading,
        tell: Tell,
        claims: Claims,
        feedback: bool = True,
        live: LivePcsc | None = None,
        surroundings: Surroundings | None = None,
    ) -> None:
        self.name, self.port = place.name, place.port
        self.fault: str | None = NOT_OPENED
        self._cards = Cards(place.name, rests=True)
        self._telling = Telling(place.name, tell, self._cards)
        self.counters = self._telling.counters
        self._claims, self._feedback = claims, feedback
        self._reading = reading
        self._lying: tuple[Read, ...] = ()
        self._is_lost = True
        self._live = live or LivePcsc(f"pcsc-{place.name}")
        self._world: Surroundings = surroundings or self._live
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin watching in a thread; an absent reader or service is tried again."""
        self._thread = threading.Thread(target=self.run, name=f"device-{self.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let go of the reader and end the thread; one that hangs is left to itself."""
        self._live.stop(self._thread)

    def run(self) -> None:
        """Watch the reader until it is over, on the caller's own thread."""
        keep_serving(self._world, self._serve, self._failed)

    def _serve(self) -> None:
        with closing(self._world.open()) as service:
            self._watch(service)

    def _failed(self, error: Exception) -> None:
        self._lost(str(error) if isinstance(error, PcscError) else driver_failed(error))

    def _watch(self, service: Service) -> None:
        reader = reader_of(self.port, service.readers())
        with self._claims.held(reader, self.name):
            slot = service.wait(reader, None)
            self._found(reader)
            self._judge(self._reading.check())
            before: Slot | None = None
            while not self._world.is_over():
                if before is None or slot.changes != before.changes:
                    self._took_away()
                    if slot.atr is not None:
                        self._meet(service, reader, slot)
                before = slot
                slot = service.wait(reader, before)

    def _took_away(self) -> None:
        """Remember until when a card lay there: back within half a second, it never left."""
        self._cards.lay_until(self._lying, self._world.now_s())
        self._lying = ()

    def _meet(self, service: Service, reader: str, slot: Slot) -> None:
        """Read a card that was laid down, as often as it takes while it lies there."""
        for attempt in range(_TRIES):
            try:
                with closing(service.connect(reader)) as card:
                    taken = self._handle(self._talk(card, slot.atr or b""))
                    self._judge(self._reading.fault)
                    self._signal(card, reader, taken)
                return
            except CardAway:
                break
            except AccessDenied as error:  # pcscd lets this user in, but to no card
                self._judge(str(error))
                break
            except CardGone as error:
                if isinstance(error, CardHeld):
                    self._judge(str(error))
                self._world.wait_before(attempt)
                if service.wait(reader, None).changes != slot.changes:
                    break
            except PcscError:
                raise
            except Exception as error:  # noqa: BLE001 - the next card is none of this one's
                self._judge(driver_failed(error))
                break
        self._telling.refuse("unreadable", self._world.now_s())

    def _signal(self, card: Card, reader: str, taken: bool | None) -> None:
        """Let the reader say how it went, where it can."""
        if taken is not None and self._feedback and gives_signals(reader):
            with suppress(CardGone):
                card.transmit(TAKEN if taken else REFUSED)

    def _talk(self, card: Card, atr: bytes) -> list[Event]:
        """Say what the script says. Raises CardGone where the card does not hear it to its end."""
        until_s = self._world.now_s() + _TALK_S
        with closing(self._reading(atr)) as script:
            try:
                command = next(script)
                while True:
                    answer = card.transmit(command)
                    self.counters.received += 1
                    if self._world.is_over() or self._world.now_s() > until_s:
                        raise CardAway("it takes too long")
                    command = script.send(answer)
            except StopIteration as done:
                events: list[Event] = done.value
                return events

    def _handle(self, events: list[Event]) -> bool | None:
        """Tell what is new; answer whether the card was taken or refused, or None for neither."""
        self._lying = tuple(seen for seen in events if isinstance(seen, TokenRead | ProductRead))
        return self._telling.take(events, self._world.now_s())

    def _judge(self, fault: str | None) -> None:
        """Say why no card can be taken now, and that they can again; each once."""
        if self.fault != fault:
            self.fault = fault
            say = _log.info if fault is None else _log.warning
            say("cards_refused", reader=self.name, because=fault)

    def _found(self, reader: str) -> None:
        self._is_lost, self.fault = False, None
        _log.info("reader_found", reader=self.name, port=reader)

    def _lost(self, error: str) -> None:
        self._lying = ()
        if not self._is_lost or self.fault == NOT_OPENED:
            _log.warning("reader_lost", reader=self.name, port=self.port, error=error)
        self._is_lost, self.fault = True, error
