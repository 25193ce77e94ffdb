"""PC/SC for real: pcscd by pyscard's low-level calls, and no more of pyscard.

Its monitors are threads of their own that end for ever when pcscd is killed (pyscard #27, #82,
#128); ``SCardGetStatusChange`` with an end is all that a loop needs. All calls let other threads
run. A call that failed is nothing but its number: what pyscard answers beside it is unset memory.
"""

import contextlib
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any

from drivers.pcsc.caller import Caller
from drivers.pcsc.service import (
    AccessDenied,
    CardAway,
    CardGone,
    Hangs,
    NotInstalled,
    PcscError,
    ReaderGone,
    Service,
    ServiceGone,
    Slot,
)
from drivers.port import Live

__all__ = ["LivePcsc"]

_WAIT_MS = 1_000
_LATE_S = 3.0
"""No call of PC/SC takes so long while all is well; a card may ask for a second."""
_END_S = 1.0

_CANCELLED, _TIMEOUT = 0x80100002, 0x8010000A
_NO_READERS = 0x8010002E
_GONE_STATES = 0x1 | 0x4 | 0x8  # ignored, unknown, unavailable
_PRESENT = 0x20
_MUTE = 0x200
_CHANGED = 0x2
_CHANGES_SHIFT = 16

_NOT_THERE = "pcscd is not running; start it: systemctl enable --now pcscd.socket"
_DENIED = (
    "pcscd denied access: this user needs the polkit rule for access_pcsc and access_card; "
    "see the reader's page in drivers/README.md"
)
_NO_PYSCARD = (
    "pyscard is not installed; apt-get install gcc python3-dev libpcsclite-dev swig pcscd and "
    "pip install 'tapledger[pcsc]'"
)

_ERRORS: dict[int, tuple[type[PcscError], str]] = {
    0x8010001D: (ServiceGone, _NOT_THERE),
    0x8010001E: (ServiceGone, "pcscd was stopped"),
    0x80100013: (ServiceGone, "pcscd was lost in mid-call"),
    0x80100003: (ServiceGone, "pcscd was restarted"),
    0x8010006A: (AccessDenied, _DENIED),
    0x80100027: (AccessDenied, _DENIED),
    0x80100009: (ReaderGone, "the reader was pulled out"),
    0x80100017: (ReaderGone, "the reader was pulled out"),
    _NO_READERS: (ReaderGone, "there is no PC/SC reader"),
    0x8010000C: (CardAway, "no card lies there"),
    0x80100069: (CardAway, "the card was taken away"),
    0x80100068: (CardGone, "another program reset the card"),
    0x80100067: (CardGone, "the card lost its power"),
    0x80100066: (CardGone, "the card does not answer"),
    0x80100065: (CardGone, "the card is of no kind that the reader knows"),
    0x80100016: (CardGone, "the card did not answer a command"),
    0x8010000F: (CardGone, "the card speaks no protocol of PC/SC"),
    0x8010000B: (CardGone, "another program has the card for itself"),
    0x8010002F: (CardGone, "the card's answer was cut"),
    0x80100014: (CardGone, "the reader waited too long for the card"),
    _TIMEOUT: (CardGone, "the card did not answer in time"),
}


def _checked(result: int, what: str) -> None:
    """Raise what a result means. One that nobody knows is answered with a new context."""
    code = result & 0xFFFFFFFF
    if code:
        kind, message = _ERRORS.get(code, (ServiceGone, f"PC/SC failed to {what} (0x{code:08X})"))
        raise kind(message)


class _Calls:
    """pyscard's functions by way of the thread that may hang."""

    def __init__(self, caller: Caller, scard: Any) -> None:
        self._caller, self.scard = caller, scard

    def make(self, what: str, function: Callable[..., Any], *given: Any) -> list[Any]:
        """Answer what it answers after its result. Raises PcscError."""
        answer = self._caller.call(what, lambda: function(*given), _LATE_S)
        result, *values = answer if isinstance(answer, list | tuple) else (answer,)
        _checked(result, what)
        return values


class _Card:
    def __init__(self, calls: _Calls, handle: int, header: Any) -> None:
        self._calls, self._handle, self._header = calls, handle, header

    def transmit(self, command: bytes) -> bytes:
        scard = self._calls.scard
        (answer,) = self._calls.make(
            "transmit", scard.SCardTransmit, self._handle, self._header, list(command)
        )
        return bytes(answer)

    def close(self) -> None:
        scard = self._calls.scard
        with contextlib.suppress(PcscError):
            self._calls.make(
                "disconnect", scard.SCardDisconnect, self._handle, scard.SCARD_LEAVE_CARD
            )


class _Pcscd:
    """One context."""

    def __init__(self, calls: _Calls, context: int) -> None:
        self._calls, self.context = calls, context
        self.is_open = True

    def readers(self) -> tuple[str, ...]:
        try:
            (names,) = self._calls.make(
                "list readers", self._calls.scard.SCardListReaders, self.context, []
            )
        except ReaderGone:  # there is none
            return ()
        return tuple(names)

    def wait(self, reader: str, before: Slot | None) -> Slot:
        state = 0 if before is None else before.state
        answer = self._calls.scard.SCardGetStatusChange

        def wait() -> tuple[int, Any]:
            result, states = answer(self.context, _WAIT_MS, [(reader, state)])
            unchanged = result & 0xFFFFFFFF in (_TIMEOUT, _CANCELLED)
            return (0, None) if unchanged else (result, states)

        (states,) = self._calls.make("wait for a card", wait)
        if states is None:
            return before or Slot(changes=0, atr=None)
        ((_, now, atr),) = states
        if now & _GONE_STATES:
            _checked(0x80100017, "wait")
        present = None if not now & _PRESENT else b"" if now & _MUTE else bytes(atr)
        return Slot(changes=now >> _CHANGES_SHIFT, atr=present, state=now & ~_CHANGED)

    def connect(self, reader: str) -> _Card:
        scard = self._calls.scard
        either = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        handle, protocol = self._calls.make(
            *("connect", scard.SCardConnect),
            *(self.context, reader, scard.SCARD_SHARE_SHARED, either),
        )
        is_t1 = protocol == scard.SCARD_PROTOCOL_T1
        return _Card(self._calls, handle, scard.SCARD_PCI_T1 if is_t1 else scard.SCARD_PCI_T0)

    def close(self) -> None:
        try:
            self._calls.make("let go", self._calls.scard.SCardReleaseContext, self.context)
        except Hangs:
            return  # it is closed when the next one is opened
        except PcscError:
            pass  # pcscd knows nothing of it any more
        self.is_open = False


class LivePcsc:
    """The real world of one device."""

    def __init__(self, name: str) -> None:
        self._clock = Live()
        self._caller = Caller(name)
        self._service: _Pcscd | None = None
        self._cancel: Callable[[int], int] | None = None

    def open(self) -> Service:
        """Have a context; pyscard is looked for at each attempt, until it is there."""
        try:
            scard = import_module("smartcard.scard")
        except ImportError as error:
            raise NotInstalled(_NO_PYSCARD) from error
        if self._service is not None and self._service.is_open:
            self._service.close()
        calls = _Calls(self._caller, scard)
        (context,) = calls.make("begin", scard.SCardEstablishContext, scard.SCARD_SCOPE_USER)
        self._service, self._cancel = _Pcscd(calls, context), scard.SCardCancel
        return self._service

    def stop(self, thread: threading.Thread | None) -> None:
        """Let every wait end, and the device's thread with it, within two seconds.

        Asking pcscd to cancel may hang as well: that has a thread to itself.
        """
        self._clock.stop()
        if self._service is not None and self._cancel is not None:
            given = (self._service.context,)
            threading.Thread(target=self._cancel, args=given, daemon=True).start()
        if thread is not None:
            thread.join(timeout=_END_S)
        self._caller.end()
        if thread is not None:
            thread.join(timeout=_END_S)

    def now_s(self) -> float:
        """Answer the monotonic clock."""
        return self._clock.now_s()

    def is_over(self) -> bool:
        """Say whether ``stop`` was called."""
        return self._clock.is_over()

    def wait_before(self, attempt: int) -> None:
        """Wait a quarter of a second at first and five seconds at most, with jitter."""
        self._clock.wait_before(attempt)
