"""The host's side of the talk with a PN532, without a port and without a clock.

>>> session = Pn532Session(read_ndef=True)
>>> session.begin(0.0)
>>> session.to_send().hex()
'555500000000000000000000000000000000ff05fbd4140100001700'

The session wakes the chip and has its SAM out of the way (SAMConfiguration: before it the chip sees
no card), asks for its firmware, tells it not to look for a card for ever (RFConfiguration, item 5),
and then looks for one again and again (InListPassiveTarget). A command is answered by ACK at once
and by its answer later (UM0701-02, section 6.2.1.5). What comes before the ACK answers an older
command and is nothing, so that no page of a card's memory is taken for the next one.

================================ ==========================================================
no ACK in time                   the command again
an answer with a wrong checksum  NAK: the chip says it again
no answer in time                ACK, which ends the command, and the command again
the error frame                  the command again
``PATIENCE`` of these in a row   a rest, and all from the beginning: ``answering`` is false
                                 until a look for a card is answered again
================================ ==========================================================

With ``read_ndef`` a card of type 2 (NTAG, Ultralight) is known by what stands on it, and by its UID
only where it holds no message or one that names nobody. A message that is refused is the answer:
the UID of a staff card or of one that is damaged would be another card. The memory of a card that
rests is read once.
"""

from collections.abc import Generator

from drivers.events import Event, RefusedFrame
from drivers.readers.pn532 import (
    GET_FIRMWARE_VERSION,
    IN_DATA_EXCHANGE,
    IN_LIST_PASSIVE_TARGET,
    RF_CONFIGURATION,
    SAM_CONFIGURATION,
    Target,
    card,
    events_of,
    targets_in,
)
from drivers.readers.pn532_frames import ACK, NAK, WAKE_UP, Found, Frame, Framer, frame
from drivers.tags.ndef import events_of_memory, names_somebody
from drivers.tags.tlv import reading

__all__ = [
    "ACK_S",
    "ANSWER_S",
    "LOOK_EVERY_S",
    "LOOK_FOR_ONE_EVERY_S",
    "PATIENCE",
    "REST_S",
    "Pn532Session",
]

ACK_S = 0.1
"""The chip acknowledges within 15 ms (section 6.2.1.5); USB adapters hold bytes for 16 more."""
ANSWER_S = 1.0
LOOK_EVERY_S = 0.1
LOOK_FOR_ONE_EVERY_S = 0.2
"""While nothing lies there: a hand holds a card for longer, and a day of looks costs half."""
REST_S = 1.0
PATIENCE = 3

_SAM_NORMAL = bytes([SAM_CONFIGURATION, 0x01, 0x00, 0x00])  # no time-out, no interrupt line
# Item 5: retries of ATR and PSL as they are, and of looking for a card: twice, as a card that is
# selected already answers the second time only.
_LOOK_BRIEFLY = bytes([RF_CONFIGURATION, 0x05, 0xFF, 0x01, 0x02])
_LOOK = bytes([IN_LIST_PASSIVE_TARGET, 0x01, 0x00])  # one card, 106 kbit/s type A
_READ = 0x30
_PAGES_BYTES = 16
_TYPE_2 = 0x00

Script = Generator[bytes | float, bytes, None]
"""Yields commands and takes the data of their answers; yields seconds to pause."""


class Pn532Session:
    """One chip on one port, of which ``begin`` must come first."""

    def __init__(self, *, read_ndef: bool) -> None:
        self.answering: bool | None = None
        self._read_ndef = read_ndef
        self._due_s = 0.0  # when an answer is overdue or a pause over
        self._write = b""
        self._events: list[Event] = []
        self._framer = Framer()
        self._script: Script = self._talk()
        self._command: bytes | None = None
        self._acknowledged = False
        self._failures = 0
        self._known: tuple[Target, list[Event]] | None = None
        self._refused: list[RefusedFrame] = []

    def begin(self, now_s: float) -> None:
        """Start on a port that was just opened; what the chip is like is not known yet."""
        self.answering = None
        self._write, self._events = b"", []
        self._bring_up(now_s)

    def feed(self, data: bytes, now_s: float) -> list[Event]:
        """Take what was read from the port."""
        for found in self._framer.feed(data):
            self._hear(found, now_s)
        return self._turn(now_s)

    def idle(self, now_s: float) -> list[Event]:
        """Give up what is unfinished; a pause may be over, or an answer overdue."""
        for found in self._framer.idle():
            self._hear(found, now_s)
        return self._turn(now_s)

    def to_send(self) -> bytes:
        """Take what is to be written now."""
        write, self._write = self._write, b""
        return write

    def _turn(self, now_s: float) -> list[Event]:
        if now_s >= self._due_s:
            self._overdue(now_s)
        events, self._events = self._events, []
        return events

    def _bring_up(self, now_s: float) -> None:
        self._framer = Framer()
        self._script = self._talk()
        self._failures = 0
        self._known = None
        self._write += WAKE_UP
        self._go_on(next(self._script), now_s)

    def _hear(self, found: Found, now_s: float) -> None:
        if isinstance(found, RefusedFrame):
            self._events.append(found)
            if self._acknowledged and found.reason in ("checksum", "length"):
                self._try_again(NAK, now_s, wait_s=ANSWER_S)
        elif not isinstance(found, Frame) or self._command is None:
            return
        elif found.kind == "ack" and not self._acknowledged:
            self._acknowledged, self._due_s = True, now_s + ANSWER_S
        elif found.kind == "error" and self._acknowledged:
            self._events += events_of(found)
            self._ask_again(b"", self._command, now_s)
        elif found.kind == "answer" and self._acknowledged and found.code == self._command[0] + 1:
            self._failures = 0
            self._go_on(self._script.send(found.data), now_s)

    def _overdue(self, now_s: float) -> None:
        if self._command is not None:
            self._ask_again(ACK if self._acknowledged else b"", self._command, now_s)
        elif self._failures >= PATIENCE:
            self._bring_up(now_s)
        else:
            self._go_on(self._script.send(b""), now_s)

    def _ask_again(self, before: bytes, command: bytes, now_s: float) -> None:
        self._acknowledged = False
        self._try_again(before + frame(command), now_s, wait_s=ACK_S)

    def _try_again(self, write: bytes, now_s: float, *, wait_s: float) -> None:
        self._failures += 1
        if self._failures < PATIENCE:
            self._write += write
            self._due_s = now_s + wait_s
            return
        self._command, self._acknowledged = None, False
        self._due_s = now_s + REST_S
        self.answering = False

    def _go_on(self, step: bytes | float, now_s: float) -> None:
        self._acknowledged = False
        if isinstance(step, bytes):
            self._command = step
            self._write += frame(step)
            self._due_s = now_s + ACK_S
        else:
            self._command = None
            self._due_s = now_s + step

    def _talk(self) -> Script:
        for command in (_SAM_NORMAL, bytes([GET_FIRMWARE_VERSION]), _LOOK_BRIEFLY):
            data = yield command
            self._events += events_of(Frame("answer", command[0] + 1, data))
        while True:
            data = yield _LOOK
            self.answering = True
            targets = targets_in(data)
            match targets:
                case [target] if self._read_ndef and target.sak == _TYPE_2:
                    yield from self._read(target)
                case _:
                    self._known = None
                    self._see(list(events_of(Frame("answer", _LOOK[0] + 1, data))))
            yield LOOK_EVERY_S if targets else LOOK_FOR_ONE_EVERY_S

    def _read(self, target: Target) -> Script:
        """Say who a card of type 2 is, by its memory or else by its number."""
        if self._known is None or self._known[0] != target:
            self._known = None
            read = yield from self._memory()
            if read is None:  # it was taken away in the middle, or a page is not for everybody
                self._see([RefusedFrame(reason="unreadable")])
                return
            events = events_of_memory(read) if read else []
            self._known = target, events if names_somebody(events) else [card(target)]
        self._see(self._known[1])

    def _see(self, events: list[Event]) -> None:
        """Say what lies there. A card that is refused is so once for as long as it lies, though
        the number of one that makes it up is another one at each look.
        """
        refused = [event for event in events if isinstance(event, RefusedFrame)]
        if not refused or refused != self._refused:
            self._events += events
        self._refused = refused

    def _memory(self) -> Generator[bytes, bytes, bytes | None]:
        """Read the memory as far as its message goes: empty without one, None where it failed."""
        pages = reading()
        page = next(pages)
        while True:
            data = yield bytes([IN_DATA_EXCHANGE, 0x01, _READ, page])
            if len(data) != 1 + _PAGES_BYTES or data[0] & 0x3F:
                return None
            try:
                page = pages.send(data[1:])
            except StopIteration as done:
                return done.value or b""
