"""What the agent knows of a device: where it is, what it tells, and how it is.

A driver makes a device for a place. A device does nothing until it is started, tells what it sees
from a thread of its own, and never raises into the agent: what is wrong with it is its ``fault``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict

from agent.core.tokens import Token
from drivers.events import ProductRead

__all__ = [
    "CardPresented",
    "ComparesPorts",
    "Counters",
    "Device",
    "DeviceEvent",
    "Driver",
    "DriverOptions",
    "Place",
    "ProductScanned",
    "Tell",
    "ZoneVisited",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class CardPresented:
    """A card was laid on a reader or held before a scanner. ``counter`` is of one that signs."""

    device: str
    token: Token
    counter: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProductScanned:
    """A product was held before a scanner."""

    device: str
    product: ProductRead


@dataclass(frozen=True, kw_only=True, slots=True)
class ZoneVisited:
    """A tag came into a reader's zone, or left it."""

    device: str
    token: Token
    change: Literal["arrived", "left"]


DeviceEvent = CardPresented | ProductScanned | ZoneVisited

Tell = Callable[[DeviceEvent], None]
"""Takes what a device saw, from the device's own thread; it must only enqueue."""


@dataclass(kw_only=True, slots=True)
class Counters:
    """What a device has seen since it was started."""

    received: int = 0
    """Bytes, or commands answered."""
    presentations: int = 0
    """Cards, products and visits that were told."""
    refused: int = 0
    """Frames and cards that were refused."""
    dropped: int = 0
    """What came faster than any hand, and was not told."""


class Device(Protocol):
    """One device at one place. ``start`` and ``stop`` may each be called once."""

    name: str
    port: str
    fault: str | None
    """Why it cannot be used now, for the log and an engineer; None while it can."""
    counters: Counters

    def start(self) -> None:
        """Begin in a thread; an absent device is looked for until it is there."""
        ...

    def stop(self) -> None:
        """Let go of it and end the thread, within two seconds."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A device's name in the configuration, and the port it is on.

    ``state`` is the directory for what a driver must not forget, where there is one. Whoever only
    ``looks_on`` beside an agent writes nothing there.
    """

    name: str
    port: str
    state: Path | None = None
    looks_on: bool = False


class DriverOptions(BaseModel):
    """What a configuration may say of a device beside its name, driver and port; by default
    nothing. Unknown keys are mistakes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Driver(Protocol):
    """One kind of device. A package of one's own offers it under the entry point
    ``tapledger.readers`` or ``tapledger.scanners``.
    """

    options: type[DriverOptions]
    """The model of its options."""

    def make(self, place: Place, options: DriverOptions, tell: Tell) -> Device:
        """Make a device that was not started; does no I/O."""
        ...


@runtime_checkable
class ComparesPorts(Protocol):
    """A driver to which ports that are written otherwise may be one device."""

    def may_be_one(self, port: str, other: str) -> bool:
        """Say whether two ports may be the same device, so that not both can be configured."""
        ...
