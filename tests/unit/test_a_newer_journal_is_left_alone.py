"""What a newer tapledger wrote is no damage: it is refused with the next step, and stays."""

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlite_utils import Database
from stocked import Stock, digest

from agent.core.entry import Entry, link_hash
from agent.ledger import LedgerNewer, migrations
from agent.ledger.quarantine import damaged_databases

_FORMS = {2: "a095e78b21815fbb"}
"""What entries can hold, by the number of schema steps. Whoever adds a kind, a field or a word adds
a step to agent/ledger/migrations.py, even an empty one, and a line here; CONTRIBUTING.md says why.
"""


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger of one member and three sales."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell(ledger, 3)
    return stock


def write_as_a_newer_one(path: Path, change: str) -> None:
    """Append an entry that follows, as a version writes it that knows more than this one."""
    with closing(sqlite3.connect(path)) as connection, connection:
        newest = "SELECT seq, hash, canonical FROM journal ORDER BY seq DESC LIMIT 1"
        seq, before, canonical = connection.execute(newest).fetchone()
        entry = json.loads(canonical) | {"id": "from-the-future", "seq": seq + 1}
        if change == "kind":
            entry["fact"] = {"type": "DONATE_POINTS", "points": 3}
        else:
            entry["fact"]["mood"] = "sunny"
        line = json.dumps(entry, separators=(",", ":")).encode()
        row = (0, seq + 1, "from-the-future", line, link_hash(before, line))
        connection.execute("INSERT INTO journal VALUES (?, ?, ?, ?, ?)", row)


@pytest.mark.parametrize("change", ["kind", "field"])
def test_an_entry_of_the_future_stays(stock: Stock, change: str) -> None:
    """A kind or a field that this version does not know, its hash in the chain: the start says
    which version to install, and not a byte is moved.
    """
    write_as_a_newer_one(stock.path, change)
    before = digest(stock.path)
    for _ in range(2):
        with (
            pytest.raises(LedgerNewer, match=r"entry 0:5 is whole.*install the version that wrote"),
            stock.running(),
        ):
            pass
    assert not stock.places.quarantine.exists()
    assert digest(stock.path) == before


def test_a_recovery_does_not_end_before_it(stock: Stock) -> None:
    """Where a ledger of the future is really damaged, an older version makes no shorter one of it:
    the files wait in quarantine for the version that can read them.
    """
    write_as_a_newer_one(stock.path, "kind")
    with closing(sqlite3.connect(stock.path)) as connection, connection:
        connection.execute("DROP TRIGGER journal_is_never_updated")
        connection.execute("UPDATE journal SET hash = zeroblob(32) WHERE seq = 5")
        connection.execute("UPDATE accounts SET enrolled_on = 'yesterday'")
    with stock.running() as ledger:  # its last entry does not follow: that one is damage
        assert ledger.frozen is not None
    stock.path.unlink()
    (damaged,) = damaged_databases(stock.places)
    with closing(sqlite3.connect(damaged)) as connection, connection:
        query = "SELECT a.hash, b.canonical FROM journal a, journal b WHERE a.seq = 4 AND b.seq = 5"
        before, canonical = connection.execute(query).fetchone()
        change = "UPDATE journal SET hash = ? WHERE seq = 5"
        connection.execute(change, (link_hash(before, canonical),))
    with pytest.raises(LedgerNewer, match="entry 0:5"), stock.running():
        pass
    assert not stock.path.exists()
    assert damaged.exists()


def _form() -> dict[str, Any]:
    """Every struct of an entry with its fields, and the words a field may hold."""
    _, parts = msgspec.json.schema_components([Entry])
    return {
        name: {
            field: sorted(map(str, _words(form)))
            for field, form in sorted(part.get("properties", {}).items())
        }
        for name, part in sorted(parts.items())
    }


def _words(form: dict[str, Any]) -> list[object]:
    choices = [word for one in form.get("anyOf", ()) for word in _words(one)]
    choices += _words(form.get("items", {})) if form.get("type") == "array" else []
    return [*choices, *form.get("enum", ()), *([form["const"]] if "const" in form else [])]


def test_a_new_kind_brings_a_step() -> None:
    """An older tapledger refuses by the schema's steps alone, before it reads an entry: so what
    entries can hold changes only together with the number of steps.
    """
    steps = len(migrations._LEDGER.pending(Database(memory=True)))
    form = hashlib.sha256(json.dumps(_form()).encode()).hexdigest()[:16]
    assert _FORMS.get(steps) == form, f"{steps} steps, {form}: see CONTRIBUTING.md"
