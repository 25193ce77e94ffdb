"""A batch of a journal as it was sent, read as far as anybody asks.

Its links and what its entries say take nothing but its own bytes, and half of all the time that is
spent on it: so it may be read before it has its turn. Whether it follows from what is held, and
may be believed, is found out then. Pure.
"""

from msgspec import Struct

from agent.core.entry import Entry, MalformedEntry, link_hash
from agent.core.sale_form import check_sale
from sync.hub.said import Said
from sync.messages import Journal

__all__ = ["NUL", "Batch", "Taken", "read_entry"]

NUL = b"\\u0000"
"""How JSON writes the one character that PostgreSQL keeps in no text."""


class Taken(Struct, frozen=True, kw_only=True):
    """An entry of a batch with its link; ``said`` is None where it cannot be read."""

    seq: int
    canonical: bytes
    hash: bytes
    said: Said | None


class Batch:
    """Entries under a header that names their place in a journal."""

    def __init__(self, header: Journal, lines: tuple[bytes, ...]) -> None:
        self.header = header
        self.lines = lines
        self.last_seq = header.first_seq + len(lines) - 1
        """Before the first where it has no entries."""
        self._links = [bytes.fromhex(header.prev_hash)]
        self._taken: list[Taken] = []

    def read_on(self) -> bool:
        """Read one entry more; answers whether there was one."""
        place = len(self._taken)
        if place == len(self.lines):
            return False
        seq, canonical = self.header.first_seq + place, self.lines[place]
        entry = read_entry(canonical, self.header.epoch, seq)
        self._taken.append(
            Taken(
                seq=seq,
                canonical=canonical,
                hash=self.link(seq),
                said=None if entry is None else Said.of(entry),
            )
        )
        return True

    def link(self, seq: int) -> bytes:
        """Answer the chain's hash up to an entry of it, or to the one before its first, where what
        its header says of that one is true.
        """
        place = seq - self.header.first_seq + 1
        for canonical in self.lines[len(self._links) - 1 : place]:
            self._links.append(link_hash(self._links[-1], canonical))
        return self._links[place]

    def after(self, seq: int) -> tuple[Taken, ...]:
        """Answer its entries after one, from its first on at most."""
        if seq >= self.last_seq:
            return ()
        while self.read_on():
            pass
        return tuple(self._taken[max(0, seq + 1 - self.header.first_seq) :])


def read_entry(canonical: bytes, epoch: int, seq: int) -> Entry | None:
    """Read an entry of unknown origin; None where it is not one of this place in this form, or has
    a character that PostgreSQL keeps in no text. A sale may have it: as bytes it is kept whole.
    """
    try:
        entry = Entry.parse(canonical)
        check_sale(entry)
    except MalformedEntry:
        return None
    if NUL in canonical and _has_nul(entry):
        return None
    return entry if (entry.epoch, entry.seq) == (epoch, seq) else None


def _has_nul(said: object) -> bool:
    """Look through all texts; the sale inside is none, and two backslashes are no escape."""
    if isinstance(said, Struct):
        return any(_has_nul(getattr(said, name)) for name in said.__struct_fields__)
    if isinstance(said, tuple):
        return any(map(_has_nul, said))
    return isinstance(said, str) and "\0" in said
