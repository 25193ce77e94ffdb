"""How head office's tables became what they are: a step for each version that changed them.

Alembic keeps account of them. A database that has tables and no account of them is one of version
0.1, which made its tables without.
"""

from pathlib import Path

from sqlalchemy import Connection, func, inspect, select

__all__ = ["upgrade"]

_OF_0_1 = "0001"
_LOCK = 7_461_706  # nobody else's in this database


def upgrade(c: Connection) -> None:
    """Bring the tables up to this version, in the transaction of ``c``."""
    # Imported here: a worker, which upgrades nothing, starts without it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    if c.dialect.name == "postgresql":
        # Workers that start together: the first upgrades, the others find it done.
        c.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = c
    tables = inspect(c).get_table_names()
    if "balances" in tables and "alembic_version" not in tables:
        command.stamp(config, _OF_0_1)
    command.upgrade(config, "head")
