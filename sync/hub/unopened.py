"""Why head office's database cannot be opened, and what to do: for whoever starts the hub."""

from collections.abc import Iterator
from pathlib import Path

from alembic.util.exc import CommandError
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

__all__ = ["UNOPENED", "why_unopened"]

UNOPENED = (SQLAlchemyError, CommandError)
"""What opening a database raises; the second where its tables are none of ours."""


def why_unopened(url: str, error: SQLAlchemyError | CommandError) -> str:
    """Answer a line for an operator: what was said, and the next step where one is known."""
    at = make_url(url)
    said = str(error.orig if isinstance(error, DBAPIError) else error).strip()
    line = next((each.strip() for each in said.splitlines() if each.strip()), "no reason is given")
    if isinstance(error, CommandError):
        steps = iter(["a newer tapledger has written there: install that version, or a backup"])
    else:
        steps = _sqlite_steps(at) if at.get_backend_name() == "sqlite" else _steps(at, said)
    step = next(steps, None)
    shown = at.render_as_string(hide_password=True)
    return f"cannot open {shown}: {line}" + (f"; {step}" if step else "")


def _sqlite_steps(at: URL) -> Iterator[str]:
    if at.database:
        directory = Path(at.database).absolute().parent
        if not directory.is_dir():
            yield f"make the directory {directory}, for the user that the hub runs as"
        yield f"that user has to be able to write to {directory}, and there has to be room"


def _steps(at: URL, said: str) -> Iterator[str]:
    """What to do, the likeliest first; PostgreSQL's words are in English where it is not set up
    otherwise.
    """
    where, user, name = f"{at.host}:{at.port or 5432}", at.username, at.database
    if "password authentication failed" in said or "no password supplied" in said:
        yield f"put the right password of {user} into [database] url"
    if "role" in said and "does not exist" in said:
        yield f"make the user on the database's machine: createuser --pwprompt {user}"
    if "database" in said and "does not exist" in said:
        yield f"make it on the database's machine: createdb --owner {user} {name}"
    if "pg_hba.conf" in said:
        yield f"let {user} in from this machine, in pg_hba.conf on the database's"
    if "permission denied" in said:
        yield f"let {user} make tables there: ALTER DATABASE {name} OWNER TO {user}"
    if "resolve host" in said:
        yield "look at the host in [database] url, and at the name server"
    if "Connection refused" in said or "timeout" in said or "timed out" in said:
        yield f"is PostgreSQL running, does it listen at {where}, and is no firewall between?"
