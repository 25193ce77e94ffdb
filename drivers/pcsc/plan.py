"""How the cards on one reader are read: what its configuration says, with its keys at hand."""

from dataclasses import dataclass

from drivers.pcsc.apdu import Family

__all__ = ["ReadingPlan"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadingPlan:
    """How to read the cards of one reader; by default by UID and message, with no key."""

    family: Family = "pcsc"
    ndef: bool = True
