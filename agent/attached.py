"""Devices as the agent keeps them: whatever a driver does, no other part waits for it.

A driver may be anybody's code. It is made, started and stopped on threads of its own that end with
the process; what it raises, or cannot say of itself, is its fault in ``/healthz`` and stops nobody.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import structlog

from agent.api.health import PartHealth
from agent.devices import ListedDevice
from drivers.device import Counters, Device, Tell

__all__ = ["Attached", "AttachedDevices", "Parting"]

_NOT_STARTED = "its driver has not started it yet"
_STOPPED_S = 2.5
"""Drivers are to let go within two seconds, all at the same time."""

_log = structlog.get_logger(__name__)


class Attached:
    """One configured device, with its driver. ``start`` and ``stop`` return at once."""

    def __init__(self, listed: ListedDevice, tell: Tell, *, state: Path) -> None:
        self.name, self.kind, self.driver = listed.name, listed.kind, listed.driver
        self._make: Callable[[], Device] = lambda: listed.make(tell, state=state)
        self._device: Device | None = None
        self._fault: str | None = _NOT_STARTED

    def start(self) -> None:
        """Have the driver make and start it. Threads that it begins end with the process, too:
        a thread is a daemon where the one that begins it is.
        """
        self._in_thread("start", self._begin)

    def stop(self) -> threading.Thread:
        """Have the driver let go of it; the thread that is answered ends once it has."""
        return self._in_thread("stop", self._end)

    @property
    def fault(self) -> str | None:
        """Why it cannot be used now; None while it can."""
        if self._fault is not None or self._device is None:
            return self._fault
        try:
            return self._device.fault
        except Exception as error:  # noqa: BLE001 - a driver is anybody's code
            return f"its driver cannot say how it is: {type(error).__name__}"

    @property
    def counters(self) -> Counters:
        """What it has seen since it was started."""
        try:
            return Counters() if self._device is None else self._device.counters
        except Exception:  # noqa: BLE001 - the same; its fault says so
            return Counters()

    def health(self, lane: str | None, *, dropped: int) -> PartHealth:
        """Say how it is; ``dropped`` is what it told and found no room for."""
        fault, counters = self.fault, self.counters
        return PartHealth(
            name=self.name,
            kind=self.kind,
            driver=self.driver,
            lane=lane,
            present=fault is None,
            fault=fault,
            received=counters.received,
            presentations=counters.presentations,
            refused_frames=counters.refused,
            dropped=counters.dropped + dropped,
        )

    def _in_thread(self, what: str, work: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=work, name=f"{what}-{self.name}", daemon=True)
        thread.start()
        return thread

    def _begin(self) -> None:
        try:
            self._device = self._make()
            self._device.start()
        except Exception as error:  # noqa: BLE001 - the same
            self._fault = f"its driver could not start it: {error!r}"
            _log.exception("device_not_started", device=self.name, driver=self.driver)
        else:
            self._fault = None

    def _end(self) -> None:
        try:
            if self._device is not None:
                self._device.stop()
        except Exception as error:  # noqa: BLE001 - the same
            why = type(error).__name__  # what it says may be of a card
            _log.warning("device_not_stopped", device=self.name, driver=self.driver, error=why)


class AttachedDevices:
    """All devices of an agent. ``lane_of`` says whose each is, ``dropped`` how many events of one
    found no room.
    """

    def __init__(
        self,
        devices: Iterable[Attached],
        lane_of: Mapping[str, str],
        dropped: Callable[[str], int],
    ) -> None:
        self._devices = tuple(devices)
        self._lane_of, self._dropped = lane_of, dropped
        self._lost_before: dict[tuple[str, str], int] = {}

    def __iter__(self) -> Iterator[Attached]:
        return iter(self._devices)

    def start(self) -> None:
        """Start all of them, and wait for none."""
        for device in self._devices:
            device.start()

    def health(self) -> tuple[PartHealth, ...]:
        """Say how each of them is."""
        return tuple(
            device.health(self._lane_of.get(device.name), dropped=self._dropped(device.name))
            for device in self._devices
        )

    def report_lost(self) -> None:
        """Log what was lost of each since the last time: garbled frames, and too many cards."""
        for device in self.health():
            self._report("frames_refused", device.name, device.refused_frames)
            self._report("cards_dropped", device.name, device.dropped)

    def _report(self, event: str, device: str, so_far: int) -> None:
        before = self._lost_before.get((event, device), 0)
        if so_far > before:
            _log.warning(event, reader=device, frames=so_far - before)
            self._lost_before[event, device] = so_far


class Parting:
    """The end of many devices at once, which waits for none of them for long."""

    def __init__(self, devices: Iterable[Attached]) -> None:
        self._until_s = time.monotonic() + _STOPPED_S
        self._under_way = [(device, device.stop()) for device in devices]

    async def over(self) -> None:
        """Wait until all have let go, or their time is up: then name who has not."""
        await asyncio.to_thread(self._join)
        for device, thread in self._under_way:
            if thread.is_alive():
                _log.warning("device_not_stopped", device=device.name, driver=device.driver)

    def _join(self) -> None:
        for _, thread in self._under_way:
            thread.join(max(0.0, self._until_s - time.monotonic()))
