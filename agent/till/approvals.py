"""Approvals: a second person agrees with a PIN of their own.

A PIN is short, so that what protects it is how often it may be tried: the fifth wrong one in a row
locks its approver for a quarter of an hour, by the clock that nobody can set. One PIN is checked
at a time, in a thread of its own, so that neither the event loop nor the ledger's thread waits.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError

from agent.core.pins import DUMMY_HASH, PIN_MEMORY_KIB, PIN_PASSES
from agent.till.refusals import ApprovalNeeded, TooManyPins

__all__ = ["Approvals", "WrongPin", "hash_pin"]

_MOST_WRONG = 5
_LOCKED_MS = 15 * 60 * 1_000

_HASHER = PasswordHasher(
    time_cost=PIN_PASSES,
    memory_cost=PIN_MEMORY_KIB,
    parallelism=1,
    hash_len=32,
    salt_len=16,
    type=Type.ID,
)


class WrongPin(ApprovalNeeded):
    """A PIN was typed, and it is not the approver's; ``approver`` is None for nobody's name.

    To the till it is no other refusal than ``approval_needed``; head office is told of it.
    """

    def __init__(self, approver: str | None) -> None:
        super().__init__("this approver and this PIN do not belong together; try again")
        self.approver = approver


@dataclass(slots=True)
class _Tries:
    """How often in a row a wrong PIN was typed, and when that last led to a lock."""

    wrong: int = 0
    locked_at_ms: int | None = None


def hash_pin(pin: str) -> str:
    """Hash a PIN with a salt of its own, as the configuration keeps it. Takes about 0.1 s."""
    return _HASHER.hash(pin)


class Approvals:
    """Who may approve, and how often each of their PINs was typed wrong; forgotten at a restart.

    What is counted is bounded by the approvers there are: all names that are nobody's count as one.
    """

    def __init__(self, pin_hashes: Mapping[str, str], *, up_ms: Callable[[], int]) -> None:
        self._pin_hashes = dict(pin_hashes)
        self._up_ms = up_ms
        self._tries: dict[str | None, _Tries] = {}
        self._one_at_a_time = asyncio.Lock()

    async def check(self, approver: str, pin: str) -> None:
        """Hold that a PIN is the approver's. Takes as long for a name that is nobody's.

        Raises WrongPin; TooManyPins while the approver is locked, without looking at the PIN.
        """
        known = approver if approver in self._pin_hashes else None
        async with self._one_at_a_time:
            tries = self._tries.setdefault(known, _Tries())
            self._refuse_locked(tries)
            # Counted before it is known to be wrong: whoever hangs up meanwhile has tried as well.
            tries.wrong += 1
            if tries.wrong >= _MOST_WRONG:
                tries.locked_at_ms = self._up_ms()
            pin_hash = DUMMY_HASH if known is None else self._pin_hashes[known]
            if not await asyncio.to_thread(_matches, pin_hash, pin) or known is None:
                raise WrongPin(known)
            self._tries.pop(known, None)

    def _refuse_locked(self, tries: _Tries) -> None:
        if tries.locked_at_ms is None:
            return
        left_ms = tries.locked_at_ms + _LOCKED_MS - self._up_ms()
        if left_ms > 0:
            raise TooManyPins(retry_after_s=-(-left_ms // 1_000))
        tries.wrong, tries.locked_at_ms = 0, None


def _matches(pin_hash: str, pin: str) -> bool:
    try:
        return _HASHER.verify(pin_hash, pin)
    except VerifyMismatchError:
        return False
