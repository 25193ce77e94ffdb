"""A POS as tapledger's API sees one: it listens at its lane and puts sales over HTTP."""

import contextlib
import json
import ssl
import threading
from collections import deque
from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx

__all__ = ["NO_TLS", "VirtualPos"]

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of http: addresses: one that knows no authority takes no 50 ms to read them all."""


class VirtualPos:
    """One lane's POS. ``start`` opens its event stream; calls may be made without it.

    A call raises httpx.TransportError while the agent is down; the sale can be sent again under
    the same id.
    """

    def __init__(self, base_url: str, bearer_token: str, lane: str) -> None:
        self.lane = lane
        headers = {"Authorization": f"Bearer {bearer_token}"}
        self._connect = partial(
            httpx.Client, base_url=base_url, headers=headers, timeout=10, verify=NO_TLS
        )
        self._http = self._connect()
        self._events: deque[tuple[str, dict[str, Any]]] = deque(maxlen=1_000)
        self._arrived = threading.Condition()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen to the lane, in a thread, and connect again whenever the stream ends."""
        self._thread = threading.Thread(target=self._listen, name=f"pos-{self.lane}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Make no more calls, and listen no longer than to the agent's next word."""
        self._stopping.set()
        self._http.close()

    def identify(self, token: str) -> httpx.Response:
        """Ask whose card this is."""
        return self._http.post("/v1/identify", json={"token": token})

    def enrol(self, token: str) -> httpx.Response:
        """Make an account for a card."""
        return self._http.post("/v1/accounts", json={"token": token, "lane": self.lane})

    def sell(self, sale_id: str, sale: dict[str, Any]) -> httpx.Response:
        """Commit a sale."""
        return self._http.put(f"/v1/sales/{sale_id}", json=sale)

    def quote(self, sale: dict[str, Any]) -> httpx.Response:
        """Ask what a basket would earn."""
        return self._http.post("/v1/quotes", json=sale)

    def void(self, sale_id: str) -> httpx.Response:
        """Call a sale off."""
        return self._http.delete(f"/v1/sales/{sale_id}", params={"lane": self.lane})

    def hold(self, redemption_id: str, **wish: Any) -> httpx.Response:
        """Hold points before the customer pays: a token, and a reward or points."""
        body = {"lane": self.lane} | wish
        return self._http.put(f"/v1/redemptions/{redemption_id}", json=body)

    def capture(self, redemption_id: str) -> httpx.Response:
        """Spend what is held."""
        return self._http.post(f"/v1/redemptions/{redemption_id}/capture")

    def choose(self, token: str) -> httpx.Response:
        """Say which of two cards at this lane is meant."""
        return self._http.post(f"/v1/lanes/{self.lane}/card", json={"token": token})

    def move(self, to: str) -> httpx.Response:
        """Move the card that was shown here last to another lane."""
        return self._http.post(f"/v1/lanes/{self.lane}/card/move", json={"to": to})

    def forget(self) -> None:
        """Forget the events that have arrived."""
        with self._arrived:
            self._events.clear()

    def wait_for(self, name: str, *, timeout_s: float = 10.0, **wanted: Any) -> dict[str, Any]:
        """Wait for the next event of a kind whose data has the ``wanted`` values.

        Forgets the events before it. Raises TimeoutError.
        """
        found: list[dict[str, Any]] = []

        def arrived() -> bool:
            while self._events and not found:
                kind, data = self._events.popleft()
                if kind == name and wanted.items() <= data.items():
                    found.append(data)
            return bool(found)

        with self._arrived:
            if not self._arrived.wait_for(arrived, timeout_s):
                raise TimeoutError(f"lane {self.lane}: no '{name}' event in {timeout_s} s")
        return found[0]

    def _listen(self) -> None:
        # By a client of its own: one that another thread closes as it connects stays connected.
        with self._connect() as http:
            while not self._stopping.is_set():
                with contextlib.suppress(httpx.HTTPError):
                    for event in self._stream(http):
                        with self._arrived:
                            self._events.append(event)
                            self._arrived.notify_all()
                self._stopping.wait(0.1)

    def _stream(self, http: httpx.Client) -> Iterator[tuple[str, dict[str, Any]]]:
        timeout = httpx.Timeout(5, read=None)
        with http.stream(
            "GET", "/v1/events", params={"lane": self.lane}, timeout=timeout
        ) as response:
            response.raise_for_status()
            name = ""
            for line in response.iter_lines():
                if self._stopping.is_set():
                    return
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    yield name, json.loads(line.removeprefix("data: "))
