"""Which reader a configuration means. pcscd numbers readers, and numbers them anew.

A reader is called ``ACS ACR122U PICC Interface 00 00``: what it is, and two numbers that depend on
what was plugged in before it. So a port is a whole name, or the beginning of one that a single
reader has:

>>> there = ("ACS ACR122U PICC Interface 01 00", "Virtual PCD 00 00", "Virtual PCD 00 01")
>>> reader_of("ACS ACR122U", there), reader_of("Virtual PCD 00 01", there)
('ACS ACR122U PICC Interface 01 00', 'Virtual PCD 00 01')
>>> may_be_one("ACS ACR122U", "ACS ACR122U PICC Interface 01 00")
True
>>> may_be_one("Virtual PCD 00 00", "Virtual PCD 00 01")
False
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from drivers.pcsc.service import ReaderGone

__all__ = ["Claims", "may_be_one", "reader_of"]


def reader_of(port: str, there: tuple[str, ...]) -> str:
    """Answer the one reader that a port means. Raises ReaderGone naming those there are."""
    if port in there:
        return port
    fitting = [name for name in there if name.startswith(port)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise ReaderGone(f"'{port}' is the beginning of {_listed(fitting)}; write one of them out")
    if not there:
        raise ReaderGone(f"there is no PC/SC reader: is '{port}' plugged in?")
    raise ReaderGone(f"no PC/SC reader is called '{port}'; there is {_listed(there)}")


def may_be_one(port: str, other: str) -> bool:
    """Say whether two ports can mean the same reader."""
    return port.startswith(other) or other.startswith(port)


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


class Claims:
    """Which device of this process has which reader: two would tell each card twice."""

    def __init__(self) -> None:
        self._device_of: dict[str, str] = {}
        self._changing = threading.Lock()

    @contextmanager
    def held(self, reader: str, device: str) -> Iterator[None]:
        """Have a reader for oneself. Raises ReaderGone naming the device that has it."""
        with self._changing:
            holder = self._device_of.setdefault(reader, device)
        if holder != device:
            raise ReaderGone(f"'{reader}' is already the reader of '{holder}'")
        try:
            yield
        finally:
            with self._changing:
                del self._device_of[reader]
