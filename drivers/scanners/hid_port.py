"""The port of a scanner that pretends to be a keyboard: an event device of the kernel, by evdev.

It is grabbed, so that what is scanned is not typed into whatever window is in front as well, and a
second program gets none of it. python-evdev, the extra ``hid``, opens and grabs it, and is imported
only where such a scanner is configured.
"""

import errno
import os
import select
from typing import Protocol

from drivers.port import POLL_S, Port
from drivers.port_faults import PortFault, broke_off, not_opened

__all__ = ["open_keyboard"]

_MOST_AT_ONCE = 64 * 24
_EV_KEY = 1
_DIGITS = frozenset(range(2, 12))

_SAID = {
    errno.EACCES: (
        "Permission denied: take the agent's user into the group 'input', "
        "or give it this scanner by a udev rule"
    ),
    errno.EPERM: "Permission denied: a service needs DeviceAllow=char-input as well",
    errno.ENOTTY: "it is no keyboard; look into /dev/input/by-id for one that ends in -event-kbd",
    errno.EBUSY: "another program has grabbed this scanner",
}
"""What to do about an error, in more words than the kernel's."""


def open_keyboard(port: str, baud: int) -> Port:  # noqa: ARG001 - a keyboard has no speed
    """Open an event device and grab it. Raises one of PORT_ERRORS."""
    try:
        from evdev import InputDevice  # noqa: PLC0415 - an extra, for those who have such a scanner
    except ImportError as error:
        raise OSError(
            "python-evdev is not installed: pip install 'tapledger[hid]' where tapledger is"
        ) from error
    try:
        device = InputDevice(port, readonly=True)
    except OSError as error:
        raise _explained(port, error) from error
    try:
        if not _DIGITS.issubset(device.capabilities().get(_EV_KEY, ())):
            raise OSError(errno.ENOTTY, "no keyboard")
        device.grab()
    except OSError as error:
        device.close()
        raise _explained(port, error) from error
    return _Keyboard(device)


def _explained(port: str, error: OSError) -> PortFault:
    return PortFault(_SAID[error.errno]) if error.errno in _SAID else not_opened(port, error)


class _Device(Protocol):
    fd: int

    def close(self) -> None: ...


class _Keyboard:
    def __init__(self, device: _Device) -> None:
        self._device = device
        self._events = select.poll()
        self._events.register(device.fd, select.POLLIN)

    def read(self) -> bytes:
        if not self._events.poll(POLL_S * 1_000):
            return b""
        try:
            data = os.read(self._device.fd, _MOST_AT_ONCE)
            if not data:
                raise OSError(errno.ENODEV, "nothing came")
        except OSError as error:
            raise broke_off(error) from error
        return data

    def write(self, data: bytes) -> None:
        """Nothing is ever said to a keyboard: its device was opened for reading."""

    def close(self) -> None:
        self._device.close()
