"""Own sums: what the very ledger that a device has now wrote, through all its lives."""

from typing import Any
from unittest.mock import Mock

import pytest
from books import EDGE, NOW, Books, Life, a_sale
from numbered import number_all_marks
from sqlalchemy import update

from sync.hub import lives
from sync.hub.registry import device_of
from sync.hub.tables import journals
from sync.hub.turning import tell_turning


@pytest.fixture
def books(any_books: Books) -> Books:
    """Head office's empty books, in either kind of database."""
    return any_books


def fence(books: Books) -> None:
    """End every epoch that is held."""
    books.database.transact(lambda c: c.execute(update(journals).values(fenced="unclean")))


def own_of(books: Books, life: Life) -> dict[str, int]:
    """The active points that the ledger which stands on this life wrote."""
    head = life.head()
    (journal,) = [each for each in books.journals() if each.head == head]
    return {account: active for account, (active, _, _) in books.own(journal).items()}


def test_a_new_epoch_goes_on_with_the_line(books: Books) -> None:
    """What was written before a new epoch is the same ledger's."""
    first = Life().write(a_sale("s-1", "ana", 5))
    second = first.then(1).write(a_sale("s-2", "ana", 7))
    books.take(first.batch())
    books.take(second.batch())
    assert own_of(books, second) == {"ana": 12}
    assert len({journal.line for journal in books.journals()}) == 1
    assert books.faults() == []


def test_the_tail_of_an_older_epoch_is_added_when_it_comes(books: Books) -> None:
    """A new epoch may be heard before all of the one it grew from, or before anything of it."""
    for held in (0, 2):
        first = Life(held, f"disk-{held}")
        first.write(a_sale(f"s-1-{held}", "ana", 5), a_sale(f"s-2-{held}", "ben", 6))
        first.write(a_sale(f"s-3-{held}", "ben", 1))
        second = first.then(10 + held).write(a_sale(f"s-4-{held}", "ana", 7))
        if held:
            books.take(first.batch(1, held))
        books.take(second.batch())
        books.take(first.batch())
        assert own_of(books, second) == {"ana": 12, "ben": 7}
    assert books.faults() == []


def test_what_a_backup_does_not_have_is_not_its_own(books: Books) -> None:
    """A ledger out of a backup wrote less than head office holds of it: the rest is the rest of the
    world's, and what still comes of the lost life is so, too.
    """
    lost = Life().write(a_sale("s-1", "ana", 5), a_sale("s-2", "ana", 6), a_sale("s-3", "ben", 9))
    lost.write(a_sale("s-4", "ben", 1))
    restored = lost.cut(1).then(1, "disk-2", cause="restored").write(a_sale("s-5", "ana", 7))
    books.take(lost.batch(1, 3))
    booked = books.take(restored.batch())
    assert own_of(books, restored) == {"ana": 12}
    assert booked.accounts_changed >= {"ana", "ben"}
    books.take(lost.batch(4))
    assert own_of(books, restored) == {"ana": 12}
    assert books.account("ben")[0] == 10
    assert books.faults() == []


@pytest.mark.parametrize("branch_first", [True, False])
def test_a_branch_is_its_own_ledgers_past(books: Books, branch_first: bool) -> None:
    """A disk that was set back and sold on: what it wrote then is its own, what it lost is not,
    whichever of the two is heard first.
    """
    lost = Life().write(a_sale("s-1", "ana", 5), a_sale("s-2", "ben", 9))
    lost.write(a_sale("s-3", "ben", 1))
    branch = lost.cut(1).write(a_sale("s-4", "eve", 4), a_sale("s-5", "eve", 4))
    restored = branch.then(1, "disk-2", cause="restored").write(a_sale("s-6", "ana", 7))
    books.take(lost.batch(1, 2))
    fence(books)
    if branch_first:
        books.take(branch.batch())
        books.take(restored.batch())
    else:
        books.take(restored.batch())
        books.take(branch.batch())
    books.take(lost.batch())
    assert own_of(books, restored) == {"ana": 12, "eve": 8}
    assert [books.account(name)[0] for name in ("ana", "ben", "eve")] == [12, 10, 8]
    assert books.faults() == []


@pytest.mark.parametrize("goes_on", [False, True])
def test_a_copy_that_opened_the_same_epoch_has_a_line_of_its_own(
    books: Books, goes_on: bool
) -> None:
    """A copied disk may open the epoch that its other half opened, out of another end of the one
    before, and go on from there: each ledger's own points count once, in its line alone.
    """
    one = Life().write(a_sale("s-1", "ana", 5), a_sale("s-2", "ben", 9))
    copy = one.cut(1).write(a_sale("s-3", "eve", 4))
    of_one = one.then(1).write(a_sale("s-4", "ana", 7))
    of_copy = copy.then(1).write(a_sale("s-5", "eve", 20))
    later = of_copy.then(2, "disk-2", cause="restored").write(a_sale("s-6", "ana", 100))
    for life in (one, of_one):
        books.take(life.batch())
    fence(books)
    if goes_on:
        books.take(later.batch())
    books.take(copy.batch())
    books.take(of_copy.batch())
    assert own_of(books, of_one) == {"ana": 12, "ben": 9}
    newest = later if goes_on else of_copy
    assert own_of(books, newest) == {"ana": 105 if goes_on else 5, "eve": 24}
    assert books.faults() == []


def test_a_fenced_epoch_is_taken_branch_by_branch(books: Books) -> None:
    """Of an ended epoch nothing is refused: each branch is kept once, is answered with its own
    place, and one whose beginning is missing is asked for from its first entry.
    """
    lost = Life().write(*(a_sale(f"s-{n}", "ana", 1) for n in range(4)))
    branch = lost.cut(2).write(a_sale("b-1", "ana", 10), a_sale("b-2", "ana", 10))
    deeper = branch.cut(3).write(a_sale("c-1", "ana", 100))
    books.take(lost.batch())
    fence(books)
    ask_again = books.take(branch.batch(4))
    assert (ask_again.kept, ask_again.held.seq) == (0, 0)
    for life in (branch, deeper):
        for kept in (len(life.lines) - (2 if life is branch else 3), 0):
            booked = books.take(life.batch())
            assert booked.kept == kept
            assert booked.held.position == life.head()
    assert books.take(lost.batch(1, 1)).held.position == lost.head(1)
    assert [(each.branch, each.first_seq, each.seq) for each in books.journals()] == [
        (0, 1, 4),
        (1, 3, 4),
        (2, 4, 4),
    ]
    assert books.account("ana")[0] == 4 + 20 + 100
    assert books.faults() == []


def test_a_halted_device_loses_nothing(books: Books) -> None:
    """Of two live devices under one name both are booked, though no epoch has ended."""
    one = Life().write(a_sale("s-1", "ana", 1), a_sale("s-2", "ana", 1))
    other = one.cut(1).write(a_sale("s-3", "ana", 10))
    books.take(one.batch())
    assert books.take(other.batch()).kept == 0
    books.device(state="halted")
    assert books.take(other.batch()).kept == 1
    assert books.account("ana")[0] == 12
    assert books.faults() == []


def test_an_epoch_that_was_left_may_have_another_end(books: Books) -> None:
    """Of an epoch that its device left for a later one, what a copy of the disk wrote is booked
    too, though nobody ended it.
    """
    one = Life().write(a_sale("s-1", "ana", 1), a_sale("s-2", "ana", 1))
    other = one.cut(1).write(a_sale("s-3", "ana", 10))
    books.take(one.batch())
    assert books.take(other.batch()).kept == 0
    books.take(one.then(1).batch())
    books.device(journal_id=max(each.id for each in books.journals()))
    assert books.take(other.batch()).kept == 1
    assert books.account("ana")[0] == 12
    assert books.faults() == []


def test_a_branch_that_grew_from_elsewhere_keeps_nothing_of_its_twin(books: Books) -> None:
    """Two lives of one number and name: what the first grew from is none of the second's, also
    before anything came of the life that the second names.
    """
    first, elsewhere = (Life(0, disk, a_sale(disk, "ana", 5)) for disk in ("disk-1", "disk-9"))
    one = first.then(4, "disk-2", cause="restored")
    other = elsewhere.then(4, "disk-2", cause="restored").write(a_sale("s-2", "ana", 2))
    books.take(first.batch())
    books.take(one.batch())
    fence(books)
    books.take(other.batch())
    assert books.faults() == []
    books.take(elsewhere.batch())
    assert own_of(books, other) == {"ana": 7}
    assert books.faults() == []


def test_every_mutation_of_own_is_marked(books: Books) -> None:
    """An account of which a device's own part changed is told to it again, also where its points
    did not move.
    """
    lost = Life().write(a_sale("s-1", "ana", 5), a_sale("s-2", "ben", 9))
    books.take(lost.batch())
    before = marks(books)
    books.take(lost.cut(1).then(1, "disk-2", cause="restored").batch())
    after = marks(books)
    assert after["ben"] > before["ben"]


def test_each_entry_is_read_once_and_the_worker_says_so(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two ledgers that grew from one are added up with one reading of what they share, a bounded
    number of entries at a time, and between those the worker says that it goes on.
    """
    pages, told = [], Mock()
    read = lives.postings_of
    monkeypatch.setattr(lives, "_AT_ONCE", 2)
    monkeypatch.setattr(
        lives, "postings_of", lambda fact: (pages.append(told.call_count), read(fact))[1]
    )
    first = Life().write(*(a_sale(f"s-{n}", "ana", 1) for n in range(9)))
    books.take(first.batch())
    books.take(first.cut(5).then(1, "disk-2", cause="restored").batch())
    pages.clear()
    tell_turning(told)
    books.database.transact(lambda c: lives.recount(c, device_of(c, EDGE, now=NOW)))
    tell_turning(lambda: None)
    assert pages == [
        1,
        1,
        2,
        2,
        3,
        4,
        4,
        5,
        5,
        6,
    ]  # nine of the first, and the opening of the second
    assert books.faults() == []


def marks(books: Books) -> dict[Any, Any]:
    """The feed's number of each account."""
    books.database.transact(number_all_marks)
    return {row[2]: row[3] for row in books.everything()["feed"] if row[1] == "account"}
