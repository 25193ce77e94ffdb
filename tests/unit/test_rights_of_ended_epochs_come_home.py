"""Rights of epochs that have ended come home where nothing can have been spent unheard."""

from collections.abc import Iterator

import pytest
from rights_office import Office, Till
from sqlalchemy import func, select

from sync.hub.asking import answer_ask
from sync.hub.granting import grants_after
from sync.hub.homecoming import NotFenced, write_off
from sync.hub.registry import DeviceRow
from sync.hub.tables import conflicts, devices, journals
from sync.messages import Ask, Grant

SEAL = bytes([9]) * 32


@pytest.fixture(name="books")
def _books() -> Iterator[Office]:
    with Office() as books:
        yield books


def _ended(books: Office, how: str, *, sealed_at: int = 5, seal: bytes = SEAL) -> Till:
    """Give a device 80 points of a member's, and end the epoch in which it has them."""
    books.member("a")
    till = Till(books, books.device("one"))
    till.move("a", 80, 80)
    old = till.device.journal_id or 0
    books.change(journals, old, fenced=how, seq=3, hash=bytes([3]) * 32)
    following = books.device("one", epoch=2)
    books.change(
        journals,
        following.journal_id or 0,
        parent_id=old,
        parent_seq=sealed_at,
        parent_hash=seal,
    )
    till.device = following
    return till


def _heard_up_to(books: Office, till: Till, seq: int, newest: bytes) -> None:
    old = select(journals.c.id).where(journals.c.fenced.is_not(None))
    books.change(journals, books.c.execute(old).scalar_one(), seq=seq, hash=newest)
    assert grants_after(books.c, till.device, [], now=books.now) == []


def test_a_clean_end_brings_rights_home_once_all_of_it_is_held(books: Office) -> None:
    """The chain must reach the very entry that the next life grew from; once is enough."""
    till = _ended(books, "clean")
    _heard_up_to(books, till, 4, bytes([4]) * 32)
    assert books.account("a").available == 0
    _heard_up_to(books, till, 5, SEAL)
    assert books.account("a").available == 80
    assert books.amiss() == []
    _heard_up_to(books, till, 5, SEAL)
    assert books.account("a").available == 80


def test_a_chain_that_ends_otherwise_brings_nothing_home(books: Office) -> None:
    """The same number with another hash is another history."""
    till = _ended(books, "clean")
    _heard_up_to(books, till, 5, bytes([7]) * 32)
    assert books.account("a").available == 0


def test_an_unclean_end_keeps_rights_out(books: Office) -> None:
    """Nobody knows what was spent of them; they count as outstanding, and nobody gets them. The
    till is told that they are on its own lost disk, where no other store has any.
    """
    till = _ended(books, "unclean")
    _heard_up_to(books, till, 5, SEAL)
    assert books.account("a").available == 0
    ask = Ask(ask="q", epoch=2, account="a", points=50)
    ((_, grant),) = answer_ask(books.c, till.device, ask, now=books.now)
    assert isinstance(grant, Grant)
    assert grant.granted_total == 0
    assert (
        grant.why == "80 points are on a lost disk of this till until head office writes them off"
    )


def test_a_person_may_write_them_off_once(books: Office) -> None:
    """They come back to what is available, and the act is on record in plain words."""
    _ended(books, "unclean")
    old = books.c.execute(select(journals.c.id).where(journals.c.fenced == "unclean")).scalar_one()
    assert write_off(books.c, old, "ann", now=books.now) == 80
    assert books.account("a").available == 80
    assert books.amiss() == []
    assert write_off(books.c, old, "ann", now=books.now) == 0
    assert books.account("a").available == 80
    (row,) = books.c.execute(select(conflicts)).all()
    assert (row.kind, row.points, row.device) == ("rights_written_off", 80, "one")
    assert row.text == (
        "80 points that epoch 1 of store-one/one held were written off by ann; what was spent of "
        "them there is a debt if it is heard of later."
    )


def test_rights_that_are_in_use_are_not_written_off(books: Office) -> None:
    """A live epoch can return them itself; a retired device cannot."""
    books.member("a")
    till = Till(books, books.device("one"))
    till.move("a", 80, 80)
    live = till.device.journal_id or 0
    with pytest.raises(NotFenced, match="is live"):
        write_off(books.c, live, "ann", now=books.now)
    books.change(devices, till.device.id, state="retired")
    assert write_off(books.c, live, "ann", now=books.now) == 80


def test_rights_under_a_merged_account_come_home_to_its_root(books: Office) -> None:
    """The points are at the root, so that is where they are available."""
    till = _ended(books, "clean")
    books.member("root")
    books.merge("a", "root")
    _heard_up_to(books, till, 5, SEAL)
    assert books.account("root").available == 80
    assert books.amiss() == []


def test_only_the_device_whose_epoch_ended_brings_it_home(books: Office) -> None:
    """A booking of another device looks at that device's epochs alone."""
    till = _ended(books, "clean", sealed_at=3, seal=bytes([3]) * 32)
    other: DeviceRow = books.device("two")
    grants_after(books.c, other, [], now=books.now)
    assert books.account("a").available == 0
    grants_after(books.c, till.device, [], now=books.now)
    assert books.account("a").available == 80
    assert books.c.execute(select(func.count()).select_from(conflicts)).scalar() == 0
