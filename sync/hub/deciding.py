"""Deciding: everything that head office may decide by itself, for whoever asks it to.

Each of these writes into head office's own journal, posts what moves, and tells the stores.
"""

from datetime import datetime

from sqlalchemy import Connection

from sync.hub import members
from sync.hub.card_book import UnknownCard, block_card, replace_card
from sync.hub.debts import settle_debts
from sync.hub.decisions import BY_OFFICE
from sync.hub.expiring import Due, Expired, expire, expire_due, look_for_due
from sync.hub.members import NotMergeable
from sync.hub.unblocking import StaysBlocked, unblock_card

__all__ = [
    "Due",
    "Expired",
    "NotMergeable",
    "StaysBlocked",
    "UnknownCard",
    "block_card",
    "erase_member",
    "expire",
    "expire_due",
    "look_for_due",
    "merge_accounts",
    "replace_card",
    "unblock_card",
]


def merge_accounts(
    c: Connection, tenant: str, account: str, into: str, *, now: datetime, reason: str = ""
) -> int | None:
    """Make two accounts one, and what one of them owes is paid by what the other has. Answers the
    decision, or None where they are one already. Raises NotMergeable.
    """
    seq = members.merge_accounts(c, tenant, account, into, now=now, reason=reason)
    settle_debts(c, tenant, [into], now=now)
    return seq


def erase_member(
    c: Connection,
    tenant: str,
    account: str,
    *,
    now: datetime,
    reason: str = "",
    by: str = BY_OFFICE,
) -> int | None:
    """Forget a member, and what they owe; answers the decision, None where it was done before."""
    seq = members.erase_member(c, tenant, account, now=now, reason=reason, by=by)
    settle_debts(c, tenant, [account], now=now)
    return seq
