"""What a transaction at head office leaves to be said to devices after its commit."""

from sync.hub.registry import DeviceRow
from sync.messages import Allowance, Grant, Recall

__all__ = ["Notice"]

Notice = tuple[DeviceRow, Grant | Recall | Allowance]
"""Whom to tell what. Notices are published in their order: a grant goes before the recall that is
to bring it back."""
