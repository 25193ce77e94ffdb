"""How what a device sees becomes what it tells: cards and products one by one, or who is in a zone.

A device asks one of these for each thing that was read, and all the time what the time has brought.
"""

from collections.abc import Iterable
from typing import Protocol

from agent.core.tokens import Token
from drivers.device import CardPresented, DeviceEvent, ProductScanned, ZoneVisited
from drivers.events import ProductRead, TokenRead
from drivers.presence import Presence
from drivers.zone import Zone

__all__ = ["Cards", "Read", "Sightings", "Visits"]

Read = TokenRead | ProductRead


class Sightings(Protocol):
    """Times are seconds of a monotonic clock."""

    def seen(self, read: Read, now_s: float) -> DeviceEvent | None:
        """Take one reading, and answer what is to be told of it, if anything."""
        ...

    def untold(self, read: Read) -> None:
        """Learn that what ``seen`` answered was not told: the device told too much already."""
        ...

    def passed(self, now_s: float) -> Iterable[DeviceEvent]:
        """Answer what is to be told because time has passed."""
        ...


class Cards:
    """Every card is a presentation: each reading is, or where it ``rests`` the first one."""

    def __init__(self, device: str, *, rests: bool) -> None:
        self._device = device
        self._presence = Presence() if rests else None

    def seen(self, read: Read, now_s: float) -> CardPresented | ProductScanned | None:
        """Tell it unless it lies there since before."""
        if self._presence is not None and not self._presence.is_new(_known_by(read), now_s):
            return None
        if isinstance(read, ProductRead):
            return ProductScanned(device=self._device, product=read)
        return CardPresented(device=self._device, token=read.token, counter=read.counter)

    def lay_until(self, reads: Iterable[Read], now_s: float) -> None:
        """Learn that these lay there until now: back within half a second, they never left."""
        if self._presence is not None:
            for read in reads:
                self._presence.is_new(_known_by(read), now_s)

    def untold(self, read: Read) -> None:
        """Leave it: whoever laid it lays it again."""

    def passed(self, now_s: float) -> tuple[DeviceEvent, ...]:  # noqa: ARG002 - tells nothing
        """Nothing: nobody asks when a card was taken away."""
        return ()


class Visits:
    """Who arrives in a zone and who leaves it; goods that bear tags of their own are nobody.

    An arrival that was not told comes anew with the tag's next readings.
    """

    def __init__(self, device: str, *, name: str, zone: Zone) -> None:
        self._device, self._name, self._zone = device, name, zone

    def seen(self, read: Read, now_s: float) -> ZoneVisited | None:
        """Tell it if it arrives. Who left until now is to be asked for first, with ``passed``."""
        if isinstance(read, ProductRead) or self._zone.seen(read.token, now_s) is None:
            return None
        return ZoneVisited(device=self._device, token=read.token, change="arrived", zone=self._name)

    def untold(self, read: Read) -> None:
        """Have it arrive again: it stands there, and nobody was told."""
        if isinstance(read, TokenRead):
            self._zone.forget(read.token)

    def passed(self, now_s: float) -> list[ZoneVisited]:
        """Tell who left."""
        return [
            ZoneVisited(device=self._device, token=gone.token, change="left", zone=self._name)
            for gone in self._zone.leavers(now_s)
        ]


def _known_by(read: Read) -> Token | ProductRead:
    return read if isinstance(read, ProductRead) else read.token
