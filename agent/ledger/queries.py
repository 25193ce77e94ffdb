"""The ledger's SQL, read once from the named statements in ``sql/queries.sql``."""

import re
from importlib import resources

__all__ = ["SQL", "schema"]

_NAMED = re.compile(r"^-- name: (\w+)\n(.*?);\s*(?=^-- name: |\Z)", re.MULTILINE | re.DOTALL)


def _read(name: str) -> str:
    return (resources.files("agent.ledger") / "sql" / name).read_text("utf-8")


def schema(version: int) -> str:
    """Answer the statements that bring a database to ``version``."""
    return _read(f"schema_{version}.sql")


SQL: dict[str, str] = dict(_NAMED.findall(_read("queries.sql")))
"""Statement text by name. A misspelt name fails where it is used, not in the database."""
