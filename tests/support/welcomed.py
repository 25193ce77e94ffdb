"""Head office's word at a store: an epoch with rights, and grants, as they arrive."""

import asyncio

from agent.core.program import Program
from agent.ledger import Ledger
from agent.paths import shipped_program
from agent.till import Rights, Terms

__all__ = ["grant", "rights_of", "welcome"]

_PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
_TERMS = Terms(program=_PROGRAM, alone=False)


def rights_of(ledger: Ledger, terms: Terms = _TERMS, life: str = "disk-9") -> Rights:
    """What head office's word comes to; ``life`` is the disk's next one, where it is frozen."""
    return Rights(ledger, lambda: terms, mint_id=lambda: life)


def welcome(ledger: Ledger) -> int:
    """Have head office open the next epoch; answers its number."""
    epoch = ledger.head.epoch + 1
    assert asyncio.run(rights_of(ledger).welcome(epoch, f"nonce-{epoch}", 0))
    return epoch


def grant(ledger: Ledger, account: str, total: int) -> None:
    """Have head office grant so many points of an account in all, this epoch."""
    assert asyncio.run(rights_of(ledger).grant(ledger.head.epoch, account, total, 0))
