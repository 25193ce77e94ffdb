"""A ledger that version 0.1 wrote is this version's ledger after one start, with every entry."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from datetime import date
from pathlib import Path

import pytest

from agent.core.entry import GENESIS, Entry, link_hash
from agent.core.facts import AccumulatePoints, AdjustPoints, CreateReward, Enrol
from agent.ledger import Ledger, LedgerUnavailable, journaled, migrations, projections, replay
from agent.ledger.connection import open_reader, open_writer
from agent.ledger.queries import SQL

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
Lines = list[tuple[int, int, str, bytes, bytes]]

SAMPLE = Path(__file__).resolve().parents[1] / "data" / "ledger-0.1.db"
JOURNAL = "SELECT epoch, seq, id, canonical, hash FROM journal ORDER BY epoch, seq"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A copy of the sample, where a ledger would be."""
    return Path(shutil.copyfile(SAMPLE, tmp_path / "ledger.db"))


def sample(statement: str) -> list[tuple[object, ...]]:
    """Ask the sample itself, without any code of the ledger and without leaving a trace."""
    with closing(sqlite3.connect(f"file:{SAMPLE}?immutable=1", uri=True)) as connection:
        return connection.execute(statement).fetchall()


@pytest.fixture
def lines() -> Lines:
    """The sample's journal."""
    return sample(JOURNAL)


def rows(path: Path, statement: str) -> list[tuple[object, ...]]:
    """Ask a database that may be of any version."""
    with closing(open_reader(path)) as connection:
        return connection.execute(statement).fetchall()


def test_every_entry_is_kept_byte_for_byte(
    old: Path, lines: Lines, running_ledger: RunningLedger
) -> None:
    """After the first start each entry stands where it stood, in the same bytes under its hash."""
    assert len(lines) == 54
    with running_ledger(old) as ledger:
        assert rows(old, JOURNAL) == lines
        assert (ledger.head.epoch, ledger.head.seq, ledger.head.hash) == (0, 54, lines[-1][4])
        with closing(open_reader(old)) as connection:
            assert [canonical for _, canonical in journaled(connection)] == [x[3] for x in lines]
    previous = GENESIS
    for _, _, entry_id, canonical, digest in lines:
        previous = link_hash(previous, canonical)
        assert previous == digest
        assert Entry.parse(canonical).id == entry_id


def test_balances_are_what_they_were(old: Path, running_ledger: RunningLedger) -> None:
    """Whoever had points has them, the cards are the same people's, and a replay agrees."""
    balances = "SELECT owner, bucket, points FROM balances ORDER BY owner, bucket"
    cards = "SELECT token, account FROM cards ORDER BY token"
    before = rows(old, balances), rows(old, cards)
    assert sum(int(str(points)) for _, _, points in before[0]) == 0
    assert len(before[1]) == 18
    with running_ledger(old):
        assert (rows(old, balances), rows(old, cards)) == before
        found = replay(old)
    assert found.entries == 54
    active = {owner: points for owner, bucket, points in before[0] if bucket == "active"}
    assert {account: points for account, points in found.balances.items() if points} == active


def test_sales_lie_in_lots_of_their_own_day(
    old: Path, lines: Lines, running_ledger: RunningLedger
) -> None:
    """Old points are spent in the order of the days on which they were earned."""
    earned = []
    for epoch, seq, _, canonical, _ in lines:
        fact = Entry.parse(canonical).fact
        if isinstance(fact, AccumulatePoints) and fact.account and fact.points:
            day = fact.sale.business_date.isoformat()
            earned.append((fact.account, day, epoch, seq, fact.points, None))
    with running_ledger(old):
        assert rows(old, "SELECT * FROM lots ORDER BY account, earned_on, epoch, seq") == sorted(
            earned
        )


def test_the_same_life_goes_on(old: Path, lines: Lines, running_ledger: RunningLedger) -> None:
    """It is the same disk's life, head office holds as much as before, and nobody is frozen."""
    with running_ledger(old) as ledger:
        assert ledger.incarnation == "00000001-old"
        assert ledger.epochs.acknowledged == (0, 30)
        assert ledger.epochs.unacknowledged == 24
        assert ledger.frozen is None
        account = next(Entry.parse(line[3]).fact for line in lines)
        assert isinstance(account, Enrol)
        facts = (
            AdjustPoints(account=account.account, points=7, reason="goodwill", cashier="c1"),
            CreateReward(
                redemption_id="r-1",
                account=account.account,
                points=5,
                authority="floor",
                expires_at="2026-11-21T09:15:00.000Z",
                floor=5,
            ),
        )
        for fact in facts:
            asyncio.run(
                ledger.write(lambda t, f=fact: t.append(f, business_date=date(2026, 11, 21)))
            )
        assert ledger.head.seq == 56
    assert replay(old).entries == 56


def test_the_second_start_does_nothing(old: Path, running_ledger: RunningLedger) -> None:
    """A ledger that has moved forward is not moved again."""
    tables = "SELECT name, sql FROM sqlite_master ORDER BY name"
    with running_ledger(old):
        moved = rows(old, tables), rows(old, "SELECT * FROM meta ORDER BY key")
    with running_ledger(old):
        assert (rows(old, tables), rows(old, "SELECT * FROM meta ORDER BY key")) == moved


@pytest.fixture(params=["a statement", "an entry", "the last entry"])
def failing(request: pytest.FixtureRequest) -> Iterator[str]:
    """A step that fails: in its statements, or while it fills the new tables from the journal."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "a statement":
            script = migrations.schema(2)
            broken = script.replace("CREATE TABLE epochs", "CREATE TABLE epochs (no such thing")
            assert broken != script
            patch.setattr(migrations, "schema", lambda version: {1: "", 2: broken}[version])
        else:
            seq = 3 if request.param == "an entry" else 54
            patch.setattr(projections, "apply", _fails_at(seq))
        yield request.param


def _fails_at(seq: int) -> Callable[[sqlite3.Connection, Entry], None]:
    apply = projections.apply

    def failing(connection: sqlite3.Connection, entry: Entry) -> None:
        apply(connection, entry)
        if entry.seq == seq:
            raise sqlite3.OperationalError("disk I/O error")

    return failing


def test_a_step_that_fails_leaves_the_old_ledger(
    old: Path, lines: Lines, running_ledger: RunningLedger, failing: str
) -> None:
    """A step that fails half-way has done nothing, and the next start finishes it."""
    with pytest.raises(LedgerUnavailable), running_ledger(old):
        pytest.fail(f"it started with {failing} that failed")
    assert rows(old, JOURNAL) == lines
    if failing == "a statement":
        _holds_the_first_version(old)
    else:
        assert rows(old, "SELECT * FROM accounts") == []


def test_the_next_start_finishes_what_failed(
    old: Path, lines: Lines, running_ledger: RunningLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where filling the new tables failed, nothing is served before they are filled."""
    with monkeypatch.context() as patch:
        patch.setattr(projections, "apply", _fails_at(20))
        with pytest.raises(LedgerUnavailable), running_ledger(old):
            pytest.fail("it started on empty tables")
    with running_ledger(old) as ledger:
        assert ledger.head.seq == 54
        assert rows(old, JOURNAL) == lines
        assert replay(old).entries == 54
        assert rows(old, "SELECT count(*) FROM accounts") == [(18,)]


def _holds_the_first_version(path: Path) -> None:
    """The tables are those of the first version, with what they held, and can still be written."""
    for statement in (
        "SELECT type, name, sql FROM sqlite_master ORDER BY type, name",
        "SELECT * FROM meta ORDER BY key",
        "SELECT * FROM balances ORDER BY owner, bucket",
        "SELECT * FROM accounts ORDER BY account",
        "SELECT * FROM cards ORDER BY token",
        "SELECT * FROM sales ORDER BY sale_id",
    ):
        assert rows(path, statement) == sample(statement)
    with closing(open_writer(path)) as connection:
        connection.execute(SQL["put_meta"], ("still", "usable"))
