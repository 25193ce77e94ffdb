"""Questions to a ledger, asked through any connection: the writer's own or a read-only one."""

import sqlite3
from collections.abc import Callable, Iterator
from itertools import islice

from agent.core.entry import GENESIS, Entry, Position, Recorded
from agent.core.facts import AccumulatePoints
from agent.ledger.entries import read_kept
from agent.ledger.errors import LedgerDamaged
from agent.ledger.lives_view import ACKNOWLEDGED, INCARNATION
from agent.ledger.member_view import MemberView
from agent.ledger.queries import SQL
from agent.ledger.rows import HoldRow, KnownSale
from agent.ledger.segments import Archive, Segment

__all__ = [
    "ACKNOWLEDGED",
    "INCARNATION",
    "View",
    "journaled",
    "refuse",
]

_PAGE = 100


class View(MemberView):
    """Reads one consistent state.

    Every question costs a constant number of index look-ups; one that needs the body of an entry
    that was sealed costs a block of its segment, about a millisecond.
    """

    def __init__(self, connection: sqlite3.Connection, archive: Archive | None = None) -> None:
        super().__init__(connection)
        self._archive = archive

    def head(self) -> Position:
        """Answer the position of the newest entry, or the place before the first one."""
        row = self._connection.execute(SQL["newest"]).fetchone()
        if row is not None:
            return Position(epoch=row[0], seq=row[1], hash=row[2])
        for segment in reversed(self.segments()):
            return Position(epoch=segment.epoch, seq=segment.last_seq, hash=segment.last_hash)
        return Position(epoch=0, seq=0, hash=GENESIS)

    def newest(self) -> Entry | None:
        """Read the newest entry."""
        row = self._connection.execute(SQL["newest"]).fetchone()
        return None if row is None else read_kept(row[0], row[1], row[3])

    def hold(self, redemption_id: str) -> HoldRow | None:
        """Find a redemption, whether it is still held or not."""
        row = self._connection.execute(SQL["hold"], (redemption_id,)).fetchone()
        return None if row is None else HoldRow((row[0], row[1]), *row[2:])

    def holds_of_sale(self, sale_id: str, account: str) -> list[tuple[str, int, int]]:
        """List a member's redemptions for one sale: id, points captured, points still held."""
        keys = ((sale_id, each) for each in self.family(account))
        asked = (self._connection.execute(SQL["holds_of_sale"], key).fetchall() for key in keys)
        return [row for rows in asked for row in rows]

    def overdue_holds(self, now: str, *, beyond: str, at_most: int) -> list[str]:
        """List redemptions whose time was up at ``now`` or is after ``beyond``, RFC 3339 in UTC."""
        rows = self._connection.execute(SQL["overdue_holds"], (now, beyond, at_most)).fetchall()
        return [redemption_id for redemption_id, _ in rows]

    def entry_at(self, epoch: int, seq: int) -> Recorded | None:
        """Read one entry, wherever it is kept. Raises LedgerDamaged where it cannot be read."""
        row = self._connection.execute(SQL["entry_at"], (epoch, seq)).fetchone()
        if row is not None:
            entry = read_kept(epoch, seq, row[0])
            return Recorded(entry=entry, canonical=row[0], hash=row[1])
        segment = self._segment_of(epoch, seq)
        if segment is None or self._archive is None:
            return None
        return self._archive.entry(segment, seq)

    def hash_at(self, epoch: int, seq: int) -> bytes | None:
        """Answer the chain's hash after an entry; for seq 0 the hash it starts from."""
        if seq == 0:
            return GENESIS
        row = self._connection.execute(SQL["entry_at"], (epoch, seq)).fetchone()
        if row is not None:
            return bytes(row[1])
        segment = self._segment_of(epoch, seq)
        if segment is not None and segment.last_seq == seq:
            return segment.last_hash
        recorded = self.entry_at(epoch, seq) if segment else None
        return None if recorded is None else recorded.hash

    def _segment_of(self, epoch: int, seq: int) -> Segment | None:
        row = self._connection.execute(SQL["segment_of"], (epoch, seq, seq)).fetchone()
        return None if row is None else Segment(*row)

    def segments(self) -> list[Segment]:
        """List the sealed segments in order."""
        return [Segment(*row) for row in self._connection.execute(SQL["segments"])]

    def segment_after(self, place: tuple[int, int]) -> Segment | None:
        """Find the segment that holds the entry after (epoch, seq), or else the next one."""
        row = self._connection.execute(SQL["segment_after"], place).fetchone()
        return None if row is None else Segment(*row)

    def still_journaled(self, segment: Segment) -> bool:
        """Say whether the database still holds entries that a segment has taken over."""
        key = (segment.epoch, segment.first_seq, segment.last_seq)
        return self._connection.execute(SQL["still_journaled"], key).fetchone() is not None

    def sale(self, sale_id: str) -> KnownSale | None:
        """Find a sale; None where none was committed under this id."""
        row = self._connection.execute(SQL["sale"], (sale_id,)).fetchone()
        if row is None:
            return None
        epoch, seq, account, total_minor, points, returned_minor, taken_back, *rest = row
        voided, redeemed, given_back, *places = rest
        return KnownSale(
            place=(epoch, seq),
            account=account,
            total_minor=total_minor,
            points=points,
            returned_minor=returned_minor,
            taken_back=taken_back,
            voided=(places[0], places[1]) if voided else None,
            claimed=None if places[2] is None else (places[2], places[3]),
            redeemed=redeemed,
            given_back=given_back,
            rewarded=places[4],
            currency=places[6],
            recorded=self._recorded_sale(epoch, seq),
        )

    def is_voided(self, sale_id: str) -> bool:
        """Say whether a sale was called off."""
        row = self._connection.execute(SQL["is_voided"], (sale_id,)).fetchone()
        return row is not None and bool(row[0])

    def returns_of(self, sale_id: str) -> dict[str, tuple[int, int]]:
        """Answer where the returns of a sale stand, by their ids."""
        rows = self._connection.execute(SQL["returns_of"], (sale_id,)).fetchall()
        return {return_id: (epoch, seq) for return_id, epoch, seq in rows}

    def places_of_sale(self, sale_id: str) -> list[tuple[str | None, int, int]]:
        """List where a sale and its redemptions begin: redemption or None, epoch, seq."""
        return self._connection.execute(SQL["places_of_sale"], (sale_id,)).fetchall()

    def waiting(self, account: str, place: tuple[int, int]) -> int:
        """Answer how many points are pending of the lot that one entry made."""
        row = self._connection.execute(SQL["lot"], (account, *place)).fetchone()
        return 0 if row is None or row[2] is None else int(row[1])

    def due_lots(self, day: str, *, at_most: int) -> list[tuple[str, int, int, int]]:
        """List pending lots that wait no longer on a business date: account, place, points."""
        return self._connection.execute(SQL["due_lots"], (day, at_most)).fetchall()

    def due_lots_of(self, account: str, day: str) -> list[tuple[str, int, int, int]]:
        """List one member's, all of them, as ``due_lots``."""
        keys = ((each, day) for each in self.family(account))
        asked = (self._connection.execute(SQL["due_lots_of"], key).fetchall() for key in keys)
        return [row for rows in asked for row in rows]

    def _recorded_sale(self, epoch: int, seq: int) -> tuple[AccumulatePoints, Position] | None:
        recorded = self.entry_at(epoch, seq)
        if recorded is None:
            return None
        fact = recorded.entry.fact
        assert isinstance(fact, AccumulatePoints), "sales point at the entries of sales"  # noqa: S101
        return fact, recorded.position

    def count(self) -> int:
        """Count the kept entries, sealed or not. Reads an index from end to end."""
        return int(self._connection.execute(SQL["count_entries"]).fetchone()[0])

    def epoch_heads(self) -> dict[int, int]:
        """Answer the newest seq of each epoch."""
        heads = {}
        for (number,) in self._connection.execute(SQL["epoch_numbers"]).fetchall():
            row = self._connection.execute(SQL["epoch_head"], {"epoch": number}).fetchone()
            heads[number] = int(row[0])
        return heads

    def page_after(self, place: tuple[int, int], *, at_most: int) -> list[bytes]:
        """Read the canonical bytes of up to ``at_most`` entries after (epoch, seq)."""
        walk = journaled(self._connection, self._archive, after=place)
        return [canonical for _, canonical in islice(walk, at_most)]


def refuse(error: LedgerDamaged) -> None:
    """Leave nothing out: what cannot be read is raised."""
    raise error


def journaled(
    connection: sqlite3.Connection,
    archive: Archive | None = None,
    *,
    after: tuple[int, int] = (0, 0),
    unreadable: Callable[[LedgerDamaged], None] = refuse,
) -> Iterator[tuple[Position, bytes]]:
    """Walk the journal in order, sealed entries first: position and canonical bytes, unparsed.

    Each page is a read of its own, so that whoever reads slowly keeps no write-ahead log from being
    trimmed; entries that are sealed meanwhile are read from their segment. Inside a transaction it
    walks that one state. Raises LedgerDamaged for a segment that does not hold, or tells
    ``unreadable`` and goes on behind it.
    """
    view = View(connection)
    while True:
        rows = connection.execute(SQL["entries_after"], (*after, _PAGE)).fetchall()
        # Asked for after the rows: what has left the journal by then, some segment holds.
        segment = None if archive is None else view.segment_after(after)
        if archive is not None and segment is not None:
            first = after[1] if segment.epoch == after[0] else 0
            try:
                yield from archive.entries(segment, after_seq=first)
            except LedgerDamaged as error:
                unreadable(error)
            after = (segment.epoch, segment.last_seq)
            continue
        if not rows:
            return
        for epoch, seq, canonical, entry_hash in rows:
            yield Position(epoch=epoch, seq=seq, hash=entry_hash), canonical
        after = (epoch, seq)
