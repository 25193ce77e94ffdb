"""The ledger's errors; the tree is drawn in the package docstring."""

__all__ = [
    "Frozen",
    "LedgerBusy",
    "LedgerContradiction",
    "LedgerDamaged",
    "LedgerError",
    "LedgerLocked",
    "LedgerNewer",
    "LedgerUnavailable",
    "Refusal",
]


class LedgerError(Exception):
    """Something about the ledger that a caller or an operator has to know."""


class LedgerUnavailable(LedgerError):
    """The operation was not written; the message says why in plain words."""

    retry_after_s = 5


class LedgerBusy(LedgerUnavailable):
    """Too many operations are waiting for the disk; none of this one was written."""

    retry_after_s = 1


class LedgerContradiction(LedgerError):
    """A fact contradicts an earlier entry, such as a hold captured twice; it was not written.

    No disk's fault, and nothing that would be better later: whoever decided it decided wrongly.
    """


class LedgerLocked(LedgerError):
    """Another process owns this ledger."""


class LedgerNewer(LedgerError):
    """A newer tapledger wrote this ledger; this one does not touch it."""


class LedgerDamaged(LedgerError):
    """The journal does not hold together; the message names the first bad entry."""


class Refusal(Exception):
    """A use case's considered no. Raised before anything was appended; fails nobody else."""


class Frozen(Refusal):
    """No redemption: this ledger was rebuilt, and nobody has said yet that it may go on."""
