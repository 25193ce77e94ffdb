"""The versions of the program that were put at head office."""

from functools import lru_cache

from sqlalchemy import Connection, select

from agent.core.program import Editions, Program
from agent.core.strict_toml import InvalidDocument
from sync.hub.tables import programs

__all__ = ["editions_of"]


def editions_of(c: Connection, tenant: str) -> Editions | None:
    """Read every version of the program that was put last; None where they do not make one."""
    rows = c.execute(
        select(programs.c.name, programs.c.text)
        .where(programs.c.tenant == tenant)
        .order_by(programs.c.put_at, programs.c.edition)
    ).all()
    parsed = [_parsed(row.text) for row in rows if row.name == rows[-1].name]
    try:
        return Editions(each for each in parsed if each is not None)
    except ValueError:
        return None


@lru_cache(maxsize=64)
def _parsed(text: str) -> Program | None:
    try:
        return Program.parse(text, source="the program at head office")
    except InvalidDocument:
        return None
