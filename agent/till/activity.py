"""Activity: what somebody did at a till that is no other entry, for head office to look at.

A look-up by a number that was typed or said, a tap without a basket: insiders misuse points that
way. Each becomes a FLAG entry with the account, and never with the number. It is written behind the
answer, which does not wait for it; those of a busy moment are gathered, for a commit beside the
answers slows each of them.
"""

import asyncio
from contextlib import suppress
from functools import partial

import structlog

from agent.core.facts import ActivityFlag, FlagActivity
from agent.ledger import Ledger, LedgerError, LedgerUnavailable, Transaction

__all__ = ["Activity"]

_MOST_WAITING = 100
_MOST_GATHERED = 10
"""A batch holds the interpreter while an answer waits for it: fifty take some 4 ms, ten less than
one.
"""

_GATHERED_S = 0.5

_log = structlog.get_logger(__name__)


class Activity:
    """Writes flags behind the answers. Lives on the event loop.

    They are gathered for half a second, so that a queue of look-ups costs one commit: a power cut
    loses that much. A hundred wait at most, as on a disk that is full; those beyond are counted and
    become one entry. While the ledger cannot write they wait; only a stop that cannot write them
    loses them, and says so.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._waiting: list[FlagActivity] = []
        self._on_their_way = 0
        self._beyond = 0
        self._beyond_flag: ActivityFlag = "lookups_limited"
        self._enough = asyncio.Event()
        self._stopping = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None

    def note(
        self,
        flag: ActivityFlag,
        *,
        account: str | None = None,
        lane: str | None = None,
        cashier: str | None = None,
        reason: str = "",
    ) -> None:
        """Have a flag written as soon as the ledger gets to it."""
        if len(self._waiting) < _MOST_WAITING:
            self._waiting.append(
                FlagActivity(flag=flag, account=account, lane=lane, cashier=cashier, reason=reason)
            )
        else:
            self._beyond += 1
            self._beyond_flag = flag
        if len(self._waiting) - self._on_their_way >= _MOST_GATHERED:
            self._enough.set()
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._write_all())

    async def written(self) -> None:
        """Have everything that was noted written now, and wait until it is on disk."""
        self._enough.set()
        if self._writing is not None:
            await asyncio.wait([self._writing])

    async def stop(self) -> None:
        """Write what waits, or say that it is lost.

        Call it after the last answer and before the ledger stops.
        """
        self._stopping.set()
        await self.written()

    async def _write_all(self) -> None:
        while self._waiting or self._beyond:
            await _unless(self._enough, _GATHERED_S)
            self._enough.clear()
            facts, beyond = self._batch()
            self._on_their_way = len(self._waiting)
            try:
                await self._ledger.write(partial(_append, facts))
            except LedgerError as error:
                self._on_their_way = 0
                if self._stopping.is_set():
                    lost = len(self._waiting) + self._beyond
                    _log.error("flags_not_recorded", flags=lost, error=str(error))
                    return
                await _unless(self._stopping, LedgerUnavailable.retry_after_s)
            else:
                del self._waiting[: self._on_their_way]
                self._on_their_way = 0
                self._beyond -= beyond

    def _batch(self) -> tuple[tuple[FlagActivity, ...], int]:
        """Answer what is to be written now, and how many flags its last entry counts."""
        if not self._beyond:
            return tuple(self._waiting), 0
        reason = f"{self._beyond} more flags while the ledger could not write"
        counted = FlagActivity(flag=self._beyond_flag, reason=reason)
        return (*self._waiting, counted), self._beyond


async def _unless(event: asyncio.Event, wait_s: float) -> None:
    """Wait so long, or until the event has come."""
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), wait_s)


def _append(facts: tuple[FlagActivity, ...], transaction: Transaction) -> None:
    for fact in facts:
        transaction.append(fact)
