"""A ledger whose oldest entries were dropped keeps their sums when its schema moves on."""

from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations
from stocked import Stock

from agent.ledger import migrations, replay
from agent.ledger.backup import make_backup
from agent.ledger.connection import open_reader
from agent.ledger.projections import TABLES

Rows = dict[str, list[tuple[object, ...]]]

_LOTS = """
CREATE TABLE lots (
    account TEXT NOT NULL, origin TEXT NOT NULL DEFAULT 'sale', earned_on TEXT NOT NULL,
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, points INTEGER NOT NULL CHECK (points > 0),
    activates_on TEXT, PRIMARY KEY (account, earned_on, epoch, seq)
) STRICT, WITHOUT ROWID
"""


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger with a base, a segment, backups of both kinds, and entries of its own."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell_and_seal(ledger, 20, times=2)
        stock.drop_oldest(ledger)
        assert stock.places.base.exists()
        stock.sell(ledger, 3)
        for kind in ("full", "hourly"):
            make_backup(stock.places, kind)  # type: ignore[arg-type]  # both are kinds
        stock.sell(ledger, 2)
    return stock


def rows_of(path: Path) -> Rows:
    """Every projection, the columns in one order whatever the version."""
    with closing(open_reader(path)) as connection:
        lots = "SELECT account, earned_on, epoch, seq, points, activates_on FROM lots ORDER BY 1, 2"
        return {
            table: connection.execute(
                lots if table == "lots" else f"SELECT * FROM {table} ORDER BY {key}"  # noqa: S608 - our own constants
            ).fetchall()
            for table, key in TABLES.items()
            if table != "epochs"
        }


@pytest.fixture
def next_version(stock: Stock, monkeypatch: pytest.MonkeyPatch) -> Stock:
    """The ledger, and a version that has one step more, which gives lots another shape."""
    following = Migrations(migrations._LEDGER.name)
    for step in (migrations.journal_and_first_projections, migrations.every_kind_of_entry):
        following()(step)

    @following()
    def lots_have_an_origin(db: Database) -> None:
        for table in ("cards", *TABLES):
            db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own constants
        db.execute("DROP TABLE lots")
        db.execute(_LOTS)
        db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('projections', 'stale')")

    monkeypatch.setattr(migrations, "_LEDGER", following)
    return stock


def has_moved_on(path: Path) -> bool:
    """Say whether the step was taken."""
    with closing(open_reader(path)) as connection:
        return connection.execute("SELECT DISTINCT origin FROM lots").fetchall() == [("sale",)]


@pytest.mark.usefixtures("next_version")
def test_projections_are_filled_from_the_base(stock: Stock) -> None:
    """After the step every balance, lot, card and sale is there that was there before, also those
    whose entries were dropped; and a replay agrees.
    """
    before = rows_of(stock.path)
    with stock.running() as ledger:
        assert ledger.frozen is None
        assert rows_of(stock.path) == before
        assert stock.identify(ledger).balance == 470
    assert has_moved_on(stock.path)
    assert replay(stock.path).balances


@pytest.mark.usefixtures("next_version")
@pytest.mark.parametrize("left", ["full", "hourly", "hourly without base", "damaged"])
def test_a_backup_of_the_older_shape_makes_a_ledger_of_the_newer(stock: Stock, left: str) -> None:
    """From a backup of the version before, or from base and damaged file alone, comes a ledger with
    the same sums.
    """
    for file in stock.places.backups.iterdir():
        if not file.name.startswith(left.split(maxsplit=1)[0]):
            file.unlink()
    if "without base" in left:
        stock.places.base.unlink()
    if left == "damaged":
        with stock.running() as ledger:
            ledger.recover("a test")
    else:
        stock.path.unlink()
    with stock.running() as ledger:
        assert ledger.frozen is not None
        assert stock.identify(ledger).balance == (470 if left == "damaged" else 450)
    assert has_moved_on(stock.path)
    assert replay(stock.path).balances
