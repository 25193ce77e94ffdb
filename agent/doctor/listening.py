"""Listening to the configured ports for some seconds, and judging what was heard.

Only where no agent runs: a port belongs to one program. Nothing is written to it. What was heard is
counted and forgotten: no card's number leaves here.
"""

import threading
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass

from agent.devices import ListedDevice
from agent.doctor.baud import Verdict, judge_line
from agent.doctor.finding import Finding, failed, fine, warned
from drivers.events import Event, ProductRead, Reason, RefusedFrame, TokenRead
from drivers.port import PORT_ERRORS, open_serial
from drivers.registry import driver_of
from drivers.serial_driver import SerialDriver
from drivers.session import Listening

__all__ = ["HeardFacts", "gather_heard", "judge_heard", "listens_to"]

_MOST_BYTES = 1 << 16
_WIRING = "look at its ground and cable, and whether both ends have the same levels (TTL, RS-232)"


_WHOLE: frozenset[Reason] = frozenset({"payment_card", "provider_gsrn", "random_uid"})
"""Refused for what was read well, which noise does not say."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HeardFacts:
    """What a device said in ``for_s`` seconds. ``read`` are cards and products, refused or not,
    ``refused`` frames that were none; ``fault`` says why its port did not open or broke off.
    """

    title: str
    port: str
    driver: str
    baud: int
    for_s: float
    data: bytes = b""
    read: int = 0
    refused: int = 0
    speaks_first: bool = True
    fault: str | None = None


def listens_to(device: ListedDevice) -> bool:
    """Say whether a device is on a line of this machine that can be listened to.

    A keyboard is somebody's to type on, and a device server has one line for one program.
    """
    driver = driver_of(device.kind, device.driver)
    is_line = isinstance(driver, SerialDriver) and driver.open_port is open_serial
    return is_line and "://" not in device.port


def gather_heard(devices: Iterable[ListedDevice], *, for_s: float) -> list[HeardFacts]:
    """Listen to devices on serial lines, to all at once; answers in their order."""
    ears = [
        _Ear(device, driver, for_s)
        for device in devices
        if isinstance(driver := driver_of(device.kind, device.driver), SerialDriver)
    ]
    threads = [threading.Thread(target=ear.listen, daemon=True) for ear in ears]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [ear.heard() for ear in ears]


class _Ear:
    """Listens to one line."""

    def __init__(self, device: ListedDevice, driver: SerialDriver, for_s: float) -> None:
        self._device, self._for_s = device, for_s
        self._baud = getattr(device.options(), "baud", None) or driver.baud
        session = driver.make_session(device.options())
        self._session = session if isinstance(session, Listening) else None
        self._data = bytearray()
        self._read = self._refused = 0
        self._fault: str | None = None

    def heard(self) -> HeardFacts:
        """Answer what was heard."""
        return HeardFacts(
            title=f"{self._device.kind} {self._device.name}",
            port=self._device.port,
            driver=self._device.driver,
            baud=self._baud,
            for_s=self._for_s,
            data=bytes(self._data),
            read=self._read,
            refused=self._refused,
            speaks_first=self._session is not None,
            fault=self._fault,
        )

    def listen(self) -> None:
        """Open the line and listen to it; whoever is asked first is not, and says nothing."""
        try:
            with closing(open_serial(self._device.port, self._baud)) as port:
                until_s = time.monotonic() + self._for_s
                while (now_s := time.monotonic()) < until_s and len(self._data) < _MOST_BYTES:
                    self._take(port.read(), now_s)
        except PORT_ERRORS as error:
            self._fault = str(error)
        except ValueError as error:  # a URL that pyserial does not know
            self._fault = str(error)

    def _take(self, data: bytes, now_s: float) -> None:
        self._data += data
        if self._session is not None:
            session = self._session
            self._count(session.feed(data, now_s) if data else session.idle(now_s))

    def _count(self, events: list[Event]) -> None:
        for event in events:
            match event:
                case TokenRead() | ProductRead():
                    self._read += 1
                case RefusedFrame(reason=reason):
                    whole = reason in _WHOLE
                    self._read, self._refused = self._read + whole, self._refused + (not whole)
                case _:
                    pass


def judge_heard(facts: HeardFacts) -> Finding:
    """Say what a device's line is like."""
    if facts.fault is not None:
        return _unopened(facts, facts.fault)
    if not facts.speaks_first:
        return fine(facts.title, "its port opens; it speaks when it is asked, which the agent does")
    verdict = judge_line(
        facts.data,
        driver=facts.driver,
        baud=facts.baud,
        read=facts.read,
        refused=facts.refused,
    )
    return _told(facts, verdict)


def _unopened(facts: HeardFacts, fault: str) -> Finding:
    port = facts.port
    if "another program has" in fault:
        advice = f"stop it: fuser -v {port} says which it is"
        return failed(facts.title, f"another program has {port}", advice)
    if "Permission denied" in fault:  # the service may, or a finding had said so before
        said = f"{port} is not yours to open, so nobody listened"
        return warned(facts.title, said, "run the doctor as root (sudo)")
    if port.startswith("/"):
        advice = "plug it in again, into another socket or with another cable"
        return failed(facts.title, f"its port does not open: {fault}", advice)
    advice = (
        "has the converter power and a network, is its port right, and is no other program on it?"
    )
    return failed(facts.title, f"its port does not open: {fault}", advice)


def _told(facts: HeardFacts, verdict: Verdict) -> Finding:
    heard = f"{len(facts.data)} bytes in {facts.for_s:g} s"
    match verdict.kind:
        case "silent":
            return fine(facts.title, f"its port opens; it said nothing in {facts.for_s:g} s")
        case "fine":
            return fine(facts.title, f"its port opens; {facts.read} read in {facts.for_s:g} s")
        case "noisy":
            said = f"its line is noisy: {facts.read} read and {facts.refused} frames refused"
            return warned(facts.title, said, _WIRING)
        case "too_little":
            return fine(facts.title, f"its port opens; {heard}, too few to judge")
        case "wrong_baud":
            likely = verdict.likely_baud
            seems = f"it seems to be {likely}" if likely else "which one cannot be told"
            said = f"its line has another speed than {facts.baud}: {seems} ({heard}, no frame)"
            advice = f"set its baud = {likely or '…'}, or set the device itself to {facts.baud}"
            return failed(facts.title, said, advice)
        case "noise":
            return failed(facts.title, f"its line is noise: {heard}, no frame", _WIRING)
        case "unreadable":
            said = f"it says nothing that '{facts.driver}' knows: {heard}, {facts.refused} refused"
            return warned(facts.title, said, "is it a device of another kind? set its driver")
