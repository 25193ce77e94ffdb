"""The cheapest HTTP client there is, in a process of its own, so that it is not what is measured.

Started with a port and a number of connections; reads one request a line on standard input (a JSON
string), sends each on the first connection that is free, and prints what came of it as one JSON
object. It knows just enough of HTTP/1.1 to see where an answer ends. Where a request tells the
position ``newest``, it is sent with the one that the answer before it on that connection told.
"""

import json
import re
import selectors
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

__all__ = ["run"]

_NEWEST = b"tapledger-position: newest\r\n"
_TOLD = re.compile(rb"\r\n(tapledger-position: [^\r]+\r\n)", re.IGNORECASE)

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)


class _Connection:
    """One keep-alive connection with one request under way at a time."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""
        self._sent_s = 0.0
        self._told = b""

    def send(self, request: bytes) -> None:
        request = request.replace(_NEWEST, self._told, 1)
        self._received = b""
        self._sent_s = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> tuple[str, float] | None:
        """Take what has come; answers status and seconds once the answer is whole."""
        came = self.socket.recv(65_536)
        if not came:
            raise ConnectionError("the server hung up")
        self._received += came
        head, found, body = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not found or length is None or len(body) < int(length[1]):
            return None
        answered_s = time.perf_counter() - self._sent_s
        told = _TOLD.search(head + b"\r\n")
        self._told = b"" if told is None else told[1]
        return head[9:12].decode("ascii"), answered_s


def run(port: int, connections: int, requests: Iterator[bytes]) -> dict[str, Any]:
    """Send every request and wait for every answer."""
    statuses: Counter[str] = Counter()
    answers_s: list[float] = []
    began_s = time.perf_counter()
    with selectors.DefaultSelector() as selector:
        for _, first in zip(range(connections), requests, strict=False):
            connection = _Connection(port)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send(first)
        while selector.get_map():
            for key, _ in selector.select():
                answer = key.data.receive()
                if answer is None:
                    continue
                statuses[answer[0]] += 1
                answers_s.append(answer[1])
                following = next(requests, None)
                if following is None:
                    selector.unregister(key.data.socket)
                    key.data.socket.close()
                else:
                    key.data.send(following)
    took_s = time.perf_counter() - began_s
    return {"took_s": took_s, "statuses": statuses, "answers_s": answers_s}


if __name__ == "__main__":
    waiting = [json.loads(line).encode() for line in sys.stdin]
    sys.stdout.write(json.dumps(run(int(sys.argv[1]), int(sys.argv[2]), iter(waiting))))
