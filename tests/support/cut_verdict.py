"""Cut the power at every sync of a recording, and see what the real ledger makes of each disk."""

import asyncio
import json
import multiprocessing
import os
import random
import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from in_memory import directory_in_memory
from power_cut import (
    EVERYTHING,
    HALVES,
    NOTHING,
    Change,
    Disk,
    Synced,
    SyncedDirectory,
    Tear,
    torn_by,
)
from recording import Answered, Recording

from agent.clock import mint_id, system_clock
from agent.core.entry import GENESIS, link_hash
from agent.ledger import Ledger, LedgerError, replay

__all__ = ["CutPlan", "Place", "Verdict", "entries_of", "judge"]

Place = tuple[int, int, str]
"""Where an entry stands: epoch, sequence number, hash of the chain."""


@dataclass(frozen=True, kw_only=True)
class CutPlan:
    """What to cut: ``logs`` are those of one agent after another on the ledger at ``ledger``."""

    logs: tuple[Path, ...]
    ledger: Path
    seed: int
    patterns: int
    """Disks by chance for each cut, beside those that hold nothing, everything, and halves."""

    between: float
    """The chance of a cut after a step that is no sync."""


@dataclass(kw_only=True)
class Verdict:
    """What became of the disks. ``complaints`` name the cut, the tear and what did not hold."""

    syncs: int = 0
    database_syncs: int = 0
    """Of the database file itself: when it is made, and at every checkpoint."""

    cuts: int = 0
    disks: int = 0
    acknowledged: int = 0
    lost: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """All figures in one line."""
        return (
            f"{self.syncs} syncs ({self.database_syncs} of the database file), {self.cuts} cuts, "
            f"{self.disks} disks, {self.acknowledged} sales acknowledged, {len(self.lost)} lost, "
            f"{len(self.complaints)} disks with a complaint"
        )


@dataclass(kw_only=True)
class _Promises:
    """What callers had been told before the cut."""

    sales: dict[str, Place] = field(default_factory=dict)
    accounts: set[str] = field(default_factory=set)

    def add(self, answer: Answered) -> None:
        body = answer.body
        if answer.status not in (200, 201) or not isinstance(body, dict):
            return
        if "journal" in body:
            place = body["journal"]
            told = (place["epoch"], place["seq"], place["hash"])
            assert self.sales.setdefault(body["sale_id"], told) == told, "answered in two ways"
        elif "as_of" in body:
            self.accounts.add(body["account"])


def judge(plan: CutPlan) -> Verdict:
    """Judge all cuts, on every processor."""
    shares = os.cpu_count() or 1
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(shares, mp_context=spawn) as pool:
        verdicts = list(pool.map(_judge_share, [plan] * shares, range(shares), [shares] * shares))
    return replace(
        verdicts[0],  # every share has seen all steps
        disks=sum(verdict.disks for verdict in verdicts),
        lost=set().union(*(verdict.lost for verdict in verdicts)),
        complaints=[complaint for verdict in verdicts for complaint in verdict.complaints],
    )


def _judge_share(plan: CutPlan, share: int, shares: int) -> Verdict:
    """Walk through all steps, and cut in one's share of the places."""
    recording = Recording(plan.ledger.parent)
    for log in plan.logs:
        recording.read(log)
    with directory_in_memory() as directory:
        walk = _Walk(plan=plan, scratch=directory)
        before: Change | Answered | None = None
        for number, step in enumerate((*recording.steps, None)):
            at_sync = any(isinstance(one, Synced | SyncedDirectory) for one in (before, step))
            if at_sync or step is None or walk.dice.random() < plan.between:
                walk.verdict.cuts += 1
                if walk.verdict.cuts // 2 % shares == share:  # the two about a sync have one judge
                    walk.cut(number)
            if step is not None:
                walk.go(step)
            before = step
    walk.verdict.acknowledged = len(walk.promises.sales)
    return walk.verdict


class _Walk:
    """Where a judge has come to in the recording, and what it found on the way."""

    def __init__(self, *, plan: CutPlan, scratch: Path) -> None:
        self.verdict = Verdict()
        self.promises = _Promises()
        self.dice = random.Random(plan.seed)  # noqa: S311 - repeatable is what it has to be
        self._plan = plan
        self._scratch = scratch
        self._disk = Disk()
        self._judged: set[tuple[int, int, int]] = set()

    def go(self, step: Change | Answered) -> None:
        """Go past a step."""
        if isinstance(step, Answered):
            self.promises.add(step)
            return
        self._disk.apply(step)
        if isinstance(step, Synced | SyncedDirectory):
            self.verdict.syncs += 1
            self.verdict.database_syncs += step.path == self._plan.ledger.name

    def cut(self, number: int) -> None:
        """Try every tear here. The same disk with the same promises is judged once."""
        promised = len(self.promises.sales), len(self.promises.accounts)
        for name, tear in _tears(self._plan, number):
            files = self._disk.after_cut(tear)
            case = (hash(tuple(files.items())), *promised)
            if case in self._judged:
                continue
            self._judged.add(case)
            self.verdict.disks += 1
            lost, complaint = _examine(files, self._plan.ledger.name, self.promises, self._scratch)
            self.verdict.lost |= lost
            if complaint:
                self.verdict.complaints.append(f"cut {number}, {name}: {complaint}")


def _tears(plan: CutPlan, number: int) -> Iterator[tuple[str, Tear]]:
    yield "nothing arrived", NOTHING
    yield "everything arrived", EVERYTHING
    yield "halves arrived", HALVES
    for pattern in range(plan.patterns):
        seed = f"{plan.seed}/{number}/{pattern}"
        yield f"torn by {seed}", torn_by(random.Random(seed))  # noqa: S311 - as above


def _examine(
    files: dict[str, bytes], name: str, promises: _Promises, scratch: Path
) -> tuple[set[str], str]:
    """Open the ledger on a disk; answers which sales are lost, and what else does not hold."""
    directory = scratch / "ledger"
    for path, content in files.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    try:
        held = entries_of(directory / name)
        balances = replay(directory / name).balances
    except LedgerError as error:
        return set(promises.sales), f"{type(error).__name__}: {error}"
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return _compare(held, balances, promises)


def entries_of(path: Path) -> list[tuple[Place, str]]:
    """Start and stop a ledger; answers where each entry stands, and which sale it tells of."""
    ledger = Ledger(path, clock=system_clock, mint_id=mint_id)
    ledger.start()
    try:
        journal = asyncio.run(ledger.read_after((0, 0), at_most=1_000_000))
    finally:
        ledger.stop()
    link, found = GENESIS, []
    for canonical in journal:
        link = link_hash(link, canonical)
        entry: dict[str, Any] = json.loads(canonical)
        place = (entry["epoch"], entry["seq"], link.hex())
        found.append((place, entry["fact"].get("sale_id", "")))
    return found


def _compare(
    journal: list[tuple[Place, str]], balances: dict[str, int], promises: _Promises
) -> tuple[set[str], str]:
    held: dict[str, list[Place]] = {}
    for place, sale_id in journal:
        held.setdefault(sale_id, []).append(place)
    lost = {sale_id for sale_id in promises.sales if sale_id not in held}
    wrong = {sale_id for sale_id, place in promises.sales.items() if held.get(sale_id) != [place]}
    gone = promises.accounts - set(balances)
    complaints = [f"{len(lost)} sales lost"] * bool(lost)
    complaints += [f"doubled or moved: {sorted(wrong - lost)}"] * bool(wrong - lost)
    complaints += [f"accounts lost: {sorted(gone)}"] * bool(gone)
    return lost, "; ".join(complaints)
