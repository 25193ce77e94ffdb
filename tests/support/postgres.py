"""A private PostgreSQL for tests: the tools' own, in memory."""

from agent.tools.postgres import PostgresMissing, PrivatePostgres

__all__ = ["PostgresMissing", "PrivatePostgres"]
