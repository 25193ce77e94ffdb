"""Head office's database: whether it is reached, whose tables it has, and whether there is room.

It is asked and never changed: of SQLite a file that nobody uses is opened as one that cannot
change, so that nothing is left beside it, and tables are brought forward by the hub alone.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from agent.doctor.finding import Finding, failed, fine, warned
from agent.doctor.machine import Machine, Mount
from agent.doctor.unit import Unit
from sync.hub import migrations
from sync.hub.unopened import UNOPENED, why_unopened

__all__ = ["DatabaseFacts", "gather_database", "judge_database"]

_WITHIN_S = 5
_MIB = 2**20
_LEAST_BYTES = 64 * _MIB
_SPARE_BYTES = 1024 * _MIB
_OF_POSTGRESQL = "/var/lib/postgresql"
_HERE = (None, "", "localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, kw_only=True, slots=True)
class DatabaseFacts:
    """What is known of a database. ``fault`` says why it is not reached, and what to do;
    ``revision`` is that of its tables, None where it has none yet, and ``known`` are ours, the
    newest last. ``place`` is where it lies, None where that is another machine's to say.
    """

    shown: str
    fault: str | None = None
    is_there: bool = True
    revision: str | None = None
    known: tuple[str, ...] = ()
    size_bytes: int = 0
    place: Path | None = None
    lacks: Path | None = None
    """The directory that the hub would have to be given before it can start."""
    free_bytes: int = 0
    mount: Mount | None = None
    host: str | None = None


def gather_database(machine: Machine, url: str, unit: Unit | None = None) -> DatabaseFacts:
    """Ask the database that a URL names. Answers in some five seconds. Its directory may be one
    that the ``unit`` has made when it starts.
    """
    at = make_url(url)
    is_sqlite = at.get_backend_name() == "sqlite"
    script = ScriptDirectory(str(Path(migrations.__file__).parent))
    known = tuple(each.revision for each in reversed(list(script.walk_revisions())))
    fault, revision, size, is_there = None, None, 0, True
    try:
        if is_sqlite:
            is_there = Path(at.database or "").exists()
            revision, size = _asked_sqlite(Path(at.database or "")) if is_there else (None, 0)
        else:
            revision, size = _asked_server(at)
    except UNOPENED as error:
        fault = why_unopened(url, error)
    place = _place(machine, at, is_sqlite=is_sqlite)
    room = None if place is None else os.statvfs(place)
    return DatabaseFacts(
        shown=at.render_as_string(hide_password=True),
        fault=fault,
        is_there=is_there,
        revision=revision,
        known=known,
        size_bytes=size,
        place=place,
        lacks=_lacking(Path(at.database or "").absolute().parent, unit) if is_sqlite else None,
        free_bytes=0 if room is None else room.f_bavail * room.f_frsize,
        mount=None if place is None else machine.mount_of(place),
        host=at.host,
    )


def _asked_sqlite(file: Path) -> tuple[str | None, int]:
    """Answer the revision of a file's tables and its size. Raises SQLAlchemyError."""
    file = file.absolute()
    is_used = file.with_name(f"{file.name}-wal").exists()
    how = "mode=ro" if is_used else "mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?{how}", uri=True)) as connection:
            revision = None
            query = "SELECT name FROM sqlite_master WHERE name = 'alembic_version'"
            if connection.execute(query).fetchone():
                row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
                revision = row[0] if row else None
    except sqlite3.Error as error:
        raise OperationalError("SELECT", {}, error) from error
    return revision, file.stat().st_size


def _asked_server(at: URL) -> tuple[str | None, int]:
    """Answer the revision of a database's tables and its size. Raises SQLAlchemyError."""
    engine = create_engine(at, poolclass=NullPool, connect_args={"connect_timeout": _WITHIN_S})
    with engine.connect() as c:
        size = int(c.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
        revision = None
        if c.execute(text("SELECT to_regclass('alembic_version')")).scalar() is not None:
            revision = c.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision, size


def _lacking(directory: Path, unit: Unit | None) -> Path | None:
    made = () if unit is None or unit.writable is None else unit.writable
    return None if directory.is_dir() or directory in made else directory


def _place(machine: Machine, at: URL, *, is_sqlite: bool) -> Path | None:
    """Answer where the database lies on this machine, or the nearest directory that there is."""
    if is_sqlite:
        place = Path(at.database or "").absolute().parent
        while not place.is_dir() and place != place.parent:
            place = place.parent
        return place
    here = machine.at(_OF_POSTGRESQL)
    with suppress(OSError):
        return here if at.host in _HERE and here.is_dir() else None
    return None


def judge_database(facts: DatabaseFacts) -> Iterator[Finding]:
    """Say whether head office can work with it, and for how long there is room."""
    yield _reached(facts)
    yield from _room(facts)


def _reached(facts: DatabaseFacts) -> Finding:
    if facts.fault is not None:
        said, _, advice = facts.fault.partition("; ")
        return failed("database", said, advice or "look at [database] url, and at its server's log")
    if facts.lacks is not None:
        said = f"{facts.shown} cannot be made: there is no directory {facts.lacks}"
        return failed("database", said, "make it, for the user that the hub runs as")
    if not facts.is_there:
        return fine("database", f"{facts.shown} is not there yet; the hub makes it when it starts")
    if facts.revision is not None and facts.revision not in facts.known:
        said = f"a newer tapledger has written in {facts.shown}"
        return failed("database", said, "install that version, or put a backup in its place")
    size = f"{facts.shown} opens, {_size(facts.size_bytes)}"
    if facts.revision != facts.known[-1]:
        return fine("database", f"{size}; the hub brings its tables forward when it starts")
    return fine("database", size)


def _room(facts: DatabaseFacts) -> Iterator[Finding]:
    if facts.place is None:
        yield fine("disk", f"the database's is {facts.host or 'its server'}'s; look at it there")
        return
    free, options = facts.free_bytes, facts.mount.options if facts.mount else frozenset()
    if "ro" in options:
        advice = "look for disk errors with dmesg, then mount it for writing: mount -o remount,rw"
        yield failed("disk", f"{facts.place} is on a disk that is mounted read-only", advice)
    elif free < _LEAST_BYTES:
        advice = "make room: journalctl --vacuum-size=200M, apt-get clean, old logs"
        yield failed("disk", f"only {_size(free)} are free in {facts.place}", advice)
    elif free < max(_SPARE_BYTES, facts.size_bytes // 10):
        advice = "make room, or move the database to a larger disk: every entry is kept"
        said = f"{_size(free)} are free in {facts.place}, for a database that grows each day"
        yield warned("disk", said, advice)
    else:
        yield fine("disk", f"{_size(free)} free in {facts.place}")


def _size(size: int) -> str:
    return f"{size // 2**30} GiB" if size >= 10 * 2**30 else f"{size // _MIB} MiB"
