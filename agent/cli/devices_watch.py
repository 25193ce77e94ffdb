"""What ``tapledger devices watch`` does: one line for each thing that a device sees.

Where an agent runs it has the ports, and is listened to. Else the devices are made as the agent
makes them, by their drivers, and looked on.
"""

import json
import queue
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import click

from agent.cli.agent_calls import AgentGone, TokenRefused, device_events, health_of
from agent.cli.news_lines import NewsPrinter
from agent.cli.shown import fail
from agent.core.mistakes import did_you_mean
from agent.device_news import changes, news_of
from agent.devices import ListedDevice
from agent.logs import configure_logs
from agent.settings import AgentSettings
from drivers.device import Device, DeviceEvent

__all__ = ["watch_devices"]

_LOOK_S = 0.1
_SETTLED_S = 0.5
"""Until then a device that was not opened yet is no news."""
_STOPPED_S = 2.5
_MOST_WAITING = 1_000
_AGAIN_S = 1.0

_News = dict[str, Any]


def watch_devices(settings: AgentSettings, names: tuple[str, ...], *, as_json: bool) -> None:
    """Print what the named devices see, all where none is named, until Ctrl-C or SIGTERM."""
    listed = [each for each in settings.listed if not names or each.name in names]
    _hold_known(names, settings)
    printer = NewsPrinter(as_json=as_json)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if health_of(settings) is not None:
            _say(f"Listening to the agent at {settings.api.listen}; Ctrl-C ends.", as_json)
            told = _from_agent(settings, {each.name for each in listed})
        else:
            _say("No agent is running, so the ports are opened here; Ctrl-C ends.", as_json)
            told = _from_ports(settings, listed)
        for news in told:
            printer.show(news)
    except TokenRefused as error:
        fail(str(error), code=1)
    except KeyboardInterrupt:
        printer.sum_up()


def _hold_known(names: tuple[str, ...], settings: AgentSettings) -> None:
    known = [device.name for device in settings.listed]
    if not known:
        fail("the configuration has no [[reader]] and no [[scanner]]", code=2)
    for name in names:
        if name not in known:
            fail(f"no device is called '{name}'{did_you_mean(name, known)}", code=2)


def _say(what: str, as_json: bool) -> None:
    if not as_json:
        click.secho(what, bold=True, err=True)


def _from_agent(settings: AgentSettings, names: set[str]) -> Iterator[_News]:
    """Listen to the agent, and again when it comes back."""
    is_there = True
    while True:
        try:
            for news in device_events(settings):
                is_there = True
                if news is not None and news["device"] in names:
                    yield news
        except AgentGone:
            pass
        if is_there:
            yield _agent_news("it hung up, or ended; waiting for it")
            is_there = False
        time.sleep(_AGAIN_S)


def _agent_news(fault: str) -> _News:
    return {"at": datetime.now(UTC).isoformat(), "kind": "agent", "fault": fault}


def _from_ports(settings: AgentSettings, listed: list[ListedDevice]) -> Iterator[_News]:
    """Open the devices, and answer what they see."""
    lane_of = settings.lane_of_device
    with _opened(settings, listed) as own:
        settled_s = time.monotonic() + _SETTLED_S
        seen: dict[str, str | None] = {}
        while True:
            event = own.next()
            now = own.standing()
            if time.monotonic() < settled_s:
                now = {name: fault for name, fault in now.items() if fault is None or name in seen}
            told = list(changes(seen, now, lane_of))
            seen = now
            if event is not None:
                told.append(news_of(event, lane_of.get(event.device)))
            for news in told:
                yield json.loads(news.as_json())


class _OwnDevices:
    """Devices of this process. One that babbles waits for nobody: what is too much is dropped."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[DeviceEvent] = queue.Queue(_MOST_WAITING)
        self._devices: dict[str, Device] = {}
        self._broken: dict[str, str | None] = {}

    def start(self, listed: ListedDevice, settings: AgentSettings) -> None:
        """Make and start one; what a driver raises is its fault."""
        state = settings.ledger.path.parent
        try:
            device = listed.make(self._seen, state=state, looks_on=True)
            self._devices[listed.name] = device
            device.start()
        except Exception as error:  # noqa: BLE001 - a driver is anybody's code
            self._devices.pop(listed.name, None)
            self._broken[listed.name] = f"its driver fails: {type(error).__name__}: {error}"

    def stop(self) -> None:
        """Let go of all at the same time; one that hangs ends with the process."""
        ending = [
            threading.Thread(target=device.stop, daemon=True) for device in self._devices.values()
        ]
        for thread in ending:
            thread.start()
        for thread in ending:
            thread.join(_STOPPED_S)

    def next(self) -> DeviceEvent | None:
        """Wait a moment for what was seen next; None where nothing was."""
        try:
            return self._waiting.get(timeout=_LOOK_S)
        except queue.Empty:
            return None

    def standing(self) -> dict[str, str | None]:
        """Answer the fault of each."""
        return {name: device.fault for name, device in self._devices.items()} | self._broken

    def _seen(self, event: DeviceEvent) -> None:
        with suppress(queue.Full):  # whoever looks on cannot keep up
            self._waiting.put_nowait(event)


@contextmanager
def _opened(settings: AgentSettings, listed: list[ListedDevice]) -> Iterator[_OwnDevices]:
    configure_logs(level="CRITICAL")  # what devices log is told here
    own = _OwnDevices()
    try:
        for each in listed:
            own.start(each, settings)
        yield own
    finally:
        own.stop()
