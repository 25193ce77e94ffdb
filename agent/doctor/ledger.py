"""The ledger, read and never written: whether it opens, may redeem, and what is in quarantine.

Where no agent runs and its log is empty, the file is opened as one that cannot change: SQLite then
makes no index of the log beside it, which would be root's.
"""

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from agent.doctor.finding import Finding, failed, fine, warned
from agent.ledger import LedgerError, LedgerUnavailable, View
from agent.ledger.checks import UNREADABLE
from agent.ledger.migrations import open_known, refuse_newer
from agent.ledger.places import Places

__all__ = ["LedgerFacts", "gather_ledger", "judge_ledger"]

_VERIFY = "tapledger ledger verify --db {path} says what does not hold"


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerFacts:
    """What is known of a ledger's files. ``fault`` says why it cannot be read, ``older`` that its
    agent will bring it forward.
    """

    path: Path
    exists: bool
    has_traces: bool = False
    fault: str | None = None
    older: bool = False
    entries: int = 0
    newest_entry: datetime | None = None
    frozen: str | None = None
    in_quarantine: int = 0


def gather_ledger(path: Path, *, running: bool) -> LedgerFacts:
    """Read a ledger. Never raises for what is wrong with it, and changes nothing."""
    places = Places(path)
    try:
        exists = path.exists()
        kept = len(list(places.quarantine.glob("[0-9]*"))) if places.quarantine.is_dir() else 0
        traces = any(trace.exists() for trace in places.traces)
    except OSError as error:
        return LedgerFacts(path=path, exists=True, fault=error.strerror or str(error))
    found = LedgerFacts(path=path, exists=exists, has_traces=traces, in_quarantine=kept)
    if not exists:
        return found
    try:
        with closing(_opened(path, running=running)) as connection:
            return _read(found, View(connection))
    except LedgerUnavailable:
        return replace(found, older=True)
    except (LedgerError, sqlite3.Error, OSError, *UNREADABLE) as error:
        return replace(found, fault=_why(error, path))


def _opened(path: Path, *, running: bool) -> sqlite3.Connection:
    path.open("rb").close()  # says better than SQLite why it cannot be read
    log = Places(path).live[1]
    if running or (log.exists() and log.stat().st_size):
        return open_known(path)
    uri = f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None)
    try:
        refuse_newer(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _read(found: LedgerFacts, view: View) -> LedgerFacts:
    newest = view.newest()
    at = None
    if newest is not None:
        with suppress(ValueError):
            at = datetime.fromisoformat(newest.recorded_at)
    return replace(found, entries=view.head().seq, newest_entry=at, frozen=view.frozen())


def _why(error: Exception, path: Path) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error).removeprefix(f"{path}: ")


def judge_ledger(facts: LedgerFacts) -> list[Finding]:
    """Say how it is."""
    found = []
    if facts.in_quarantine:
        count = facts.in_quarantine
        said = f"{count} damaged {'copy' if count == 1 else 'copies'} in {facts.path}.quarantine"
        advice = "reason.txt in it says what happened; look at the disk (smartctl -a)"
        found.append(warned("ledger", said, advice))
    if not facts.exists:
        if facts.has_traces:
            said = f"{facts.path} is gone, and its backups or witness are there"
            advice = "start the agent: it makes the ledger anew from them"
            return [failed("ledger", said, advice), *found]
        return [fine("ledger", f"none yet; the first start makes {facts.path}"), *found]
    if facts.fault == "Permission denied":
        said = f"{facts.path} is not yours to read"
        return [warned("ledger", said, "run the doctor as root (sudo)"), *found]
    if facts.fault is not None:
        advice = _VERIFY.format(path=facts.path)
        return [failed("ledger", f"{facts.path} cannot be read: {facts.fault}", advice), *found]
    if facts.older:
        said = f"an older tapledger wrote {facts.path}"
        return [warned("ledger", said, "start the agent once: it brings the ledger forward")]
    if facts.frozen is not None:
        said = f"points cannot be redeemed: {facts.frozen}"
        advice = f"tapledger ledger confirm --db {facts.path}, where no head office says so"
        return [failed("ledger", said, advice), *found]
    entries = "1 entry" if facts.entries == 1 else f"{facts.entries:,} entries"
    return [fine("ledger", f"{facts.path} opens, {entries} in this life"), *found]
