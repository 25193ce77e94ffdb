"""How what a device sees becomes what it tells: cards one by one, or who is in a zone.

A line asks one of these for each card that was read, and now and then what the time has brought.
"""

from collections.abc import Iterable
from typing import Protocol

from agent.core.tokens import Token
from drivers.device import CardPresented, DeviceEvent, ZoneVisited
from drivers.events import TokenRead
from drivers.presence import Presence
from drivers.zone import Zone

__all__ = ["Cards", "Sightings", "Visits"]


class Sightings(Protocol):
    """Times are seconds of a monotonic clock."""

    def seen(self, read: TokenRead, now_s: float) -> DeviceEvent | None:
        """Take one reading of a card, and answer what is to be told of it, if anything."""
        ...

    def untold(self, token: Token) -> None:
        """Learn that what ``seen`` answered of this card was not told."""
        ...

    def passed(self, now_s: float) -> Iterable[DeviceEvent]:
        """Answer what is to be told because time has passed."""
        ...


class Cards:
    """Every card is a presentation: each reading is, or where it ``rests`` the first one."""

    def __init__(self, device: str, *, rests: bool) -> None:
        self._device = device
        self._presence = Presence() if rests else None

    def seen(self, read: TokenRead, now_s: float) -> CardPresented | None:
        """Tell it unless it lies there since before."""
        if self._presence is not None and not self._presence.is_new(read.token, now_s):
            return None
        return CardPresented(device=self._device, token=read.token, counter=read.counter)

    def untold(self, token: Token) -> None:
        """Leave it: whoever laid it lays it again."""

    def passed(self, now_s: float) -> tuple[DeviceEvent, ...]:  # noqa: ARG002 - tells nothing
        """Nothing: nobody asks when a card was taken away."""
        return ()


class Visits:
    """Who arrives in a zone and who leaves it. An arrival that was not told is tried again."""

    def __init__(self, device: str, *, name: str, zone: Zone) -> None:
        self._device, self._name, self._zone = device, name, zone

    def seen(self, read: TokenRead, now_s: float) -> ZoneVisited | None:
        """Tell it if it arrives. What left until now is to be asked for first, with ``passed``."""
        if self._zone.seen(read.token, now_s) is None:
            return None
        return ZoneVisited(
            device=self._device, token=read.token, change="arrived", zone=self._name
        )

    def untold(self, token: Token) -> None:
        """Have it arrive with its next readings: it stands there, and nobody was told."""
        self._zone.forget(token)

    def passed(self, now_s: float) -> list[ZoneVisited]:
        """Tell who left."""
        return [
            ZoneVisited(device=self._device, token=gone.token, change="left", zone=self._name)
            for gone in self._zone.leavers(now_s)
        ]
