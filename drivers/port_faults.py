"""What is wrong with a port, in words that whoever stands before it can act on.

The kernel says a number, and pyserial what it was doing: of a cable that was pulled, that a device
"reports readiness to read but returned no data". The log, ``/healthz`` and ``tapledger devices``
show what is made of it here. What nobody has met yet is shown as it was said.
"""

import errno
import socket
from collections.abc import Iterator

import serial

__all__ = ["PortFault", "broke_off", "not_opened"]

_NO_DEVICE = "no device is behind {port}: was it unplugged, or does it have another name?"
_NO_SERIAL_PORT = "{port} is no serial port"
_TAKEN = "another program has {port} open; end it: fuser -v {port} says which it is"
_UNREACHED = "{port} cannot be reached: is the device server on, and its network cable in?"
_NO_HOST = "nobody knows the host of {port}: is its name written right?"
_NO_RFC2217 = "{port} does not speak RFC 2217: is the device server set to it? Or write socket://"

_NOT_OPENED = {
    errno.ENOENT: "there is no {port}: is it plugged in, and is that its name?",
    errno.EACCES: (
        "Permission denied at {port}: take the agent's user into the group 'dialout', "
        "or give it this device by a udev rule"
    ),
    errno.EPERM: "Permission denied at {port}: a service needs a DeviceAllow= for it as well",
    errno.EAGAIN: _TAKEN,
    errno.EBUSY: _TAKEN,
    errno.EIO: _NO_DEVICE,
    errno.ENODEV: _NO_DEVICE,
    errno.ENXIO: _NO_DEVICE,
    errno.ENOTTY: _NO_SERIAL_PORT,
    errno.EISDIR: _NO_SERIAL_PORT,
    errno.ECONNREFUSED: "nothing listens at {port}: is the number right, and the device server on?",
    errno.EHOSTUNREACH: _UNREACHED,
    errno.ENETUNREACH: _UNREACHED,
    errno.ETIMEDOUT: _UNREACHED,
}

_UNPLUGGED = "it was unplugged"
_CUT = "the connection was cut: is the device server on, and its network cable in?"
_TAKES_NOTHING = "it takes no bytes any more: is it powered, and its flow control off?"

_GONE = frozenset({errno.EIO, errno.ENODEV, errno.ENXIO, errno.EBADF})
_SAID_OF_GONE = ("returned no data", "error (poll)", "failed (select)")
"""What pyserial says of a device that is not there any more, where the kernel gave no number."""


class PortFault(OSError):
    """A port cannot be used; the message is whole sentences, and no number."""


def not_opened(port: str, error: Exception) -> PortFault:
    """Say why a port could not be opened, of what opening it raised."""
    chain = tuple(_chain(error))
    if any(isinstance(each, socket.gaierror) for each in chain):
        return PortFault(_NO_HOST.format(port=port))
    if "RFC2217" in str(error) or "waiting for option" in str(error):
        return PortFault(_NO_RFC2217.format(port=port))
    number = next((known for each in chain if (known := _number(each)) is not None), None)
    if number in _NOT_OPENED:
        return PortFault(_NOT_OPENED[number].format(port=port))
    return PortFault(f"could not open port {port}: {error}")


def broke_off(error: Exception, *, on_network: bool = False) -> PortFault:
    """Say why an open line cannot be read or written any more, of what that raised."""
    if isinstance(error, serial.SerialTimeoutException):
        return PortFault(_TAKES_NOTHING)
    if on_network:
        return PortFault(_CUT)
    numbers = {_number(each) for each in _chain(error)}
    if numbers & _GONE or any(said in str(error) for said in _SAID_OF_GONE):
        return PortFault(_UNPLUGGED)
    return PortFault(f"its line failed: {error}")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Answer an error, and those that it was made of: pyserial leaves their numbers behind."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _number(error: BaseException) -> int | None:
    """Answer errno; termios has it as its first argument, and a time-out has none."""
    if isinstance(error, TimeoutError):
        return errno.ETIMEDOUT
    first = error.args[0] if error.args else None
    return first if isinstance(first, int) else None
