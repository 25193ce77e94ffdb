"""What the doctor says of one thing: well, doubtful or wrong, in plain words, and what to do."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Finding", "Status", "failed", "fine", "warned"]

Status = Literal["ok", "warn", "fail"]
"""``warn`` is what works now and may not later; ``fail`` is what does not work."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One line of the report. ``advice`` is what to do, and None where nothing is.

    Neither says a secret or a card's number.
    """

    name: str
    status: Status
    said: str
    advice: str | None = None


def fine(name: str, said: str) -> Finding:
    """Say that a thing is well."""
    return Finding(name=name, status="ok", said=said)


def warned(name: str, said: str, advice: str) -> Finding:
    """Say what is doubtful, and what to do."""
    return Finding(name=name, status="warn", said=said, advice=advice)


def failed(name: str, said: str, advice: str) -> Finding:
    """Say what is wrong, and what to do."""
    return Finding(name=name, status="fail", said=said, advice=advice)
