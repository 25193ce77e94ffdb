"""While PostgreSQL works at one batch the worker reads the next: sooner, and no other than else."""

from collections.abc import Callable, Iterator
from contextvars import copy_context
from typing import Any

import pytest
from books import Templates, a_sale
from paper_device import NOW, PaperDevice, answers
from sqlalchemy import func, select

from sync.broker import Broker
from sync.hub import batch as batches
from sync.hub import ingest
from sync.hub.batch import read_entry
from sync.hub.database import Database
from sync.hub.inbox import Inbox
from sync.hub.ingest import Ingest
from sync.hub.meanwhile import work_meanwhile
from sync.hub.office import HeadOffice
from sync.hub.reading import Refused
from sync.hub.reading_ahead import ReadingAhead
from sync.hub.tables import entries
from sync.link import Arrived


@pytest.fixture
def database(_templates: Templates) -> Iterator[Database]:
    """PostgreSQL: with SQLite there is nothing to wait for."""
    database = Database(_templates.url())
    database.start()
    yield database
    database.stop()


def aside(work: Callable[[], None]) -> None:
    """Run a test's work where what it does meanwhile is nobody else's."""
    copy_context().run(work)


def a_shop(sales: int) -> PaperDevice:
    """A device with so many sales, and an entry that nobody can read."""
    device = PaperDevice()
    for number in range(sales):
        device.life.append(a_sale(f"s-{number}", "member", 5))
    device.life.append_line(b"{}")
    return device


def test_a_thread_works_while_it_waits_for_postgresql(database: Database) -> None:
    """The work goes on until the answer is there, and changes nothing about it."""
    done = 0

    def step() -> bool:
        nonlocal done
        done += 1
        return True

    def wait() -> None:
        work_meanwhile(step)
        found = database.read(lambda c: c.execute(select(func.pg_sleep(0.02), 7)).one())
        assert found[1] == 7

    aside(wait)
    assert done > 10
    before = done
    database.read(lambda c: c.execute(select(func.pg_sleep(0.02))).one())
    assert done == before, "another's wait is not worked in"


@pytest.mark.parametrize("steps", [0, 1, 3, 99])
def test_a_batch_is_the_same_however_much_of_it_was_read_before(steps: int) -> None:
    """As far as it was read ahead it is not read again, and the rest is read in its turn."""
    device = a_shop(5)
    _, payload = device.batch()
    ahead = ReadingAhead()
    for _ in range(steps):
        ahead.step(payload)
    batch = ahead.take(payload)
    assert batch.lines == tuple(device.life.lines)
    assert [each.said and each.said.entry for each in batch.after(0)] == [
        read_entry(line, 0, seq) for seq, line in enumerate(device.life.lines, start=1)
    ]
    link = bytes.fromhex(batch.header.last_hash)
    assert batch.link(batch.last_seq) == batch.after(0)[-1].hash == link


def test_what_was_read_ahead_is_taken_for_no_other_batch() -> None:
    """A message that overtakes is read by itself."""
    device = a_shop(5)
    (_, early), (_, late) = device.batch(1, 3), device.batch(4, 6)
    ahead = ReadingAhead()
    while ahead.step(late):
        pass
    batch = ahead.take(early)
    assert (batch.header.first_seq, len(batch.lines)) == (1, 3)
    assert [each.canonical for each in batch.after(0)] == device.life.lines[:3]


def test_what_is_no_batch_is_refused_in_its_turn() -> None:
    """Not while another has its turn, and as often as it is handed in."""
    ahead = ReadingAhead()
    assert not ahead.step(b"no batch")
    assert not ahead.step(b"no batch")
    for _ in range(2):
        with pytest.raises(Refused, match="not deflated"):
            ahead.take(b"no batch")


def test_a_batch_that_was_read_meanwhile_is_booked_as_any_other(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one batch in hand the next is read to its end; it is not read once more then."""
    office = HeadOffice(database, clock=lambda: NOW, mint=iter(map(str, range(99))).__next__)
    device = a_shop(0)
    device.is_welcomed(office)
    for number in range(20):
        device.life.append(a_sale(f"t-{number}", "member", 5, lease=5))
    first, second = device.batch(1, 3), device.batch(4)
    read: list[int] = []

    def reading(canonical: bytes, epoch: int, seq: int) -> Any:
        read.append(seq)
        return read_entry(canonical, epoch, seq)

    monkeypatch.setattr(batches, "read_entry", reading)

    def work() -> None:
        work_meanwhile(lambda: office.read_ahead(*second))
        office.handle(*first)

    aside(work)
    assert [seq for seq in read if seq > 3] == list(range(4, device.life.seq + 1))
    read.clear()
    (ack,) = answers(office.handle(*second))
    assert (ack.seq, read) == (device.life.seq, [])
    kept = database.read(lambda c: c.execute(select(func.count()).select_from(entries)).scalar())
    assert kept == device.life.seq


def test_a_mistake_in_reading_ahead_harms_no_transaction(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The transaction that is waited for is another batch's: the mistake shows in its own turn."""

    class Office:
        is_behind = False

        def read_ahead(self, _topic: str, _payload: bytes) -> bool:
            raise KeyError("a mistake")

    given: list[Callable[[], bool]] = []
    monkeypatch.setattr(ingest, "work_meanwhile", given.append)
    office: Any = Office()
    worker = Ingest(Broker(url="mqtt://127.0.0.1:1"), office, client_id="hub.test.1", leads=False)
    worker._stopping.set()  # it only begins
    worker._run()
    (step,) = given
    assert step() is False, "nothing waits"
    worker._inbox.put(Arrived(topic="tapledger/1/a/b/c/journal", payload=b"x", done=lambda: None))
    assert step() is False


def test_the_message_that_comes_next_stays_where_it_is() -> None:
    """Looking at it takes nothing out of the queue, and an ask comes first as ever."""
    inbox = Inbox()
    assert inbox.first() is None
    for kind in ("journal", "ask"):
        inbox.put(Arrived(topic=f"tapledger/1/a/b/c/{kind}", payload=b"", done=lambda: None))
        seen = inbox.first()
        assert seen is not None
        assert seen.topic.endswith(kind)
    assert [taken.topic.rpartition("/")[2] for taken in map(inbox.take, (0.0, 0.0)) if taken] == [
        "ask",
        "journal",
    ]
