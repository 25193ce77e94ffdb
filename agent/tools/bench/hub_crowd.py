"""Many devices at one hub: each sells as soon as its last sales are acknowledged.

The raw limit is as many bare devices that send messages of the same size to a bare hub. On one
machine the devices, the broker and the database take from what the hub has: so each one's processor
time is told, too.
"""

import statistics
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from agent.tools.bench.figures import Figure, Target
from agent.tools.bench.measure import RUNS, Progress, percentile
from agent.tools.bench.office_site import CrowdProcess, OfficeSite
from agent.tools.bench.usage import cpu_s

__all__ = ["counts_of", "crowd_figures", "names_of"]

_SALES = 2
_BYTES = 1_500
"""What a batch of two real sales has, deflated and signed."""

_BATCHES = 200
"""So many batches at least a run has, however few devices there are."""

_LEAST_ROUNDS = 2
_TOGETHER = 100
"""So many join before the next do."""

_MB = 500
_THOUSANDTHS = (10, 30, 100, 300, 1_000)


@dataclass(slots=True)
class _Side:
    """What the runs of one number of devices gave, at head office or at the bare one."""

    rates: list[float] = field(default_factory=list)
    p50_s: list[float] = field(default_factory=list)
    p99_s: list[float] = field(default_factory=list)
    cpu_ms: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Of each process, for a batch."""
    sent: int = 0
    answered: int = 0

    def take(self, said: dict[str, Any], sent: int, used_s: dict[str, float]) -> None:
        """Take in one run."""
        answers_s = said["answers_s"]
        self.rates.append(len(answers_s) / float(said["took_s"]))
        self.p50_s.append(percentile(answers_s, 50))
        self.p99_s.append(percentile(answers_s, 99))
        for name, seconds in used_s.items():
            self.cpu_ms[name].append(1000 * seconds / len(answers_s))
        self.sent += sent
        self.answered += len(answers_s)


class _Crowds:
    """A crowd at head office and one at the bare office, which work in turn."""

    def __init__(self, site: OfficeSite, crowd: CrowdProcess, bare: CrowdProcess) -> None:
        self._site, self._crowd, self._bare = site, crowd, bare
        self._full: defaultdict[int, _Side] = defaultdict(_Side)
        self._raw: defaultdict[int, _Side] = defaultdict(_Side)
        self._backs: list[tuple[float, float]] = []
        self._raw_backs_s: list[float] = []
        self._began_mb = self._most_mb = site.hub_rss_mb

    def join(self, names: list[str]) -> None:
        """Have devices come for the first time: they are welcomed, and enrol members."""
        self._crowd.does("join", tenant="demo", devices=names, members=[], points=0)
        self._weigh()

    def sell(self, names: list[str]) -> None:
        """Have all sell once, at both."""
        count = len(names)
        rounds = max(_LEAST_ROUNDS, _BATCHES // count)
        work = {"devices": names, "rounds": rounds}
        before = self._used(self._crowd, bare=False)
        said = self._crowd.does("rounds", **work, sales=_SALES)
        used_s = _since(before, self._used(self._crowd, bare=False))
        self._full[count].take(said, rounds * count, used_s)
        self._weigh()
        before = self._used(self._bare, bare=True)
        said = self._bare.does("bare_rounds", **work, size=_BYTES)
        used_s = _since(before, self._used(self._bare, bare=True))
        self._raw[count].take(said, rounds * count, used_s)

    def come_back(self, names: list[str]) -> None:
        """Have all greet at the same moment; bare ones send one message each."""
        said = self._crowd.does("come_back", devices=names)
        self._backs.append((said["took_s"], said["greetings"] / len(names)))
        self._weigh()
        said = self._bare.does("bare_rounds", devices=names, rounds=1, size=_BYTES)
        self._raw_backs_s.append(said["took_s"])

    def figures(self, counts: list[int]) -> Iterator[Figure]:
        """Tell what was found."""
        yield from self._of_all(counts[-1])
        for count in counts:
            yield from _curve(count, self._full[count], self._raw[count])
        for count in (counts[0], counts[-1]):
            yield from _processors(count, self._full[count], self._raw[count])

    def _of_all(self, count: int) -> Iterator[Figure]:
        full = self._full[count]
        yield Figure(
            name=f"batches of {count:,} devices acknowledged",
            unit="of all",
            value=full.answered / full.sent,
            raw="all that were sent",
            raw_value=1.0,
            target=Target(of="value", at_least=1),
        )
        yield Figure(
            name=f"memory of the hub with up to {count:,} devices, the most at any time",
            unit="MB",
            value=self._most_mb,
            raw="before the first of them",
            raw_value=self._began_mb,
            target=Target(of="value", at_most=_MB),
        )
        yield Figure(
            name=f"{count:,} devices that greet at once, until the last is in session",
            unit="s",
            value=statistics.median(took_s for took_s, _ in self._backs),
            raw="as many bare devices, one message each",
            raw_value=statistics.median(self._raw_backs_s),
        )
        yield Figure(
            name="greetings of each of them meanwhile",
            unit="HELLOs",
            value=statistics.median(each for _, each in self._backs),
            raw="the least",
            raw_value=1.0,
        )

    def _used(self, crowd: CrowdProcess, *, bare: bool) -> dict[str, float]:
        found = self._site.processes(crowd, bare=bare)
        return {name: cpu_s(pid) for name, pid in found.items()}

    def _weigh(self) -> None:
        self._most_mb = max(self._most_mb, self._site.hub_rss_mb)


def names_of(devices: int) -> list[str]:
    """Name so many devices; fewer are the first of them."""
    return [f"crowd-{number}" for number in range(devices)]


def counts_of(devices: int) -> list[int]:
    """Answer with how many devices a curve is taken that ends with so many."""
    return sorted({max(1, devices * each // 1_000) for each in _THOUSANDTHS})


def crowd_figures(
    site: OfficeSite,
    crowd: CrowdProcess,
    bare: CrowdProcess,
    devices: int,
    progress: Progress,
) -> Iterator[Figure]:
    """Measure with ever more devices connected and selling, up to all; then all greet at once."""
    names, counts = names_of(devices), counts_of(devices)
    crowds = _Crowds(site, crowd, bare)
    steps = devices + RUNS * (len(counts) + 1)  # a device that joins is a step, and each run
    done = joined = 0
    for count in counts:
        while joined < count:
            some = names[joined : min(joined + _TOGETHER, count)]
            crowds.join(some)
            joined += len(some)
            done += len(some)
            progress(done, steps)
        for _ in range(RUNS):
            crowds.sell(names[:count])
            done += 1
            progress(done, steps)
    for _ in range(RUNS):
        crowds.come_back(names)
        done += 1
        progress(done, steps)
    yield from crowds.figures(counts)


def _since(before: dict[str, float], now: dict[str, float]) -> dict[str, float]:
    return {name: seconds - before[name] for name, seconds in now.items()}


def _curve(count: int, full: _Side, raw: _Side) -> Iterator[Figure]:
    yield Figure(
        name=f"{count:,} devices",
        unit="batches/s",
        value=statistics.median(full.rates),
        raw="as many bare devices, one row each message",
        raw_value=statistics.median(raw.rates),
    )
    for percent, ours_s, raw_s in ((50, full.p50_s, raw.p50_s), (99, full.p99_s, raw.p99_s)):
        yield Figure(
            name=f"{count:,} devices, sold to acknowledged, p{percent}",
            unit="ms",
            value=1000 * statistics.median(ours_s),
            raw="the same",
            raw_value=1000 * statistics.median(raw_s),
        )


def _processors(count: int, full: _Side, raw: _Side) -> Iterator[Figure]:
    for name, each_ms in full.cpu_ms.items():
        yield Figure(
            name=f"{count:,} devices, processor time of {name}",
            unit="ms a batch",
            value=statistics.median(each_ms),
            raw="the same",
            raw_value=max(0.001, statistics.median(raw.cpu_ms[name])),  # clocks tick by 10 ms
        )
