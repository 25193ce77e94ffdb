"""How the agent is: one answer for ``/healthz``, the screens and the log."""

from collections.abc import Awaitable, Callable
from typing import Literal

from agent.core.values import Value

__all__ = ["Health", "HealthView", "Metrics", "PartHealth"]


class PartHealth(Value):
    """One reader: whether its port is open, and what it has seen since start."""

    name: str
    present: bool
    presentations: int
    refused_frames: int


class HealthView(Value):
    """The agent's health. ``reasons`` say in plain words what is degraded.

    Being offline is no degradation: sales go on. ``unacknowledged`` counts the journal entries that
    head office has not acknowledged yet; ``alone`` says that none is configured,
    and ``offline_because`` why one that is cannot be reached. ``frozen`` says why points cannot be
    redeemed: the ledger was rebuilt, and nobody has confirmed it yet.
    """

    status: Literal["ok", "degraded"]
    reasons: tuple[str, ...]
    unacknowledged: int
    frozen: str | None
    online: bool
    offline_because: str | None
    alone: bool
    device: str
    version: str
    readers: tuple[PartHealth, ...]


Health = Callable[[], HealthView]
"""Answers the present health; cheap enough to ask at every page."""

Metrics = Callable[[], Awaitable[bytes]]
"""Answers the present metrics in Prometheus' text format."""
