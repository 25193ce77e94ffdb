"""Head office: one message in, one transaction, answers out.

``handle`` and ``sweep`` are synchronous and know neither MQTT nor threads. What they answer is
published after the commit. A message that makes no sense is put aside and answered by nothing; what
the database raises is raised, and the message is to be handed in again.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from agent.core.instant import Clock, rfc3339
from sync.hub import fencing, incidents
from sync.hub.asking import answer_ask
from sync.hub.batch import Batch
from sync.hub.booking import Booked, book
from sync.hub.broker_log import Noticed, note_noticed
from sync.hub.daily import Daily
from sync.hub.database import Database
from sync.hub.decisions import note, note_again
from sync.hub.examine import Contradicts, Gap
from sync.hub.feeding import page_for
from sync.hub.fresh_tables import count_fresh_tables
from sync.hub.generations import see_whether_caught_up
from sync.hub.granting import grants_after, resend_rights
from sync.hub.greeting import Greeted, greet
from sync.hub.keys import keys_of
from sync.hub.meeting import Agree
from sync.hub.notices import Notice
from sync.hub.numbering import Numbering
from sync.hub.outgoing import Outgoing, addressed, feed_page, to
from sync.hub.presence import hear_presence
from sync.hub.quarantine import put_aside
from sync.hub.reading import Refused, check_batch, read, read_hello
from sync.hub.reading_ahead import ReadingAhead
from sync.hub.registry import DeviceRow, device_of, find_device
from sync.hub.standing import Tiers
from sync.hub.sweeping import sweep_rights
from sync.messages import (
    Ack,
    Ask,
    DeviceAddress,
    FeedItem,
    FeedPage,
    FeedRequest,
    MalformedMessage,
    Presence,
)

__all__ = ["HeadOffice", "Outgoing"]

_log = structlog.get_logger(__name__)

_SURE_AFTER = timedelta(minutes=1)
"""By then devices have greeted that were told more than a database that was set back holds."""

_PUT_OFF, _IN_A_ROW = 9, 5
"""So many sweeps in a row give no numbers to the feed's marks where messages wait, and then so many
do at most: what stores hear of each other comes after what they say, and many marks of one member
are numbered as one.
"""


class HeadOffice:
    """What head office does with each message. Safe for one thread; as many of these as workers."""

    def __init__(self, database: Database, *, clock: Clock, mint: Callable[[], str]) -> None:
        self._database = database
        self._clock = clock
        self._mint = mint
        self._numbering = Numbering(mint)
        self._tiers = Tiers(database)
        self._daily = Daily(database, first_after=_SURE_AFTER)
        self._ahead = ReadingAhead()
        self._put_off = 0
        self._are_marks_left = False
        self.counts: Counter[tuple[str, str]] = Counter()
        """How often it did what since its start: a kind, and which of it, such as ``refused`` and
        ``bad_signature``.
        """
        self._handlers = {
            "hello": self._greet,
            "journal": self._take,
            "ask": self._answer,
            "feed": self._feed,
            "presence": self._hear_presence,
        }

    def handle(self, topic: str, payload: bytes) -> list[Outgoing]:
        """Do what a message asks, durably; answers what is to be published. Raises
        SQLAlchemyError; the message may then be handed in again.
        """
        address = None
        try:
            address, kind = _address_of(topic)
            handler = self._handlers.get(kind)
            if handler is None:
                raise Refused("malformed_message", f"devices send no '{kind}'")
            return handler(address, payload)
        except Refused as refused:
            self._refuse(topic, payload, address, refused)
            return []

    def sweep(self, *, is_busy: bool = False) -> list[Outgoing]:
        """Do what time asks for devices: say again what was not answered, give up what nobody
        waits for, number what changed. For one worker: by the second or so. ``is_busy`` says that
        messages wait.
        """
        now = self._clock()
        self._database.transact(count_fresh_tables)
        if is_busy and self._put_off < _PUT_OFF:
            self._put_off += 1
        else:
            self._are_marks_left = self._database.transact(
                lambda c: self._numbering.number_all_marks(c, is_busy=is_busy)
            )
            goes_on = is_busy and self._are_marks_left and self._put_off < _PUT_OFF + _IN_A_ROW - 1
            self._put_off = self._put_off + 1 if goes_on else 0
        notices = self._database.transact(lambda c: sweep_rights(c, now=now))
        return addressed(notices)

    def work_off(self) -> None:
        """Do some of what time asks for members, after each sweep: find the tiers that they reached
        in all stores, let points run out. Where one of these fails, the other is done all the same.
        """
        now = self._clock()
        try:
            self._tiers.step(now)
        finally:
            self.counts["points", "expired"] += self._daily.step(now)

    @property
    def is_behind(self) -> bool:
        """Whether ``sweep`` or ``work_off`` has left something for an idle moment."""
        return self._are_marks_left or self._tiers.is_behind or self._daily.is_behind

    def read_ahead(self, topic: str, payload: bytes) -> bool:
        """Read a little of a message that is to be handled next, while the database works at
        another; answers whether more may be left of it.
        """
        return topic.endswith("/journal") and self._ahead.step(payload)

    def put_aside(self, topic: str, payload: bytes, why: str) -> None:
        """Quarantine a message that could not be handled, for whatever reason."""
        try:
            address = _address_of(topic)[0]
        except Refused:
            address = None
        self._refuse(topic, payload, address, Refused("not_handled", why))

    def hear_broker(self, noticed: Noticed) -> None:
        """Tell a clerk what the broker noticed of a client."""
        now = self._clock()
        _log.warning("broker_noticed", client=noticed.client, user=noticed.user)
        self._database.transact(lambda c: note_noticed(c, noticed, now=now))
        if noticed.user is None:
            self.counts["refused", "too_large"] += 1

    def release(self, address: DeviceAddress) -> bool:
        """End a HALT, once a person has looked; answers whether there was one."""
        now = self._clock()
        return self._database.transact(lambda c: fencing.release(c, device_of(c, address, now=now)))

    def _greet(self, address: DeviceAddress, payload: bytes) -> list[Outgoing]:
        hello = read_hello(address, payload)
        now = self._clock()

        def work(c: Connection) -> tuple[Greeted, list[Outgoing]]:
            device = device_of(c, address, now=now)
            greeted = greet(c, device, hello, now=now, mint=self._mint)
            for conflict in greeted.conflicts:
                note_again(c, address.tenant, conflict, now=now)
            answers = [to(address, answer) for answer in greeted.answers]
            if isinstance(greeted.verdict, Agree):
                answers += addressed(resend_rights(c, device, now=now, held=greeted.held))
            return greeted, answers

        greeted, answers = self._database.transact(work)
        verdict = type(greeted.verdict).__name__.lower()
        self.counts["greetings", verdict] += 1
        _log.info("device_greeted", device=str(address), epoch=hello.epoch, verdict=verdict)
        for conflict in greeted.conflicts:
            _log.error("conflict_found", device=str(address), kind=conflict.kind)
        return answers

    def _take(self, address: DeviceAddress, payload: bytes) -> list[Outgoing]:
        batch = self._ahead.take(payload)
        booked, answers = self._database.transact(lambda c: self._book(c, address, batch))
        self.counts["batches", type(booked.verdict).__name__.lower()] += 1
        self.counts["entries", "booked"] += booked.kept
        if isinstance(booked.verdict, Contradicts):
            _log.error("journal_contradicts", device=str(address), seq=booked.verdict.seq)
        return answers

    def _book(
        self, c: Connection, address: DeviceAddress, batch: Batch
    ) -> tuple[Booked, list[Outgoing]]:
        now, header = self._clock(), batch.header
        device = _known_device(c, address)
        check_batch(address, header, keys_of(c, device, header.incarnation))
        booked = book(c, device, batch, now=now)
        if isinstance(booked.verdict, Contradicts) and booked.verdict.reason == "malformed":
            raise Refused("malformed_message", "the entries of a batch are not those it names")
        journal = booked.journal
        is_fenced = journal is not None and journal.fenced is not None
        if booked.opened and journal is not None:
            counting = fencing.begin_to_count(c, device, journal)
            device, is_fenced = counting or device, counting is None
        if booked.kept and device.catch_up is not None:
            see_whether_caught_up(c, device.id, device.catch_up)
        held = booked.held
        again = isinstance(booked.verdict, Gap)
        ack = Ack.of(held.incarnation, held.position, fenced=is_fenced, again=again)
        notices = _rights_after(c, device, booked, now=now) if booked.kept else []
        return booked, [to(address, ack), *addressed(notices)]

    def _answer(self, address: DeviceAddress, payload: bytes) -> list[Outgoing]:
        ask = read(payload, Ask)
        now = self._clock()
        notices = self._database.transact(
            lambda c: answer_ask(c, _known_device(c, address), ask, now=now)
        )
        self.counts["asks", "answered"] += 1
        return addressed(notices)

    def _feed(self, address: DeviceAddress, payload: bytes) -> list[Outgoing]:
        request = read(payload, FeedRequest)
        now = self._clock()

        def work(c: Connection) -> tuple[FeedPage, tuple[FeedItem, ...]] | None:
            # Not locked: what is only told needs no commit that the disk hears of.
            device = _known_device(c, address, locked=False)
            # Before its epoch's opening is heard nobody can say what of a sum is the device's own.
            return None if device.journal_id is None else page_for(c, device, request, now=now)

        found = self._database.transact(work)
        if found is None:
            return []
        page, items = found
        self.counts["feed", "items"] += len(items)
        return [feed_page(address, page, items)]

    def _hear_presence(self, address: DeviceAddress, payload: bytes) -> list[Outgoing]:
        presence = read(payload, Presence)
        now = self._clock()
        forgotten = self._database.transact(
            lambda c: hear_presence(c, address, presence, payload.decode(), now=now)
        )
        # An ACK that doubts the epoch is greeted for: the HELLO, which is signed, proves it.
        return [] if forgotten is None else [to(address, Ack.of(*forgotten, fenced=True))]

    def _refuse(
        self, topic: str, payload: bytes, address: DeviceAddress | None, refused: Refused
    ) -> None:
        """Put a message aside, and say so: in the log, the metrics and, for a clerk, a row."""
        now = self._clock()
        _log.warning("message_refused", topic=topic[:200], kind=refused.kind, why=str(refused))

        def work(c: Connection) -> None:
            is_new = put_aside(c, topic, payload, f"{refused.kind}: {refused}", now=rfc3339(now))
            if address is not None:
                conflict = incidents.refused(address, refused.kind, str(refused), now.date())
                (note_again if is_new else note)(c, address.tenant, conflict, now=now)

        if refused.is_kept:
            self._database.transact(work)
        self.counts["refused", refused.kind] += 1  # last: it may be handed in again


def _rights_after(
    c: Connection, device: DeviceRow, booked: Booked, *, now: datetime
) -> list[Notice]:
    """Move the rights that follow from a booking."""
    names, known = booked.accounts_changed, booked.members
    return grants_after(c, device, names, now=now, held=booked.journals, known=known)


def _address_of(topic: str) -> tuple[DeviceAddress, str]:
    try:
        return DeviceAddress.of_topic(topic)
    except MalformedMessage as error:
        raise Refused("malformed_message", str(error)) from error


def _known_device(c: Connection, address: DeviceAddress, *, locked: bool = True) -> DeviceRow:
    """Answer the row of a device that greeted before. Raises Refused: without a greeting nobody
    knows its key. It keeps what it has, and greets when it is not answered.
    """
    device = find_device(c, address, locked=locked)
    if device is None or device.public_key is None:
        raise Refused("unknown_device", f"{address} has not greeted", is_kept=False)
    return device
