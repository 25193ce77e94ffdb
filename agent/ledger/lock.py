"""One agent a ledger: an advisory lock that the kernel drops with the process, however it ends."""

import fcntl
import os
from pathlib import Path

from agent.ledger.errors import LedgerLocked

__all__ = ["LedgerLock"]


class LedgerLock:
    """Held from start to stop; the lock file beside the ledger names the owner's process id."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock. Raises LedgerLocked naming the process that has it."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise LedgerLocked(
                f"the ledger is in use by another agent (process {owner}); "
                f"stop that one first, or give this one a ledger of its own ({self._path})"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
