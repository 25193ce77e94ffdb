"""A private PostgreSQL: made when somebody asks, gone after them.

It listens on a socket in its own directory alone, unless its settings say otherwise. For tests it
writes nothing to disk for good, so that it is there in a second or two; one that is ``durable``
commits as a real one does.
"""

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import psycopg

from agent.tools.waiting import wait_until

__all__ = ["PostgresMissing", "PrivatePostgres"]

_SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "max_connections": "40",
    "shared_buffers": "64MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_wal_size": "1GB",
}

_DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "autovacuum": "on",
    "shared_buffers": "128MB",
}

_CLUSTER = ("-U", "tests", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8")


class PostgresMissing(Exception):
    """PostgreSQL is not installed here."""


class PrivatePostgres:
    """A server of our own. ``start`` makes it, ``stop`` ends it and leaves nothing."""

    def __init__(self, *, durable: bool = False, **settings: str) -> None:
        self._durable = durable
        self._settings = _SETTINGS | (_DURABLE if durable else {}) | settings
        self._numbers = itertools.count(1)
        self._directory: Path | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._user = pwd.getpwnam("postgres").pw_name if os.geteuid() == 0 else None

    def start(self) -> None:
        """Make an empty cluster and serve it. Raises PostgresMissing."""
        programs = _programs()
        shm = Path("/dev/shm")  # noqa: S108 - memory, in a directory of our own
        in_memory = not self._durable and os.access(shm, os.W_OK)
        self._directory = directory = Path(
            tempfile.mkdtemp(prefix="tapledger-pg-", dir=shm if in_memory else None)
        )
        if self._user is not None:
            shutil.chown(directory, self._user)
        data = directory / "data"
        subprocess.run(
            [programs / "initdb", "-D", data, "--no-sync", "--no-instructions", *_CLUSTER],
            check=True,
            user=self._user,
            cwd=directory,
            capture_output=True,
        )
        self.serve()

    def serve(self) -> None:
        """Begin to serve, also again after :meth:`end`."""
        directory = self._directory
        assert directory is not None, "it is made before it serves"  # noqa: S101
        options = [f"-c{name}={value}" for name, value in self._settings.items()]
        directories: list[str | Path] = ["-D", directory / "data", "-k", directory]
        with (directory / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [_programs() / "postgres", *directories, *options],
                user=self._user,
                cwd=directory,
                stdout=log,
                stderr=log,
            )
        wait_until(self._answers, "PostgreSQL to answer")

    @property
    def _port(self) -> str:
        return self._settings["port"]

    @property
    def pid(self) -> int:
        """The server's process id."""
        assert self._server is not None, "start comes first"  # noqa: S101
        return self._server.pid

    def end(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the server, by default at once and in order; SIGKILL is a power cut."""
        if self._server is not None:
            self._server.send_signal(how)
            self._server.wait(20)
            self._server = None

    def stop(self) -> None:
        """End the server and remove what it wrote; nothing where it was never made."""
        self.end(signal.SIGQUIT)
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)

    def new_database(self, *, like: str = "template0") -> str:
        """Make a database, empty or like another one that nobody uses; answers its name."""
        name = f"t{next(self._numbers)}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {like} STRATEGY wal_log")
        return name

    def url(self, database: str) -> str:
        """Answer where a database is, as SQLAlchemy has it."""
        return f"postgresql+psycopg://tests@/{database}?host={self._directory}&port={self._port}"

    def address(self, database: str) -> str:
        """Answer where a database is, as libpq has it."""
        return f"host={self._directory} port={self._port} user=tests dbname={database}"

    def _answers(self) -> bool:
        with suppress(psycopg.OperationalError), psycopg.connect(self.address("postgres")):
            return True
        return False


def _programs() -> Path:
    """Find where the newest PostgreSQL has its programs; Debian does not put them on PATH."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])
    )
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise PostgresMissing("PostgreSQL is not installed; on Debian: apt-get install postgresql")
    return Path(on_path).resolve().parent
