"""Rights on the wire: grants and recalls down, what a till asks for up.

All totals are cumulative for one epoch of one device, so that loss, repeats and reordering are
harmless: the device keeps the largest.
"""

from typing import Annotated

from pydantic import Field, StringConstraints

from agent.core.values import Code, Value
from sync.messages.address import EpochNumber
from sync.messages.coding import Told
from sync.messages.greeting import Count, Nonce

__all__ = ["Allowance", "Ask", "Grant", "Recall"]

_Why = Annotated[str, StringConstraints(max_length=200)]


class Grant(Told):
    """Head office to device: so much of this account is yours to spend, all in all, this epoch.

    ``ask`` names the question it answers; ``why`` says in plain words why it grants no more. It has
    no end: rights come back by an entry that is heard, never because time has passed.
    """

    epoch: EpochNumber
    account: Code
    granted_total: Count
    generation: Count
    ask: Nonce | None = None
    why: _Why | None = None


class Recall(Told):
    """Head office to device: return what you hold of this account beyond ``keep``.

    Numbers count per account; each is answered once, by a LEASE_RETURN entry, also by one of 0.
    """

    epoch: EpochNumber
    account: Code
    recall: Annotated[Count, Field(ge=1)]
    keep: Count = 0
    generation: Count = 0


class Allowance(Told):
    """Head office to device: how much may be redeemed beyond leases, all in all, this epoch."""

    epoch: EpochNumber
    floor_total: Count
    generation: Count


class Ask(Value):
    """Device to head office, while a customer waits: rights to so many points of an account.

    It expires with its message. The answer is a GRANT that names it.
    """

    ask: Nonce
    epoch: EpochNumber
    account: Code
    points: Annotated[Count, Field(ge=1)]
