"""A replay from zero proves a ledger, and names the first thing that was tampered with."""

import asyncio
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.clock import mint_id
from agent.core.basket import Sale
from agent.core.entry import link_hash
from agent.core.program import Program
from agent.ledger import Ledger, LedgerDamaged, replay
from agent.ledger.connection import open_reader
from agent.ledger.view import View
from agent.paths import shipped_program
from agent.till import Enrolment, Terms, Till

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
CARDS = ("em4100:0C000621A5", "em4100:67003B51C6")


@pytest.fixture(scope="module")
def sound(
    tmp_path_factory: pytest.TempPathFactory, running_ledger: RunningLedger, sale_body: SaleBody
) -> Path:
    """A ledger of seven entries: two members, and sales of theirs, of a stranger, of nobody."""
    path = tmp_path_factory.mktemp("sound") / "ledger.db"

    async def trade(till: Till) -> None:
        for card in CARDS:
            await till.members.enrol(Enrolment(token=card, lane="1"))
        cards = (CARDS[0], None, CARDS[1], CARDS[0], "em4100:0000000001")
        for number, shown in enumerate(cards, start=1):
            body = sale_body(1000 * number, token=shown)
            await till.commit(f"s-{number}", Sale.model_validate(body))

    with running_ledger(path) as ledger:
        asyncio.run(trade(Till(ledger, Terms(program=PROGRAM), mint_id=mint_id)))
    return path


def tampered(sound: Path, directory: Path, statement: str, *parameters: object) -> Path:
    """A copy of a ledger with its guards taken off and changed by hand."""
    copy = directory / "copy.db"
    shutil.copy(sound, copy)
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("DROP TRIGGER journal_is_never_updated")
        connection.execute("DROP TRIGGER journal_is_never_deleted")
        assert connection.execute(statement, parameters).rowcount > 0
    return copy


def complaint_about(path: Path) -> str:
    """What a replay says of a ledger that does not hold."""
    with pytest.raises(LedgerDamaged) as found:
        replay(path)
    return str(found.value)


def test_a_sound_ledger_replays_to_what_it_is(sound: Path) -> None:
    """A replay finds the live head, every entry and the live balance of every account."""
    found = replay(sound)
    with closing(open_reader(sound)) as connection:
        view = View(connection)
        assert (found.entries, found.head) == (7, view.head())
        assert found.incarnation == view.meta("incarnation")
        assert sorted(found.balances.values()) == [30, 50]
        assert found.balances == {account: view.balance(account) for account in found.balances}


def test_a_replay_tells_how_far_it_is(sound: Path) -> None:
    """Progress is told at the end in any case, of how many."""
    told: list[tuple[int, int]] = []
    replay(sound, progress=lambda done, of: told.append((done, of)))
    assert told == [(7, 7)]


def test_a_replay_leaves_the_ledger_alone(sound: Path) -> None:
    """Proving a ledger changes not a byte of it, and works while an agent owns it."""
    before = sound.read_bytes()
    replay(sound)
    assert sound.read_bytes() == before


@pytest.mark.parametrize("seq", range(1, 8))
def test_a_changed_entry_is_named(sound: Path, tmp_path: Path, seq: int) -> None:
    """An entry whose bytes were changed is named as the first that does not hold."""
    path = tampered(
        sound,
        tmp_path,
        "UPDATE journal SET canonical = CAST(replace(canonical, '2026-11-21', '2026-11-22') "
        "AS BLOB) WHERE seq = ?",
        seq,
    )
    assert complaint_about(path).startswith(f"entry 0:{seq}: its hash")


@pytest.mark.parametrize("seq", range(1, 8))
def test_a_changed_hash_is_named(sound: Path, tmp_path: Path, seq: int) -> None:
    """An entry whose hash was changed is named, not the innocent one after it."""
    path = tampered(sound, tmp_path, "UPDATE journal SET hash = zeroblob(32) WHERE seq = ?", seq)
    assert complaint_about(path).startswith(f"entry 0:{seq}: its hash")


@pytest.mark.parametrize("seq", range(1, 7))
def test_a_missing_entry_is_noticed_by_the_next(sound: Path, tmp_path: Path, seq: int) -> None:
    """Where an entry is missing, the next one is named with the place it should follow."""
    path = tampered(sound, tmp_path, "DELETE FROM journal WHERE seq = ?", seq)
    said = complaint_about(path)
    assert said == f"entry 0:{seq + 1}: comes after 0:{seq - 1}, an entry is missing"


def test_a_missing_end_is_noticed_by_the_projections(sound: Path, tmp_path: Path) -> None:
    """Entries cut off the end leave sales behind that no entry speaks of."""
    path = tampered(sound, tmp_path, "DELETE FROM journal WHERE seq > 5")
    assert re.match(r"(balances|accounts|sales): has ", complaint_about(path))


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("UPDATE balances SET points = points + 1 WHERE bucket = 'active'", "balances"),
        ("UPDATE balances SET owner = 'x' WHERE bucket = 'issued'", "balances"),
        ("DELETE FROM balances WHERE owner = 'program'", "balances"),
        ("INSERT INTO balances VALUES ('zzz', 'active', 1)", "balances"),
        ("UPDATE accounts SET last_sale_seq = 1 WHERE last_sale_seq = 6", "accounts"),
        ("INSERT INTO accounts (account, enrolled_on) VALUES ('zzz', '2026-11-21')", "accounts"),
        ("UPDATE cards SET account = (SELECT max(account) FROM accounts)", "cards"),
        (
            "INSERT INTO cards SELECT 'card:12345', account, 'active', NULL FROM accounts LIMIT 1",
            "cards",
        ),
        ("DELETE FROM cards", "cards"),
        ("UPDATE sales SET sale_id = 's-9' WHERE sale_id = 's-1'", "sales"),
        ("UPDATE sales SET seq = seq + 1", "sales"),
        ("DELETE FROM sales WHERE sale_id = 's-5'", "sales"),
    ],
)
def test_a_changed_projection_is_named(
    sound: Path, tmp_path: Path, statement: str, table: str
) -> None:
    """A row that does not follow from the journal is named with its table."""
    assert complaint_about(tampered(sound, tmp_path, statement)).startswith(f"{table}: has ")


def test_a_forged_chain_is_found_by_its_balances(sound: Path, tmp_path: Path) -> None:
    """Whoever changes an entry and hashes the rest of the chain anew still meets the balances."""
    path = tampered(
        sound,
        tmp_path,
        "UPDATE journal SET canonical = "
        "CAST(replace(canonical, '\"points\":10', '\"points\":99') AS BLOB) WHERE seq = 3",
    )
    with closing(sqlite3.connect(path)) as connection, connection:
        previous = bytes(32)
        for seq, canonical in connection.execute(
            "SELECT seq, canonical FROM journal ORDER BY seq"
        ).fetchall():
            previous = link_hash(previous, canonical)
            connection.execute("UPDATE journal SET hash = ? WHERE seq = ?", (previous, seq))
    assert complaint_about(path).startswith("balances: has ")


def test_an_entry_that_contradicts_an_earlier_one_is_named(sound: Path, tmp_path: Path) -> None:
    """A chain that holds but enrols a card twice is refused at the second time."""
    path = tampered(sound, tmp_path, "DELETE FROM journal WHERE seq > 2")
    with closing(sqlite3.connect(path)) as connection, connection:
        canonical, last = connection.execute(
            "SELECT canonical, hash FROM journal WHERE seq = 2"
        ).fetchone()
        again = canonical.replace(b'"seq":2', b'"seq":3')
        row = (0, 3, "again", again, link_hash(last, again))
        connection.execute("INSERT INTO journal VALUES (?, ?, ?, ?, ?)", row)
    assert complaint_about(path).startswith("entry 0:3: contradicts an earlier entry")


@pytest.mark.parametrize(("old", "new"), [(b'"seq":7', b'"seq":8'), (b'"epoch":0', b'"epoch":3')])
def test_an_entry_that_hashes_right_and_says_wrong_is_named(
    sound: Path, tmp_path: Path, old: bytes, new: bytes
) -> None:
    """An entry with another number is named, whatever its hash."""
    path = tampered(sound, tmp_path, "UPDATE meta SET value = value")
    with closing(sqlite3.connect(path)) as connection, connection:
        canonical, before = connection.execute(
            "SELECT a.canonical, b.hash FROM journal a, journal b WHERE a.seq = 7 AND b.seq = 6"
        ).fetchone()
        assert old in canonical
        changed = canonical.replace(old, new, 1)
        connection.execute(
            "UPDATE journal SET canonical = ?, hash = ? WHERE seq = 7",
            (changed, link_hash(before, changed)),
        )
    assert complaint_about(path).startswith("entry 0:7: ")


@given(seq=st.integers(1, 7), place=st.integers(0, 10**6), flip=st.integers(1, 255))
def test_any_flipped_byte_is_named(
    sound: Path, tmp_path_factory: pytest.TempPathFactory, seq: int, place: int, flip: int
) -> None:
    """Whichever byte of whichever entry is changed, that very entry is named."""
    path = tampered(sound, tmp_path_factory.mktemp("flip"), "UPDATE meta SET value = value")
    with closing(sqlite3.connect(path)) as connection, connection:
        (canonical,) = connection.execute(
            "SELECT canonical FROM journal WHERE seq = ?", (seq,)
        ).fetchone()
        changed = bytearray(canonical)
        changed[place % len(changed)] ^= flip
        connection.execute("UPDATE journal SET canonical = ? WHERE seq = ?", (bytes(changed), seq))
    assert complaint_about(path).startswith(f"entry 0:{seq}: its hash")


def test_a_changed_id_is_named(sound: Path, tmp_path: Path) -> None:
    """The id under which an entry is kept is the id that the entry has."""
    path = tampered(sound, tmp_path, "UPDATE journal SET id = 'x' WHERE seq = 4")
    assert complaint_about(path).startswith("entry 0:4: ")
