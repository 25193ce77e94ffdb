"""Head office's line to PostgreSQL breaks while it waits for the answer to COMMIT."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from company import Company, until
from postgres import PrivatePostgres

from agent.tools.line import Line
from agent.tools.processes import free_port

pytestmark = pytest.mark.long

_HELD_UP = """
CREATE FUNCTION held_up() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER held_up AFTER INSERT ON entries DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION held_up();
"""
"""Whoever wrote entries waits at COMMIT for as long as somebody else has this lock."""

_AT_COMMIT = """
SELECT pid, backend_xid::text FROM pg_stat_activity
WHERE datname = current_database() AND query ILIKE 'COMMIT%' AND wait_event = 'advisory'
"""


class Books:
    """Head office's database, on a line that can be cut, and who holds up what is committed."""

    def __init__(self, server: PrivatePostgres, port: int) -> None:
        self.line = Line(port)
        name = server.new_database()
        self.url = f"postgresql+psycopg://tests@127.0.0.1:{self.line.port}/{name}"
        self._held_up: tuple[int, str]
        self.connection = psycopg.connect(server.address(name), autocommit=True)

    @contextmanager
    def holding_up(self) -> Iterator[None]:
        """No entry is committed before this ends."""
        self.connection.execute(_HELD_UP)
        self.connection.execute("SELECT pg_advisory_lock(1)")
        try:
            yield
        finally:
            self.connection.execute("SELECT pg_advisory_unlock(1)")

    def is_at_commit(self) -> bool:
        """Whether somebody has written entries and waits at COMMIT."""
        found = self.connection.execute(_AT_COMMIT).fetchone()
        if found is not None:
            self._held_up = found
        return found is not None

    def the_line_breaks(self) -> None:
        """Head office is cut off from its transaction, which PostgreSQL commits all the same."""
        self.line.drop()

    def the_transaction_ends(self) -> None:
        """PostgreSQL ends it: nothing of it is committed."""
        self.connection.execute("SELECT pg_terminate_backend(%s)", (self._held_up[0],))

    def is_written_by_that_transaction(self, thing: str) -> bool:
        """Whether the entry of a sale is the one that was held up."""
        asked = "SELECT xmin::text FROM entries WHERE thing LIKE %s"
        ((transaction,),) = self.connection.execute(asked, (f"%{thing}",)).fetchall()
        return bool(transaction == self._held_up[1])


@pytest.fixture
def books() -> Iterator[Books]:
    """A PostgreSQL that listens on a port."""
    port = free_port()
    server = PrivatePostgres(listen_addresses="127.0.0.1", port=str(port))
    server.start()
    try:
        books = Books(server, port)
        yield books
        books.connection.close()
        books.line.close()
    finally:
        server.stop()


@pytest.mark.parametrize("is_committed", [True, False], ids=["committed", "rolled back"])
def test_a_sale_whose_commit_nobody_answered_counts_once(
    books: Books, tmp_path: Path, *, is_committed: bool
) -> None:
    """Whether PostgreSQL committed it or not head office cannot know: it takes the batch again, and
    both sides are equal.
    """
    company = Company(tmp_path, stores=("s001",), database_url=books.url)
    with company.running():
        card = company.member("s001", 100)
        company.agree()
        with books.holding_up():
            company.sell("s001", card, 50, sale_id="held-up")
            until(books.is_at_commit, "head office to wait for its COMMIT")
            if is_committed:
                books.the_line_breaks()
            else:
                books.the_transaction_ends()
        company.agree()
        assert books.is_written_by_that_transaction("held-up") is is_committed
        assert company.office.ask("GET", f"/v1/cards/{card}")["balance"] == 150
