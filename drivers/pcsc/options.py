"""What a configuration may say of how the cards on a PC/SC reader are read."""

from drivers.device import DriverOptions, Place
from drivers.pcsc.apdu import Family
from drivers.pcsc.plan import ReadingPlan

__all__ = ["KeysUnusable", "PcscOptions", "plan_of"]


class KeysUnusable(Exception):
    """The keys of a reader cannot be had; the message says what to do."""


class PcscOptions(DriverOptions):
    """What may be said of a PC/SC reader."""

    family: Family = "pcsc"
    """``identiv`` for readers of Identiv, which give one page at a time when asked as others."""
    read_ndef: bool = True
    """Read the message on a tag; without it a card is its UID."""


def plan_of(options: PcscOptions, place: Place) -> ReadingPlan:  # noqa: ARG001 - soon it does
    """Make ready what one reader needs. Reads its keys' file; raises KeysUnusable."""
    return ReadingPlan(family=options.family, ndef=options.read_ndef)
