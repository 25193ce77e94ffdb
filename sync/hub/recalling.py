"""Hear the answers to recalls."""

from collections.abc import Sequence

from sqlalchemy import Connection

__all__ = ["hear_returns"]


def hear_returns(
    _c: Connection, _tenant: str, _journal_id: int, _returns: Sequence[tuple[str, int, int]]
) -> None:
    """Hear nothing yet."""
