"""What all tables share."""

from sqlalchemy import BigInteger, Column, Identity, Integer, MetaData

__all__ = ["LARGEST_ID", "Id", "key", "metadata", "points"]

metadata = MetaData()

Id = BigInteger().with_variant(Integer, "sqlite")
"""A number that the database gives out; SQLite does that for its own INTEGER alone."""

LARGEST_ID = 2**63 - 1
"""No database counts further; asked for more, it would fail."""


def key() -> "Column[int]":
    """Make the column that numbers the rows."""
    return Column("id", Id, Identity(), primary_key=True)


def points(name: str) -> "Column[int]":
    """Make a column of a sum that begins with nothing."""
    return Column(name, BigInteger, nullable=False, server_default="0")
