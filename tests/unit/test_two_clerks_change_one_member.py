"""Two clerks who change one member at the same moment come to the same as one after the other."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from books import NOW, Books, Life, a_sale
from clerk import Clerk
from sqlalchemy import Connection, text

from agent.core.facts import Enrol
from agent.tools.waiting import wait_until
from sync.hub.deciding import NotMergeable, erase_member, merge_accounts

WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND wait_event_type = 'Lock'"
)


@pytest.fixture(name="books")
def _books(_templates: Any) -> Iterator[Books]:
    """Two members, of 50 and of 30 points, in PostgreSQL: two write at once there alone."""
    books = Books(_templates.url())
    life = Life(0, "disk-1")
    for account, points in (("a-1", 50), ("a-2", 30)):
        life.write(Enrol(account=account, token=f"em4100:000000000{points // 10}"))
        life.write(a_sale(f"s-{account}", account, points))
    books.take(life.batch())
    try:
        yield books
    finally:
        books.stop()


def meanwhile(books: Books, first: Callable[[Connection], Any], second: Callable[[], Any]) -> Any:
    """Begin the second once the first is done and not committed, and commit when it waits for
    that; answers what the second answered.
    """
    begun: list[Future[Any]] = []

    def work(c: Connection) -> None:
        first(c)
        if not begun:
            begun.append(pool.submit(second))
        wait_until(lambda: begun[0].done() or waits(books), "the second to wait for the first")

    with ThreadPoolExecutor(1) as pool:
        books.database.transact(work)
        return begun[0].result(30)


def waits(books: Books) -> bool:
    """Whether a transaction waits for another's."""
    with books.database.engine.connect() as c:
        return bool(c.execute(WAITING).scalar_one())


@pytest.mark.parametrize("pair", [("a-1", "a-2"), ("a-2", "a-1")])
def test_who_is_being_forgotten_takes_nobody_along(books: Books, pair: tuple[str, str]) -> None:
    """A clerk merges while another erases one of the two: that is refused, and the other stays."""

    def merge() -> None:
        books.database.transact(lambda c: merge_accounts(c, "house", *pair, now=NOW))

    with pytest.raises(NotMergeable):
        meanwhile(books, lambda c: erase_member(c, "house", "a-1", now=NOW), merge)
    kept = Clerk(books).get("/v1/accounts/a-2").json()
    assert (kept["state"], kept["root"], kept["balance"]) == ("active", "a-2", 30)
    assert books.faults() == []


@pytest.mark.parametrize("pair", [("a-1", "a-2"), ("a-2", "a-1")])
def test_who_is_being_merged_is_forgotten_whole(books: Books, pair: tuple[str, str]) -> None:
    """A clerk erases a member while another merges them: both accounts are forgotten."""

    def erase() -> None:
        books.database.transact(lambda c: erase_member(c, "house", "a-1", now=NOW))

    meanwhile(books, lambda c: merge_accounts(c, "house", *pair, now=NOW), erase)
    for name in pair:
        found = Clerk(books).get(f"/v1/accounts/{name}").json()
        assert (found["state"], found["root"], found["balance"]) == ("erased", pair[1], 0)
    assert books.faults() == []
