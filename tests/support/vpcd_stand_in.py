"""A stand-in for vpcd: cards that are laid on it are read as a PC/SC reader's driver reads them."""

import socket
from contextlib import closing

from drivers.events import Event, StatusSeen
from drivers.pcsc.planned import PlannedReading

__all__ = ["Vpcd"]


class Vpcd:
    """What vpcd's driver does: it listens, and says each command of a reader to who is there."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(20)
        self.port = self._listening.getsockname()[1]

    def close(self) -> None:
        self._listening.close()

    def read(self, reading: PlannedReading) -> list[Event] | None:
        """Read the next card that is laid; None where it is torn away."""
        line, _ = self._listening.accept()
        line.settimeout(20)
        with closing(line), line.makefile("rwb") as said:
            line.sendall(b"\x00\x01\x01" + b"\x00\x01\x04")
            script = reading(said.read(int.from_bytes(said.read(2))))
            try:
                command = next(script)
                while True:
                    line.sendall(len(command).to_bytes(2) + command)
                    head = said.read(2)
                    if not head:
                        return None
                    command = script.send(said.read(int.from_bytes(head)))
            except StopIteration as done:
                return [event for event in done.value if not isinstance(event, StatusSeen)]
