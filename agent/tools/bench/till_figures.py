"""What a call costs, beside the bare handler and beside the commit of a sale in the same run."""

from dataclasses import dataclass
from typing import Any

from agent.tools.bench.figures import Figures, aligned, written
from agent.tools.bench.measure import Measurement

__all__ = ["CallFigure", "TillFigures"]

_AT_MOST = 2.0
"""How many times as long as the commit of a sale any call may take."""

_HEADINGS = (
    "call",
    "connections",
    "p50 ms",
    "p99 ms",
    "bare p50",
    "bare p99",
    "x bare p50",
    "x sale p50",
    "x sale p99",
    "target",
    "",
    "what the bare handler does",
)
_RIGHT = range(1, 9)


@dataclass(frozen=True, kw_only=True, slots=True)
class CallFigure:
    """One call at so many connections; ``sale`` is the commit of a sale at as many.

    >>> def took(name: str, p50_ms: float, p99_ms: float) -> Measurement:
    ...     return Measurement(name=name, p50_ms=p50_ms, p99_ms=p99_ms, samples=2_000)
    >>> void = CallFigure(
    ...     connections=1,
    ...     call=took("void", 3.0, 9.0),
    ...     raw=took("takes a body", 1.5, 2.0),
    ...     sale=took("PUT sale", 2.0, 4.0),
    ... )
    >>> void.ratio, void.times_sale, void.met
    (2.0, (1.5, 2.25), False)
    """

    connections: int
    call: Measurement
    raw: Measurement
    sale: Measurement

    @property
    def ratio(self) -> float:
        """How many times the bare handler the call takes, p50 to p50."""
        return self.call.p50_ms / self.raw.p50_ms

    @property
    def times_sale(self) -> tuple[float, float]:
        """How many times a sale the call takes: p50 to p50, p99 to p99."""
        return self.call.p50_ms / self.sale.p50_ms, self.call.p99_ms / self.sale.p99_ms

    @property
    def met(self) -> bool:
        """Whether neither is above twice."""
        return max(self.times_sale) <= _AT_MOST

    def as_json(self) -> dict[str, Any]:
        """Put the figure in plain values."""
        p50, p99 = self.times_sale
        return {
            "name": self.call.name,
            "connections": self.connections,
            "p50_ms": self.call.p50_ms,
            "p99_ms": self.call.p99_ms,
            "samples": self.call.samples,
            "raw": {
                "name": self.raw.name,
                "p50_ms": self.raw.p50_ms,
                "p99_ms": self.raw.p99_ms,
            },
            "ratio": round(self.ratio, 3),
            "times_sale": {"p50": round(p50, 3), "p99": round(p99, 3)},
            "target": _TARGET,
            "met": self.met,
        }

    def cells(self) -> tuple[str, ...]:
        """Write the figure as a row of the table."""
        times = (self.call.p50_ms, self.call.p99_ms, self.raw.p50_ms, self.raw.p99_ms)
        return (
            self.call.name,
            str(self.connections),
            *(written(time_ms) for time_ms in times),
            *(f"{ratio:.2f}" for ratio in (self.ratio, *self.times_sale)),
            _TARGET,
            "met" if self.met else "missed",
            self.raw.name,
        )


_TARGET = f"<= {_AT_MOST:g} x sale"


@dataclass(frozen=True, kw_only=True, slots=True)
class TillFigures(Figures):
    """What ``bench till`` found: the calls, and the figures that are numbers of their own."""

    calls: tuple[CallFigure, ...]

    @property
    def met(self) -> tuple[bool, ...]:
        """Which targets are met, the calls' first."""
        return (*(call.met for call in self.calls), *(figure.met for figure in self.figures))

    def as_json(self) -> dict[str, Any]:
        """Put everything in plain values."""
        return Figures.as_json(self) | {"calls": [call.as_json() for call in self.calls]}

    def lines(self) -> list[str]:
        """Write both tables."""
        calls = aligned([_HEADINGS, *(call.cells() for call in self.calls)], right=_RIGHT)
        return [*calls, "", *Figures.lines(self)]
