"""How the agent is: one answer for ``/healthz``, the screens and the log."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Literal

from agent.core.values import Value

__all__ = ["Health", "HealthView", "Metrics", "PartHealth", "Trouble", "frozen_because"]

FROZEN: Final = (
    "Points cannot be redeemed right now. Sales collect points as usual. Call the manager."
)
NO_READER: Final = "The card reader is not connected. Type the number or ask for the phone number."
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
    """One reader: whether its port is open, and what it has seen since start.

    ``lane`` is the one it belongs to, ``fault`` why its port is not open.
    """

    name: str
    lane: str | None = None
    present: bool
    fault: str | None = None
    presentations: int
    refused_frames: int

    @property
    def reason(self) -> str | None:
        """Say that it is gone, if it is."""
        return None if self.fault is None else f"reader {self.name} is gone: {self.fault}"


class HealthView(Value):
    """The agent's health. ``reasons`` say in plain words what is degraded.

    Being offline is no degradation: sales go on. ``unacknowledged`` counts the journal entries that
    head office has not acknowledged yet; ``alone`` says that none is configured,
    and ``offline_because`` why one that is cannot be reached. ``frozen`` says why points cannot be
    redeemed: the ledger was rebuilt, and nobody has confirmed it yet. ``recording`` says that the
    ledger takes sales: its disk lets it, and it is not being made anew.
    """

    status: Literal["ok", "degraded"]
    reasons: tuple[str, ...]
    unacknowledged: int
    frozen: str | None
    recording: bool = True
    online: bool
    offline_because: str | None
    alone: bool
    device: str
    version: str
    readers: tuple[PartHealth, ...]

    def troubles(self, lane: str) -> tuple[Trouble, ...]:
        """Say what a lane's cashier has to know, by what it means for the queue.

        A reader is the trouble of its own lane, and its port's error that of the log.
        """
        said = []
        if self.frozen is not None:
            said.append(Trouble(say=FROZEN))
        if any(reader.lane == lane and not reader.present for reader in self.readers):
            said.append(Trouble(say=NO_READER))
        known = {reader.reason for reader in self.readers} | {frozen_because(self.frozen)}
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
