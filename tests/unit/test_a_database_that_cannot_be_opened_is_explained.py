"""A hub that finds no database says why in one line, and what to do next, and never a password."""

from pathlib import Path

import psycopg
import pytest
from postgres import PrivatePostgres
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from agent.tools.processes import free_port
from sync.hub.database import Database
from sync.hub.unopened import UNOPENED, why_unopened

_URL = "postgresql+psycopg://ana:secret-word@db.example/office"


def why(url: str) -> str:
    """Try to open a database that cannot be; answers what is said."""
    database = Database(url, sleep=lambda _: None)
    with pytest.raises(UNOPENED) as caught:
        database.start()
    database.stop()
    told = why_unopened(url, caught.value)
    assert "\n" not in told
    return told


def test_nothing_answers() -> None:
    """Where no PostgreSQL is."""
    port = free_port()
    told = why(f"postgresql+psycopg://ana:secret-word@127.0.0.1:{port}/office")
    assert f"is PostgreSQL running, does it listen at 127.0.0.1:{port}" in told
    assert "secret-word" not in told


def test_there_is_no_such_database(postgres: PrivatePostgres) -> None:
    """As on the first day, before anybody made one."""
    told = why(postgres.url("nobody-made-it"))
    assert "createdb --owner" in told
    assert "nobody-made-it" in told


def test_there_is_no_such_directory(tmp_path: Path) -> None:
    """Of a SQLite database."""
    told = why(f"sqlite:///{tmp_path}/nowhere/hub.db")
    assert told.endswith(
        f"make the directory {tmp_path}/nowhere, for the user that the hub runs as"
    )


def test_a_newer_version_was_there(tmp_path: Path) -> None:
    """A version that is set back writes into no tables that it does not know."""
    database = Database(url := f"sqlite:///{tmp_path}/hub.db")
    database.start()
    database.transact(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    database.stop()
    assert "a newer tapledger has written there" in why(url)


@pytest.mark.parametrize(
    ("said", "step"),
    [
        ('FATAL:  password authentication failed for user "ana"', "the right password of ana"),
        ("fe_sendauth: no password supplied", "the right password of ana"),
        ('FATAL:  role "ana" does not exist', "createuser --pwprompt ana"),
        ('FATAL:  no pg_hba.conf entry for host "192.0.2.1"', "in pg_hba.conf"),
        ("permission denied for schema public", "ALTER DATABASE office OWNER TO ana"),
        ("failed to resolve host 'db.example': Name or service not known", "name server"),
        ("connection timeout expired", "db.example:5432"),
        ("something that nobody has seen", "something that nobody has seen"),
    ],
)
def test_what_the_server_says_has_its_next_step(said: str, step: str) -> None:
    """Each refusal of PostgreSQL's with what an operator does about it."""
    told = why_unopened(_URL, OperationalError("", {}, psycopg.OperationalError(said)))
    assert step in told
    assert said in told
    assert "secret-word" not in told
