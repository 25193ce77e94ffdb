"""Many histories, on every core, and mutants: each must be caught by some invariant."""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from sync.simulation.faults import MIXES
from sync.simulation.history import Outcome, act, play
from sync.simulation.mutants import MUTANTS, Mutant

__all__ = ["Caught", "hunt", "play_all"]

_AT_ONCE = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Caught:
    """What became of a mutant: the history that caught it, after how many; or none of them."""

    name: str
    histories: int
    outcome: Outcome | None
    control: Outcome | None = None
    """The same history on the product as it is."""

    @property
    def mutant(self) -> Mutant:
        """Which mutant; by its name, as what it patches cannot go from one process to another."""
        return MUTANTS[self.name]


def play_all(seeds: Iterable[int], *, jobs: int) -> Iterator[Outcome]:
    """Play histories in as many processes; answers in the order of the seeds."""
    if jobs == 1:
        yield from map(play, seeds)
        return
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("fork")) as pool:
        yield from pool.map(play, seeds, chunksize=_AT_ONCE)


def hunt(names: Iterable[str], *, seed: int, at_most: int, jobs: int) -> Iterator[Caught]:
    """Play each mutant until it is caught, at most so many histories."""
    tasks = [(name, seed, at_most) for name in names]
    if jobs == 1:
        yield from map(_hunt_one, tasks)
        return
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("fork")) as pool:
        yield from pool.map(_hunt_one, tasks)


def _hunt_one(task: tuple[str, int, int]) -> Caught:
    name, seed, at_most = task
    mutant = MUTANTS[name]
    for played, again in enumerate(islice(_histories_of(mutant, seed), at_most), start=1):
        with mutant.applied():
            outcome = again()
        found = outcome.violation
        if found is not None and found.invariant in mutant.caught_by:
            return Caught(
                name=name,
                histories=played,
                outcome=replace(outcome, story=()),
                control=replace(again(), story=()),
            )
    return Caught(name=name, histories=at_most, outcome=None)


def _histories_of(mutant: Mutant, seed: int) -> Iterator[Callable[[], Outcome]]:
    """Go through the mutant's own script, and the seeds whose mix has what it fails in."""
    if mutant.script is not None:
        yield partial(act, mutant.script, trade=mutant.trade)
    for each in _seeds_of(mutant, seed):
        yield partial(play, each)


def _seeds_of(mutant: Mutant, seed: int) -> Iterator[int]:
    """Go through the seeds whose mix has what the mutant fails in."""
    while True:
        if not mutant.mixes or MIXES[seed % len(MIXES)].name in mutant.mixes:
            yield seed
        seed += 1
