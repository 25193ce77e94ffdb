"""The versions of the program that were put at head office, parsed once.

Nearly every transaction asks for them, and they change a few times a year: what was read is kept
beside the connection, and one small query says whether it still holds.
"""

import weakref
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from agent.core.program import Editions, Program
from agent.core.strict_toml import InvalidDocument
from sync.hub.tables import programs

__all__ = ["PutPrograms", "editions_of", "forget_programs", "put_programs"]

_KEPT = "programs that were put, by tenant"
_STATE = select(func.count(), func.max(programs.c.put_at)).where(
    programs.c.tenant == bindparam("tenant")
)
"""Made once: to make a statement costs more than to run it."""


@dataclass(frozen=True)
class PutPrograms:
    """What was put at head office for one tenant, the program that was put last first: each with
    its name, its edition, and how it reads; None where it does not read any more.
    """

    newest_first: tuple[tuple[str, str, Program | None], ...]

    @cached_property
    def names(self) -> frozenset[str]:
        """The editions."""
        return frozenset(edition for _, edition, _ in self.newest_first)

    @cached_property
    def editions(self) -> Editions | None:
        """Every version of the program that was put last, as stores work by them; None where they
        do not make one.
        """
        if not self.newest_first:
            return None
        newest, *_ = self.newest_first
        try:
            return Editions.as_they_came(self.versions(newest[0]))
        except ValueError:
            return None

    def versions(self, name: str) -> list[Program]:
        """Answer the versions of one program that can be read."""
        put = [program for its, _, program in self.newest_first if its == name]
        return [each for each in put if each is not None]


class _Kept(NamedTuple):
    """What was found: in which transaction that was asked last, and by what a change shows."""

    asked: weakref.ref[Connection]
    state: tuple[Any, ...]
    found: PutPrograms


def put_programs(c: Connection, tenant: str) -> PutPrograms:
    """Answer the programs of a tenant."""
    kept: dict[str, _Kept] = c.info.setdefault(_KEPT, {})
    known = kept.get(tenant)
    if known is not None and known.asked() is c:
        return known.found  # once a transaction
    state = c.execute(_STATE, {"tenant": tenant}).one()
    if known is not None and known.state == tuple(state):
        found = known.found
    else:
        rows = c.execute(
            select(programs.c.name, programs.c.edition, programs.c.text)
            .where(programs.c.tenant == tenant)
            .order_by(programs.c.put_at.desc(), programs.c.edition.desc())
        )
        found = PutPrograms(tuple((row.name, row.edition, _parsed(row.text)) for row in rows))
    kept[tenant] = _Kept(weakref.ref(c), tuple(state), found)
    return found


def forget_programs(c: Connection) -> None:
    """A program was put in this transaction: what was found before it holds no longer."""
    c.info.pop(_KEPT, None)


def editions_of(c: Connection, tenant: str) -> Editions | None:
    """Answer every version of the program that was put last; None where they do not make one."""
    return put_programs(c, tenant).editions


@lru_cache(maxsize=64)
def _parsed(text: str) -> Program | None:
    try:
        return Program.parse(text, source="the program at head office")
    except InvalidDocument:
        return None
