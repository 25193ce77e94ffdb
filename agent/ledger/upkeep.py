"""Upkeep: what a ledger does for itself by the clock, so that nobody has to.

Every hour a small backup. Every night the whole ledger is replayed, by a process of its own, which
the sales at the till do not feel; of what holds, old entries are sealed, the rest is backed up in
full, and the disk budget is held. What the replay finds is treated as damage found at start.
"""

import asyncio
import contextlib
import json
import os
import sqlite3
import sys
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

import structlog

from agent.ledger.background import in_background
from agent.ledger.backup import make_backup
from agent.ledger.budget import DiskBudget
from agent.ledger.errors import LedgerDamaged, LedgerError, LedgerUnavailable
from agent.ledger.evidence import is_certain
from agent.ledger.ledger import Ledger
from agent.ledger.mending import Mending
from agent.ledger.ring import BackupKind, backups, prune
from agent.ledger.sealing import seal_old_entries

__all__ = ["Upkeep", "UpkeepPlan"]

_HOURLY_KEPT = 24
_FULL_KEPT = 7
_NIGHT_S = 20 * 3600

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class UpkeepPlan:
    """How long entries stay in the database, and how much the files may take."""

    keep_days: float
    budget_bytes: int
    alone: bool


class Upkeep:
    """The chores of one ledger. Each logs what it could not do and leaves it for the next time."""

    def __init__(self, ledger: Ledger, plan: UpkeepPlan) -> None:
        self._ledger = ledger
        self._plan = plan
        self._budget = DiskBudget(ledger, budget_bytes=plan.budget_bytes, alone=plan.alone)
        self._at_work = asyncio.Lock()
        self._mending = Mending(ledger)
        self._failing: dict[str, str] = {}
        """What is to be said of each chore that failed when its time last came."""

    @property
    def alarm(self) -> str | None:
        """What a person has to know. Each part is said by the one that knows when it is over."""
        alarms = (self._mending.alarm, self._budget.alarm, *self._failing.values())
        return "; ".join(alarm for alarm in alarms if alarm is not None) or None

    @property
    def is_mending(self) -> bool:
        """Whether damage was found that is not mended yet: nothing is written until it is."""
        return self._mending.unfinished is not None

    async def after_start(self) -> None:
        """Replay the ledger; where the nightly chores were missed, do them now."""
        if self._night_was_missed():
            await self.nightly()
        else:
            async with self._at_work:
                await self._do("replay", self.verify())

    def _night_was_missed(self) -> bool:
        """Say whether the newest full backup is a day old, or has a time that is yet to come."""
        directory = self._ledger.places.backups
        newest = next((b for b in backups(directory) if b.kind == "full"), None)
        if newest is None:
            return True
        try:
            made_s = (directory / newest.file).stat().st_mtime
        except OSError:
            return True
        return not 0 <= self._ledger.now().timestamp() - made_s < _NIGHT_S

    async def hourly(self) -> None:
        """Back the projections and the newest entries up, and hold the budget."""
        async with self._at_work:
            await self._do("hourly backup", self._back_up("hourly"))
            await self._do("disk budget", self._hold_budget())

    async def nightly(self) -> None:
        """Replay everything; then seal what is old, back the rest up, and hold the budget.

        In this order: a backup made of a damaged ledger would bring the damage back, and one made
        before sealing would hold what the budget then has no room for.
        """
        async with self._at_work:
            await self._do("replay", self.verify())
            await self._do("sealing", self._seal())
            await self._do("nightly backup", self._back_up("full"))
            await self._do("disk budget", self._hold_budget())

    async def verify(self) -> None:
        """Replay the ledger in a process of its own; rebuild it where that finds damage."""
        command = [sys.executable, "-m", "agent", "ledger", "verify", "--quiet", "--json", "--db"]
        recoveries = self._mending.recoveries
        process = await asyncio.create_subprocess_exec(
            *command,
            str(self._ledger.path),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        with contextlib.suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, process.pid, 19)  # everything else goes first
        try:
            answer, said = await process.communicate()
        except asyncio.CancelledError:
            process.kill()
            await process.wait()
            raise
        damage = _damage_in(answer)
        if damage is None and process.returncode:
            last = said.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise LedgerUnavailable(f"the replay ended with {process.returncode}: {last}")
        if damage is not None:
            await self._try("recovery", self._mending.recover(damage, seen=recoveries))

    async def look(self) -> None:
        """Act on what cannot wait: damage that somebody met, an operator's word, a disk with room.

        Raises nothing that a later look could not mend.
        """
        if (damage := self._ledger.damage or self._mending.unfinished) is not None:
            if self._mending.is_due():
                await self._try("recovery", self.recover(damage))
        elif self._ledger.fault is not None:
            with contextlib.suppress(LedgerError):
                await self._ledger.probe()
        if self._ledger.places.confirmation.exists():
            if self._ledger.frozen is None:  # a word too late must not count for the next time
                self._ledger.places.confirmation.unlink(missing_ok=True)
            else:
                await self._try("confirmation", self._ledger.confirm())

    async def recover(self, reason: str) -> None:
        """Move the ledger to quarantine as damaged and go on with one made anew.

        Where the disk does not let it, that is said, and a later look tries again.
        """
        await self._mending.recover(reason)

    async def _back_up(self, kind: BackupKind) -> None:
        """Make a backup; where one meets damage, the replay says in which file, and a second one
        is made of what is sound then.
        """
        try:
            await self._make_backup(kind)
        except (LedgerDamaged, sqlite3.DatabaseError) as error:
            if not is_certain(error):
                raise
            await self.verify()
            await self._make_backup(kind)

    async def _make_backup(self, kind: BackupKind) -> None:
        directory = self._ledger.places.backups
        made = await in_background(lambda: make_backup(self._ledger.places, kind))
        await in_background(lambda: prune(directory, hourly=_HOURLY_KEPT, full=_FULL_KEPT))
        _log.info("ledger_backed_up", kind=kind, file=made.file)

    async def _seal(self) -> None:
        plan = self._plan
        made = await seal_old_entries(self._ledger, keep_days=plan.keep_days, alone=plan.alone)
        if made:
            _log.info("entries_sealed", segments=len(made))

    async def _hold_budget(self) -> None:
        await self._budget.hold()
        if self._budget.alarm is not None:
            _log.warning("disk_budget", why=self._budget.alarm)

    async def _do(self, chore: str, doing: Coroutine[Any, Any, None]) -> None:
        """Do a chore whose time has come; one that fails is said until it succeeds."""
        error = await self._try(chore, doing)
        if error is None:
            self._failing.pop(chore, None)
        elif self._mending.unfinished is None:  # or that is said, and nothing else could be done
            self._failing[chore] = f"the {chore} failed: {error}"

    async def _try(self, chore: str, doing: Coroutine[Any, Any, None]) -> Exception | None:
        try:
            await doing
        except (LedgerError, OSError, sqlite3.Error) as error:
            _log.error("upkeep_failed", chore=chore, error=str(error))
            return error
        return None


def _damage_in(answer: bytes) -> str | None:
    """Read what a replay found. One that failed for another reason has found nothing."""
    with contextlib.suppress(ValueError, AttributeError):
        damage = json.loads(answer).get("damaged")
        return None if damage is None else str(damage)
    return None
