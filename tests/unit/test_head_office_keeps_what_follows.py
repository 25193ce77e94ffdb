"""Head office's books, in SQLite and in PostgreSQL: they keep what follows, once, nothing else."""

from pathlib import Path

import pytest
from books import EDGE, OTHER, Books, Life, a_sale
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from agent.core.entry import GENESIS, chain
from agent.core.facts import Enrol
from agent.core.postings import PROGRAM
from sync.hub.checks import check_books
from sync.hub.database import Database
from sync.hub.examine import Accepted, Contradicts, Gap
from sync.messages import DeviceAddress, Held


@pytest.fixture
def books(any_books: Books) -> Books:
    """Head office's empty books, in either kind of database."""
    return any_books


@pytest.fixture
def life() -> Life:
    """Two members, three of their sales, and one without a card."""
    return Life().write(
        Enrol(account="ana", token="em4100:0C000621A5"),
        a_sale("s-1", "ana", 5),
        Enrol(account="ben", token="em4100:67003B51C6"),
        a_sale("s-2", "ben", 7),
        a_sale("s-3", None, 0),
        a_sale("s-4", "ana", 11),
    )


def test_what_follows_is_kept_as_it_came(books: Books, life: Life) -> None:
    """Entries are kept byte for byte, in order, each with its hash, and the head is the last."""
    books.take(life.batch(1, 4))
    booked = books.take(life.batch(5, 6))
    (journal,) = books.journals()
    kept = books.kept(journal)
    assert [canonical for _, canonical, _ in kept] == list(life.lines)
    assert [seq for seq, _, _ in kept] == [1, 2, 3, 4, 5, 6]
    assert [digest for _, _, digest in kept] == [life.head(n).hash for n in range(1, 7)]
    assert journal.head == life.head()
    assert booked.held == Held.of("disk-1", life.head())


def test_sums_follow_from_the_postings(books: Books, life: Life) -> None:
    """What each member has is the sum of their postings; what no device has rights to is available;
    the program's side makes it zero; and a replay from zero says the same.
    """
    booked = books.take(life.batch())
    assert books.account("ana") == (16, 0, 0, 16)
    assert books.account("ben") == (7, 0, 0, 7)
    assert booked.accounts_changed == {"ana", "ben"}
    assert [row[2] for row in books.everything()["program_sums"]] == [-23]
    assert books.faults() == []


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(slices=st.lists(st.tuples(st.integers(1, 6), st.integers(0, 6)), max_size=6))
def test_any_delivery_gives_the_same_sums(life: Life, slices: list[tuple[int, int]]) -> None:
    """However the batches were cut, repeated and mixed, the sums equal a replay from zero."""
    books = Books("sqlite://")
    try:
        for first, last in [*slices, (1, 6)]:
            books.take(life.batch(first, max(first - 1, last)))
            assert books.faults() == []
        assert [canonical for _, canonical, _ in books.kept(books.journals()[0])] == [*life.lines]
        assert books.account("ana") == (16, 0, 0, 16)
    finally:
        books.stop()


def test_a_repeated_batch_changes_nothing(books: Books, life: Life) -> None:
    """A batch that comes again, whole or in part, is accepted and leaves everything as it was."""
    books.take(life.batch())
    before = books.everything()
    for first, last in ((1, 6), (3, 4), (6, 6), (1, 1)):
        assert books.take(life.batch(first, last)).verdict == Accepted(entries=())
        assert books.everything() == before


def test_a_fork_is_named_and_nothing_of_it_is_written(books: Books, life: Life) -> None:
    """A batch that contradicts a live journal leaves no trace, and the answer names what is held,
    so that the device sees that it is another.
    """
    books.take(life.batch(1, 4))
    before = books.everything()
    other = Life().write(*(Enrol(account=f"x-{n}", token=f"card:{n:05}") for n in range(6)))
    for batch in (other.batch(), other.batch(5, 6), other.batch(4, 5)):
        booked = books.take(batch)
        assert isinstance(booked.verdict, Contradicts)
        assert booked.verdict.reason == "fork"
        assert booked.held == Held.of("disk-1", life.head(4))
        assert books.everything() == before


def test_lines_that_are_not_those_of_the_header_are_not_taken(books: Books, life: Life) -> None:
    """Where a line was changed on the way, nothing of the batch is kept."""
    books.take(life.batch(1, 2))
    before = books.everything()
    header, lines = life.batch(3, 6)
    booked = books.take((header, (*lines[:-1], b"{}")))
    assert isinstance(booked.verdict, Contradicts)
    assert booked.verdict.reason == "malformed"
    assert books.everything() == before


def test_a_gap_is_put_off(books: Books, life: Life) -> None:
    """A batch that came too early is not kept, and is taken when its turn has come."""
    books.take(life.batch(1, 2))
    before = books.everything()
    assert books.take(life.batch(4, 6)).verdict == Gap()
    assert books.everything() == before
    books.take(life.batch(3, 3))
    assert isinstance(books.take(life.batch(4, 6)).verdict, Accepted)
    assert books.journals()[0].seq == 6


def test_journals_are_kept_apart(books: Books, life: Life) -> None:
    """Two devices, and two lives of one device's disk, each have a journal of their own."""
    header, lines = life.batch()
    books.take((header, lines))
    books.take(life.batch(1, 2), OTHER)
    books.take((header.model_copy(update={"incarnation": "disk-2"}), lines))
    assert [(each.incarnation, each.seq) for each in books.journals()] == [
        ("disk-1", 6),
        ("disk-2", 6),
    ]
    assert [each.seq for each in books.journals(OTHER)] == [2]
    assert books.faults() == []


def test_what_was_taken_is_there_after_a_restart(tmp_path: Path, life: Life) -> None:
    """A head office that starts again holds what it had taken, and goes on from there."""
    url = f"sqlite:///{tmp_path}/hub.db"
    for first, last in ((1, 3), (4, 6)):
        books = Books(url)
        books.take(life.batch(first, last))
        books.stop()
    books = Books(url)
    assert [canonical for _, canonical, _ in books.kept(books.journals()[0])] == [*life.lines]
    assert books.faults() == []
    books.stop()


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE entries SET canonical = CAST('{}' AS BLOB) WHERE seq = 2",
        "UPDATE entries SET hash = zeroblob(32) WHERE seq = 6",
        "DELETE FROM entries WHERE seq = 3",
        "DELETE FROM entries WHERE seq = 6",
        "UPDATE accounts SET active = active + 1 WHERE account = 'ana'",
        "UPDATE accounts SET available = available + 1 WHERE account = 'ana'",
        "UPDATE accounts SET pending = 1, active = active - 1 WHERE account = 'ana'",
        "DELETE FROM accounts WHERE account = 'ben'",
        "UPDATE program_sums SET points = points + 1",
        "UPDATE own SET active = active + 1 WHERE account = 'ana'",
        "UPDATE journals SET floor = 1",
    ],
)
def test_a_check_finds_tampering(life: Life, tampering: str) -> None:
    """A changed or missing entry and every wrong sum are found by a replay from zero."""
    books = Books("sqlite://")
    books.take(life.batch())
    assert books.faults() == []
    books.tamper(tampering)
    assert books.faults()
    books.stop()


@pytest.mark.parametrize("broken", [1, 2, 3])
@pytest.mark.parametrize(
    ("tampering", "entry"),
    [
        ("DELETE FROM entries WHERE journal_id = {broken}", "is not its head"),
        ("DELETE FROM entries WHERE journal_id = {broken} AND seq = 6", "is not its head"),
        ("DELETE FROM entries WHERE journal_id = {broken} AND seq = 1", "does not follow"),
    ],
)
def test_the_journal_that_is_broken_is_named(
    books: Books, broken: int, tampering: str, entry: str
) -> None:
    """Wherever a journal stands among the others, what is missing from it is found as its own."""
    names = ("s001", "s002", "s003")
    for name in names:
        device = DeviceAddress(tenant="house", store=name, device="edge-1")
        sales = (a_sale(f"{name}-{number}", None, 0) for number in range(6))
        books.take(Life(0, f"disk-{name}", *sales).batch(), device)
    assert books.faults() == []
    books.database.transact(lambda c: c.execute(text(tampering.format(broken=broken))))
    (fault,) = books.faults()
    assert fault.startswith(f"journal {broken}: entry 0:")
    assert entry in fault


def test_a_picture_does_not_move_while_batches_are_taken(tmp_path: Path, life: Life) -> None:
    """Whoever reads, for however long, keeps no device from being answered, and sees one moment."""
    books = Books(f"sqlite:///{tmp_path}/hub.db?timeout=0")
    books.take(life.batch(1, 4))
    reader = Database(f"sqlite:///{tmp_path}/hub.db?timeout=0")
    reader.start(migrate=False)

    def look(c: object) -> list[str]:

        assert check_books(c) == []
        assert books.take(life.batch(5, 6)).kept == 2
        return check_books(c)

    assert reader.read(look) == []
    reader.stop()
    books.stop()


def test_a_refused_first_batch_leaves_no_journal(books: Books, life: Life) -> None:
    """A device of which nothing was ever accepted has no journal at head office."""
    header, _ = life.batch(1, 2)
    assert isinstance(books.take((header, (b"{}", b"{}"))).verdict, Contradicts)
    assert books.journals() == []
    assert chain(GENESIS, ()) == GENESIS
    assert PROGRAM not in {row[1] for row in books.everything()["accounts"]}
    assert books.device().address == EDGE
