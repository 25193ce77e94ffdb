"""The thread that watches one PC/SC reader: a card comes, is read, and is told once.

The context is had anew whenever pcscd is gone, killed or restarted, and the reader is looked for
by its name. What lies there when it is found again is read: who laid it may still wait. A card is
told once for each time it is laid down; one that flickers at the edge of the field, away for less
than half a second, was not taken away. A card that cannot be read to its end is asked again while
it lies there, and refused once.
"""

import threading
from collections.abc import Callable
from contextlib import closing, suppress

import structlog

from drivers.device import CardPresented, Counters, Place, Tell
from drivers.events import Event, RefusedFrame, TokenRead
from drivers.line import SteadyHand
from drivers.pcsc.feedback import REFUSED, TAKEN, gives_signals
from drivers.pcsc.keys import KeysUnusable
from drivers.pcsc.names import Claims, reader_of
from drivers.pcsc.plan import ReadingPlan
from drivers.pcsc.reading import read
from drivers.pcsc.service import (
    Card,
    CardAway,
    CardGone,
    PcscError,
    Service,
    Slot,
    Surroundings,
)
from drivers.pcsc.winscard import LivePcsc
from drivers.presence import Presence

__all__ = ["PcscDevice"]

_NOT_OPENED = "not opened yet"
_HELD_S = 5
_TRIES = 3
_TALK_S = 10.0
"""The largest tag takes three seconds."""

_log = structlog.get_logger(__name__)


class PcscDevice:
    """One reader of PC/SC. ``port`` is its name, or the beginning of one that it alone has.

    ``plan`` says how its cards are read, and is asked each time pcscd was found.
    """

    def __init__(
        self,
        place: Place,
        *,
        plan: Callable[[], ReadingPlan],
        tell: Tell,
        claims: Claims,
        feedback: bool = True,
        surroundings: Surroundings | None = None,
    ) -> None:
        self.name, self.port = place.name, place.port
        self.fault: str | None = _NOT_OPENED
        self.counters = Counters()
        self._tell, self._claims, self._feedback = tell, claims, feedback
        self._make_plan, self._plan = plan, ReadingPlan()
        self._presence = Presence()
        self._hand = SteadyHand()
        self._lying: tuple[TokenRead, ...] = ()
        self._live = LivePcsc(f"pcsc-{place.name}")
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
        attempt = 0
        while not self._world.is_over():
            opened_s = self._world.now_s()
            try:
                self._plan = self._make_plan()
                with closing(self._world.open()) as service:
                    self._watch(service)
            except (PcscError, KeysUnusable) as error:
                self._lost(error)
                held = self._world.now_s() - opened_s > _HELD_S
                attempt = 0 if held else attempt
                self._world.wait_before(attempt)
                attempt += 1

    def _watch(self, service: Service) -> None:
        reader = reader_of(self.port, service.readers())
        with self._claims.held(reader, self.name):
            slot = service.wait(reader, None)
            self._found(reader)
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
        for seen in self._lying:
            self._presence.is_new(seen.token, self._world.now_s())
        self._lying = ()

    def _meet(self, service: Service, reader: str, slot: Slot) -> None:
        """Read a card that was laid down, as often as it takes while it lies there."""
        for attempt in range(_TRIES):
            try:
                with closing(service.connect(reader)) as card:
                    taken = self._handle(self._talk(card, slot.atr or b""))
                    self._judge()
                    self._signal(card, reader, taken)
                return
            except CardAway:
                break
            except CardGone:
                self._world.wait_before(attempt)
                if service.wait(reader, None).changes != slot.changes:
                    break
        self.counters.refused += 1

    def _signal(self, card: Card, reader: str, taken: bool | None) -> None:
        """Let the reader say how it went, where it can."""
        if taken is not None and self._feedback and gives_signals(reader):
            with suppress(CardGone):
                card.transmit(TAKEN if taken else REFUSED)

    def _talk(self, card: Card, atr: bytes) -> list[Event]:
        """Say what the script says. Raises CardGone where the card does not hear it to its end."""
        until_s = self._world.now_s() + _TALK_S
        with closing(read(atr, self._plan)) as script:
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
        """Tell who is new; answer whether the card was taken or refused, or None for neither."""
        taken: bool | None = None
        for event in events:
            match event:
                case TokenRead():
                    self._lying = (*self._lying, event)
                    taken = self._present(event) or taken
                case RefusedFrame():
                    self.counters.refused += 1
                    taken = taken or False
                case _:
                    pass  # nothing to a lane
        return taken

    def _present(self, seen: TokenRead) -> bool | None:
        now_s = self._world.now_s()
        if not self._presence.is_new(seen.token, now_s):
            return None
        if not self._hand.can(now_s):
            self.counters.dropped += 1
            return None
        self.counters.presentations += 1
        self._tell(CardPresented(device=self.name, token=seen.token, counter=seen.counter))
        return True

    def _judge(self) -> None:
        """Say that signed taps cannot be taken, and that they can again."""
        if self.fault != self._plan.fault:
            self.fault = self._plan.fault
            say = _log.info if self.fault is None else _log.warning
            say("signed_taps", reader=self.name, refused_because=self.fault)

    def _found(self, reader: str) -> None:
        self.fault = None
        _log.info("reader_found", reader=self.name, port=reader)

    def _lost(self, error: Exception) -> None:
        self._lying = ()
        if self.fault is None or self.fault == _NOT_OPENED:
            _log.warning("reader_lost", reader=self.name, port=self.port, error=str(error))
        self.fault = str(error)
