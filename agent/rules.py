"""The rules an agent works under: its program's files, what head office sent, and the terms that
its settings make.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import structlog

from agent.clock import device_clock
from agent.core.program import Editions, Program, Promotion
from agent.core.strict_toml import InvalidDocument
from agent.ledger.places import Places
from agent.sent import Sent, accepted, beside, not_over, read_pushed
from agent.settings import AgentSettings
from agent.till import Terms

__all__ = ["Rules", "read_editions", "read_program", "terms_of"]

_log = structlog.get_logger(__name__)


class Rules:
    """The program of a running agent: its files, and what head office sent, which holds before
    them. Files are read again when they have changed and rest; where anything says what cannot be,
    the last good program stays in use, and ``fault`` says so.
    """

    def __init__(
        self, settings: AgentSettings, *, now: Callable[[], datetime] = lambda: device_clock().at
    ) -> None:
        """Read everything for the first time. Raises InvalidDocument for the files."""
        self._settings = settings
        self._now = now
        self._path = settings.program.path
        self._read = self._seen = _signature(self._path)
        self._files = read_editions(self._path)
        self._sent = Sent(Places(settings.ledger.path).programs)
        self._file_fault: str | None = None
        self._sent_fault = self._sent.refused()
        self._pushed: tuple[Promotion, ...] = ()
        self._has_news = False
        self._editions = self._files
        with self._saying_sent():
            self._editions = beside(self._files, self._sent.programs())
            self._pushed = accepted(self._editions, self._sent.pushed(), now())
        self.terms = replace(terms_of(settings, self._editions), pushed=self._pushed)

    @property
    def fault(self) -> str | None:
        """Why something that was written or sent is not in use, or None."""
        return self._file_fault or self._sent_fault

    def look(self) -> bool:
        """Read the files again where they have changed since; answers whether ``terms`` are new.

        Costs a few system calls, and a reading only when two looks found the files alike.
        """
        has_news, self._has_news = self._has_news or self._is_over(), False
        before, self._seen = self._seen, _signature(self._path)
        if self._seen != before or self._seen == self._read:
            return has_news
        self._read = self._seen
        try:
            files = read_editions(self._path)
            self._adopt(files, self._sent.programs())
        except InvalidDocument as error:
            why = str(error).splitlines()[0]
            self._file_fault = f"the program was changed and the last good one stays in use: {why}"
            _log.error("program_refused", error=str(error))
            return has_news
        self._files, self._file_fault = files, None
        _log.info("program_changed", program=self._editions.newest.edition)
        return True

    def take_program(self, name: str, edition: str, text: str) -> str | None:
        """Keep a version of the program that head office sent, and work by it.

        Answers why it was refused, or None; one of another program is not this store's, and left
        alone. The next ``look`` says that there are new terms. Raises OSError.
        """
        if name != self._editions.newest.id:
            return None
        with self._saying_sent():
            program = Program.parse(text, source=f"{edition}, from head office")
            if program.edition != edition:
                raise ValueError(f"{edition} calls itself {program.edition}")
            if self._editions.of(edition) == program and program in self._sent.programs():
                return self._sent_fault
            self._adopt(self._files, [*self._sent.programs(), program])
            self._sent.keep_program(program, text)
            self._is_sent(program.edition)
        return self._sent_fault

    def take_pushed(self, text: str) -> str | None:
        """Keep the promotions that head office pushes now, in place of those before; answers as
        ``take_program`` does. Raises OSError.
        """
        with self._saying_sent():
            self._pushed = accepted(self._editions, read_pushed(text), self._now())
            self.terms = replace(self.terms, pushed=self._pushed)
            self._sent.keep_pushed(text)
            self._is_sent(f"{len(self._pushed)} promotions")
        return self._sent_fault

    def _adopt(self, files: Editions, sent: list[Program]) -> None:
        """Work by other versions from now on. Raises InvalidDocument, with nothing changed."""
        try:
            editions = beside(files, sent)
        except ValueError as error:
            raise InvalidDocument(f"program: {error}") from error
        _hold_versions(self._editions, editions)
        try:
            pushed = accepted(editions, self._pushed, self._now())
        except ValueError as error:  # what is pushed goes with the program that it was pushed for
            pushed = ()
            _log.warning("pushed_dropped", error=str(error))
        self.terms = replace(terms_of(self._settings, editions), pushed=pushed)
        self._editions, self._pushed = editions, pushed

    def _is_over(self) -> bool:
        """Let go of promotions whose time is over; answers whether there were any."""
        there = not_over(self._pushed, self._now())
        if there == self._pushed:
            return False
        self._pushed, self.terms = there, replace(self.terms, pushed=there)
        return True

    def _is_sent(self, what: str) -> None:
        self._sent.keep_refused(None)
        self._sent_fault, self._has_news = None, True
        _log.info("program_sent", what=what)

    @contextmanager
    def _saying_sent(self) -> Iterator[None]:
        """Turn a refusal of what head office sent into what health says of it."""
        try:
            yield
        except ValueError as error:  # InvalidDocument is one
            why = str(error).splitlines()[0]
            said = f"head office sent rules that cannot be, and the last good ones stay: {why}"
            if said != self._sent_fault:
                _log.error("program_refused", error=str(error))
                self._sent_fault = said
                self._sent.keep_refused(said)


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
