"""Many histories, on every core, and mutants: each must be caught by some invariant."""

import multiprocessing
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice

from sync.simulation.faults import MIXES
from sync.simulation.history import Outcome, play
from sync.simulation.mutants import MUTANTS, Mutant

__all__ = ["Caught", "hunt", "play_all"]

_AT_ONCE = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Caught:
    """What became of a mutant: the history that caught it, after how many; or none of them."""

    mutant: Mutant
    histories: int
    outcome: Outcome | None
    control: Outcome | None = None
    """The same history on the product as it is."""


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
    caught = None
    for played, each in enumerate(islice(_seeds_of(mutant, seed), at_most), start=1):  # noqa: B007
        with mutant.applied():
            outcome = play(each)
        if outcome.violation is not None:
            caught = outcome
            break
    if caught is None:
        return Caught(mutant=mutant, histories=at_most, outcome=None)
    control = replace(play(caught.seed), story=())
    return Caught(
        mutant=mutant, histories=played, outcome=replace(caught, story=()), control=control
    )


def _seeds_of(mutant: Mutant, seed: int) -> Iterator[int]:
    """Go through the seeds whose mix has what the mutant fails in."""
    while True:
        if not mutant.mixes or MIXES[seed % len(MIXES)].name in mutant.mixes:
            yield seed
        seed += 1
