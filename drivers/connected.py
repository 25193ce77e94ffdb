"""What is plugged into this machine, by the names that last longest. Looking touches no device.

Names and links below ``/dev``, what the kernel says in sysfs, and pcscd's list of readers: nothing
is opened, so nothing is written to or reset, whatever it is.
"""

import importlib
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from serial.tools.list_ports import comports

__all__ = ["Connected", "connected", "pcsc_readers", "readers_by"]

_PLACES = (
    *("tapledger", "tapledger/by-serial", "serial/by-id", "tapledger/input/by-serial"),
    *("input/by-id", "tapledger/by-path", "tapledger/input/by-path", "serial/by-path"),
)
"""Where stable names stand, the best first: a store's own, by serial number, by USB socket."""

_KEYBOARD = "-event-kbd"
_PCSCD_S = 3.0
_NO_UART = "0"


@dataclass(frozen=True, kw_only=True, slots=True)
class Connected:
    """One thing that is there. ``port`` is its best name, ``file`` what that leads to."""

    kind: Literal["serial", "keyboard", "pcsc"]
    about: str
    port: str
    file: str


def connected(
    dev: Path = Path("/dev"),
    *,
    ports: Callable[[], Iterable[Any]] = comports,
    readers: Callable[[], tuple[str, ...] | None] | None = None,
) -> list[Connected]:
    """Answer serial ports, scanners that type as keyboards, and PC/SC readers, each once."""
    named = dict(_named(dev))
    known = {port.device: port for port in ports() if _is_there(port.device)}
    files = {**dict.fromkeys(known, None), **named}
    found = [
        Connected(
            kind="keyboard" if _is_keyboard(file, name, dev) else "serial",
            about=_about(known.get(file), name),
            port=name or file,
            file=file,
        )
        for file, name in files.items()
    ]
    found += [
        Connected(kind="pcsc", about="PC/SC reader", port=name, file=name)
        for name in (readers or pcsc_readers)() or ()
    ]
    return sorted(found, key=lambda each: (each.kind != "serial", each.kind, each.port))


def _named(dev: Path) -> Iterator[tuple[str, str]]:
    """Answer files and their best names; the last answer for a file counts."""
    for place in reversed(_PLACES):
        directory = dev / place
        for name in sorted(directory.iterdir()) if directory.is_dir() else ():
            is_input = place == "input/by-id"
            if name.is_dir() or not name.exists() or (is_input and _KEYBOARD not in name.name):
                continue
            yield str(name.resolve()), str(name)


def _is_keyboard(file: str, name: str | None, dev: Path) -> bool:
    return Path(file).is_relative_to(dev / "input") or (name or "").endswith(_KEYBOARD)


def _is_there(device: str) -> bool:
    """Drop the ttyS for which the kernel keeps a name and has no chip."""
    kind = Path("/sys/class/tty", Path(device).name, "type")
    try:
        return kind.read_text("ascii").strip() != _NO_UART
    except OSError:
        return True


def _about(port: Any, name: str | None) -> str:
    said = [getattr(port, each, None) for each in ("manufacturer", "product", "serial_number")]
    words = " ".join(each for each in said if each)
    if words:
        return words
    plain = Path(name or "").name.removesuffix(_KEYBOARD).removeprefix("usb-")
    return plain.replace("_", " ") or "serial port"


def pcsc_readers() -> tuple[str, ...] | None:
    """Ask pcscd for the readers that whoever asks may see; None where nobody could ask: it, or
    pyscard, is not there, it refuses, or hangs for three seconds.
    """
    found: list[tuple[str, ...] | None] = []
    asking = threading.Thread(target=lambda: found.append(_ask_pcscd()), daemon=True)
    asking.start()
    asking.join(_PCSCD_S)
    return found[0] if found else None


def _ask_pcscd() -> tuple[str, ...] | None:
    try:
        return readers_by(importlib.import_module("smartcard.scard"))
    except ImportError:
        return None


def readers_by(scard: Any) -> tuple[str, ...] | None:
    """Ask by pyscard's low-level calls."""
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    if result != scard.SCARD_S_SUCCESS:
        return None
    try:
        result, names = scard.SCardListReaders(context, [])
        if result == scard.SCARD_S_SUCCESS:
            return tuple(names)
        return () if result == scard.SCARD_E_NO_READERS_AVAILABLE else None
    finally:
        scard.SCardReleaseContext(context)
