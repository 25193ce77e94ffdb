"""Head office's store, a real SQLite file: it keeps what follows, once, and nothing else."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw

from agent.core.basket import Sale
from agent.core.entry import GENESIS, Position, chain
from agent.core.facts import AccumulatePoints, Enrol
from agent.core.postings import PROGRAM
from sync.hub.examine import Accepted, Contradicts, Gap, Verdict
from sync.hub.replay import Unsound, replay_journal
from sync.hub.store import Store
from sync.messages import DeviceAddress, Journal

Lines = tuple[bytes, ...]
JournalOf = Callable[..., Lines]
BatchOf = Callable[[Lines, int, int], tuple[Journal, Lines]]

EDGE = DeviceAddress(tenant="house", store="s001", device="edge-1")
OTHER = DeviceAddress(tenant="house", store="s002", device="edge-1")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty head office."""
    store = Store(f"sqlite:///{tmp_path}/hub.db")
    store.start()
    yield store
    store.stop()


@pytest.fixture(scope="module")
def journal(journal_of: JournalOf, sale_body: Callable[..., dict[str, Any]]) -> Lines:
    """Two members, three of their sales, and one without a card."""
    return journal_of(
        Enrol(account="ana", token="em4100:0C000621A5"),
        a_sale("s-1", "ana", 5, sale_body()),
        Enrol(account="ben", token="em4100:67003B51C6"),
        a_sale("s-2", "ben", 7, sale_body()),
        a_sale("s-3", None, 0, sale_body()),
        a_sale("s-4", "ana", 11, sale_body()),
    )


def a_sale(
    sale_id: str, account: str | None, points: int, body: dict[str, Any]
) -> AccumulatePoints:
    """A sale that earned so many points."""
    return AccumulatePoints(
        sale_id=sale_id,
        sale_json=Raw(Sale.model_validate(body).canonical()),
        status="accumulated" if account else "no_card",
        account=account,
        program="simple@1",
        points=points,
        because=(),
        balance=points if account else None,
        flags=(),
    )


def take(store: Store, batch: tuple[Journal, Lines], device: DeviceAddress = EDGE) -> Verdict:
    """Hand a batch to head office, and hold that what it answers is what it then has."""
    header, lines = batch
    verdict, held = store.take(device, header, lines, received_at="2026-11-21T13:05:09.000Z")
    assert store.head(device, header.incarnation, header.epoch) == held
    return verdict


def contents(store: Store) -> list[object]:
    """Everything that is kept: journals, their entries, their balances."""
    kept: list[object] = []
    for held in store.journals():
        with store.entries(held) as entries:
            kept.append((held, list(entries)))
        kept.append(store.balances(held))
    return kept


def test_nothing_is_held_of_a_device_never_heard(store: Store) -> None:
    """A journal that never came stands at the place before its first entry."""
    assert store.head(EDGE, "disk-1", 0) == Position(epoch=0, seq=0, hash=GENESIS)
    assert store.journals() == []


def test_what_follows_is_kept_as_it_came(store: Store, journal: Lines, batch_of: BatchOf) -> None:
    """Entries are kept byte for byte, in order, each with its hash, and the head is the last."""
    take(store, batch_of(journal, 1, 4))
    take(store, batch_of(journal, 5, 6))
    (held,) = store.journals()
    with store.entries(held) as entries:
        kept = list(entries)
    assert [canonical for _, canonical, _ in kept] == list(journal)
    assert [seq for seq, _, _ in kept] == [1, 2, 3, 4, 5, 6]
    assert [digest for _, _, digest in kept] == [chain(GENESIS, journal[:n]) for n in range(1, 7)]
    assert held.head == Position(epoch=0, seq=6, hash=chain(GENESIS, journal))


def test_balances_follow_from_the_postings(store: Store, journal: Lines, batch_of: BatchOf) -> None:
    """What each owner has is the sum of its postings, and a replay from zero says the same."""
    take(store, batch_of(journal, 1, 6))
    (held,) = store.journals()
    assert store.balances(held) == {
        ("ana", "active"): 16,
        ("ben", "active"): 7,
        (PROGRAM, "issued"): -23,
    }
    found = replay_journal(store, held)
    assert found.balances == {"ana": 16, "ben": 7}
    assert found.entries == journal


@settings(max_examples=15)
@given(slices=st.lists(st.tuples(st.integers(1, 6), st.integers(0, 6)), max_size=6))
def test_any_delivery_gives_the_same_balances(
    tmp_path_factory: pytest.TempPathFactory,
    journal: Lines,
    batch_of: BatchOf,
    slices: list[tuple[int, int]],
) -> None:
    """However the batches were cut, repeated and mixed, the balances equal a replay from zero."""
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('hub')}/hub.db")
    store.start()
    try:
        for first, last in [*slices, (1, 6)]:
            take(store, batch_of(journal, first, max(first - 1, last)))
            for held in store.journals():
                replay_journal(store, held)
        (held,) = store.journals()
        assert replay_journal(store, held).entries == journal
        assert store.balances(held)[PROGRAM, "issued"] == -23
    finally:
        store.stop()


def test_a_repeated_batch_changes_nothing(store: Store, journal: Lines, batch_of: BatchOf) -> None:
    """A batch that comes again, whole or in part, is accepted and leaves everything as it was."""
    take(store, batch_of(journal, 1, 6))
    before = contents(store)
    for first, last in ((1, 6), (3, 4), (6, 6), (1, 1)):
        assert take(store, batch_of(journal, first, last)) == Accepted(entries=())
        assert contents(store) == before


def test_a_fork_is_named_and_nothing_of_it_is_written(
    store: Store, journal: Lines, journal_of: JournalOf, batch_of: BatchOf
) -> None:
    """A batch that contradicts what is held leaves no trace in entries, balances or head."""
    take(store, batch_of(journal, 1, 4))
    before = contents(store)
    other = journal_of(*[Enrol(account=f"x-{n}", token=f"card:{n:05}") for n in range(6)])
    for batch in (batch_of(other, 1, 6), batch_of(other, 5, 6), batch_of(other, 4, 5)):
        verdict = take(store, batch)
        assert isinstance(verdict, Contradicts)
        assert verdict.reason == "fork"
        assert contents(store) == before


def test_a_malformed_batch_is_not_taken_in_part(
    store: Store, journal: Lines, batch_of: BatchOf
) -> None:
    """Where one line of a batch is bad, the good ones before it are not kept either."""
    take(store, batch_of(journal, 1, 2))
    before = contents(store)
    header, lines = batch_of(journal, 3, 6)
    assert isinstance(take(store, (header, (*lines[:-1], b"{}"))), Contradicts)
    assert contents(store) == before


def test_a_gap_is_put_off(store: Store, journal: Lines, batch_of: BatchOf) -> None:
    """A batch that came too early is not kept, and is taken when its turn has come."""
    take(store, batch_of(journal, 1, 2))
    before = contents(store)
    assert take(store, batch_of(journal, 4, 6)) == Gap()
    assert contents(store) == before
    take(store, batch_of(journal, 3, 3))
    assert isinstance(take(store, batch_of(journal, 4, 6)), Accepted)
    assert store.head(EDGE, "disk-1", 0).seq == 6


def test_journals_are_kept_apart(store: Store, journal: Lines, batch_of: BatchOf) -> None:
    """Two devices, and two lives of one device's disk, each have a journal of their own."""
    header, lines = batch_of(journal, 1, 6)
    take(store, (header, lines))
    take(store, batch_of(journal, 1, 2), OTHER)
    take(store, (header.model_copy(update={"incarnation": "disk-2"}), lines))
    assert len(store.journals()) == 3
    assert store.head(EDGE, "disk-1", 0).seq == store.head(EDGE, "disk-2", 0).seq == 6
    assert store.head(OTHER, "disk-1", 0).seq == 2
    assert store.head(EDGE, "disk-1", 1).seq == 0
    for held in store.journals():
        replay_journal(store, held)


def test_what_was_taken_is_there_after_a_restart(
    tmp_path: Path, journal: Lines, batch_of: BatchOf
) -> None:
    """A head office that starts again holds what it had taken, and goes on from there."""
    url = f"sqlite:///{tmp_path}/hub.db"
    for first, last in ((1, 3), (4, 6)):
        store = Store(url)
        store.start()
        take(store, batch_of(journal, first, last))
        store.stop()
    store = Store(url)
    store.start()
    (held,) = store.journals()
    assert replay_journal(store, held).entries == journal
    store.stop()


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE entries SET canonical = CAST(replace(canonical, 'ana', 'eva') AS BLOB) "
        "WHERE seq = 2",
        "UPDATE entries SET hash = zeroblob(32) WHERE seq = 6",
        "DELETE FROM entries WHERE seq = 3",
        "DELETE FROM entries WHERE seq = 6",
        "UPDATE balances SET points = points + 1 WHERE owner = 'ana'",
        "DELETE FROM balances WHERE owner = 'ben'",
    ],
)
def test_a_replay_finds_tampering(
    store: Store, tmp_path: Path, journal: Lines, batch_of: BatchOf, tampering: str
) -> None:
    """A changed or missing entry and a wrong balance are all found by a replay from zero."""
    take(store, batch_of(journal, 1, 6))
    with sqlite3.connect(tmp_path / "hub.db") as connection:
        assert connection.execute(tampering).rowcount == 1
    connection.close()
    (held,) = store.journals()
    with pytest.raises(Unsound, match="house/s001/edge-1"):
        replay_journal(store, held)


def test_a_journal_can_be_read_while_batches_are_taken(
    tmp_path: Path, journal: Lines, batch_of: BatchOf
) -> None:
    """Whoever reads a journal, for however long, does not keep devices from being answered."""
    store = Store(f"sqlite:///{tmp_path}/hub.db?timeout=0")
    store.start()
    try:
        take(store, batch_of(journal, 1, 4))
        (held,) = store.journals()
        with store.entries(held) as entries:
            assert next(entries)[0] == 1
            assert isinstance(take(store, batch_of(journal, 5, 6)), Accepted)
    finally:
        store.stop()


def test_a_refused_first_batch_leaves_no_journal(
    store: Store, journal: Lines, batch_of: BatchOf
) -> None:
    """A device of which nothing was ever accepted has no journal at head office."""
    header, _ = batch_of(journal, 1, 2)
    assert isinstance(take(store, (header, (b"{}", b"{}"))), Contradicts)
    assert store.journals() == []
