"""How the agent is: one answer for ``/healthz``, the screens and the log."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Literal

from agent.core.values import Value

__all__ = ["Health", "HealthView", "Metrics", "PartHealth", "Reached", "Trouble", "frozen_because"]

FROZEN: Final = (
    "Points cannot be redeemed right now. Sales collect points as usual. Call the manager."
)
NO_READER: Final = (
    "The card reader is not working right now. Type the number or ask for the phone number."
)
NO_SCANNER: Final = (
    "The barcode scanner is not working right now. Type the number or ask for the phone number."
)
NOT_RECORDED: Final = (
    "Go on selling. Points are not being recorded right now. Tell the store's engineer."
)
RECORDED: Final = "Go on selling. Points are recorded as usual. Tell the store's engineer."


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """What a cashier has to know and do. ``details`` are for whoever is told, and stand small."""

    say: str
    details: tuple[str, ...] = ()


class PartHealth(Value):
    """One reader or scanner: whether it can be used, and what it has seen since the start."""

    name: str
    """Its name in the configuration."""
    kind: Literal["reader", "scanner"] = "reader"
    """What it is."""
    driver: str = ""
    """Its driver."""
    lane: str | None = None
    """The lane it belongs to."""
    present: bool
    """Whether it can be used now."""
    fault: str | None = None
    """Why it cannot be used."""
    received: int = 0
    """How many bytes came from it, or commands it answered."""
    presentations: int
    """How many cards, products and visits it told."""
    refused_frames: int
    """How many frames and cards of it were refused."""
    dropped: int = 0
    """How many cards came faster than any hand, or than anybody looked, and were not shown."""

    @property
    def reason(self) -> str | None:
        """Say that it cannot be used, if so: it may be gone, or there and in need of something."""
        if self.fault is None:
            return None
        return f"{self.kind} {self.name} cannot be used: {self.fault}"


class Reached(Value):
    """How head office is reached, and how this device stands with it."""

    unacknowledged: int
    """How many journal entries head office has not acknowledged, of all epochs: the lag."""
    online: bool
    """Whether head office is reached."""
    offline_because: str | None
    """Why it is not reached; null where it is, or none is configured."""
    alone: bool
    """Whether no head office is configured."""
    epoch: int = 0
    """The present epoch: which life of the journal this is."""
    opened: bool = False
    """Whether it began with head office's word: without it this device has no rights."""
    head_seq: int = 0
    """The newest entry of the present epoch."""
    acknowledged_seq: int = 0
    """Up to which entry of the present epoch head office is known to hold all."""
    lease_exposure: int | None = None
    """Points that may be spent here without asking; null where no head office is configured."""
    floor_left: int | None = None
    """Points that may be redeemed here beyond that while head office is not reached; or null."""
    refused_messages: int = 0
    """How many messages of head office, or items of its feed, were not taken since the start."""
    clock: Literal["synchronised", "free_running", "jumped"] | None = None
    """How far the clock is believed: something holds it to the true time, nothing does, or it was
    set since the machine started. Null right after the start."""


class HealthView(Reached):
    """The agent's health. Being offline is no degradation: sales go on."""

    status: Literal["ok", "degraded"]
    """Whether all is well."""
    reasons: tuple[str, ...]
    """What is degraded, in plain words."""
    frozen: str | None
    """Why points cannot be redeemed: a rebuilt ledger, not confirmed yet; or null."""
    recording: bool = True
    """Whether sales are written down: the disk lets it, and the ledger is not being made anew."""
    device: str
    """Which device it is: `tenant/store/name`."""
    version: str
    """tapledger's version."""
    readers: tuple[PartHealth, ...]
    """Every card reader."""
    scanners: tuple[PartHealth, ...] = ()
    """Every barcode scanner."""

    @property
    def devices(self) -> tuple[PartHealth, ...]:
        """Readers and scanners."""
        return (*self.readers, *self.scanners)

    def troubles(self, lane: str) -> tuple[Trouble, ...]:
        """Say what a lane's cashier has to know, by what it means for the queue.

        A device is the trouble of its own lane, and its port's error that of the log.
        """
        said = []
        if self.frozen is not None:
            said.append(Trouble(say=FROZEN))
        for devices, gone in ((self.readers, NO_READER), (self.scanners, NO_SCANNER)):
            if any(device.lane == lane and not device.present for device in devices):
                said.append(Trouble(say=gone))
        known = {device.reason for device in self.devices} | {frozen_because(self.frozen)}
        details = tuple(reason for reason in self.reasons if reason not in known)
        if details:
            say = RECORDED if self.recording else NOT_RECORDED
            said.insert(0, Trouble(say=say, details=details))
        return tuple(said)


def frozen_because(why: str | None) -> str | None:
    """Say that points cannot be redeemed, if so."""
    return None if why is None else f"points cannot be redeemed: {why}"


Health = Callable[[], HealthView]
"""Answers the present health; cheap enough to ask at every page."""

Metrics = Callable[[], Awaitable[bytes]]
"""Answers the present metrics in Prometheus' text format."""
