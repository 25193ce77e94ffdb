"""What is wrong with a port is said in words that a store's engineer can act on."""

import errno
import os
import socket
import termios
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import serial

from agent.tools.processes import free_port
from drivers.port import PORT_ERRORS, Port, open_serial
from drivers.port_faults import broke_off, not_opened

_PORT = "/dev/tapledger/reader0"
_PULLED = (
    "device reports readiness to read but returned no data "
    "(device disconnected or multiple access on port?)"
)


def kernel(number: int) -> OSError:
    """What the kernel says."""
    return OSError(number, os.strerror(number), _PORT)


def of_pyserial(words: str, cause: Exception) -> Exception:
    """What pyserial makes of an error: words that no longer have its number."""
    try:
        try:
            raise cause
        except type(cause) as error:
            raise serial.SerialException(f"{words}: {error}")  # noqa: B904 - as pyserial does
    except serial.SerialException as made:
        return made


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (kernel(errno.ENOENT), f"there is no {_PORT}: is it plugged in"),
        (of_pyserial("could not open port", kernel(errno.ENOENT)), "is it plugged in"),
        (kernel(errno.EACCES), "Permission denied at .*'dialout'"),
        (kernel(errno.EPERM), "Permission denied at .* DeviceAllow="),
        (of_pyserial("Could not exclusively lock", kernel(errno.EAGAIN)), "another program has"),
        (kernel(errno.EBUSY), "another program has .*fuser -v"),
        (of_pyserial("Could not configure port", termios.error(5, "I/O")), "no device is behind"),
        (of_pyserial("Could not configure port", termios.error(25, "tty")), "is no serial port"),
        (kernel(errno.EISDIR), "is no serial port"),
        (kernel(errno.ENXIO), "no device is behind"),
        (of_pyserial("Could not open port", kernel(errno.ECONNREFUSED)), "nothing listens at"),
        (of_pyserial("Could not open port", kernel(errno.EHOSTUNREACH)), "cannot be reached"),
        (of_pyserial("Could not open port", TimeoutError("timed out")), "cannot be reached"),
        (of_pyserial("Could not open port", socket.gaierror(-2, "name")), "nobody knows the host"),
        (serial.SerialException("Remote does not seem to support RFC2217"), "speak RFC 2217"),
        (serial.SerialException("timeout while waiting for option 'mode'"), "speak RFC 2217"),
        (ValueError("invalid URL, protocol 'x' not known"), "could not open port .*protocol 'x'"),
    ],
)
def test_a_port_that_cannot_be_opened(error: Exception, words: str) -> None:
    """Missing, not permitted, taken, no device, no port, not reached: each says what to do."""
    fault = not_opened(_PORT, error)
    assert isinstance(fault, PORT_ERRORS)
    assert _PORT in str(fault)
    with pytest.raises(OSError, match=words):
        raise fault
    assert "[Errno" not in str(fault)


@pytest.mark.parametrize(
    ("error", "on_network", "words"),
    [
        (serial.SerialException(_PULLED), False, "it was unplugged"),
        (of_pyserial("read failed", kernel(errno.EIO)), False, "it was unplugged"),
        (of_pyserial("write failed", kernel(errno.ENXIO)), False, "it was unplugged"),
        (kernel(errno.ENODEV), False, "it was unplugged"),
        (serial.SerialException("device reports error (poll)"), False, "it was unplugged"),
        (serial.SerialException("socket disconnected"), True, "the connection was cut: is the"),
        (of_pyserial("read failed", kernel(errno.ETIMEDOUT)), True, "the connection was cut: is"),
        (serial.SerialTimeoutException("Write timeout"), False, "it takes no bytes any more"),
        (serial.SerialTimeoutException("Write timeout"), True, "it takes no bytes any more"),
        (kernel(errno.ENOMEM), False, "its line failed: [Errno 12]"),
    ],
)
def test_a_line_that_breaks_off(error: Exception, on_network: bool, words: str) -> None:
    """A pulled cable, a cut connection, a device that hangs; what nobody has met stays as it is."""
    assert str(broke_off(error, on_network=on_network)).startswith(words)


def _refused(_: Path) -> str:
    return f"socket://127.0.0.1:{free_port()}"


def _file(directory: Path) -> str:
    file = directory / "reader0"
    file.touch()
    return str(file)


@pytest.mark.parametrize(
    ("port_in", "words"),
    [
        (lambda directory: str(directory / "none"), "is it plugged in"),
        (_file, "is no serial port"),
        (str, "is no serial port"),
        (_refused, "nothing listens at"),
    ],
    ids=["missing", "a file", "a directory", "refused"],
)
def test_what_really_cannot_be_opened(
    port_in: Callable[[Path], str], words: str, tmp_path: Path
) -> None:
    """pyserial and this kernel say what the table expects of them."""
    with pytest.raises(PORT_ERRORS, match=words):
        open_serial(port_in(tmp_path), 9_600)


def _end_of(line: Port) -> str:
    """Read until the line breaks off, and answer what is said then."""
    try:
        while True:
            line.read()
    except PORT_ERRORS as error:
        return str(error)


def test_a_terminal_whose_other_end_closes_was_unplugged() -> None:
    """A line that goes while somebody reads it was unplugged, whether it is read or written."""
    ours, theirs = os.openpty()
    line = open_serial(os.ttyname(theirs), 9_600)
    os.close(theirs)
    threading.Timer(0, os.close, (ours,)).start()
    assert _end_of(line) == "it was unplugged"
    with pytest.raises(PORT_ERRORS, match="it was unplugged"):
        line.write(b"?")
    line.close()


def test_a_connection_whose_other_end_closes_was_cut() -> None:
    """A far end that hangs up is said to be one."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        line = open_serial(f"socket://127.0.0.1:{server.getsockname()[1]}", 9_600)
        server.accept()[0].close()
        assert _end_of(line).startswith("the connection was cut")
        line.close()
