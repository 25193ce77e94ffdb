"""What a new head office takes in at once is counted at once, so that PostgreSQL plans for it."""

from books import EDGE, Books
from postgres import PrivatePostgres
from sqlalchemy import Connection, insert, text

from sync.hub.fresh_tables import count_fresh_tables
from sync.hub.tables import accounts


def _fill(c: Connection) -> None:
    rows = [{"tenant": EDGE.tenant, "account": f"a-{number}"} for number in range(600)]
    c.execute(insert(accounts), rows)
    if c.dialect.name == "postgresql":
        c.execute(text("SELECT pg_stat_force_next_flush()"))


def _guessed(c: Connection) -> int:
    """Ask how many of a tenant's accounts PostgreSQL expects."""
    wanted = text("EXPLAIN (FORMAT JSON) SELECT account FROM accounts WHERE tenant = 'house'")
    (plan,) = c.execute(wanted).scalar_one()
    return int(plan["Plan"]["Plan Rows"])


def test_a_table_is_counted_once_there_is_something_in_it(postgres: PrivatePostgres) -> None:
    """From then on PostgreSQL expects what is there; it counts on by itself later."""
    books = Books(postgres.url(postgres.new_database()))
    assert books.database.transact(count_fresh_tables) == []
    books.database.transact(_fill)
    assert books.database.read(_guessed) < 100
    assert books.database.transact(count_fresh_tables) == ["accounts"]
    assert books.database.read(_guessed) == 600
    assert books.database.transact(count_fresh_tables) == []
    books.stop()


def test_sqlite_is_left_as_it_is() -> None:
    """It looks things up by the index that fits, however many there are."""
    books = Books("sqlite://")
    books.database.transact(_fill)
    assert books.database.transact(count_fresh_tables) == []
    books.stop()
