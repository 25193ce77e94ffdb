"""An emulated device on a pseudo-terminal: a port that programs open like a real one.

A pseudo-terminal has no baud rate of its own, so bytes go out at the pace of 8N1. What nobody reads
is lost once the kernel holds 4 KiB of it, as on a wire with nobody at its end.
"""

import os
import select
import threading
import time
import tty
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

from drivers.presence import GONE_AFTER_S
from drivers.virtual.talk import Talk

__all__ = ["VirtualLine"]

C = TypeVar("C")

_BITS_PER_BYTE = 10  # 8N1: start bit, eight data bits, stop bit
_TICK_S = 0.001
_MOST_AT_ONCE = 4_096
_NONE = -1


class VirtualLine(Generic[C]):
    """One device with room for one card. ``link`` is a name that stays the same while the device
    behind it comes and goes; without one the port is the terminal's own.

    ``forgets_s`` is how long a driver remembers a card that was taken away.
    """

    def __init__(
        self,
        talk: Talk[C],
        *,
        baud: int,
        link: Path | None = None,
        forgets_s: float = GONE_AFTER_S,
    ) -> None:
        self._talk, self._link, self._forgets_s = talk, link, forgets_s
        self._byte_s = _BITS_PER_BYTE / baud
        self._card: C | None = None
        self._left: list[tuple[C, float]] = []  # and until when they are remembered
        self._says_now = self._cuts_next = False
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._master = self._slave = self._wakes = self._woken = _NONE

    @property
    def port(self) -> Path:
        """Where it is found: its link, or the terminal while it is plugged in."""
        if self._link is not None:
            return self._link
        return Path(os.ttyname(self._slave) if self.is_plugged_in else os.devnull)

    @property
    def is_plugged_in(self) -> bool:
        """Whether its port is there."""
        return self._thread is not None

    @property
    def card(self) -> C | None:
        """The card that lies there."""
        return self._card

    def plug_in(self) -> None:
        """Make the port appear and start the device. Raises FileExistsError where ``link`` is
        another device's; one that leads nowhere was left behind, and is replaced.
        """
        self._master, self._slave = os.openpty()
        try:
            tty.setraw(self._slave)
            os.set_blocking(self._master, False)
            if self._link is not None:
                if self._link.is_symlink() and not self._link.exists():
                    self._link.unlink()
                self._link.symlink_to(os.ttyname(self._slave))
        except OSError:
            self._close(self._master, self._slave)
            raise
        self._woken, self._wakes = os.pipe()
        greeting = self._talk.begin()
        self._says_now = self._card is not None
        self._thread = threading.Thread(target=self._run, args=(greeting,), name=f"{self.port}")
        self._thread.start()

    def unplug(self) -> None:
        """Make the port vanish, as a pulled cable does."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        os.write(self._wakes, b"\0")
        thread.join()
        if self._link is not None:
            with suppress(FileNotFoundError):
                self._link.unlink()
        self._close(self._master, self._slave, self._woken, self._wakes)

    def lay(self, card: C) -> None:
        """Lay a card before it, in the place of one that lies there; waits first until drivers
        have forgotten this card.
        """
        self.take_away()
        self._wait_until_forgotten(card)
        with self._guard:
            self._card, self._says_now = card, True
            self._talk.lay(card)
        self._wake()

    def take_away(self) -> C | None:
        """Take away the card that lies there, if one does; answers it."""
        with self._guard:
            card, self._card = self._card, None
            if card is not None:
                self._talk.take(card)
                remembered_s = self._forgets_s + 2 * (self._talk.repeat_s or 0.0)
                self._left.append((card, time.monotonic() + remembered_s))
        return card

    def lay_half(self, card: C) -> None:
        """Let half of what names a card be said and then nothing, as where it is pulled away."""
        with self._guard:
            self._cuts_next = True
        self.lay(card)

    def write(self, data: bytes) -> None:
        """Send bytes as they are: noise, another device's frames. Nothing while unplugged."""
        if self.is_plugged_in:
            with suppress(BlockingIOError):
                os.write(self._master, data)

    def _wait_until_forgotten(self, card: C) -> None:
        now_s = time.monotonic()
        self._left = [left for left in self._left if left[1] > now_s]
        until_s = max((until_s for left, until_s in self._left if left == card), default=now_s)
        time.sleep(max(0.0, until_s - now_s))  # a hand's pace, not a wait for anything

    def _wake(self) -> None:
        if self.is_plugged_in:
            os.write(self._wakes, b"\0")

    def _run(self, greeting: bytes) -> None:
        self._send(greeting)
        while self._thread is not None:
            with self._guard:
                lies = self._card is not None
            repeat_s = self._talk.repeat_s if lies else None
            timeout_s = 0 if self._says_now else repeat_s
            ready, _, _ = select.select([self._master, self._woken], [], [], timeout_s)
            if self._woken in ready:
                os.read(self._woken, _MOST_AT_ONCE)
            heard = b""
            if self._master in ready:
                with suppress(BlockingIOError):
                    heard = os.read(self._master, _MOST_AT_ONCE)
            self._send(self._answer(heard, is_due=not ready))

    def _answer(self, heard: bytes, *, is_due: bool) -> bytes:
        with self._guard:
            answer = self._talk.feed(heard) if heard else b""
            if is_due or self._says_now:
                self._says_now = False
                answer += self._talk.says()
            if answer and self._cuts_next and self._card is not None:
                self._cuts_next = False
                self._talk.take(self._card)
                self._card = None
                answer = answer[: len(answer) // 2]
        return answer

    def _send(self, data: bytes) -> None:
        """Send at the line's pace, a millisecond's worth at a time."""
        step = max(1, int(_TICK_S / self._byte_s))
        for start in range(0, len(data), step):
            piece = data[start : start + step]
            with suppress(BlockingIOError):
                os.write(self._master, piece)
            time.sleep(len(piece) * self._byte_s)  # the line's own pace, not a wait for anything

    @staticmethod
    def _close(*files: int) -> None:
        for file in files:
            os.close(file)
