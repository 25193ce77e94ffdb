"""The host's side of the talk with a PN532, without a port and without a clock.

Whoever owns the port writes what ``Said.write`` holds, hands in what it reads, and comes back with
``tick`` when ``due_s`` has come. Times are seconds of any clock that only goes forward.

>>> session = Pn532Session()
>>> session.begin(0.0).write.hex()
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
``PATIENCE`` of these in a row   a rest, and all from the beginning. ``answering`` is false,
                                 and the event ``not_answering`` says so once
================================ ==========================================================

With ``read_ndef`` a card of type 2 (NTAG, Ultralight) is known by what stands on it, and by its UID
only where it holds no message or one that names nobody. A message that is refused is the answer:
the UID of a staff card or of one that is damaged would be another card. The memory of a card that
rests is read once.
"""

from collections.abc import Generator
from dataclasses import dataclass, field

from drivers.events import Event, RefusedFrame, StatusSeen
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

__all__ = ["ACK_S", "ANSWER_S", "PATIENCE", "POLL_S", "REST_S", "Pn532Session", "Said"]

ACK_S = 0.1
"""The chip acknowledges within 15 ms (section 6.2.1.5); USB adapters hold bytes for 16 more."""
ANSWER_S = 1.0
POLL_S = 0.1
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

Script = Generator[bytes | None, bytes, None]
"""Yields commands and takes the data of their answers; yields None to pause."""


@dataclass(slots=True)
class Said:
    """What is to be written, and what was seen."""

    write: bytes = b""
    events: list[Event] = field(default_factory=list)


class Pn532Session:
    """One chip on one port. ``begin`` starts afresh, and must come first.

    ``answering`` tells whether the chip does what it is told; ``due_s`` is when to ``tick`` next.
    """

    def __init__(self, *, read_ndef: bool = False) -> None:
        self.answering = False
        self.due_s = 0.0
        self._read_ndef = read_ndef
        self._said_lost = False
        self._said = Said()
        self._framer = Framer()
        self._script: Script = self._talk()
        self._command: bytes | None = None
        self._acknowledged = False
        self._failures = 0
        self._known: tuple[Target, list[Event]] | None = None

    def begin(self, now_s: float) -> Said:
        """Start from the beginning: the port was opened, or the chip fell silent."""
        self._framer = Framer()
        self._script = self._talk()
        self._failures = 0
        self._known = None
        self._said.write += WAKE_UP
        self._go_on(next(self._script), now_s)
        return self._turn()

    def feed(self, data: bytes, now_s: float) -> Said:
        """Take what was read from the port."""
        for found in self._framer.feed(data):
            self._hear(found, now_s)
        return self._turn()

    def tick(self, now_s: float) -> Said:
        """Say what time it is: a pause may be over, or an answer overdue."""
        if now_s < self.due_s:
            return Said()
        due_s = self.due_s
        for found in self._framer.idle():
            self._hear(found, now_s)
        if self.due_s == due_s:
            self._overdue(now_s)
        return self._turn()

    def _turn(self) -> Said:
        said, self._said = self._said, Said()
        return said

    def _hear(self, found: Found, now_s: float) -> None:
        if isinstance(found, RefusedFrame):
            self._said.events.append(found)
            if self._acknowledged and found.reason in ("checksum", "length"):
                self._try_again(NAK, now_s, wait_s=ANSWER_S)
        elif not isinstance(found, Frame) or self._command is None:
            return
        elif found.kind == "ack" and not self._acknowledged:
            self._acknowledged, self.due_s = True, now_s + ANSWER_S
        elif found.kind == "error" and self._acknowledged:
            self._said.events += events_of(found)
            self._ask_again(b"", self._command, now_s)
        elif found.kind == "answer" and self._acknowledged and found.code == self._command[0] + 1:
            self._failures = 0
            self._go_on(self._script.send(found.data), now_s)

    def _overdue(self, now_s: float) -> None:
        if self._command is not None:
            self._ask_again(ACK if self._acknowledged else b"", self._command, now_s)
        elif self._failures >= PATIENCE:
            self._said = self.begin(now_s)
        else:
            self._go_on(self._script.send(b""), now_s)

    def _ask_again(self, before: bytes, command: bytes, now_s: float) -> None:
        self._acknowledged = False
        self._try_again(before + frame(command), now_s, wait_s=ACK_S)

    def _try_again(self, write: bytes, now_s: float, *, wait_s: float) -> None:
        self._failures += 1
        if self._failures < PATIENCE:
            self._said.write += write
            self.due_s = now_s + wait_s
            return
        self._command, self._acknowledged = None, False
        self.due_s = now_s + REST_S
        self.answering = False
        if not self._said_lost:
            self._said_lost = True
            self._said.events.append(StatusSeen(about="not_answering"))

    def _go_on(self, command: bytes | None, now_s: float) -> None:
        self._command, self._acknowledged = command, False
        if command is None:
            self.due_s = now_s + POLL_S
        else:
            self._said.write += frame(command)
            self.due_s = now_s + ACK_S

    def _talk(self) -> Script:
        for command in (_SAM_NORMAL, bytes([GET_FIRMWARE_VERSION]), _LOOK_BRIEFLY):
            data = yield command
            self._said.events += events_of(Frame("answer", command[0] + 1, data))
        while True:
            data = yield _LOOK
            self.answering, self._said_lost = True, False
            match targets_in(data):
                case [target] if self._read_ndef and target.sak == _TYPE_2:
                    yield from self._read(target)
                case _:
                    self._known = None
                    self._said.events += events_of(Frame("answer", _LOOK[0] + 1, data))
            yield None

    def _read(self, target: Target) -> Script:
        """Say who a card of type 2 is, by its memory or else by its number."""
        if self._known is None or self._known[0] != target:
            self._known = None
            read = yield from self._memory()
            if read is None:  # it was taken away in the middle, or a page is not for everybody
                self._said.events.append(RefusedFrame(reason="unreadable"))
                return
            events = events_of_memory(read) if read else []
            self._known = target, events if names_somebody(events) else [card(target)]
        self._said.events += self._known[1]

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
