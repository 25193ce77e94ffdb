"""Deciding: everything that head office may decide by itself, for whoever asks it to.

Each of these writes into head office's own journal, posts what moves, and tells the stores.
"""

from sync.hub.card_book import UnknownCard, block_card, replace_card
from sync.hub.decisions import BY_OFFICE, KINDS, decide, note
from sync.hub.expiring import Due, Expired, expire, expire_due, look_for_due
from sync.hub.members import erase_member, merge_accounts

__all__ = [
    "BY_OFFICE",
    "KINDS",
    "Due",
    "Expired",
    "UnknownCard",
    "block_card",
    "decide",
    "erase_member",
    "expire",
    "expire_due",
    "look_for_due",
    "merge_accounts",
    "note",
    "replace_card",
]
