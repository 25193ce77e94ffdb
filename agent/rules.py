"""The rules an agent works under: its program's files, and the terms that its settings make."""

from contextlib import suppress
from pathlib import Path

import structlog

from agent.core.program import Editions, Program
from agent.core.strict_toml import InvalidDocument
from agent.settings import AgentSettings
from agent.till import Terms

__all__ = ["Rules", "read_editions", "read_program", "terms_of"]

_log = structlog.get_logger(__name__)


class Rules:
    """The program's files of a running agent. They are read again when they have changed and rest;
    where they say something that cannot be, the last good ones stay in use, and ``fault`` says so.
    """

    def __init__(self, settings: AgentSettings) -> None:
        """Read them for the first time. Raises InvalidDocument."""
        self._settings = settings
        self._path = settings.program.path
        self._read = self._seen = _signature(self._path)
        self._editions = read_editions(self._path)
        self.terms = terms_of(settings, self._editions)
        self.fault: str | None = None

    def look(self) -> bool:
        """Read the files again where they have changed since; answers whether ``terms`` are new.

        Costs a few system calls, and a reading only when two looks found the files alike.
        """
        before, self._seen = self._seen, _signature(self._path)
        if self._seen != before or self._seen == self._read:
            return False
        self._read = self._seen
        try:
            editions = read_editions(self._path)
            _hold_versions(self._editions, editions)
            self.terms = terms_of(self._settings, editions)
        except InvalidDocument as error:
            why = str(error).splitlines()[0]
            self.fault = f"the program was changed and the last good one stays in use: {why}"
            _log.error("program_refused", error=str(error))
            return False
        self._editions, self.fault = editions, None
        _log.info("program_changed", program=editions.newest.edition)
        return True


def terms_of(settings: AgentSettings, editions: Editions) -> Terms:
    """Answer the terms that the till works under. Lanes print in the words of the newest version.

    Raises InvalidDocument for a lane whose language nobody wrote.
    """
    controls, newest = settings.controls, editions.newest
    return Terms(
        program=newest,
        editions=editions,
        alone=settings.hub is None,
        store=settings.device.store,
        often=controls.often,
        adjust_alone_points=controls.adjust_alone_points,
        adjust_day_points=controls.adjust_day_points,
        claims_per_day=controls.claims_per_day,
        phone_country=settings.members.phone_country,
        papers=settings.papers(newest),
    )


def read_editions(path: Path) -> Editions:
    """Read the program that ``program.path`` names: a file, or a directory of one's versions.

    Raises InvalidDocument naming key and file.
    """
    if not path.is_dir():
        return Editions([read_program(path)])
    files = sorted(path.glob("*.toml"))
    try:
        return Editions([read_program(file) for file in files])
    except InvalidDocument:
        raise
    except ValueError as error:
        raise InvalidDocument(f"program.path: {path}: {error}") from error


def read_program(path: Path) -> Program:
    """Read one program file. Raises InvalidDocument naming key and file."""
    try:
        return Program.parse(path.read_text("utf-8"), source=str(path))
    except OSError as error:
        raise InvalidDocument(f"program.path: {path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidDocument(
            f"program.path: {path}: cannot be read: byte {error.start} is not UTF-8; "
            "save the file as UTF-8"
        ) from error


def _hold_versions(before: Editions, now: Editions) -> None:
    """Hold that no version says something else than before. Raises InvalidDocument.

    Entries name the version that judged them, and what comes back is judged by it again.
    """
    for each in now.programs:
        known = before.of(each.edition)
        if known is not None and known != each:
            raise InvalidDocument(
                f"program.path: version {each.version} says something else than before; give what "
                f"was changed version = {now.newest.version + 1}"
            )


def _signature(path: Path) -> tuple[tuple[str, int, int, int], ...]:
    """Answer what tells that a program's files were written; files that are gone say nothing."""
    found = []
    for file in sorted(path.glob("*.toml")) if path.is_dir() else [path]:
        with suppress(OSError):
            stat = file.stat()
            found.append((file.name, stat.st_ino, stat.st_mtime_ns, stat.st_size))
    return tuple(found)
