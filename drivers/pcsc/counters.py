"""The highest counter that was taken from each card that signs, kept where no power cut reaches it.

A tap is remembered before anybody is told of it. So a cut behind that makes the same tap a replay,
which costs a customer one more tap, and a cut before it leaves a tap that nobody was told of.

All readers of an agent share one file beside its ledger, ``taps.db``. Each call opens it anew, as
taps are seldom: threads and processes need no more than SQLite's own locks, and a file that was
replaced or mended is seen at the next tap. It has a rollback journal, as many writers would meet
the WAL-reset bug of SQLite (``agent/ledger/connection.py``), and ``synchronous=EXTRA``, which makes
the journal's removal durable too: with FULL a power cut could bring it back, and with it the tap.

What cannot be remembered is not taken: a full disk, a damaged file or a lock that is held raise
``NotRemembered``, and the card is refused until that is over. A card that was never seen is taken
at any counter. So where the file is lost every card counts as new, and an address that was copied
from one can be used once more; a damaged file is therefore never put aside by itself.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import resources
from pathlib import Path
from urllib.parse import quote

import structlog

from agent.core.statements import named_statements

__all__ = ["FILE", "NotRemembered", "SeenCounters", "TapCounters"]

FILE = "taps.db"

_SQL = named_statements((resources.files("drivers.pcsc") / "counters.sql").read_text("utf-8"))
_BUSY_S = 1.0
_log = structlog.get_logger(__name__)


class NotRemembered(Exception):
    """A tap cannot be remembered, and must not be taken; the message says what to do."""


class TapCounters:
    """Counters that are remembered, in a directory that is there."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE

    def take(self, card: str, counter: int) -> bool:
        """Take a counter if it is higher than any before; it is durable when this returns.

        Raises NotRemembered.
        """
        with _faults(self._path), closing(self._open()) as connection:
            taken = connection.execute(_SQL["take"], {"card": card, "counter": counter})
            return taken.rowcount == 1

    def _open(self) -> sqlite3.Connection:
        new = not self._path.exists()
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=_BUSY_S)
        try:
            if new:
                self._path.chmod(0o600)  # it holds card numbers
                _log.info("tap_counters_begun", path=str(self._path))
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA synchronous = EXTRA")
            connection.execute(_SQL["make"])
        except (sqlite3.Error, OSError):
            connection.close()
            raise
        return connection


class SeenCounters:
    """The same counters for whoever only looks on: nothing is taken, and no file made."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE

    def take(self, card: str, counter: int) -> bool:
        """Say whether an agent would take a counter. Raises NotRemembered."""
        if not self._path.exists():
            return True
        uri = f"file:{quote(str(self._path.absolute()))}?mode=ro"
        with (
            _faults(self._path),
            closing(
                sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_BUSY_S)
            ) as connection,
        ):
            found = connection.execute(_SQL["highest"], {"card": card}).fetchone()
            return found is None or counter > found[0]


@contextmanager
def _faults(path: Path) -> Iterator[None]:
    """Say what is wrong with the file, to whom can mend it."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise NotRemembered(
            f"{path}: taps of cards that sign cannot be remembered, so none is taken: {error}"
        ) from error
