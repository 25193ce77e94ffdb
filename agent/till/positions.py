"""Positions that tills send back: one that this ledger does not have freezes it.

A disk that was set back as a whole looks sound to everything on it, and would let points be spent
twice. So the ledger begins a new epoch, as after a restore: sales go on, redemptions wait for
somebody's word.
"""

import structlog

from agent.core.heard import Heard
from agent.core.values import MintId
from agent.ledger import Ledger, Transaction
from agent.till.refusals import MalformedPosition
from agent.till.rights import freeze

__all__ = ["hear"]

_log = structlog.get_logger(__name__)

_NO_EPOCH = "no position of it can lie that far ahead; clear what the till has kept"


async def hear(ledger: Ledger, heard: Heard, *, mint_id: MintId) -> None:
    """Hold what a till was told last against the journal, and freeze it where they contradict.

    Costs nothing while frozen, or for the newest position or an older epoch; else an index look-up,
    or a block of a segment where the entry was sealed. Raises MalformedPosition for an epoch that
    nobody can have been told, LedgerUnavailable, LedgerDamaged.
    """
    if heard.is_beyond_belief(ledger.head):
        raise MalformedPosition(f"this ledger is at epoch {ledger.head.epoch}; {_NO_EPOCH}")
    if ledger.frozen is not None or not heard.contradicts(ledger.head, _unlike_any):
        return
    # Asked of what is committed now, which is no less than what the till was told of.
    if await ledger.read(lambda view: heard.contradicts(view.head(), view.hash_at)):
        incarnation = mint_id()
        why = await ledger.write(lambda transaction: _freeze(transaction, heard, incarnation))
        if why is not None:
            _log.error("ledger_frozen", why=why, head=str(ledger.head))


def _unlike_any(_epoch: int, _seq: int) -> bytes:
    """Stand in for the hashes that memory does not have: what rests on one is to be looked up."""
    return b""


def _freeze(transaction: Transaction, heard: Heard, incarnation: str) -> str | None:
    """Begin an epoch that redeems nothing; answers why, or None where another till was first.

    It is newer than the one the till knows of. Were it not, the next positions of that lost epoch
    would freeze again what somebody has confirmed meanwhile.
    """
    if transaction.is_frozen or not heard.contradicts(transaction.head(), transaction.hash_at):
        return None
    why = f"a till knows entry {heard}, which this ledger does not have"
    freeze(transaction, why, incarnation=incarnation, beyond_epoch=heard.epoch)
    return why
