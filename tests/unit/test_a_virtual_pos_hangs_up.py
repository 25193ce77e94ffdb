"""A POS that is switched off leaves no connection behind."""

import socket
from contextlib import closing
from typing import Any

import pytest

from drivers.virtual.pos import VirtualPos

PATIENCE_S = 10


def test_a_pos_that_is_stopped_as_it_connects_hangs_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was just being connected is closed, also where the agent would keep it open."""
    connect = socket.create_connection
    with closing(socket.create_server(("127.0.0.1", 0))) as agent:
        agent.settimeout(PATIENCE_S)
        pos = VirtualPos(f"http://127.0.0.1:{agent.getsockname()[1]}", "token", "1")

        def connected(*place: Any, **how: Any) -> socket.socket:
            line = connect(*place, **how)
            pos.stop()
            return line

        monkeypatch.setattr(socket, "create_connection", connected)
        pos.start()
        line, _ = agent.accept()
        with line:
            line.settimeout(PATIENCE_S)
            assert line.recv(4096).startswith(b"GET /v1/events")
            line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            assert line.recv(4096) == b""


def test_a_pos_that_is_stopped_hears_no_more() -> None:
    """At the agent's next word it hangs up, also where nothing happened but a sign of life."""
    with closing(socket.create_server(("127.0.0.1", 0))) as agent:
        agent.settimeout(PATIENCE_S)
        pos = VirtualPos(f"http://127.0.0.1:{agent.getsockname()[1]}", "token", "1")
        pos.start()
        line, _ = agent.accept()
        with line:
            line.settimeout(PATIENCE_S)
            assert line.recv(4096).startswith(b"GET /v1/events")
            line.sendall(b"HTTP/1.1 200 OK\r\n\r\nevent: first\ndata: {}\n\n")
            assert pos.wait_for("first") == {}
            pos.stop()
            line.sendall(b": still here\n\n")
            assert line.recv(4096) == b""
