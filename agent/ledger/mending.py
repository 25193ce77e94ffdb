"""Mending: the recovery of a ledger, tried until it succeeds, with longer waits as it fails.

A disk that is full stays full for a while, and each attempt reads every backup there is. How long
to wait is counted on the clock that nobody sets.
"""

import asyncio
import random
from collections.abc import Callable

import structlog

from agent.core.backoff import delay_s
from agent.ledger.ledger import Ledger

__all__ = ["Mending"]

_FIRST_WAIT_S = 5
_LONGEST_WAIT_S = 60

_log = structlog.get_logger(__name__)


class Mending:
    """The recoveries of one ledger, one at a time."""

    def __init__(self, ledger: Ledger, *, dice: Callable[[], float] = random.random) -> None:
        self._ledger = ledger
        self._dice = dice
        self._at_work = asyncio.Lock()
        self._attempts = 0
        self._not_before_ms = 0
        self._failure: str | None = None
        self.unfinished: str | None = None
        """Damage that was found and not mended yet."""

        self.recoveries = 0

    @property
    def alarm(self) -> str | None:
        """Say what is not mended yet, and why."""
        if self.unfinished is None:
            return None
        return self._failure or f"the ledger is damaged and is being made anew: {self.unfinished}"

    def is_due(self) -> bool:
        """Say whether to try now: nobody is at it, and the last failure is long enough ago."""
        return not self._at_work.locked() and self._ledger.moment().up_ms >= self._not_before_ms

    async def recover(self, reason: str, *, seen: int | None = None) -> None:
        """Move the ledger to quarantine and go on with one made anew.

        ``seen`` is how many recoveries there were when the damage was looked for: where there was
        one more meanwhile, that damage went with the ledger that had it. Raises LedgerError where
        the disk does not let it; ``alarm`` says so until it does.
        """
        async with self._at_work:
            if seen is not None and seen != self.recoveries:
                return
            _log.error("ledger_damaged", why=reason, attempt=self._attempts + 1)
            self.unfinished = reason
            wait_s = self._wait()
            try:
                await asyncio.to_thread(self._ledger.recover, reason)
            except Exception as error:
                self._failure = (
                    f"the ledger is damaged and cannot be made anew: {error}; tried "
                    f"{self._attempts} times, again within {wait_s:.0f} s"
                )
                raise
            self.unfinished = self._failure = None
            self._attempts = self._not_before_ms = 0
            self.recoveries += 1

    def _wait(self) -> float:
        """Count an attempt before it is made, however it ends; answers the wait after it, in s."""
        wait_s = delay_s(
            self._attempts, first_s=_FIRST_WAIT_S, longest_s=_LONGEST_WAIT_S, dice=self._dice
        )
        self._attempts += 1
        self._not_before_ms = self._ledger.moment().up_ms + int(wait_s * 1000)
        return wait_s
