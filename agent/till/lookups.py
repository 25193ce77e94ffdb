"""The record of look-ups: who was looked for by a number that somebody typed or said.

An insider who wants a member's points looks for members. So each such look-up is an entry, with the
account and never with the number. It is written after the answer, which never waits for it.
"""

import asyncio
from contextlib import suppress
from functools import partial

import structlog

from agent.core.facts import ActivityFlag, FlagActivity
from agent.ledger import Ledger, LedgerError, LedgerUnavailable, Transaction

__all__ = ["LookupRecord"]

_MOST_WAITING = 100

_log = structlog.get_logger(__name__)


class LookupRecord:
    """Writes look-ups behind the answers. Lives on the event loop.

    A hundred wait at most, as on a disk that is full; those beyond are counted and become one
    entry. While the ledger cannot write they wait; only a stop that cannot write them loses them,
    and says so.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._waiting: list[FlagActivity] = []
        self._beyond = 0
        self._beyond_flag: ActivityFlag = "phone_lookup"
        self._stopping = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None

    def note(
        self,
        flag: ActivityFlag,
        *,
        account: str | None = None,
        lane: str | None = None,
        cashier: str | None = None,
    ) -> None:
        """Have a look-up written as soon as the ledger gets to it."""
        if len(self._waiting) < _MOST_WAITING:
            fact = FlagActivity(flag=flag, account=account, lane=lane, cashier=cashier)
            self._waiting.append(fact)
        else:
            self._beyond += 1
            self._beyond_flag = flag
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._write_all())

    async def stop(self) -> None:
        """Write what waits. Call it after the last answer and before the ledger stops."""
        self._stopping.set()
        if self._writing is not None:
            await asyncio.wait([self._writing])

    async def _write_all(self) -> None:
        while self._waiting or self._beyond:
            facts, beyond = self._batch()
            try:
                await self._ledger.write(partial(_append, facts))
            except LedgerError as error:
                if self._stopping.is_set():
                    lost = len(self._waiting) + self._beyond
                    _log.error("lookups_not_recorded", lookups=lost, error=str(error))
                    return
                await self._wait_a_little()
            else:
                del self._waiting[: len(facts) - bool(beyond)]
                self._beyond -= beyond

    def _batch(self) -> tuple[tuple[FlagActivity, ...], int]:
        """Answer what is to be written now, and how many look-ups its last entry counts."""
        if not self._beyond:
            return tuple(self._waiting), 0
        reason = f"{self._beyond} more look-ups while the ledger could not write"
        counted = FlagActivity(flag=self._beyond_flag, reason=reason)
        return (*self._waiting, counted), self._beyond

    async def _wait_a_little(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), LedgerUnavailable.retry_after_s)


def _append(facts: tuple[FlagActivity, ...], transaction: Transaction) -> None:
    for fact in facts:
        transaction.append(fact)
