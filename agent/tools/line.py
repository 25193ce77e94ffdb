"""A store's network line: a TCP relay on loopback that can be cut and healed."""

import contextlib
import socket
import threading

__all__ = ["Line"]

_CHUNK = 65_536


class Line:
    """Relays ``port`` to a target port while healed; while cut, connections die and fail."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._healed = threading.Event()
        self._healed.set()
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        threading.Thread(target=self._accept, name="line", daemon=True).start()

    def cut(self) -> None:
        """Take the network away: what is open breaks, what is new is refused."""
        self._healed.clear()
        with self._guard:
            broken, self._open = self._open, set()
        for end in broken:
            _break(end)

    def heal(self) -> None:
        """Bring the network back."""
        self._healed.set()

    def close(self) -> None:
        """Take the line down for good."""
        self.cut()
        # Wakes the accepting thread too, which close alone would not.
        _break(self._listener)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if not self._healed.is_set():
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self._target_port), timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._guard:
                self._open |= {near, far}
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_CHUNK):
                sink.sendall(data)
        for end in (source, sink):
            _break(end)
            with self._guard:
                self._open.discard(end)
        source.close()


def _break(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
