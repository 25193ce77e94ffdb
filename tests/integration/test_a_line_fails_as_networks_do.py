"""The line between a store and head office, as tests and the demo make it fail."""

import socket
import threading
from collections.abc import Iterator

import pytest

from agent.tools.line import Line

PATIENCE_S = 10


@pytest.fixture
def line() -> Iterator[Line]:
    """A line to somebody who says everything back."""
    listener = socket.create_server(("127.0.0.1", 0))

    def echo(end: socket.socket) -> None:
        with end:
            while data := end.recv(4096):
                end.sendall(data)

    def serve() -> None:
        while True:
            try:
                end, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=echo, args=(end,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    line = Line(listener.getsockname()[1], seed=7)
    yield line
    line.close()
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def call(line: Line) -> socket.socket:
    """Connect through a line."""
    return socket.create_connection(("127.0.0.1", line.port), timeout=PATIENCE_S)


def said_back(end: socket.socket, said: bytes) -> bytes:
    """Say something and hear as much."""
    end.sendall(said)
    heard = b""
    while len(heard) < len(said) and (data := end.recv(4096)):
        heard += data
    return heard


def test_a_slow_line_loses_and_reorders_nothing(line: Line) -> None:
    """What is late, or was lost and sent again, arrives whole and in order."""
    line.slow(0.01)
    line.lose(0.5)
    with call(line) as end:
        for number in range(5):
            said = bytes([number]) * 1000
            assert said_back(end, said) == said


def test_a_line_that_swallows_tells_nobody(line: Line) -> None:
    """A half-open connection takes what is said, answers nothing, and breaks as it heals."""
    with call(line) as end:
        assert said_back(end, b"before") == b"before"
        line.swallow("down")
        end.sendall(b"into the hole")
        end.settimeout(0.2)
        with pytest.raises(TimeoutError):
            end.recv(100)
        line.heal()
        end.settimeout(PATIENCE_S)
        assert end.recv(100) == b""
    with call(line) as end:
        assert said_back(end, b"after") == b"after"


def test_a_dropped_line_can_be_called_again(line: Line) -> None:
    """A connection that was dropped is over, and the next one comes through."""
    with call(line) as end:
        assert said_back(end, b"before") == b"before"
        line.drop()
        assert end.recv(100) == b""
    with call(line) as end:
        assert said_back(end, b"after") == b"after"


def test_a_cut_line_refuses_until_it_heals(line: Line) -> None:
    """While a line is cut, whoever connects is hung up on."""
    line.cut()
    with call(line) as end:
        assert end.recv(100) == b""
    line.heal()
    with call(line) as end:
        assert said_back(end, b"after") == b"after"
