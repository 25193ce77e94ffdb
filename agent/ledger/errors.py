"""The ledger's errors; the tree is drawn in the package docstring."""

__all__ = ["LedgerBusy", "LedgerDamaged", "LedgerError", "LedgerLocked", "LedgerUnavailable"]


class LedgerError(Exception):
    """Something about the ledger that a caller or an operator has to know."""


class LedgerUnavailable(LedgerError):
    """The operation was not written; the message says why in plain words."""

    retry_after_s = 5


class LedgerBusy(LedgerUnavailable):
    """Too many operations are waiting for the disk; none of this one was written."""

    retry_after_s = 1


class LedgerLocked(LedgerError):
    """Another process owns this ledger."""


class LedgerDamaged(LedgerError):
    """The journal does not hold together; the message names the first bad entry."""
