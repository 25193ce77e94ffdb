"""Samples, percentiles and alternated runs."""

import math
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

__all__ = [
    "RUNS",
    "Bar",
    "Bench",
    "Measurement",
    "Progress",
    "Report",
    "alternated",
    "fdatasync_p50_ms",
    "medians",
    "percentile",
    "run_bench",
    "timed",
    "within",
]

RUNS = 5

T = TypeVar("T")

Progress = Callable[[int, int], None]
"""Called with how much is done, of how much."""

Bar = Callable[[str], AbstractContextManager[Progress]]
"""Shows a progress bar under a label."""

Sampler = Callable[[], list[float]]
"""Takes one run's samples, in seconds."""


class Bench(Protocol):
    """One measurement: opened once, sampled in alternation, closed."""

    subject: str
    """The name, among ``samplers``, of what is measured; the others are its raw limits."""

    target_p99_ms: float

    def open(self, directory: Path) -> dict[str, Sampler]:
        """Start what is needed; answers the samplers by name."""
        ...

    def close(self) -> None:
        """End everything."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Measurement:
    """Medians over the runs."""

    name: str
    p50_ms: float
    p99_ms: float
    samples: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """One bench's outcome; ratios are of the subject to each raw limit, p50 to p50."""

    bench: str
    runs: int
    fdatasync_p50_ms: float
    target_p99_ms: float
    subject: Measurement
    raw: tuple[Measurement, ...]

    @property
    def target_met(self) -> bool:
        """Whether the subject's p99 is below its target."""
        return self.subject.p99_ms < self.target_p99_ms

    def ratio_p50(self, raw: Measurement) -> float:
        """Answer how many times a raw limit the subject takes, median to median."""
        return self.subject.p50_ms / raw.p50_ms

    def as_json(self) -> dict[str, Any]:
        """Put the report in plain values."""
        return {
            "bench": self.bench,
            "runs": self.runs,
            "fdatasync_p50_ms": self.fdatasync_p50_ms,
            "target_p99_ms": self.target_p99_ms,
            "target_met": self.target_met,
            "measured": _as_json(self.subject),
            "raw": [
                _as_json(raw) | {"ratio_p50": round(self.ratio_p50(raw), 2)} for raw in self.raw
            ],
        }

    def lines(self) -> list[str]:
        """Write the subject and its raw limits, a line each."""
        rows = [(self.subject, "")]
        rows += [(raw, f"  ratio {self.ratio_p50(raw):.1f}") for raw in self.raw]
        return [
            f"{measurement.name:<40} p50 {measurement.p50_ms:8.3f} ms  "
            f"p99 {measurement.p99_ms:8.3f} ms{ratio}"
            for measurement, ratio in rows
        ]

    def verdict(self) -> str:
        """Say in one line how the target fared, and on what disk."""
        return (
            f"target p99 < {self.target_p99_ms:.0f} ms: {'met' if self.target_met else 'missed'}; "
            f"fdatasync p50 {self.fdatasync_p50_ms:.3f} ms; medians of {self.runs} runs"
        )


def _as_json(measurement: Measurement) -> dict[str, Any]:
    return {
        "name": measurement.name,
        "p50_ms": measurement.p50_ms,
        "p99_ms": measurement.p99_ms,
        "samples": measurement.samples,
    }


def alternated(
    samplers: Mapping[str, Callable[[], T]], *, progress: Progress
) -> dict[str, list[T]]:
    """Take every sampler's sample in turn, five times over; answers the samples by name."""
    runs: dict[str, list[T]] = {name: [] for name in samplers}
    for done in range(RUNS):
        for place, (name, sample) in enumerate(samplers.items(), start=1):
            runs[name].append(sample())
            progress(done * len(samplers) + place, RUNS * len(samplers))
    return runs


def run_bench(name: str, bench: Bench, *, progress: Progress) -> Report:
    """Alternate the samplers five times and take the medians."""
    with tempfile.TemporaryDirectory(prefix="tapledger-bench-") as directory:
        try:
            runs = alternated(bench.open(Path(directory)), progress=progress)
            disk_ms = fdatasync_p50_ms(Path(directory))
        finally:
            bench.close()
    measured = {sampler: medians(sampler, samples) for sampler, samples in runs.items()}
    subject = measured.pop(bench.subject)
    return Report(
        bench=name,
        runs=RUNS,
        fdatasync_p50_ms=disk_ms,
        target_p99_ms=bench.target_p99_ms,
        subject=subject,
        raw=tuple(measured.values()),
    )


def medians(name: str, runs: list[list[float]]) -> Measurement:
    """Answer the medians of some runs' percentiles."""
    return Measurement(
        name=name,
        p50_ms=round(statistics.median(percentile(run, 50) for run in runs) * 1000, 3),
        p99_ms=round(statistics.median(percentile(run, 99) for run in runs) * 1000, 3),
        samples=sum(len(run) for run in runs),
    )


def percentile(samples: list[float], percent: float) -> float:
    """Answer the nearest-rank percentile."""
    ranked = sorted(samples)
    return ranked[max(0, math.ceil(len(ranked) * percent / 100) - 1)]


def within(directory: Path, name: str) -> Path:
    """Make a directory in another; answers where it is."""
    inner = directory / name
    inner.mkdir()
    return inner


def timed(action: Callable[[], object]) -> float:
    """Answer how many seconds an action takes."""
    began_s = time.perf_counter()
    action()
    return time.perf_counter() - began_s


def fdatasync_p50_ms(directory: Path, *, count: int = 200) -> float:
    """Measure the disk: the median time to make one appended 4 KiB block durable."""
    descriptor = os.open(directory / "fdatasync", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        samples = []
        for _ in range(count):
            os.write(descriptor, bytes(4096))
            samples.append(timed(lambda: os.fdatasync(descriptor)))
    finally:
        os.close(descriptor)
    return round(percentile(samples, 50) * 1000, 3)
