"""An emulated scanner that types, by the kernel's uinput and python-evdev, the extra ``hid``.

Programs find a keyboard below /dev/input that types scans: also the window in front, until an agent
or ``tapledger devices watch`` has grabbed it.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from drivers.scanners.hid import strokes_of
from drivers.virtual.scans import scan_from, scan_of

__all__ = ["UinputMissing", "VirtualKeyboard", "typed_from"]

_UINPUT = Path("/dev/uinput")
_NAME = "tapledger virtual scanner"
_EV_KEY = 1
_KEYS = range(1, 128)


class UinputMissing(OSError):
    """No keyboard can be emulated; the message says how it can."""


def typed_from(text: str) -> str:
    """Take what somebody typed as a code to scan. Raises ValueError in their words."""
    text = scan_from(text)
    if not text.isascii():
        raise ValueError("a keyboard scanner types letters, digits and signs of ASCII alone")
    return text


class VirtualKeyboard:
    """One scanner. ``link`` is a name that stays the same while the keyboard comes and goes."""

    card: str | None = None
    """Nothing ever lies before a scanner."""

    def __init__(self, link: Path | None, *, uinput: Path = _UINPUT) -> None:
        self._link, self._uinput = link, uinput
        self._keyboard: Any = None

    @property
    def port(self) -> Path:
        """Where it is found: its link, or the event device while it is plugged in."""
        if self._link is not None:
            return self._link
        return Path(self._keyboard.device.path if self._keyboard else os.devnull)

    @property
    def is_plugged_in(self) -> bool:
        """Whether its port is there."""
        return self._keyboard is not None

    def plug_in(self) -> None:
        """Make the keyboard appear. Raises UinputMissing, and FileExistsError of the link."""
        try:
            from evdev import UInput  # noqa: PLC0415 - an extra, for those who emulate one
        except ImportError:
            raise UinputMissing(
                "python-evdev is not installed: pip install 'tapledger[hid]' where tapledger is"
            ) from None
        if not os.access(self._uinput, os.W_OK):
            raise UinputMissing(
                f"{self._uinput} is not there, or not yours to open; as root: modprobe uinput, "
                "and run this as root. A container has none unless it is given it"
            )
        self._keyboard = UInput({_EV_KEY: list(_KEYS)}, name=_NAME)
        if self._link is not None:
            if self._link.is_symlink() and not self._link.exists():
                self._link.unlink()
            self._link.symlink_to(self._keyboard.device.path)

    def unplug(self) -> None:
        """Make it vanish, as a pulled cable does."""
        keyboard, self._keyboard = self._keyboard, None
        if keyboard is None:
            return
        if self._link is not None:
            with suppress(FileNotFoundError):
                self._link.unlink()
        keyboard.close()

    def lay(self, card: str) -> None:
        """Scan a code."""
        self._strike(strokes_of(scan_of(card).decode("ascii")))

    def lay_half(self, card: str) -> None:
        """Type half a code, and no Enter."""
        strokes = strokes_of(scan_of(card).decode("ascii"))
        self._strike(strokes[: len(strokes) // 4 * 2])

    def take_away(self) -> None:
        """Nothing lies there."""

    def write(self, data: bytes) -> None:
        """Type what means nothing."""
        self._strike(strokes_of(f"{data.hex()}\r"))

    def _strike(self, strokes: list[tuple[int, int]]) -> None:
        for key, value in strokes if self._keyboard is not None else ():
            self._keyboard.write(_EV_KEY, key, value)
            self._keyboard.syn()
