"""What sync and hub are measured on: a head office with its database, a bare one, and a crowd.

All of it is private to this run: a PostgreSQL that syncs to disk as a real one does, two mosquittos
with the shipped access rules, the hub, and beside it a bare hub on a broker of its own.
"""

import json
import subprocess
import sys
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

from agent.tools.bench.measure import within
from agent.tools.bench.usage import rss_mb
from agent.tools.postgres import PostgresMissing, PrivatePostgres
from agent.tools.processes import Daemon, ToolMissing
from agent.tools.site import DEMO_PASSWORD, HeadOffice

__all__ = ["CrowdProcess", "OfficeSite"]

_ENDS_WITHIN_S = 10

_BROKER = ("max_queued_messages 20000",)
"""As ``config/mosquitto.conf`` has it: of a thousand devices that come at once it drops nothing."""


class CrowdProcess:
    """Many simulated devices in a process of their own, see ``crowd.py``."""

    def __init__(self, port: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "agent.tools.bench.crowd", str(port), DEMO_PASSWORD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "CrowdProcess":
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        self._process.stdin.close()
        with self._process:  # closes what it said, too
            try:
                self._process.wait(_ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._process.kill()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def begin(self, command: str, **arguments: Any) -> None:
        """Give a command."""
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        self._process.stdin.write(json.dumps({"do": command, **arguments}) + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """Wait for the next line that it prints. Raises RuntimeError where it has ended."""
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the simulated devices gave up; what they said stands above")
        said: dict[str, Any] = json.loads(line)
        return said

    def does(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Give a command and wait until it is done."""
        self.begin(command, **arguments)
        return self.answer()


class OfficeSite:
    """Head office, and a bare one beside it. A context manager: leaving it ends everything.

    ``database`` names one that is there already, and is written to; without it there is a private
    PostgreSQL.
    """

    def __init__(self, directory: Path, *, stores: tuple[str, ...], database: str | None) -> None:
        self._directory = directory
        self._stores = stores
        self._database = database
        self._ending = ExitStack()
        self.postgres: PrivatePostgres | None = None
        self.office: HeadOffice
        self.bare: HeadOffice
        self.bare_hub: Daemon
        self.url: str

    def __enter__(self) -> "OfficeSite":
        with ExitStack() as ending:
            self.url = self._database or self._start_postgres(ending)
            self.office = HeadOffice(
                within(self._directory, "office"),
                stores=self._stores,
                database_url=self.url,
                broker_settings=_BROKER,
            )
            self.bare = HeadOffice(
                within(self._directory, "bare"), stores=self._stores, broker_settings=_BROKER
            )
            self._run(ending, self.office)
            self._run(ending, self.bare.broker)
            self.bare_hub = self._make_bare_hub()
            self._run(ending, self.bare_hub)
            self._ending = ending.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.close()

    def _start_postgres(self, ending: ExitStack) -> str:
        postgres = PrivatePostgres(durable=True)
        ending.callback(postgres.stop)
        try:
            postgres.start()
        except PostgresMissing as error:
            raise ToolMissing(f"{error}, or give --database URL") from error
        self.postgres = postgres
        return postgres.url(postgres.new_database())

    def _make_bare_hub(self) -> Daemon:
        port = str(self.bare.broker.port)
        return Daemon(
            [sys.executable, "-m", "agent.tools.bench.bare_hub", port, DEMO_PASSWORD, self.url],
            self._directory / "bare-hub.log",
            ready="bare hub is running",
        )

    @staticmethod
    def _run(ending: ExitStack, what: HeadOffice | Daemon) -> None:
        ending.callback(what.stop)
        what.start()

    def crowd(self) -> AbstractContextManager[CrowdProcess]:
        """Start simulated devices at head office's broker."""
        return CrowdProcess(self.office.broker.port)

    def bare_crowd(self) -> AbstractContextManager[CrowdProcess]:
        """Start simulated devices at the bare hub's broker."""
        return CrowdProcess(self.bare.broker.port)

    @property
    def hub_rss_mb(self) -> float:
        """How much memory the hub has now, all of its processes, in MB of 1,000,000 bytes."""
        return rss_mb(self.office.hub.pid)

    def processes(self, crowd: CrowdProcess, *, bare: bool = False) -> dict[str, int]:
        """Name who works for a crowd's messages, with the process of each; the database only where
        it is this run's own.
        """
        office, hub = (self.bare, self.bare_hub) if bare else (self.office, self.office.hub)
        found = {"the hub": hub.pid, "the broker": office.broker.pid, "the devices": crowd.pid}
        return found if self.postgres is None else found | {"PostgreSQL": self.postgres.pid}
