"""pyscard's low-level calls as a test wants them: results as numbers, calls that hang.

It has the calls that the driver makes and no other, so that one more would be noticed.
"""

import threading
from typing import Any

__all__ = ["FakeScard"]

_TIMEOUT, _CANCELLED = 0x8010000A, 0x80100002
_UNSET = [0x5A] * 4
"""What pyscard answers beside a failed call: whatever the memory held."""


class FakeScard:
    """One reader, ``ACS ACR122U PICC Interface 00 00``, and perhaps a card on it.

    ``results`` are what calls answer, by their names, in order; each otherwise does well. A call
    whose name is in ``hanging`` does not come back before that event is set.
    """

    SCARD_SCOPE_USER, SCARD_SHARE_SHARED, SCARD_LEAVE_CARD = 0, 2, 0
    SCARD_PROTOCOL_T0, SCARD_PROTOCOL_T1 = 1, 2
    SCARD_PCI_T0, SCARD_PCI_T1 = "T0", "T1"

    def __init__(self) -> None:
        self.results: dict[str, list[int]] = {}
        self.hanging: dict[str, threading.Event] = {}
        self.readers = ["ACS ACR122U PICC Interface 00 00"]
        self.card: tuple[bytes, bytes] | None = None
        """Its ATR and its UID."""
        self.changes = 0
        self.sent: list[bytes] = []
        self.made: list[str] = []
        self.open_contexts: set[int] = set()
        self.open_cards = 0
        self._contexts = 0
        self._changed = threading.Condition()
        self._cancelled = False

    def lay(self, atr: bytes, uid: bytes) -> None:
        """Lay a card there."""
        with self._changed:
            self.card, self.changes = (atr, uid), self.changes + 1
            self._changed.notify_all()

    def take(self) -> None:
        """Take it away."""
        with self._changed:
            self.card, self.changes = None, self.changes + 1
            self._changed.notify_all()

    def SCardEstablishContext(self, _scope: int) -> list[int]:  # noqa: N802 - its name there
        if result := self._result("SCardEstablishContext"):
            return [result, 0]
        self._contexts += 1
        self.open_contexts.add(self._contexts)
        return [0, self._contexts]

    def SCardReleaseContext(self, context: int) -> int:  # noqa: N802 - the same
        result = self._result("SCardReleaseContext")
        self.open_contexts.discard(context)
        return result

    def SCardListReaders(self, _context: int, _groups: list[str]) -> list[Any]:  # noqa: N802
        result = self._result("SCardListReaders")
        return [result, [] if result else self.readers]

    def SCardGetStatusChange(  # noqa: N802 - the same
        self, _context: int, timeout_ms: int, states: list[tuple[str, int]]
    ) -> list[Any]:
        ((name, before),) = states
        if result := self._result("SCardGetStatusChange"):
            return [result, [(name, before, [])]]
        with self._changed:
            woken = self._changed.wait_for(
                lambda: self._state() != before or self._cancelled, timeout_ms / 1_000
            )
            if self._cancelled:
                self._cancelled = False
                return [_CANCELLED, [(name, before, [])]]
            atr = [] if self.card is None else list(self.card[0])
            return [0 if woken else _TIMEOUT, [(name, self._state() | 0x2, atr)]]

    def SCardCancel(self, _context: int) -> int:  # noqa: N802 - the same
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()
        return 0

    def SCardConnect(self, *_given: object) -> list[int]:  # noqa: N802 - the same
        result = self._result("SCardConnect")
        self.open_cards += 0 if result else 1
        return [result, 7, self.SCARD_PROTOCOL_T1]

    def SCardDisconnect(self, _handle: int, _how: int) -> int:  # noqa: N802 - the same
        self.open_cards -= 1
        return self._result("SCardDisconnect")

    def SCardTransmit(self, _handle: int, header: str, command: list[int]) -> list[Any]:  # noqa: N802
        assert header == self.SCARD_PCI_T1
        if result := self._result("SCardTransmit"):
            return [result, _UNSET]
        self.sent.append(bytes(command))
        if self.card is None:
            return [0x80100069, _UNSET]
        is_uid = bytes(command) == bytes.fromhex("FFCA000000")
        return [0, [*self.card[1], 0x90, 0x00] if is_uid else [0x90, 0x00]]

    def _state(self) -> int:
        return self.changes << 16 | (0x10 if self.card is None else 0x20)

    def _result(self, name: str) -> int:
        self.made.append(name)
        if name in self.hanging:
            self.hanging[name].wait(30)
        left = self.results.get(name, [])
        return left.pop(0) if left else 0
