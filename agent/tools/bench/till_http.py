"""The till's calls over HTTP: an agent that is really one, at one connection and at sixteen."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

from agent.core.facts import Enrol
from agent.tools.bench.driving import drive, request
from agent.tools.bench.ledger_http import BareApp, serving
from agent.tools.bench.ledger_sales import History, work
from agent.tools.bench.ledger_store import OpenStore, append_closed, keep_closed
from agent.tools.bench.measure import Measurement, Progress, alternated, medians
from agent.tools.bench.till_calls import CALLS, Batch, Call, Raw
from agent.tools.bench.till_figures import CallFigure
from agent.tools.bench.till_sales import RICH, make_rich
from agent.tools.bench.till_store import make_store
from agent.tools.site import StoreKit

__all__ = ["measure_calls"]

_CONNECTIONS = (1, 16)
_YOUNG_S = 12.0
_WARM_UP = 200
_WARM_UP_SHARE = 8
"""A sample begins with one request not counted for every eight that are."""

Sample = dict[int, list[float]]
"""The seconds of each answer, by how many connections there were."""

_RAWS: dict[Raw, tuple[str, str, int, str]] = {
    "keep": ("PUT", "/kept/x", 201, "checks a sale's body, group-commits one row"),
    "take": ("PUT", "/sales/x", 200, "takes a sale's body"),
    "look": ("POST", "/identify", 200, "answers a small body"),
}
"""How each bare handler is called, what it answers, and what it does."""


def measure_calls(directory: Path, samples: int, progress: Progress) -> tuple[CallFigure, ...]:
    """Measure every call beside the bare handlers, so many samples a run at each connection."""
    store = make_store(directory / "store")
    accounts = _furnish(store.ledger_path)
    batches = _Batches(accounts=accounts, numbers=count(1))
    with BareApp(directory) as bare, _YoungAgent(store, batches) as agent:
        bench = _Bench(agent=agent, bare=bare, samples=samples, batches=batches)
        samplers: dict[str, Callable[[], Sample]] = {}
        samplers |= {call.name: partial(bench.sample, call) for call in CALLS}
        samplers |= {raw: partial(bench.sample_bare, raw) for raw in _RAWS}
        runs = alternated(samplers, progress=progress)
    return tuple(_figure(call, connections, runs) for connections in _CONNECTIONS for call in CALLS)


def _figure(call: Call, connections: int, runs: dict[str, list[Sample]]) -> CallFigure:
    def measured(name: str, shown: str) -> Measurement:
        return medians(shown, [run[connections] for run in runs[name]])

    return CallFigure(
        connections=connections,
        call=measured(call.name, call.name),
        raw=measured(call.raw, _RAWS[call.raw][-1]),
        sale=measured(CALLS[0].name, CALLS[0].name),
    )


def _furnish(ledger: Path) -> tuple[str, ...]:
    """Enrol the members, with telephone and points; answers their accounts."""
    history = History(accounts=RICH)
    enrolments = list(history.enrolments())
    append_closed(ledger, iter(enrolments))
    keep_closed(ledger, history.profiles())
    with OpenStore(ledger) as store:
        make_rich(store, RICH)
    return tuple(said.fact.account for said in enrolments if isinstance(said.fact, Enrol))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Batches:
    """Answers batches, none with the ids of another."""

    accounts: tuple[str, ...]
    numbers: Iterator[int]

    def next(self, size: int) -> Batch:
        """Answer a batch of so many requests."""
        return Batch(number=next(self.numbers), count=size, accounts=self.accounts)


class _YoungAgent:
    """An agent that is started anew before it is half a minute old: see ``serving``.

    It is warm when it is asked for, so that no call is measured colder than another.
    """

    def __init__(self, store: StoreKit, batches: _Batches) -> None:
        self._store = store
        self._batches = batches
        self._life = ExitStack()
        self._began_s = 0.0

    def __enter__(self) -> "_YoungAgent":
        self._begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._life.close()

    @property
    def port(self) -> int:
        """Where an agent serves that has long enough to live for one sample."""
        if time.monotonic() - self._began_s > _YOUNG_S:
            self._life.close()
            self._begin()
        return self._store.port

    def _begin(self) -> None:
        self._life.enter_context(serving(self._store))
        self._began_s = time.monotonic()
        sold = CALLS[0].prepare(self._batches.next(_WARM_UP)).measured
        drive(self._store.port, sold, connections=max(_CONNECTIONS))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Bench:
    """What every sample is taken with."""

    agent: _YoungAgent
    bare: BareApp
    samples: int
    batches: _Batches

    def sample(self, call: Call) -> Sample:
        """Take one run's samples of a call."""
        return {connections: self._drive(call, connections) for connections in _CONNECTIONS}

    def sample_bare(self, raw: Raw) -> Sample:
        """Take one run's samples of a bare handler."""
        method, path, expected, _ = _RAWS[raw]
        sales = work("bare", self.samples, accounts=RICH, seed=0)
        bodies = [
            {"token": sale.token}
            if raw == "look"
            else sale.model_dump(mode="json", exclude_none=True)
            for _, sale in sales
        ]
        requests = [request(method, path, body) for body in bodies]
        port = self.bare.port
        return {
            connections: list(
                drive(port, requests, connections=connections, expected=expected).answers_s
            )
            for connections in _CONNECTIONS
        }

    def _drive(self, call: Call, connections: int) -> list[float]:
        warm_up = self.samples // _WARM_UP_SHARE
        requests = call.prepare(self.batches.next(warm_up + self.samples))
        port, many = self.agent.port, max(_CONNECTIONS)
        if requests.before:
            drive(port, list(requests.before), connections=many)
        driven = drive(port, requests.measured, connections=connections, expected=requests.expected)
        if requests.after:
            drive(port, list(requests.after), connections=many, expected=200)
        return list(driven.answers_s[warm_up:])
