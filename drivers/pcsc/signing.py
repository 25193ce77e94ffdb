"""The taps of cards that sign: verified, held against the card that lies there, and remembered."""

from typing import Protocol

from drivers.events import Event, RefusedFrame, StatusSeen, TokenRead
from drivers.pcsc.counters import NotRemembered
from drivers.tags.sdm import events_of_tap

__all__ = ["Counters", "SignedTaps"]

_RANDOM_UID = b"\x08"
_MAC = RefusedFrame(reason="mac")
_UNREADABLE = RefusedFrame(reason="unreadable")
_REPLAY = RefusedFrame(reason="replay")


class Counters(Protocol):
    """Remembers the highest counter of each card."""

    def take(self, card: str, counter: int) -> bool:
        """Take a counter if it is higher than any before. Raises NotRemembered."""
        ...


class SignedTaps:
    """Verifies taps with the keys of one shop, 16 bytes each.

    Where a tap cannot be remembered it is refused as ``unreadable``, with the status
    ``taps_not_remembered`` beside it, and ``fault`` says why until one is remembered again.
    """

    def __init__(self, *, meta_key: bytes, file_key: bytes, counters: Counters) -> None:
        self.fault: str | None = None
        self._meta_key, self._file_key = meta_key, file_key
        self._counters = counters

    def events_of(self, address: str, uid: bytes | None) -> list[Event]:
        """Say whether an address is a new tap of the card whose number the reader sees."""
        (event,) = events_of_tap(
            address.encode(), meta_key=self._meta_key, file_key=self._file_key
        ) or [_UNREADABLE]
        if not isinstance(event, TokenRead) or event.counter is None:
            return [event]
        if not _is_number_of(event.token.value, uid):
            return [_MAC]
        try:
            taken = self._counters.take(event.token.value, event.counter)
        except NotRemembered as error:
            self.fault = str(error)
            return [_UNREADABLE, StatusSeen(about="taps_not_remembered")]
        self.fault = None
        return [event if taken else _REPLAY]


def _is_number_of(signed: str, uid: bytes | None) -> bool:
    """Hold the number that was signed against the reader's, which a card may make up."""
    if uid is not None and len(uid) == 4 and uid.startswith(_RANDOM_UID):
        return True
    return uid is not None and uid.hex().upper() == signed
