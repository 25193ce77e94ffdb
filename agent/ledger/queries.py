"""The ledger's SQL, read once from the named statements in ``sql/queries.sql``."""

from importlib import resources

from agent.core.statements import named_statements

__all__ = ["SQL", "schema"]


def _read(name: str) -> str:
    return (resources.files("agent.ledger") / "sql" / name).read_text("utf-8")


def schema(version: int) -> str:
    """Answer the statements that bring a database to ``version``."""
    return _read(f"schema_{version}.sql")


SQL: dict[str, str] = named_statements(_read("queries.sql"))
"""Statement text by name."""
