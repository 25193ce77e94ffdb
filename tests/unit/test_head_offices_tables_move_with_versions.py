"""Head office's database is brought up to this version from nothing, and from version 0.1."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from books import EDGE, NOW, OTHER, Books, Life, a_sale
from postgres import PrivatePostgres
from sqlalchemy import Connection, create_engine, text

from agent.core.facts import Enrol
from sync.hub import migrations
from sync.hub.database import Database
from sync.hub.reposting import repost
from sync.hub.tables import metadata

OF_0_1 = (
    "CREATE TABLE journals (id {key}, tenant VARCHAR NOT NULL, store VARCHAR NOT NULL,"
    " device VARCHAR NOT NULL, incarnation VARCHAR NOT NULL, epoch BIGINT NOT NULL,"
    " seq BIGINT NOT NULL, hash {bytes} NOT NULL,"
    " UNIQUE (tenant, store, device, incarnation, epoch))",
    "CREATE TABLE entries (journal_id INTEGER NOT NULL REFERENCES journals (id),"
    " seq BIGINT NOT NULL, canonical {bytes} NOT NULL, hash {bytes} NOT NULL,"
    " received_at VARCHAR NOT NULL, PRIMARY KEY (journal_id, seq))",
    "CREATE TABLE balances (journal_id INTEGER NOT NULL REFERENCES journals (id),"
    " owner VARCHAR NOT NULL, bucket VARCHAR NOT NULL, points BIGINT NOT NULL,"
    " PRIMARY KEY (journal_id, owner, bucket))",
)
"""What version 0.1 made, as it stands in its databases."""

LIVES = {
    EDGE: Life(0, "disk-1", Enrol(account="ana", token="em4100:0C000621A5")).write(
        a_sale("s-1", "ana", 5, lease=5), a_sale("s-2", "ana", 7, lease=7)
    ),
    OTHER: Life(0, "disk-7", a_sale("s-3", "ben", 11, lease=11)),
}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty database of either kind is."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/hub.db"
    postgres: PrivatePostgres = request.getfixturevalue("postgres")
    return postgres.url(postgres.new_database())


def fill_as_0_1_did(url: str) -> None:
    """Make the tables of version 0.1 and put two devices' entries there."""
    engine = create_engine(url)
    kinds = {"key": "INTEGER PRIMARY KEY", "bytes": "BLOB"}
    if engine.dialect.name == "postgresql":
        kinds = {"key": "SERIAL PRIMARY KEY", "bytes": "BYTEA"}
    with engine.begin() as c:
        for statement in OF_0_1:
            c.execute(text(statement.format(**kinds)))
        for number, (device, life) in enumerate(LIVES.items(), start=3):
            _fill(c, number, device.store, life)
    engine.dispose()


def _fill(c: Connection, number: int, store: str, life: Life) -> None:
    head = life.head()
    journal = "INSERT INTO journals VALUES (:id, 'house', :store, 'edge-1', :disk, 0, :seq, :hash)"
    row = {"id": number, "store": store, "disk": life.incarnation, "seq": head.seq}
    c.execute(text(journal), row | {"hash": head.hash})
    for seq, line in enumerate(life.lines, start=1):
        values = {"id": number, "seq": seq, "line": line, "hash": life.head(seq).hash}
        c.execute(text("INSERT INTO entries VALUES (:id, :seq, :line, :hash, 'then')"), values)
    c.execute(text("INSERT INTO balances VALUES (:id, 'x', 'active', 1)"), {"id": number})


def drift(c: Connection) -> list[object]:
    """Say where the tables are not what sync/hub/tables.py says."""
    # SQLite knows no identities, which Alembic takes for defaults.
    exactly = {"compare_type": True, "compare_server_default": c.dialect.name != "sqlite"}
    return list(compare_metadata(MigrationContext.configure(c, opts=exactly), metadata))


@pytest.mark.parametrize("begin", [lambda _url: None, fill_as_0_1_did])
def test_the_tables_are_those_that_the_code_knows(url: str, begin: Callable[[str], None]) -> None:
    """From nothing and from 0.1 the same tables come, and starting again changes nothing."""
    begin(url)
    for _ in range(2):
        database = Database(url)
        database.start()
        assert database.read(drift) == []
        database.stop()


def test_each_table_and_index_is_made_as_the_code_says(tmp_path: Path) -> None:
    """What the steps make is, to the last default and condition of an index, what making today's
    tables at once would.
    """
    made = []
    for name, steps in (("by-steps", True), ("at-once", False)):
        url = f"sqlite:///{tmp_path}/{name}.db"
        if steps:
            database = Database(url)
            database.start()
            database.stop()
        engine = create_engine(url)
        with engine.begin() as c:
            if not steps:
                metadata.create_all(c)
            said = "SELECT name, sql FROM sqlite_master WHERE name != 'alembic_version'"
            rows = c.execute(text(f"{said} AND sql IS NOT NULL ORDER BY name"))
            made.append([tuple(row) for row in rows])
        engine.dispose()
    assert made[0] == made[1]


def test_a_step_does_not_change_with_the_code() -> None:
    """What the tables are today is none of a step's business: none of them imports it."""
    steps = Path(migrations.__file__).parent.rglob("*.py")
    assert not [step for step in steps if "sync.hub.tables" in " ".join(_imported_by(step))]


def _imported_by(source: Path) -> set[str]:
    tree = ast.parse(source.read_text())
    return {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def test_what_0_1_took_is_carried_over(url: str) -> None:
    """Entries of version 0.1 are there byte for byte, are posted, and their journals go on; points
    that a store of 0.1 gave are available, since no epoch of it was opened.
    """
    fill_as_0_1_did(url)
    books = Books(url)
    for device, life in LIVES.items():
        (journal,) = books.journals(device)
        assert [canonical for _, canonical, _ in books.kept(journal)] == list(life.lines)
    assert repost(books.database, now=NOW) == 4
    assert books.account("ana") == (12, 0, 0, 12)
    assert books.account("ben") == (11, 0, 0, 11)
    life = LIVES[EDGE].cut(3).write(a_sale("s-4", "ana", 1))
    assert books.take(life.batch(4)).kept == 1
    books.take(Life(0, "disk-8", a_sale("s-5", "eve", 2)).batch(), OTHER)
    assert books.faults() == []
    books.stop()
