"""Head office on PostgreSQL, two workers, and what befalls the database while stores deliver."""

import signal
from collections.abc import Iterator

import psycopg
import pytest
from busy_till import BusyTill
from company import Company, until
from postgres import PrivatePostgres

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def server() -> Iterator[PrivatePostgres]:
    """A PostgreSQL of our own, which keeps its word when it is killed."""
    server = PrivatePostgres(synchronous_commit="on", deadlock_timeout="3s")
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def name(server: PrivatePostgres) -> str:
    """The name of head office's database."""
    return server.new_database()


@pytest.fixture(scope="module")
def company(
    tmp_path_factory: pytest.TempPathFactory, server: PrivatePostgres, name: str
) -> Iterator[Company]:
    """A company whose head office has two workers on PostgreSQL."""
    made = Company(tmp_path_factory.mktemp("company"), database_url=server.url(name), workers=2)
    with made.running() as company:
        yield company


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["restarted", "killed"])
def test_the_database_goes_away_and_comes_back(
    company: Company, server: PrivatePostgres, how: signal.Signals
) -> None:
    """Whether it is restarted or its postmaster is killed, in the middle of batches: what was
    acknowledged is there, and what was not is taken once it is back.
    """
    tills = [BusyTill(company.pos(name), pause_s=0.05) for name in company.stores]
    for till in tills:
        till.start()
        till.wait_for_sales(10)
    server.end(how)
    for till in tills:
        till.wait_for_sales(10)
    until(lambda: company.hub_health()["status"] == "degraded", "the hub to notice")
    server.serve()
    for till in tills:
        till.wait_for_sales(10)
        till.stop()
    company.agree()
    until(lambda: company.hub_health()["status"] == "ok", "the hub to be well")


def test_a_deadlock_at_commit_is_begun_again(
    company: Company, server: PrivatePostgres, name: str
) -> None:
    """A transaction of somebody else locks two members in the other order while a batch about both
    is booked: the batch is the one that gives way, is booked afresh, and counts once.
    """
    cards = sorted(
        (company.member("s001", 100), company.member("s001", 100)),
        key=lambda card: company.account("s001", card),
    )
    first, last = (company.account("s001", card) for card in cards)
    company.agree()
    lock = "SELECT 1 FROM accounts WHERE account = %s FOR UPDATE"
    before = deadlocks(server, name)
    with company.cut("s001"):
        for card in cards:
            company.sell("s001", card, 50)
        other = psycopg.connect(server.address(name))
        other.execute("SET deadlock_timeout = '60s'")  # so that it is not this one that gives way
        other.execute(lock, (last,))
    with other:
        until(
            # Somebody else may wait for one of the two: the batch is who has the other.
            lambda: is_locked(server, name, first) and waiters(server, name) > 0,
            "the batch to wait for the member",
        )
        other.execute(lock, (first,))
    other.close()
    company.agree()
    until(lambda: deadlocks(server, name) > before, "PostgreSQL to have counted the deadlock")
    for card in cards:
        assert company.office.ask("GET", f"/v1/cards/{card}")["balance"] == 150


def is_locked(server: PrivatePostgres, name: str, account: str) -> bool:
    """Whether a transaction has a member's row."""
    free = "SELECT 1 FROM accounts WHERE account = %s FOR UPDATE SKIP LOCKED"
    with psycopg.connect(server.address(name), autocommit=True) as connection:
        return connection.execute(free, (account,)).fetchone() is None


def waiters(server: PrivatePostgres, name: str) -> int:
    """How many transactions wait for another."""
    return _number(server, name, "SELECT count(*) FROM pg_locks WHERE NOT granted")


def deadlocks(server: PrivatePostgres, name: str) -> int:
    """How many deadlocks there were."""
    return _number(
        server, name, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    )


def _number(server: PrivatePostgres, name: str, question: str) -> int:
    with psycopg.connect(server.address(name), autocommit=True) as connection:
        row = connection.execute(question).fetchone()
    assert row is not None
    return int(row[0])
