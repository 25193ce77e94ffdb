"""The host's side of the talk with a UHFReader18 in answer mode, without a port and a clock.

>>> session = Uhf18Session()
>>> session.begin(0.0)
>>> session.to_send().hex(" ").upper()
'04 FF 21 19 95'

The reader is asked what it is and how long it looks for tags, has its power set where it has
another than is configured (it keeps that in a memory that wears out), and is asked again and again
which tags it sees. An answer whose status is 03 is one of several: the next ones come unasked. A
command that is not answered in time is sent again; after ``PATIENCE`` of them the session rests and
begins from the beginning, and ``answering`` is false until an inventory is answered. Nothing else
is ever written that the reader would keep.

A reader in active mode is not asked at all: ``drivers.session.Listening`` hears its reports.
"""

from collections.abc import Iterator

from drivers.events import Event, RefusedFrame, TokenRead
from drivers.presence import Presence
from drivers.readers.uhf18 import (
    ILLEGAL,
    INFORMATION,
    INVENTORY,
    MORE_FOLLOW,
    NO_TAG,
    Found,
    Framer,
    buzzer,
    events_of,
    inventory,
    power,
    reader_information,
)

__all__ = ["ANSWER_S", "ASK_EVERY_S", "ASK_FOR_ONE_EVERY_S", "PATIENCE", "REST_S", "Uhf18Session"]

ANSWER_S = 0.5
"""A command takes some milliseconds; an inventory as long as the reader looks for tags, beside."""
ASK_EVERY_S = 0.1
ASK_FOR_ONE_EVERY_S = 0.2
"""While nobody is there: a hand holds a card for longer, and a day of asking costs half."""
REST_S = 1.0
PATIENCE = 3

_LOOKS_S = 1.0
"""How long a reader looks for tags that was not set to another time (manual, section 8.4.5)."""

_INFORMATION_BYTES = 14
_BEEP = buzzer(on_ms=100, off_ms=50, times=1)


class Uhf18Session:
    """One reader on one port, of which ``begin`` must come first.

    With ``beeps`` it sounds its buzzer for each card that comes into its field.
    """

    def __init__(self, *, power_dbm: int | None = None, beeps: bool = False) -> None:
        self.answering: bool | None = None
        self._power_dbm = power_dbm
        self._beeps = beeps
        self._presence = Presence()
        self._framer = Framer()
        self._write = b""
        self._commands = self._talk()
        self._command: bytes | None = None
        self._due_s = 0.0  # when an answer is overdue or a pause over
        self._looks_s = _LOOKS_S
        self._power_told_dbm: int | None = None
        self._failures = 0
        self._beep_due = False
        self._refused: list[RefusedFrame] = []

    def begin(self, now_s: float) -> None:
        """Start on a port that was just opened; what the reader is like is not known yet."""
        self.answering, self._write = None, b""
        self._bring_up(now_s)

    def feed(self, data: bytes, now_s: float) -> list[Event]:
        """Take what was read from the port."""
        return self._turn(self._framer.feed(data), now_s)

    def idle(self, now_s: float) -> list[Event]:
        """Give up what is unfinished; a pause may be over, or an answer overdue."""
        return self._turn(self._framer.idle(), now_s)

    def to_send(self) -> bytes:
        """Take what is to be written now."""
        write, self._write = self._write, b""
        return write

    def _turn(self, found: list[Found], now_s: float) -> list[Event]:
        events: list[Event] = []
        for each in found:
            said = events_of(each)
            if isinstance(each, bytes):
                said = self._news(said)
                self._notice(said, now_s)
                self._hear(each, now_s)
            events += said
        if now_s >= self._due_s:
            self._overdue(now_s)
        return events

    def _news(self, said: list[Event]) -> list[Event]:
        """Leave out what is refused again and again: a tag of somebody else's that hangs there."""
        refused = [event for event in said if isinstance(event, RefusedFrame)]
        before, self._refused = self._refused, refused
        if refused != before:
            return said
        return [event for event in said if not isinstance(event, RefusedFrame)]

    def _notice(self, said: list[Event], now_s: float) -> None:
        for event in said:
            if isinstance(event, TokenRead) and self._presence.is_new(event.token, now_s):
                self._beep_due = self._beeps

    def _hear(self, frame: bytes, now_s: float) -> None:
        code, status = frame[2], frame[3]
        asked = self._command[2] if self._command else None
        if asked is None or code not in (asked, ILLEGAL):
            return
        if code == INFORMATION and len(frame) == _INFORMATION_BYTES:
            self._power_told_dbm, self._looks_s = frame[10], 0.1 * frame[11]
        if asked != INVENTORY:
            self._go_on(now_s)
        elif code == INVENTORY:
            self.answering = True
            if status == MORE_FOLLOW:
                self._due_s = now_s + self._looks_s + ANSWER_S
            elif self._beep_due:
                self._go_on(now_s)
            else:
                self._failures, self._command = 0, None
                pause_s = ASK_FOR_ONE_EVERY_S if status == NO_TAG else ASK_EVERY_S
                self._due_s = now_s + pause_s

    def _go_on(self, now_s: float) -> None:
        self._failures = 0
        self._ask(next(self._commands), now_s)

    def _overdue(self, now_s: float) -> None:
        if self._command is None:
            if self._failures:
                self._bring_up(now_s)
            else:
                self._go_on(now_s)
            return
        self._failures += 1
        if self._failures < PATIENCE:
            self._ask(self._command, now_s)
        else:
            self._command, self._due_s = None, now_s + REST_S
            self.answering = False

    def _bring_up(self, now_s: float) -> None:
        self._framer.idle()
        self._beep_due, self._power_told_dbm = False, None
        self._commands = self._talk()
        self._go_on(now_s)

    def _ask(self, command: bytes, now_s: float) -> None:
        self._command = command
        self._write += command
        looks_s = self._looks_s if command[2] == INVENTORY else 0.0
        self._due_s = now_s + looks_s + ANSWER_S

    def _talk(self) -> Iterator[bytes]:
        yield reader_information()
        if self._power_dbm not in (None, self._power_told_dbm):
            yield power(self._power_dbm)
        while True:
            yield inventory()
            if self._beep_due:
                self._beep_due = False
                yield _BEEP
