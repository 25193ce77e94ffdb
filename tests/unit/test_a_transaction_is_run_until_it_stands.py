"""A transaction that PostgreSQL ended, or whose commit nobody heard of, is run again and counts
once; one that cannot succeed is not tried for ever.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from books import EDGE, NOW, OTHER, Books, Life, Templates, a_sale
from extremes import LONG
from sqlalchemy import Connection, event, insert, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from sync.hub.batch import Batch
from sync.hub.booking import book
from sync.hub.database import Database, is_too_much
from sync.hub.registry import device_of
from sync.hub.tables import cards


@pytest.fixture
def books(_templates: Templates) -> Iterator[Books]:
    """Head office's empty books in PostgreSQL."""
    books = Books(_templates.url())
    yield books
    books.stop()


def test_a_deadlock_is_run_again(books: Books) -> None:
    """Two transactions that wait for each other in a circle both come through."""
    for name in ("ana", "ben"):
        books.take(Life(0, name, a_sale(f"s-{name}", name, 1)).batch())
    both_have_one = threading.Barrier(2, timeout=10)
    runs: list[str] = []

    def lock(first: str, second: str) -> None:
        def work(c: Connection) -> None:
            runs.append(first)
            sql = text("UPDATE accounts SET pending = pending + 1 WHERE account = :name")
            c.execute(sql, {"name": first})
            if runs.count(first) == 1:
                both_have_one.wait()
            c.execute(sql, {"name": second})

        books.database.transact(work)

    threads = [
        threading.Thread(target=lock, args=names) for names in (("ana", "ben"), ("ben", "ana"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert books.account("ana")[1] == books.account("ben")[1] == 2
    assert len(runs) >= 3


def test_a_connection_lost_at_commit_counts_once(books: Books) -> None:
    """The commit was done and the answer lost: run again, the batch is known."""
    life = Life(0, "disk-1", a_sale("s-1", "ana", 5))
    committed: list[int] = []

    @event.listens_for(books.database.engine, "commit")
    def lose(c: Connection) -> None:
        if not committed:
            driver: Any = c.connection.driver_connection
            committed.append(driver.info.backend_pid)
            driver.commit()
            driver.pgconn.finish()

    assert books.take(life.batch()).held.seq == 1
    assert committed
    assert books.database.reruns == 1
    assert books.account("ana") == (5, 0, 0, 5)
    assert books.faults() == []


def test_a_connection_lost_before_commit_loses_nothing(books: Books) -> None:
    """The server ended the connection in the middle: the batch is booked all the same, once."""
    batch = Batch(*Life(0, "disk-1", a_sale("s-1", "ana", 5)).batch())
    ended: list[int] = []

    def work(c: Connection) -> int:
        booked = book(c, device_of(c, EDGE, now=NOW), batch, now=NOW)
        if not ended:
            ended.append(c.execute(text("SELECT pg_backend_pid()")).scalar_one())
            other = books.database.engine.url.query["host"]
            name = books.database.engine.url.database
            with psycopg.connect(f"host={other} user=tests dbname={name}") as killer:
                killer.execute("SELECT pg_terminate_backend(%s)", ended)
        return booked.kept

    assert books.database.transact(work) == 1
    assert books.database.reruns == 1
    assert books.account("ana") == (5, 0, 0, 5)
    assert books.faults() == []


def test_what_cannot_succeed_is_raised_at_once(books: Books) -> None:
    """A row that breaks a rule is not tried again."""
    runs: list[int] = []

    def work(c: Connection) -> None:
        runs.append(1)
        c.execute(text("INSERT INTO office VALUES (1, 0)"))

    with pytest.raises(IntegrityError):
        books.database.transact(work)
    assert len(runs) == 1


def test_a_server_that_stays_away_is_not_waited_for_for_ever() -> None:
    """After a bounded number of attempts the fault is raised, for the caller to wait longer."""
    waits: list[float] = []
    database = Database("postgresql+psycopg://nobody@/none?host=/nowhere", sleep=waits.append)
    with pytest.raises(DBAPIError):
        database.start()
    assert 5 <= len(waits) <= 10
    assert max(waits) <= 1


def test_devices_that_say_the_same_at_once_are_booked_once(books: Books) -> None:
    """Four devices send the same sales in the same moment, in different orders: each sale counts
    once, and no batch is lost.
    """
    names = [f"s-{number}" for number in range(8)]
    start = threading.Barrier(4, timeout=10)
    found: list[int] = []

    def send(number: int) -> None:
        order = names[number * 2 :] + names[: number * 2]
        life = Life(0, f"disk-{number}", *(a_sale(name, f"a-{name}", 5) for name in order))
        device = EDGE if number % 2 else OTHER
        start.wait()
        for seq in range(1, 9):
            found.append(books.take(life.batch(seq, seq), device).kept)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [1] * 32
    assert {books.account(f"a-{name}") for name in names} == {(5, 0, 0, 5)}
    assert books.faults() == []


def test_what_is_too_much_is_known_from_a_database_that_is_down(
    on_postgres: Database, tmp_path: Path
) -> None:
    """A text too long for an index, and a sum too large for SQLite, fail however often they are
    tried; a database that is locked does not.
    """
    row = {"tenant": "house", "token": LONG, "account": "a"}
    with pytest.raises(OperationalError) as too_long:
        on_postgres.transact(lambda c: c.execute(insert(cards).values(row)))
    assert is_too_much(too_long.value)
    small = Database(f"sqlite:///{tmp_path / 'hub.db'}", sleep=lambda _: None)
    small.start()
    largest = "SELECT sum(n) FROM (SELECT 9223372036854775807 AS n UNION SELECT 1)"
    try:
        with pytest.raises(OperationalError) as too_large:
            small.read(lambda c: c.execute(text(largest)).scalar())
        assert is_too_much(too_large.value)
        with closing(sqlite3.connect(tmp_path / "hub.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with small.engine.connect() as c:
                c.exec_driver_sql("PRAGMA busy_timeout = 0")
                with pytest.raises(OperationalError) as locked:
                    c.exec_driver_sql("BEGIN IMMEDIATE")
        assert not is_too_much(locked.value)
    finally:
        small.stop()
