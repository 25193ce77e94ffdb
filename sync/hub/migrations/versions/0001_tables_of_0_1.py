"""The tables as version 0.1 made them."""

from alembic import op
from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
)

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make them, for a database that begins."""
    op.create_table(
        "journals",
        Column("id", Integer, primary_key=True),
        Column("tenant", String, nullable=False),
        Column("store", String, nullable=False),
        Column("device", String, nullable=False),
        Column("incarnation", String, nullable=False),
        Column("epoch", BigInteger, nullable=False),
        Column("seq", BigInteger, nullable=False),
        Column("hash", LargeBinary(32), nullable=False),
        UniqueConstraint("tenant", "store", "device", "incarnation", "epoch"),
    )
    op.create_table(
        "entries",
        Column("journal_id", Integer, ForeignKey("journals.id"), primary_key=True),
        Column("seq", BigInteger, primary_key=True, autoincrement=False),
        Column("canonical", LargeBinary, nullable=False),
        Column("hash", LargeBinary(32), nullable=False),
        Column("received_at", String, nullable=False),
    )
    op.create_table(
        "balances",
        Column("journal_id", Integer, ForeignKey("journals.id"), primary_key=True),
        Column("owner", String, primary_key=True),
        Column("bucket", String, primary_key=True),
        Column("points", BigInteger, nullable=False),
    )
