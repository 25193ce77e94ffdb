"""The calls about programs: the versions that every store is to judge by."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.exceptions import RequestValidationError
from pydantic import Field
from sqlalchemy import Connection, delete, insert, select

from agent.core.instant import rfc3339
from agent.core.program import Editions, Program
from agent.core.strict_toml import InvalidDocument
from agent.core.values import Code, Value
from sync.hub import tables
from sync.hub.api.access import HubAccess
from sync.hub.api.desk import Desk
from sync.hub.api.problems import HubRefusal, answers
from sync.hub.editions import forget_programs, put_programs
from sync.hub.feed_items import program_key
from sync.hub.marking import mark
from sync.messages.coding import deflate_lines

__all__ = ["add_programs"]

_MOST_DEFLATED_BYTES = 60_000
"""A larger one would fit no message, and every store's feed would stop at it."""


class ProgramText(Value):
    """A version of a program: the TOML that `program check` takes."""

    text: Annotated[str, Field(min_length=1, max_length=500_000)]
    replaces: Code | None = None
    """The program in force, where this one of another name is to take its place."""


class ProgramView(Value):
    """A version of a program as head office keeps it."""

    name: str
    edition: str
    digest: str
    """SHA-256 of the text, in hexadecimal digits."""
    put_at: str
    put_by: str | None
    """The clerk who put it last."""
    text: str


def add_programs(routes: APIRouter, desk: Desk, access: HubAccess) -> None:
    """Add the routes."""

    @routes.get("/v1/programs/{program}", responses=answers(404, 409))
    def program(program: Code) -> list[ProgramView]:
        """List the versions of a program, the newest first."""

        def find(c: Connection, tenant: str) -> list[ProgramView]:
            found = _versions(c, tenant, program)
            if not found:
                raise HubRefusal("unknown_program", f"no program is called {program}")
            return found

        return desk.read(find)

    @routes.put("/v1/programs/{program}", responses=answers(409))
    def put(
        program: Code, wanted: ProgramText, clerk: Annotated[str, Depends(access.clerk)]
    ) -> ProgramView:
        """Have every store judge by this version, from the day on that it names."""
        version = _version(program, wanted.text)

        def change(c: Connection, tenant: str) -> ProgramView:
            programs = tables.programs
            _hold_name(c, tenant, program, wanted.replaces)
            _hold_versions(put_programs(c, tenant).versions(program), version)
            key = {"tenant": tenant, "name": program, "edition": version.edition}
            c.execute(delete(programs).filter_by(**key))
            put = {"text": wanted.text, "put_at": rfc3339(desk.now()), "put_by": clerk}
            c.execute(insert(programs).values(**key, **put))
            forget_programs(c)
            mark(c, tenant, "program", [program_key(program, version.edition)])
            kept = _versions(c, tenant, program)
            return next(each for each in kept if each.edition == version.edition)

        return desk.write(change)


def _version(name: str, text: str) -> Program:
    """Read a text that is a program, and this one. Raises what FastAPI answers 422 for."""
    try:
        program = Program.parse(text, source=f"{name}.toml")
    except InvalidDocument as error:
        raise _mistake(str(error)) from error
    deflated = len(deflate_lines((text.encode(),)))
    if deflated > _MOST_DEFLATED_BYTES:
        raise _mistake(
            f"stores are told of it in one message: it has {deflated} bytes deflated and may have "
            f"{_MOST_DEFLATED_BYTES}"
        )
    if program.id != name:
        raise _mistake(
            f"it calls itself '{program.id}', and no store would take it as '{name}': put it at "
            f"/v1/programs/{program.id}, or change its id"
        )
    return program


def _hold_name(c: Connection, tenant: str, name: str, replaces: str | None) -> None:
    """Hold that a program is the one in force, or is meant to take its place: head office judges by
    the one that was put last, and a store hears of none but its own.
    """
    # Two clerks who put the first one at the same moment are asked one after the other.
    of_tenant = select(tables.tenants.c.tenant).where(tables.tenants.c.tenant == tenant)
    c.execute(of_tenant.with_for_update())
    in_force = next((its for its, *_ in put_programs(c, tenant).newest_first), name)
    if in_force not in (name, replaces):
        raise HubRefusal(
            "another_program",
            f"{in_force} is in force, and stores that have it would take no other: put a version "
            f"of {in_force}, or, where the stores' files are {name} now, say "
            f'"replaces": "{in_force}"',
        )


def _hold_versions(there: list[Program], version: Program) -> None:
    """Hold that a version says what it said before, and goes with the others: else no store would
    take it. Entries name the version that judged them, and what comes back is judged by it again.
    """
    known = next((each for each in there if each.edition == version.edition), None)
    if known is None:
        try:
            Editions.as_they_came([*there, version])
        except ValueError as error:
            raise _mistake(str(error)) from error
    elif known != version:
        newest = max(each.version for each in there)
        raise HubRefusal(
            "program_version_reused",
            f"version {version.version} says something else than before; give what was changed "
            f"version = {newest + 1}",
        )


def _mistake(told: str) -> RequestValidationError:
    return RequestValidationError([{"loc": ("body", "text"), "msg": told, "type": "value_error"}])


def _versions(c: Connection, tenant: str, name: str) -> list[ProgramView]:
    programs = tables.programs
    found = c.execute(
        select(programs)
        .where(programs.c.tenant == tenant, programs.c.name == name)
        .order_by(programs.c.put_at.desc())
    )
    return [
        ProgramView(
            name=row.name,
            edition=row.edition,
            digest=hashlib.sha256(row.text.encode()).hexdigest(),
            put_at=row.put_at,
            put_by=row.put_by,
            text=row.text,
        )
        for row in found
    ]
