"""A store's place in the feed is of one life of head office's database: no number stands for it."""

from collections.abc import Iterator
from itertools import count

import pytest
from feed_listener import Listener
from greeted import Store, in_memory
from rights_office import TENANT, Office
from sqlalchemy import Connection, func, select

from sync.hub import runs as runs_module
from sync.hub.marking import mark
from sync.hub.numbering import Numbering
from sync.hub.runs import run_at
from sync.hub.tables import runs, tenants
from sync.messages import AccountItem, FeedPage, FeedPlace, encode_feed
from sync.simulation.now import run_now


@pytest.fixture
def books() -> Iterator[Office]:
    """Head office with members."""
    with Office() as made:
        for name in "abcdef":
            made.member(name, 5)
        yield made


def worker(of: str) -> Numbering:
    """A worker that names its runs."""
    numbers = count(1)
    return Numbering(lambda: f"{of}-{next(numbers)}")


def run_of(c: Connection, seq: int) -> str | None:
    """The run that a number is of."""
    return run_at(c, TENANT, seq)


def number(books: Office, by: Numbering, *accounts: str) -> None:
    """Have a worker number what changed."""
    mark(books.c, TENANT, "account", accounts)
    by.number_all_marks(books.c)


def test_a_run_lasts_as_long_as_nobody_else_numbers(books: Office) -> None:
    """Another worker begins one of its own, and so does the first when its turn comes again."""
    one, other = worker("one"), worker("other")
    for by in (one, one, other, other, one):
        number(books, by, "a")
    newest = [run_of(books.c, seq) for seq in (newest_of(books) - back for back in range(5))]
    assert newest == ["one-2", "other-1", "other-1", "one-1", "one-1"]
    assert books.c.execute(select(func.count()).select_from(runs)).scalar() == 3


def newest_of(books: Office) -> int:
    """The newest number."""
    return books.c.execute(select(tenants.c.feed_seq)).scalar_one()


def test_a_database_that_was_exchanged_is_seen_by_the_worker(books: Office) -> None:
    """It gives the numbers that were forgotten once more, as another run."""
    by = worker("one")
    number(books, by, "a")
    kept = books.backup()
    number(books, by, "b")
    books.restore(kept)
    number(books, by, "c")
    newest = newest_of(books)
    assert [run_of(books.c, seq) for seq in (newest - 1, newest)] == ["one-1", "one-2"]


def test_a_place_that_was_forgotten_is_greeted_for(books: Office) -> None:
    """More was numbered since than was forgotten, so that the number alone says nothing. Who heard
    only what is still held goes on.
    """
    before, since = (Listener(books, books.device(name)) for name in ("one", "two"))
    before.hear()
    kept = books.backup()
    mark(books.c, TENANT, "account", ["a"])
    assert len(since.hear()) > 6
    books.restore(kept)
    number(books, worker("other"), "b", "c", "d")
    assert [item.account for item in before.hear() if isinstance(item, AccountItem)] == list("bcd")
    heard_to = since.cursor
    assert since.hear() == []
    assert since.page is not None
    assert (since.page.greet, since.page.cursor) == (True, heard_to)


def test_a_place_in_the_middle_of_a_run_is_known(books: Office) -> None:
    """A page ends wherever it is full, and the run of its number comes with it."""
    by = worker("one")
    number(books, by, *"abcd")
    number(books, worker("other"), *"ef")
    listener = Listener(books, books.device("one"))
    heard = listener.hear(at_most=1)
    assert listener.pages > 6
    assert {item.account for item in heard if isinstance(item, AccountItem)} == set("abcdef")
    assert listener.page is not None
    assert not listener.page.anew


def test_a_place_too_old_to_be_known_is_told_everything_once(
    books: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of runs the newest are kept; whoever was away for longer goes on as any other then."""
    monkeypatch.setattr(runs_module, "_OLDEST_KEPT", runs_module._OLDEST_KEPT.offset(1))
    listener = Listener(books, books.device("one"))
    listener.hear()
    for name in "xyz":
        number(books, worker(name), "a")
    assert books.c.execute(select(func.count()).select_from(runs)).scalar() == 2
    assert len({item.account for item in listener.hear() if isinstance(item, AccountItem)}) == 6
    assert listener.page is not None
    assert listener.page.anew
    assert listener.hear() == []
    assert not listener.page.anew


@pytest.fixture
def store() -> Iterator[Store]:
    """A store that was welcomed to its first epoch."""
    for each in in_memory():
        run_now(each.open())
        yield each


def page(store: Store, cursor: int, run: str, **more: bool) -> bytes:
    """A page that answers the newest request."""
    nonce = store.wire.requests[-1].nonce
    header = FeedPage(nonce=nonce, cursor=cursor, generation=0, run=run, **more)
    return encode_feed(header, (AccountItem(account="ana", active=cursor),))


def test_a_store_sends_back_what_came_with_its_cursor(store: Store) -> None:
    """In what it asks, and signed in its HELLO."""
    run_now(store.hear("feed", page(store, 40, "r", more=True)))
    assert (store.wire.requests[-1].cursor, store.wire.requests[-1].run) == (40, "r")
    store.talk.session.greet_again(0.0)
    run_now(store.turn(after_s=1.0))
    assert store.wire.hello.feed == FeedPlace(cursor=40, run="r")


def test_a_store_that_is_told_everything_anew_takes_a_smaller_place(store: Store) -> None:
    """What is told no more is forgotten with the last page."""
    run_now(store.hear("feed", page(store, 40, "r", more=True)))
    run_now(store.hear("feed", page(store, 7, "q", more=True)))
    assert run_now(store.ledger.read(lambda view: view.balance("ana"))) == 40
    run_now(store.turn(after_s=60.0))
    run_now(store.hear("feed", page(store, 7, "q", anew=True)))
    assert run_now(store.ledger.read(lambda view: view.balance("ana"))) == 7
    run_now(store.turn(after_s=60.0))
    assert (store.wire.requests[-1].cursor, store.wire.requests[-1].run) == (7, "q")


def test_a_store_that_is_asked_to_greet_does_and_takes_nothing(store: Store) -> None:
    """Its place is what shows that head office was set back."""
    run_now(store.hear("feed", page(store, 40, "r", more=True)))
    hellos = len(store.wire.hellos)
    run_now(store.hear("feed", page(store, 90, "q", greet=True)))
    assert len(store.wire.hellos) == hellos + 1
    assert store.wire.hello.feed == FeedPlace(cursor=40, run="r")
