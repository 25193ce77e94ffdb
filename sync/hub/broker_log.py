"""What the broker says in its own log, of which head office hears a part: whom it put out because a
packet was too large, and who came under a name that is not theirs. No message tells of either: what
such a client sends is stopped at the broker, and without this nobody at head office would know.

mosquitto publishes its notices where its configuration says ``log_dest topic``, as the shipped one
does, and head office may read them by the shipped rules. Another broker says nothing here.
"""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from sqlalchemy import Connection

from sync.hub.decisions import note_again
from sync.hub.incidents import put_out, wrong_name
from sync.hub.registry import DeviceRow, find_device
from sync.link import Arrived
from sync.messages import DeviceAddress

__all__ = ["BROKER_LOG", "BrokerLog", "Noticed", "note_noticed"]

BROKER_LOG = "$SYS/broker/log/N"
"""mosquitto.conf(5), ``log_dest``: N is a notice."""

_AT = rb"(?:\d{1,12}: )?"
_CLIENT = rb"([A-Za-z0-9._-]{1,260})"
_USER = rb"u'([A-Za-z0-9._-]{1,63}/[A-Za-z0-9._-]{1,63}/[A-Za-z0-9._-]{1,63})'"
_TOO_LARGE = re.compile(
    _AT + _CLIENT.join((rb"Client ", rb" disconnected due to oversize packet\.?"))
)
_CAME = re.compile(
    _AT
    + rb"New client connected from \S{1,100} as "
    + _CLIENT
    + rb" \([a-z0-9, ]{1,40}, "
    + _USER
    + rb"\)\.?"
)
"""As mosquitto 2.0.11 was seen to write them. What a client is called it says itself; its user name
is what its certificate or its password proves, and with the shipped rules the address of a device.
A client or a user with any other name is none of ours.
"""

_MOST_WAITING = 64
_MOST_DOTS = 9


@dataclass(frozen=True, slots=True)
class Noticed:
    """A client that was put out for a packet that was too large; or one whose name is another's
    than the device's that it proved to be, ``user``.
    """

    client: str
    user: str | None = None


class BrokerLog:
    """What was noticed and is not told of yet; filled by the link's thread, read by another.

    A thousand stores that come back are thousands of notices: all others are let go at once.
    """

    def __init__(self) -> None:
        self._noticed: dict[Noticed, None] = {}
        self._turning = threading.Lock()

    def hear(self, message: Arrived) -> None:
        """Take a line of the log."""
        noticed = _read(message.payload.strip())
        if noticed is None:
            return
        with self._turning:
            if len(self._noticed) < _MOST_WAITING:
                self._noticed[noticed] = None

    def first(self) -> Noticed | None:
        """Answer what waits longest."""
        with self._turning:
            return next(iter(self._noticed), None)

    def told(self, noticed: Noticed) -> None:
        """That was told of."""
        with self._turning:
            self._noticed.pop(noticed, None)


def _read(line: bytes) -> Noticed | None:
    if found := _TOO_LARGE.fullmatch(line):
        return Noticed(found[1].decode("ascii"))
    if found := _CAME.fullmatch(line):
        client, user = found[1].decode("ascii"), found[2].decode("ascii")
        if not client.startswith(user.replace("/", ".") + "."):
            return Noticed(client, user)
    return None


def note_noticed(c: Connection, noticed: Noticed, *, now: datetime) -> None:
    """Tell a clerk, if the client calls itself as a device does that head office knows: of anything
    else nobody could say what it is, and rows are kept for ever.
    """
    named = _device_by_client(c, noticed.client)
    if named is None:
        return
    if noticed.user is None:
        note_again(c, named.tenant, put_out(named, noticed.client), now=now)
        return
    tenant, store, device = noticed.user.split("/")
    proved = DeviceAddress(tenant=tenant, store=store, device=device)
    if proved.tenant == named.tenant:
        note_again(c, named.tenant, wrong_name(named, proved), now=now)


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
