"""How fast a member is found: by whatever a till may show, beside a bare handler."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from agent.tools.bench.driving import drive, request
from agent.tools.bench.figures import Figure, Target
from agent.tools.bench.ledger_built import Built
from agent.tools.bench.ledger_http import BareApp, serving
from agent.tools.bench.ledger_sales import card, phone
from agent.tools.bench.measure import Progress, alternated, medians
from agent.tools.bench.till_store import make_store
from agent.tools.site import TILL_TOKEN, StoreKit

__all__ = ["LOOKUPS", "Lookup", "identifies", "identify", "look", "lookup_figure", "lookups"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Lookup:
    """One way to find a member; ``shown`` answers what member so many shows at the till."""

    name: str
    shown: Callable[[int], str]


LOOKUPS = (
    Lookup(name="card", shown=card),
    Lookup(name="phone", shown=lambda number: f"phone:{phone(number)}"),
)
"""Every way that ``lookups`` measures, one figure each."""


def lookups(directory: Path, built: Built, samples: int, progress: Progress) -> list[Figure]:
    """Measure every way to find a member on the large ledger, an agent life for each sample."""
    store = make_store(built.large)
    accounts = built.size.accounts
    with BareApp(directory) as bare:
        ours = {kind.name: partial(identify, store, accounts, samples, kind) for kind in LOOKUPS}
        runs = alternated(
            ours | {"bare": partial(look, bare, accounts, samples)}, progress=progress
        )
    return [lookup_figure(kind, accounts, runs[kind.name], runs["bare"]) for kind in LOOKUPS]


def lookup_figure(
    kind: Lookup, accounts: int, ours: list[list[float]], bare: list[list[float]]
) -> Figure:
    """Build the figure of runs of ``identify`` beside runs of ``look``."""
    return Figure(
        name=f"identify by {kind.name} among {accounts:,}, p99",
        unit="ms",
        value=medians(kind.name, ours).p99_ms,
        raw="p99 of a bare handler that answers its body",
        raw_value=medians("bare", bare).p99_ms,
        target=Target(of="value", at_most=5),
    )


def identify(store: StoreKit, accounts: int, samples: int, kind: Lookup) -> list[float]:
    """Time identifies of random members, one after another."""
    warm_up = samples // 20
    with serving(store):
        requests = identifies(warm_up + samples, accounts, kind)
        driven = drive(store.port, requests, connections=1, expected=200)
    return list(driven.answers_s[warm_up:])


def look(bare: BareApp, accounts: int, samples: int) -> list[float]:
    """Time the bare handler on the same."""
    requests = [
        request("POST", "/identify", {"token": token})
        for token in _shown(samples, accounts, LOOKUPS[0])
    ]
    return list(drive(bare.port, requests, connections=1, expected=200).answers_s)


def identifies(count: int, accounts: int, kind: Lookup) -> list[str]:
    """Build the requests that identify random members."""
    return [
        request("POST", "/v1/identify", {"token": token}, bearer_token=TILL_TOKEN)
        for token in _shown(count, accounts, kind)
    ]


def _shown(count: int, accounts: int, kind: Lookup) -> list[str]:
    return [kind.shown(random.randrange(accounts)) for _ in range(count)]  # noqa: S311 - no secret
