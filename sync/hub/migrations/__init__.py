"""How head office's tables became what they are: a step for each version that changed them.

Alembic keeps account of them. A database that has tables and no account of them is one of version
0.1, which made its tables without.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect

__all__ = ["upgrade"]

_OF_0_1 = "0001"


def upgrade(c: Connection) -> None:
    """Bring the tables up to this version, in the transaction of ``c``."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = c
    tables = inspect(c).get_table_names()
    if "balances" in tables and "alembic_version" not in tables:
        command.stamp(config, _OF_0_1)
    command.upgrade(config, "head")
