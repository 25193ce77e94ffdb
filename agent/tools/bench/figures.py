"""Figures: one number each, beside the raw limit of the same run and what it is held to.

>>> rate = Figure(
...     name="16 callers",
...     unit="sales/s",
...     value=1_500.0,
...     raw="bare loop",
...     raw_value=4_000.0,
...     target=Target(of="ratio", at_least=0.35),
... )
>>> rate.ratio, rate.met, rate.target_text
(0.375, True, '>= 0.35 x raw')
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Figure", "Figures", "Target", "aligned", "written"]

_HEADINGS = ("figure", "measured", "raw limit", "ratio", "target", "", "what the raw limit is")
_RIGHT = (1, 2, 3)
"""The columns of numbers, which are set to the right."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """The bounds of a figure's value, or of its ratio to the raw limit; bounds are inside."""

    of: Literal["value", "ratio"]
    at_least: float | None = None
    at_most: float | None = None

    def holds(self, number: float) -> bool:
        """Say whether a number is within the bounds."""
        least, most = self.at_least, self.at_most
        return (least is None or number >= least) and (most is None or number <= most)

    def text(self, unit: str) -> str:
        """Write the bounds for a person."""
        what = "x raw" if self.of == "ratio" else unit
        if self.at_least is not None and self.at_most is not None:
            return f"{self.at_least:,g} to {self.at_most:,g} {what}"
        if self.at_least is not None:
            return f">= {self.at_least:,g} {what}"
        return f"<= {self.at_most:,g} {what}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One thing measured; ``value`` and ``raw_value`` are medians over the runs, in ``unit``."""

    name: str
    unit: str
    value: float
    raw: str
    """What the raw limit does: the least that cannot be left out."""

    raw_value: float
    target: Target | None = None
    """None for a figure that is only told, as one of a curve."""

    @property
    def ratio(self) -> float:
        """How many times the raw limit the value is."""
        return self.value / self.raw_value

    @property
    def met(self) -> bool:
        """Whether the target is met, where there is one."""
        if self.target is None:
            return True
        return self.target.holds(self.value if self.target.of == "value" else self.ratio)

    @property
    def target_text(self) -> str:
        """What it is held to."""
        return "" if self.target is None else self.target.text(self.unit)

    def as_json(self) -> dict[str, Any]:
        """Put the figure in plain values."""
        return {
            "name": self.name,
            "unit": self.unit,
            "value": round(self.value, 3),
            "raw": {"name": self.raw, "value": round(self.raw_value, 3)},
            "ratio": round(self.ratio, 3),
            "target": self.target_text,
            "met": self.met,
        }

    def cells(self) -> tuple[str, ...]:
        """Write the figure as a row of the table."""
        return (
            self.name,
            f"{written(self.value)} {self.unit}",
            f"{written(self.raw_value)} {self.unit}",
            f"{self.ratio:.2f}",
            self.target_text,
            "" if self.target is None else "met" if self.met else "missed",
            self.raw,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """What one bench found."""

    bench: str
    runs: int
    fdatasync_p50_ms: float
    subject: str
    """What all of it was measured on."""

    figures: tuple[Figure, ...]

    @property
    def met(self) -> tuple[bool, ...]:
        """Which targets are met, of the figures that have one."""
        return tuple(figure.met for figure in self.figures if figure.target is not None)

    @property
    def target_met(self) -> bool:
        """Whether every target is met."""
        return all(self.met)

    def as_json(self) -> dict[str, Any]:
        """Put the figures in plain values."""
        return {
            "bench": self.bench,
            "runs": self.runs,
            "fdatasync_p50_ms": self.fdatasync_p50_ms,
            "subject": self.subject,
            "target_met": self.target_met,
            "figures": [figure.as_json() for figure in self.figures],
        }

    def lines(self) -> list[str]:
        """Write the table."""
        return aligned([_HEADINGS, *(figure.cells() for figure in self.figures)])

    def verdict(self) -> str:
        """Say in one line how the targets fared, and on what disk."""
        return (
            f"{sum(self.met)} of {len(self.met)} targets met; {self.subject}; "
            f"fdatasync p50 {self.fdatasync_p50_ms:.3f} ms; medians of {self.runs} runs"
        )


def aligned(rows: Sequence[tuple[str, ...]], *, right: Container[int] = _RIGHT) -> list[str]:
    """Set rows of cells in columns, those of numbers to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def written(number: float) -> str:
    """Write a number with as many places as say something."""
    places = 0 if abs(number) >= 100 else 2 if abs(number) >= 1 else 3
    return f"{number:,.{places}f}"
