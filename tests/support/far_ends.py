"""Far ends of serial lines: socat's pair of terminals, and device servers on the network.

Each comes and goes under one name, ``url``, and says what it is told to.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import threading
from pathlib import Path

import pytest
import serial
from serial.rfc2217 import PortManager

from agent.tools.processes import free_port
from agent.tools.waiting import wait_until

__all__ = ["FAR_ENDS", "FarEnd", "Rfc2217Server", "SocatPair", "TcpServer"]


class FarEnd:
    """What stands at the other end of a line."""

    url: str

    def come(self) -> None:
        """Be there."""
        raise NotImplementedError

    def say(self, data: bytes) -> None:
        """Send bytes to whoever has opened the line."""
        raise NotImplementedError

    def go(self) -> None:
        """Be gone, as when the power is cut: what was said before still arrives."""
        raise NotImplementedError

    def close(self) -> None:
        """Be gone, for ``closing``."""
        self.go()


class SocatPair(FarEnd):
    """Two pseudo-terminals that socat joins; the device has the one, we the other."""

    def __init__(self, directory: Path) -> None:
        if shutil.which("socat") is None:
            pytest.skip("socat is not installed; on Debian: apt-get install socat")
        self.url = str(directory / "line")
        self._ours = directory / "ours"
        self._socat: subprocess.Popen[bytes] | None = None

    def come(self) -> None:
        ends = (f"pty,raw,echo=0,link={end}" for end in (self._ours, self.url))
        self._socat = subprocess.Popen(["socat", *ends])
        wait_until(lambda: Path(self.url).exists() and self._ours.exists(), "socat's terminals")

    def say(self, data: bytes) -> None:
        line = os.open(self._ours, os.O_WRONLY | os.O_NOCTTY)
        os.write(line, data)
        os.close(line)

    def go(self) -> None:
        if self._socat is not None:
            self._socat.terminate()
            self._socat.wait()
            self._socat = None


class TcpServer(FarEnd):
    """A device server that hands bytes on as they are, to one client at a time."""

    scheme = "socket"
    host = "127.0.0.1"

    def __init__(self, _directory: Path, *, port: int | None = None) -> None:
        self._port = free_port() if port is None else port
        self.url = f"{self.scheme}://{self.host}:{self._port}"
        self._client: socket.socket | None = None
        self._server: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._coming = threading.Lock()
        self.is_ready = threading.Event()

    def come(self) -> None:
        self._server = socket.create_server((self.host, self._port), backlog=1)
        self._thread = threading.Thread(target=self._serve, args=(self._server,))
        self._thread.start()

    def say(self, data: bytes) -> None:
        assert self.is_ready.wait(10)
        self.write(data)

    def write(self, data: bytes) -> None:
        """Send bytes to the client."""
        assert self._client is not None
        self._client.sendall(data)

    def go(self) -> None:
        with self._coming:  # whoever comes in later is sent away
            server, self._server = self._server, None
        if server is None:
            return
        for end in (server, self._client):
            if end is not None:
                with contextlib.suppress(OSError):  # the client was the first to go
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
        if self._thread is not None:
            self._thread.join()
        self._client = None
        self.is_ready.clear()

    def _serve(self, server: socket.socket) -> None:
        with contextlib.suppress(OSError):  # that is how it ends
            while True:
                client, _ = server.accept()
                with client:
                    with self._coming:
                        if self._server is not server:
                            return
                        self._client = client
                    self._talk(client)

    def _talk(self, client: socket.socket) -> None:
        self.is_ready.set()
        while client.recv(1_024):
            pass


class Rfc2217Server(TcpServer):
    """A device server that also takes the line's settings, as RFC 2217 says."""

    scheme = "rfc2217"

    def __init__(self, directory: Path, *, port: int | None = None) -> None:
        super().__init__(directory, port=port)
        self.line = serial.serial_for_url("loop://")

    def say(self, data: bytes) -> None:
        super().say(data.replace(b"\xff", b"\xff\xff"))

    def _talk(self, client: socket.socket) -> None:
        telnet = PortManager(self.line, self)
        while data := client.recv(1_024):
            b"".join(telnet.filter(data))
            # The last thing that a client asks for before it reads is that buffers are emptied.
            if b"\xff\xfa\x2c\x0c\x02\xff\xf0" in data:
                self.is_ready.set()


FAR_ENDS: tuple[type[SocatPair] | type[TcpServer], ...] = (SocatPair, TcpServer, Rfc2217Server)
