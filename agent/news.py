"""What an onlooker is told of a reader or scanner: one form, for the API and the command line."""

from datetime import datetime
from typing import Literal

from agent.core.values import Value

__all__ = ["DeviceNews"]


class DeviceNews(Value):
    """One thing that happened to a reader or scanner. What a kind does not have is left out.

    A card's number is never here in full: ``token`` is masked as it is in the log.
    """

    at: datetime
    device: str
    lane: str | None
    kind: Literal["found", "lost", "card", "product", "visit", "refused"]
    token: str | None = None
    """Of a card and a visit: scheme and last characters."""
    proof: str | None = None
    """What the card proves: `any` (a number), `uid` (a chip's), `sdm` (a signature)."""
    counter: int | None = None
    """How often a card that signs was read in its life."""
    gtin: str | None = None
    lot: str | None = None
    expiry: str | None = None
    serial: str | None = None
    change: str | None = None
    """Of a visit: `arrived` or `left`."""
    zone: str | None = None
    reason: str | None = None
    """Why it was refused, in the words of `tapledger decode`."""
    fault: str | None = None
    """Why a device that was lost cannot be used."""

    def as_json(self) -> str:
        """Answer it as one line of JSON."""
        left_out = {name for name, value in self if value is None and name != "lane"}
        return self.model_dump_json(exclude=left_out)
