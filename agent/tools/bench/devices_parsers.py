"""How many bytes a second of a core each parser takes, beside the bare search for its frames.

The search is one expression over the same bytes and hands out each frame: no checksum, no number,
no event. Resting cards and noise are measured too, and stand beside the same search.
"""

import random
import time
from collections.abc import Callable
from functools import partial
from statistics import median

from agent.tools.bench.devices_streams import PARSED, SEED, Parsed
from agent.tools.bench.figures import Figure, Target
from agent.tools.bench.measure import Progress, alternated

__all__ = ["parsers"]

_LEAST_MB_S = 5.0
_RAW = "re.finditer for frames alone, on the same bytes"
_KINDS = ("cards that differ", "a resting card", "noise")


def parsers(size: int, progress: Progress) -> tuple[Figure, ...]:
    """Measure all of them on so many bytes of each kind."""
    measured = [(parsed, kind) for kind in _KINDS for parsed in PARSED]
    figures = []
    for done, (parsed, kind) in enumerate(measured, start=1):
        figures.append(_figure(parsed, kind, size))
        progress(done, len(measured))
    return tuple(figures)


def _figure(parsed: Parsed, kind: str, size: int) -> Figure:
    stream = _stream(parsed, kind, size)
    samplers: dict[str, Callable[[], float]] = {
        "ours": lambda: _cpu_s(partial(_parse, parsed, stream)),
        "bare": lambda: _cpu_s(partial(_search, parsed, stream)),
    }
    runs = alternated(samplers, progress=lambda _done, _of: None)
    return Figure(
        name=f"{parsed.name}, {kind}",
        unit="MB/s of a core",
        value=len(stream) / 1e6 / median(runs["ours"]),
        raw=_RAW,
        raw_value=len(stream) / 1e6 / median(runs["bare"]),
        target=Target(of="value", at_least=_LEAST_MB_S),
    )


def _cpu_s(action: Callable[[], None]) -> float:
    """Answer the seconds of a core that an action takes, whoever else is on the machine."""
    began_s = time.process_time()
    action()
    return time.process_time() - began_s


def _stream(parsed: Parsed, kind: str, size: int) -> bytes:
    if kind == "noise":
        return random.Random(SEED).randbytes(size)  # noqa: S311 - the same noise again
    return parsed.cards(size) if kind == "cards that differ" else parsed.resting(size)


def _parse(parsed: Parsed, stream: bytes) -> None:
    parsed.make()(stream)


def _search(parsed: Parsed, stream: bytes) -> None:
    for found in parsed.frame.finditer(stream):
        found.group()
