"""An RDM6300 on a pseudo-terminal: frames at 9600 baud pace, again every 60 ms while a card lies.

A pseudo-terminal has no baud rate of its own, so bytes are written at the pace of 9600 baud 8N1.
"""

import os
import threading
import time
import tty
from pathlib import Path

from agent.core.tokens import Token
from drivers.presence import GONE_AFTER_S
from drivers.readers.em4100 import BAUD, frame

__all__ = ["VirtualRdm6300"]

_REPEAT_S = 0.060
_BITS_PER_BYTE = 10  # 8N1: start bit, eight data bits, stop bit


class VirtualRdm6300:
    """``port`` is a link that stays the same while the device behind it comes and goes."""

    def __init__(self, port: Path) -> None:
        self.port = port
        self._card: Token | None = None
        self._left_at_s: dict[Token, float] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._master = -1
        self._slave = -1

    def plug_in(self) -> None:
        """Make the port appear and start the device; its first bytes are the end of a frame."""
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.port.symlink_to(os.ttyname(self._slave))
        self._thread = threading.Thread(target=self._run, name=f"rdm6300-{self.port.name}")
        self._thread.start()

    def unplug(self) -> None:
        """Make the port vanish, as a pulled cable does."""
        with self._changed:
            thread, self._thread = self._thread, None
            self._changed.notify()
        if thread is not None:
            thread.join()
            self.port.unlink()
            os.close(self._master)
            os.close(self._slave)

    def lay(self, token: Token) -> None:
        """Lay a card on the reader; waits first until the reader has forgotten this card."""
        with self._changed:
            forgotten_at_s = self._left_at_s.get(token, 0.0) + GONE_AFTER_S
            self._changed.wait_for(lambda: time.monotonic() > forgotten_at_s, GONE_AFTER_S)
            self._card = token
            self._changed.notify()

    def take_away(self) -> None:
        """Take the card off the reader."""
        with self._changed:
            if self._card is not None:
                self._left_at_s[self._card] = time.monotonic() + _REPEAT_S
            self._card = None
            self._changed.notify()

    def write(self, data: bytes) -> None:
        """Send bytes as they are: noise, half a frame, another reader's frames."""
        os.write(self._master, data)

    def _run(self) -> None:
        self._send(b"8E\x03")
        while True:
            with self._changed:
                if self._card is None and self._thread is not None:
                    self._changed.wait(_REPEAT_S)
                if self._thread is None:
                    return
                card = self._card
            if card is not None:
                self._send(frame(card))
                time.sleep(_REPEAT_S)  # the device's own rhythm, not a wait for anything

    def _send(self, data: bytes) -> None:
        for byte in data:
            os.write(self._master, bytes([byte]))
            time.sleep(_BITS_PER_BYTE / BAUD)
