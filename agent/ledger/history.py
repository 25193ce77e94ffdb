"""Reading a ledger from its first kept entry to its newest, sealed or not."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from agent.core.entry import Entry, Position
from agent.ledger.base import read_base
from agent.ledger.connection import open_reader
from agent.ledger.places import Places
from agent.ledger.replay import Progress
from agent.ledger.segments import Archive
from agent.ledger.view import View, journaled

__all__ = ["history_of", "walk"]


def walk(path: Path, *, progress: Progress) -> Iterator[tuple[Position, bytes]]:
    """Yield every entry's position and canonical bytes, oldest first. The agent may be running.

    Raises LedgerDamaged for a segment that does not hold.
    """
    begins = read_base(path).begins_after
    with closing(open_reader(path)) as connection:
        connection.execute("BEGIN")  # one state: entries that are sealed meanwhile are not missed
        total = View(connection).count()
        entries = journaled(
            connection, Archive(Places(path).segments), after=(begins.epoch, begins.seq)
        )
        for done, (position, canonical) in enumerate(entries, start=1):
            yield position, canonical
            progress(min(done, total), total)


def history_of(path: Path, account: str, *, progress: Progress) -> Iterator[tuple[Position, Entry]]:
    """Yield the entries that speak of an account, oldest first.

    Reads the whole ledger: bytes that do not hold the account's name are not even parsed.
    """
    named = msgspec.json.encode(account)
    for position, canonical in walk(path, progress=progress):
        if named in canonical:
            entry = Entry.read(canonical)
            if getattr(entry.fact, "account", None) == account:
                yield position, entry
