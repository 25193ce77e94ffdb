"""What the broker says in its own log, of which head office hears a part: whom it put out because a
packet was too large. What was in it nobody has seen, and no message came: without this, nobody at
head office would know.

mosquitto publishes its notices where its configuration says ``log_dest topic``, as the shipped one
does, and head office may read them by the shipped rules. Another broker says nothing here.
"""

import re
import threading
from collections.abc import Iterator
from datetime import datetime
from itertools import combinations

from sqlalchemy import Connection

from sync.hub.decisions import note_again
from sync.hub.incidents import put_out
from sync.hub.registry import DeviceRow, find_device
from sync.link import Arrived
from sync.messages import DeviceAddress

__all__ = ["BROKER_LOG", "BrokerLog", "note_put_out"]

BROKER_LOG = "$SYS/broker/log/N"
"""mosquitto.conf(5), ``log_dest``: N is a notice."""

_TOO_LARGE = re.compile(
    rb"(?:\d{1,12}: )?Client ([A-Za-z0-9._-]{1,260}) disconnected due to oversize packet\.?"
)
"""As mosquitto 2.0.11 has it, in ``handle_packet``. A client says itself what it is called; of what
no agent of ours would say there is no device either.
"""

_MOST_WAITING = 64
_MOST_DOTS = 9


class BrokerLog:
    """Who was put out and is not told of yet; filled by the link's thread, read by another.

    A thousand stores that come back are thousands of notices: all others are let go at once.
    """

    def __init__(self) -> None:
        self._clients: dict[str, None] = {}
        self._turning = threading.Lock()

    def hear(self, message: Arrived) -> None:
        """Take a line of the log."""
        found = _TOO_LARGE.fullmatch(message.payload.strip())
        if found is None:
            return
        with self._turning:
            if len(self._clients) < _MOST_WAITING:
                self._clients[found[1].decode("ascii")] = None

    def first(self) -> str | None:
        """Answer the client that waits longest."""
        with self._turning:
            return next(iter(self._clients), None)

    def told(self, client: str) -> None:
        """That client was told of."""
        with self._turning:
            self._clients.pop(client, None)


def note_put_out(c: Connection, client: str, *, now: datetime) -> None:
    """Tell a clerk of a client that was put out, if it came as a device that head office knows: of
    anybody else nobody could say who they are, and rows are kept for ever.
    """
    device = _device_by_client(c, client)
    if device is not None:
        note_again(c, device.tenant, put_out(device, client), now=now)


def _device_by_client(c: Connection, client: str) -> DeviceRow | None:
    """Find the device that an agent of ours calls itself by: its address and its life, with dots
    between them. Names may have dots, too, so each way to read it is tried.
    """
    for address in _addresses(client):
        device = find_device(c, address, locked=False)
        if device is not None:
            return device
    return None


def _addresses(client: str) -> Iterator[DeviceAddress]:
    parts = client.split(".", _MOST_DOTS)
    for first, second, third in combinations(range(1, len(parts)), 3):
        names = parts[:first], parts[first:second], parts[second:third]
        tenant, store, device = map(".".join, names)
        yield DeviceAddress(tenant=tenant, store=store, device=device)
