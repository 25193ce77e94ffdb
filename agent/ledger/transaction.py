"""What a use case may do inside one transaction of the writer: look, decide, append."""

import sqlite3
from dataclasses import dataclass
from datetime import date, datetime

from agent.core.entry import GENESIS, Entry, Position, Recorded, link_hash
from agent.core.facts import (
    OFFICE_FACTS,
    ClockJump,
    CreateReward,
    EpochCause,
    ExpirePoints,
    Fact,
    HoldVoucher,
    IssueVoucher,
    OpenEpoch,
    RedeemReward,
    UseVoucher,
    kind_of,
)
from agent.core.instant import DeviceClock, rfc3339
from agent.core.stamp import Stamp
from agent.core.values import MintId
from agent.ledger import projections
from agent.ledger.errors import Frozen, Refusal
from agent.ledger.mirrored import MirrorPage, take
from agent.ledger.queries import SQL
from agent.ledger.rows import Profile
from agent.ledger.segments import Archive, Segment
from agent.ledger.view import View

__all__ = ["Tip", "Transaction"]

_OF_HEAD_OFFICE = (ExpirePoints, *OFFICE_FACTS)
_SPENDING = (CreateReward, RedeemReward, IssueVoucher, HoldVoucher, UseVoucher)


@dataclass(frozen=True, kw_only=True, slots=True)
class Tip:
    """Where the journal stands: what the next entry follows from."""

    head: Position
    stamp: Stamp | None
    business_date: date | None
    frozen: str | None
    incarnation: str
    opened: bool = False
    """Whether head office opened the present epoch: the device has rights in no other."""
    ended: tuple[tuple[Position, str], ...] = ()
    """The lives that the last transaction ended: their newest entry, and their incarnation."""
    appended: tuple[tuple[Position, bytes], ...] = ()
    """What it appended: places and canonical bytes."""

    @classmethod
    def of(cls, view: View) -> "Tip":
        """Read it off a ledger."""
        newest, head = view.newest(), view.head()
        return cls(
            head=head,
            stamp=None if newest is None else Stamp.on(newest),
            business_date=None if newest is None else newest.business_date,
            frozen=view.frozen(),
            incarnation=view.incarnation(head.epoch),
            opened=view.opened(),
        )


class Transaction(View):
    """The writer's view, which can also append. Lives for one group commit."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        tip: Tip,
        *,
        clock: DeviceClock,
        mint_id: MintId,
        archive: Archive | None = None,
    ) -> None:
        super().__init__(connection, archive)
        self.cuts_log = False
        """Whether the write-ahead log is cut to nothing after the commit, where nobody reads it."""
        self._head = tip.head
        self._before = tip.stamp
        self._business_date = tip.business_date
        self._frozen = tip.frozen
        self._incarnation = tip.incarnation
        self._opened = tip.opened
        self._clock = clock
        self._mint_id = mint_id
        self._stamp: Stamp | None = None
        self._read: tuple[Stamp, int] | None = None
        self._ended: tuple[tuple[Position, str], ...] = ()
        self._appended: list[tuple[Position, bytes]] = []

    def head(self) -> Position:
        """Answer the position of the newest entry, this transaction's own included."""
        return self._head

    @property
    def is_frozen(self) -> bool:
        """Whether redemptions are refused here, without asking the disk."""
        return self._frozen is not None

    def opened(self) -> bool:
        """Say whether head office opened the present epoch, without asking the disk."""
        return self._opened

    def refuse_frozen(self) -> None:
        """Hold that points may be redeemed here. Raises Frozen on a ledger that was rebuilt."""
        if self._frozen is not None:
            raise Frozen(f"points cannot be redeemed until somebody confirms: {self._frozen}")

    @property
    def business_date(self) -> date | None:
        """The shop's day as the POS said it last."""
        return self._business_date

    @property
    def now(self) -> datetime:
        """The device's clock, as this transaction's entries have it."""
        return self._clocks()[0].at

    @property
    def today(self) -> date:
        """The day that limits count on, as ``Stamp.day``."""
        return self._clocks()[0].day(self._business_date)

    @property
    def counts_on(self) -> date | None:
        """The same; None before any business date was said."""
        return None if self._business_date is None else self.today

    def denies(self, said: date) -> bool:
        """Say whether a trusted clock denies that a business date has come, as ``Stamp.denies``."""
        return self._clocks()[0].denies(said)

    @property
    def tip(self) -> Tip:
        """Where the journal stands with what this transaction appended."""
        return Tip(
            head=self._head,
            stamp=self._stamp or self._before,
            business_date=self._business_date,
            frozen=self._frozen,
            incarnation=self._incarnation,
            opened=self._opened,
            ended=self._ended,
            appended=tuple(self._appended),
        )

    def append(
        self, fact: Fact, *, business_date: date | None = None, counts_on: date | None = None
    ) -> Recorded:
        """Stamp a fact, chain it, write it and fold it into the projections.

        ``business_date`` is the shop's day as the POS says it now; without one the entry has the
        day that was said last. ``counts_on`` is the entry's own day, where that one cannot be; it
        is nobody's word for what follows.

        Raises Frozen for a redemption or a voucher on a ledger that was rebuilt.
        """
        if isinstance(fact, _OF_HEAD_OFFICE):
            raise Refusal(f"only head office writes {kind_of(fact)}")
        if isinstance(fact, _SPENDING):
            self.refuse_frozen()
        self._business_date = business_date or self._business_date
        return self._append(fact, self._now(), counts_on)

    def open_epoch(
        self,
        cause: EpochCause,
        *,
        incarnation: str,
        reason: str = "",
        nonce: str | None = None,
        epoch: int | None = None,
    ) -> Recorded:
        """Begin a new life of the journal; its entries count from 1 and chain from the genesis.

        ``epoch`` is head office's number, which must be larger; without one it is the next.
        """
        number = self._head.epoch + 1 if epoch is None else epoch
        if number <= self._head.epoch:
            raise Refusal(f"epochs only grow: {number} cannot follow {self._head.epoch}")
        stamp = self._now()  # may append a CLOCK_JUMP, which then is the parent
        parent = self._head
        if cause in ("restored", "rebuilt"):  # what was told was beside a journal that is not here
            self.hear_all_again()
        fact = OpenEpoch(
            cause=cause,
            incarnation=incarnation,
            parent_incarnation=self._incarnation,
            parent_epoch=parent.epoch,
            parent_seq=parent.seq,
            parent_hash=parent.hash.hex(),
            nonce=nonce,
            reason=reason,
        )
        self._ended += ((parent, self._incarnation),)
        self._head = Position(epoch=number, seq=0, hash=GENESIS)
        recorded = self._append(fact, stamp)
        self._frozen, self._incarnation = self.frozen(), incarnation
        self._opened = cause == "welcomed"
        return recorded

    def _now(self) -> Stamp:
        """Answer the transaction's stamp; what somebody did to the clock is an entry of its own."""
        if self._stamp is None:
            self._stamp, jump_ms = self._clocks()
            if jump_ms:
                self._append(ClockJump(by_ms=jump_ms), self._stamp)
        return self._stamp

    def _clocks(self) -> tuple[Stamp, int]:
        """Read the clocks once a transaction: the stamp, and by how much they were set."""
        if self._read is None:
            self._read = Stamp.of(self._clock(), self._before)
        return self._read

    def _append(self, fact: Fact, stamp: Stamp, counts_on: date | None = None) -> Recorded:
        head = self._head
        entry = Entry(
            id=self._mint_id(),
            epoch=head.epoch,
            seq=head.seq + 1,
            recorded_at=stamp.recorded_at,
            clock=stamp.clock,
            business_date=counts_on or self._business_date,
            fact=fact,
        )
        canonical = entry.checked()
        recorded = Recorded(entry=entry, canonical=canonical, hash=link_hash(head.hash, canonical))
        self._connection.execute(
            SQL["append_entry"], (entry.epoch, entry.seq, entry.id, canonical, recorded.hash)
        )
        projections.apply(self._connection, entry)
        self._head = recorded.position
        self._appended.append((recorded.position, canonical))
        return recorded

    def remember(self, key: str, value: str) -> None:
        """Keep a value beside the journal, such as how far head office has acknowledged."""
        self._connection.execute(SQL["put_meta"], (key, value))

    def keep_profile(self, profile: Profile) -> None:
        """Keep what is known of a person, in place of what was known before."""
        self.erase_profile(profile.account)
        row = (self.root(profile.account), profile.display_name, profile.birthday, profile.phone)
        self._connection.execute(SQL["put_profile"], row)

    def erase_profile(self, account: str) -> None:
        """Forget a person; the journal never knew more than the account."""
        for each in self.family(account):
            self._connection.execute(SQL["erase_profile"], (each,))

    def take_mirror(self, page: MirrorPage) -> tuple[str, ...] | None:
        """Take what head office tells, as ``mirrored.take`` does; answers who was merged, and None
        where it is old. Who was erased is forgotten here too.
        """
        taken = take(self._connection, page, rfc3339(self.now))
        self.forget_what_was_told()
        for account in () if taken is None else taken.erased:
            self.erase_profile(account)
        return None if taken is None else taken.merged

    def hear_all_again(self) -> None:
        """Have head office tell everything from the start."""
        self._connection.execute(SQL["ask_mirror_again"])

    def hear_of(self, scope: str) -> None:
        """Know of whom head office is asked to tell: of ``all``, or of those ``seen`` here."""
        self._connection.execute(SQL["set_mirror_scope"], (scope,))

    def add_segment(self, segment: Segment) -> None:
        """Know a sealed file; from now on its entries may leave the journal."""
        self._connection.execute(SQL["add_segment"], segment)

    def unload(self, segment: Segment, *, up_to_seq: int) -> None:
        """Let go of entries that a sealed segment holds."""
        key = (segment.epoch, segment.first_seq, min(up_to_seq, segment.last_seq))
        self._connection.execute(SQL["unload_entries"], key)

    def give_pages_back(self, *, at_most: int) -> int:
        """Give free pages at the database's end back to the disk; answers how many are left."""
        # One by one: Python makes only the first step of a statement that answers no rows.
        for _ in range(at_most):
            self._connection.execute(SQL["give_a_page_back"])
        return int(self._connection.execute(SQL["free_pages"]).fetchone()[0])

    def cut_log(self) -> None:
        """Have the write-ahead log give its room back after the commit."""
        self.cuts_log = True

    def forget_segment(self, segment: Segment) -> None:
        """Know a segment no more."""
        self._connection.execute(SQL["drop_segment"], (segment.epoch, segment.first_seq))
