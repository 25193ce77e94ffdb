"""A connection to a PostgreSQL elsewhere notices within a minute that the other end is gone."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from postgres import PrivatePostgres
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from sync.hub.database import Database
from sync.hub.turning import tell_turning


@pytest.fixture
def port(postgres: PrivatePostgres) -> Iterator[int]:
    """A port by which one connection reaches the server as if it were elsewhere: it has a socket
    file alone.
    """
    file = f"{make_url(postgres.url('postgres')).query['host']}/.s.PGSQL.5432"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        forwarding = threading.Thread(target=_forward, args=(listener, file))
        forwarding.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        forwarding.join()


def _forward(listener: socket.socket, file: str) -> None:
    try:
        near, _ = listener.accept()
    except OSError:
        return
    with near, socket.socket(socket.AF_UNIX) as far:
        far.connect(file)
        back = threading.Thread(target=_copy, args=(far, near))
        back.start()
        _copy(near, far)
        back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    while data := source.recv(65_536):
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    database = Database(url)
    database.start(migrate=False)
    try:
        with database.engine.connect() as connection:
            yield connection
    finally:
        database.stop()


def _asked_of_libpq(connection: Connection) -> dict[str, str]:
    parameters: dict[str, str] = connection.connection.driver_connection.info.get_parameters()  # type: ignore[union-attr]
    return parameters


def _option(connection: Connection, level: int, name: int) -> int:
    driver = connection.connection.driver_connection
    with socket.fromfd(driver.fileno(), socket.AF_INET, socket.SOCK_STREAM) as end:  # type: ignore[union-attr]
        return end.getsockopt(level, name)


def test_the_kernel_asks_whether_a_database_elsewhere_is_there(port: int) -> None:
    """A connection over the network is probed while it waits, and what is sent and not confirmed is
    given up: both within a minute.
    """
    with _connected(f"postgresql+psycopg://tests@127.0.0.1:{port}/postgres") as connection:
        assert _option(connection, socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        idle, interval, count = (
            _option(connection, socket.IPPROTO_TCP, name)
            for name in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        )
        assert idle + interval * count <= 60
        unconfirmed_ms = _option(connection, socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        assert 0 < unconfirmed_ms <= 60_000
        assert 0 < int(_asked_of_libpq(connection)["connect_timeout"]) <= 60


def test_what_the_url_says_comes_first(port: int) -> None:
    """An operator who writes other values into the URL gets those, and ours for the rest."""
    said = "connect_timeout=77&keepalives_idle=123&tcp_user_timeout=4567"
    with _connected(f"postgresql+psycopg://tests@127.0.0.1:{port}/postgres?{said}") as connection:
        assert _asked_of_libpq(connection)["connect_timeout"] == "77"
        assert _option(connection, socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 123
        assert _option(connection, socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 4567
        assert _option(connection, socket.IPPROTO_TCP, socket.TCP_KEEPCNT) == 4


def test_a_database_on_this_machine_is_reached_by_its_socket(postgres: PrivatePostgres) -> None:
    """Settings of the network keep nobody from a socket file."""
    with _connected(postgres.url("postgres")) as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1


def test_who_tries_again_still_turns() -> None:
    """A worker whose database cannot be reached is not taken for dead while it tries: each attempt
    may last as long as one connection that nobody answers.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = listener.getsockname()[1]
    database = Database(f"postgresql+psycopg://tests@127.0.0.1:{nobody}/none", sleep=lambda _: None)
    told = []
    tell_turning(lambda: told.append(True))
    try:
        database.start(migrate=False)
        with pytest.raises(OperationalError):
            database.read(lambda c: c.execute(text("SELECT 1")))
    finally:
        tell_turning(lambda: None)
        database.stop()
    assert len(told) == database.reruns > 1
