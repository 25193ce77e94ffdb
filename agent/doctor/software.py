"""SQLite as it was built, and the program's files: what the agent is given to run with."""

import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from agent.core.program_check import check
from agent.core.strict_toml import InvalidDocument
from agent.doctor.configuration import Configured
from agent.doctor.finding import Finding, failed, fine, warned
from agent.ledger import LedgerUnavailable
from agent.ledger.connection import check_build, has_wal_reset_bug
from agent.rules import read_editions

__all__ = ["SqliteFacts", "examine_program", "gather_sqlite", "judge_sqlite"]

_FORGETFUL = ("NO_SYNC", "OMIT_WAL", "OMIT_AUTOVACUUM", "OMIT_TRIGGER", "OMIT_FOREIGN_KEY")
"""Options that leave out what a ledger rests on."""

_OTHER_PYTHON = "run tapledger with another Python, such as Debian's own"


@dataclass(frozen=True, kw_only=True, slots=True)
class SqliteFacts:
    """Which SQLite runs, and the options it was compiled with."""

    version: tuple[int, int, int]
    options: frozenset[str]


def gather_sqlite() -> SqliteFacts:
    """Ask the SQLite in use."""
    connection = sqlite3.connect(":memory:")
    try:
        options = frozenset(row[0] for row in connection.execute("PRAGMA compile_options"))
    finally:
        connection.close()
    return SqliteFacts(version=sqlite3.sqlite_version_info, options=options)


def judge_sqlite(facts: SqliteFacts) -> Finding:
    """Say whether a ledger can rest on it."""
    try:
        check_build(facts.version)
    except LedgerUnavailable as error:
        said, _, advice = str(error).partition("; ")
        return failed("sqlite", said, advice)
    shown = f"SQLite {'.'.join(str(part) for part in facts.version)}"
    if "THREADSAFE=0" in facts.options:
        return failed("sqlite", f"{shown} was built without threads", _OTHER_PYTHON)
    lacking = sorted(facts.options & set(_FORGETFUL))
    if lacking:
        said = f"{shown} was built with {', '.join(lacking)}: a power cut can cost sales"
        return failed("sqlite", said, _OTHER_PYTHON)
    if "DISABLE_DIRSYNC" in facts.options:
        said = f"{shown} was built with DISABLE_DIRSYNC: a power cut at the first start, or in "
        return warned("sqlite", f"{said}a recovery, can lose a file's name", _OTHER_PYTHON)
    if has_wal_reset_bug(facts.version):
        said = "it has the WAL-reset bug of 3.7.0 to 3.51.2, which one writer never meets"
        return fine("sqlite", f"{shown}, syncs every commit; {said}")
    return fine("sqlite", f"{shown}, syncs every commit")


def examine_program(it: Configured) -> list[Finding]:
    """Look through the program's files, as ``tapledger program check`` does."""
    if it.program is None:
        return []
    path = it.program.path
    files = [path]
    with suppress(OSError):
        files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    found: list[Finding] = []
    for file in files:
        found += _checked(file)
    if any(finding.status == "fail" for finding in found):
        return found
    try:
        newest = read_editions(path).newest
        if it.whole is not None:
            it.whole.papers(newest)
    except InvalidDocument as error:
        advice = "change that in the file; the agent does not start with it"
        return [*found, *(failed("program", line, advice) for line in str(error).splitlines())]
    return [fine("program", f"{newest.edition} of {path} holds"), *found]


def _checked(file: Path) -> list[Finding]:
    try:
        looked = check(file.read_text("utf-8"), source=str(file))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        advice = "set [program] path to a program's file, or to a directory with its versions"
        return [failed("program", f"{file} cannot be read: {why}", advice)]
    advice = f"tapledger program check {file} says more"
    found = [
        failed("program", f"{file.name}:{mistake.line}: {mistake.message}", advice)
        for mistake in looked.mistakes
    ]
    if looked.warnings:
        count = len(looked.warnings)
        several = "1 thing" if count == 1 else f"{count} things"
        found.append(warned("program", f"{several} in {file.name} may not be meant", advice))
    return found
