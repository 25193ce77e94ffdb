"""The driver of ``tapledger bench`` tells a position as a till does: the one it was told last."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

from agent.tools.bench.driving import drive, request, with_newest_position


class _Agent(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    heard: list[str | None]

    def do_GET(self) -> None:
        self.heard.append(self.headers["Tapledger-Position"])
        self.send_response(200)
        self.send_header("Tapledger-Position", f"0:{len(self.heard)}:00000000")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def _serving(heard: list[str | None]) -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), type("Agent", (_Agent,), {"heard": heard}))
    serving = Thread(target=server.serve_forever)
    serving.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def test_each_request_tells_the_position_of_the_answer_before_it() -> None:
    """The first tells none, each after it the newest; a request that is not asked to tells none."""
    asked = request("GET", "/", None)
    telling = with_newest_position(asked)
    heard: list[str | None] = []
    with _serving(heard) as port:
        drive(port, [telling, telling, telling, asked], connections=1, expected=200)
    assert heard == [None, "0:1:00000000", "0:2:00000000", None]
