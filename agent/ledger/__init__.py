"""The ledger: an append-only, hash-chained journal in SQLite and the projections read from it.

One thread owns the only connection that writes and checkpoints. Everything that waits when that
thread wakes goes into one transaction, and every caller is answered after that commit is on disk.

Errors::

    LedgerError            something the operator or the caller has to know
    ├── LedgerUnavailable  nothing was written: no room, no disk, not started, stopping
    │   └── LedgerBusy     nothing was written: the queue is full, try again shortly
    ├── LedgerContradiction a fact contradicts an earlier entry; it was not written
    ├── LedgerLocked       another agent owns this ledger
    ├── LedgerNewer        a newer tapledger wrote it
    └── LedgerDamaged      the journal does not hold together; names the first bad entry
    Refusal                a job's considered no; nothing was written
    └── Frozen             no redemption: the ledger was rebuilt and waits for a word
"""

from agent.ledger.errors import (
    Frozen,
    LedgerBusy,
    LedgerContradiction,
    LedgerDamaged,
    LedgerError,
    LedgerLocked,
    LedgerNewer,
    LedgerUnavailable,
    Refusal,
)
from agent.ledger.ledger import Ledger
from agent.ledger.mirror import Mirror
from agent.ledger.mirrored import MirroredAccount, MirroredCard, MirrorPage
from agent.ledger.replay import Replay, replay, verify_chain
from agent.ledger.rows import (
    AccountRow,
    FlagRow,
    HoldRow,
    KnownSale,
    PaidReferral,
    Profile,
    VoucherRow,
    VoucherUseRow,
)
from agent.ledger.transaction import Transaction
from agent.ledger.view import View, journaled

__all__ = [
    "AccountRow",
    "FlagRow",
    "Frozen",
    "HoldRow",
    "KnownSale",
    "Ledger",
    "LedgerBusy",
    "LedgerContradiction",
    "LedgerDamaged",
    "LedgerError",
    "LedgerLocked",
    "LedgerNewer",
    "LedgerUnavailable",
    "Mirror",
    "MirrorPage",
    "MirroredAccount",
    "MirroredCard",
    "PaidReferral",
    "Profile",
    "Refusal",
    "Replay",
    "Transaction",
    "View",
    "VoucherRow",
    "VoucherUseRow",
    "journaled",
    "replay",
    "verify_chain",
]
