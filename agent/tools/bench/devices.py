"""``tapledger bench devices``: what readers cost, from a tap at a busy lane to a shop at rest.

Every figure stands beside its raw limit of the same run. What this machine has no means for is left
out, and said.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.tools.bench.devices_idle import idle
from agent.tools.bench.devices_parsers import parsers
from agent.tools.bench.devices_pcsc import cards_laid, why_not
from agent.tools.bench.devices_taps import taps
from agent.tools.bench.figures import Figure, Figures
from agent.tools.bench.measure import RUNS, Bar, fdatasync_p50_ms, within

__all__ = ["DEFAULT_LENGTH", "DeviceFigures", "Length", "run_devices_bench"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Length:
    """How long each part measures."""

    customers: int
    """At each lane, in each of five runs; one comes every two seconds."""

    stream_bytes: int
    """What a parser is fed in each run."""

    window_s: float
    """How long the idle agent is watched, in each of five windows."""

    cards: int
    """Laid on a PC/SC reader, in each of five runs."""


DEFAULT_LENGTH = Length(customers=12, stream_bytes=500_000, window_s=6.0, cards=8)


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceFigures(Figures):
    """What ``bench devices`` found, and what it could not measure here."""

    left_out: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Put everything in plain values."""
        return Figures.as_json(self) | {"left_out": list(self.left_out)}

    def lines(self) -> list[str]:
        """Write the table, and below it what is missing there."""
        return [*Figures.lines(self), *(f"left out: {what}" for what in self.left_out)]


def run_devices_bench(*, bar: Bar, length: Length = DEFAULT_LENGTH) -> DeviceFigures:
    """Take every figure that can be taken on this machine."""
    pcsc_lacks = why_not()
    with tempfile.TemporaryDirectory(prefix="tapledger-bench-") as name:
        directory = Path(name)
        figures = tuple(_figures(directory, length, bar, pcsc=pcsc_lacks is None))
        disk_ms = fdatasync_p50_ms(directory)
    return DeviceFigures(
        bench="devices",
        runs=RUNS,
        fdatasync_p50_ms=disk_ms,
        subject=f"{length.customers * RUNS} customers at each of eight lanes",
        figures=figures,
        left_out=() if pcsc_lacks is None else (f"a card on a PC/SC reader: {pcsc_lacks}",),
    )


def _figures(directory: Path, length: Length, bar: Bar, *, pcsc: bool) -> Iterator[Figure]:
    with bar("taps at busy lanes") as progress:
        yield from taps(within(directory, "taps"), length.customers, progress)
    with bar("idle") as progress:
        yield idle(within(directory, "idle"), length.window_s, progress)
    if pcsc:
        with bar("cards on a PC/SC reader") as progress:
            yield from cards_laid(within(directory, "pcsc"), length.cards, progress)
    with bar("parsers") as progress:
        yield from parsers(length.stream_bytes, progress)
