"""Lots: the oldest points go first, a debt is paid before anything is put by, nothing gets lost."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.ledger import lots
from agent.ledger.lots import Lot
from agent.ledger.migrations import migrate

ANA = "ana"
OLD, MIDDLE, NEW = (
    Lot("2026-11-01", 0, 9, 10),
    Lot("2026-11-02", 0, 3, 20),
    Lot("2026-11-03", 0, 5, 30),
)


def empty() -> sqlite3.Connection:
    """A database with the tables of a ledger."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection)
    return connection


def has(connection: sqlite3.Connection, balance: int) -> None:
    """Say what Ana's balance has come to; the entry that brings points posts them first."""
    row = (ANA, "active", balance)
    connection.execute("INSERT OR REPLACE INTO balances VALUES (?, ?, ?)", row)


@pytest.fixture
def heap() -> Iterator[sqlite3.Connection]:
    """Three lots of Ana's, put there in no order; the oldest has the highest number."""
    with closing(empty()) as connection:
        for lot in (NEW, OLD, MIDDLE):
            has(connection, 60)
            lots.add(connection, ANA, lot)
        yield connection


def active(connection: sqlite3.Connection, account: str = ANA) -> list[int]:
    """The points of an account's active lots, oldest first."""
    rows = connection.execute(
        "SELECT points FROM lots WHERE account = ? AND activates_on IS NULL "
        "ORDER BY earned_on, epoch, seq",
        (account,),
    )
    return [points for (points,) in rows]


def held(connection: sqlite3.Connection) -> list[int]:
    """The points held for any redemption, oldest lot first."""
    rows = connection.execute("SELECT points FROM held_lots ORDER BY redemption_id, earned_on")
    return [points for (points,) in rows]


@pytest.mark.parametrize(
    ("points", "left", "parts"),
    [
        (1, [9, 20, 30], [1]),
        (10, [20, 30], [10]),
        (11, [19, 30], [10, 1]),
        (59, [1], [10, 20, 29]),
        (60, [], [10, 20, 30]),
        (75, [], [10, 20, 30]),
        (0, [10, 20, 30], []),
        (-5, [10, 20, 30], []),
    ],
)
def test_the_oldest_day_goes_first(
    heap: sqlite3.Connection, points: int, left: list[int], parts: list[int]
) -> None:
    """Points are spent by business date, not by number; what is not there is not spent."""
    assert [part.points for part in lots.spend(heap, ANA, points)] == parts
    assert active(heap) == left


def test_lots_of_one_day_go_in_the_order_of_the_journal() -> None:
    """On one day the earlier epoch goes first, then the earlier entry."""
    with closing(empty()) as connection:
        for epoch, seq in ((1, 1), (0, 7), (0, 12)):
            has(connection, 15)
            lots.add(connection, ANA, Lot("2026-11-01", epoch, seq, 5))
        spent = lots.spend(connection, ANA, 12)
    assert [(lot.epoch, lot.seq, lot.points) for lot in spent] == [(0, 7, 5), (0, 12, 5), (1, 1, 2)]


def test_another_members_points_are_left_alone(heap: sqlite3.Connection) -> None:
    """Whoever has nothing spends nothing of anybody else's."""
    assert lots.spend(heap, "ben", 10) == []
    assert lots.take_from(heap, "ben", (0, 9), 10, pending=False) == 0
    assert active(heap) == [10, 20, 30]


@pytest.mark.parametrize(("balance", "left"), [(7, [5]), (5, [5]), (2, [2]), (0, []), (-9, [])])
def test_a_debt_is_paid_before_a_lot_is_made(balance: int, left: list[int]) -> None:
    """Of five points that come in only those are put by that the debt leaves."""
    with closing(empty()) as connection:
        has(connection, balance)
        lots.add(connection, ANA, Lot("2026-11-01", 0, 1, 5))
        assert active(connection) == left


def test_pending_points_wait_and_then_pay() -> None:
    """A pending lot is neither spent nor used for a debt; once it is active it is both."""
    with closing(empty()) as connection:
        lot = Lot("2026-11-01", 0, 1, 8)
        has(connection, -3)
        lots.add_pending(connection, ANA, lot, "2026-12-01")
        assert lots.spend(connection, ANA, 5) == []
        assert lots.take_from(connection, ANA, (0, 1), 2, pending=False) == 0
        has(connection, 5)
        lots.activate(connection, ANA, (0, 1), 8, to_come=0)
        assert active(connection) == [5]


def test_a_return_takes_from_the_lot_of_its_sale(heap: sqlite3.Connection) -> None:
    """Whatever is left of the sale's own lot goes first, and it is said how much that was."""
    assert lots.take_from(heap, ANA, (0, 3), 15, pending=True) == 0
    assert lots.take_from(heap, ANA, (0, 3), 15, pending=False) == 15
    assert active(heap) == [10, 5, 30]
    assert lots.take_from(heap, ANA, (0, 3), 15, pending=False) == 5
    assert lots.take_from(heap, ANA, (0, 3), 15, pending=False) == 0
    assert active(heap) == [10, 30]


def test_what_is_held_is_captured_oldest_first(heap: sqlite3.Connection) -> None:
    """A part that is spent is spent of the oldest lots that are held."""
    lots.hold(heap, ANA, "r-1", 35)
    assert (active(heap), held(heap)) == ([25], [10, 20, 5])
    lots.capture(heap, "r-1", 12)
    assert (active(heap), held(heap)) == ([25], [18, 5])
    lots.capture(heap, "r-1", 23)
    assert (active(heap), held(heap)) == ([25], [])


def test_what_is_released_goes_back_youngest_first(heap: sqlite3.Connection) -> None:
    """What is given back lies where it came from, the youngest lots first."""
    lots.hold(heap, ANA, "r-1", 35)
    has(heap, 32)
    lots.release(heap, ANA, "r-1", Lot("2026-11-09", 0, 99, 7))
    assert (active(heap), held(heap)) == ([2, 30], [10, 18])
    has(heap, 60)
    lots.release(heap, ANA, "r-1", Lot("2026-11-09", 0, 100, 28))
    assert (active(heap), held(heap)) == ([10, 20, 30], [])


def test_a_debt_keeps_the_oldest_of_what_is_released(heap: sqlite3.Connection) -> None:
    """Points that come back into a debt pay it with the oldest of them."""
    lots.hold(heap, ANA, "r-1", 60)
    has(heap, 34)
    lots.release(heap, ANA, "r-1", Lot("2026-11-09", 0, 99, 60))
    assert (active(heap), held(heap)) == ([4, 30], [])


def test_points_held_beyond_the_lots_come_back_as_a_lot(heap: sqlite3.Connection) -> None:
    """What was held on the floor came from no lot; given back, it is the releasing entry's."""
    lots.hold(heap, ANA, "r-1", 70)
    assert held(heap) == [10, 20, 30]
    has(heap, 30)
    lots.add(heap, ANA, Lot("2026-11-05", 0, 20, 40))
    has(heap, 100)
    lots.release(heap, ANA, "r-1", Lot("2026-11-09", 0, 99, 70))
    assert (active(heap), held(heap)) == ([10, 20, 30, 30, 10], [])


@given(st.lists(st.integers(1, 30), max_size=6), st.integers(0, 200), st.data())
def test_nothing_is_made_or_lost(earned: list[int], wanted: int, data: st.DataObject) -> None:
    """Held, captured and released in any parts: what is left, spent and held is what was earned."""
    with closing(empty()) as connection:
        balance = 0
        for seq, points in enumerate(earned, start=1):
            balance += points
            day = f"2026-11-{data.draw(st.integers(1, 9)):02}"
            has(connection, balance)
            lots.add(connection, ANA, Lot(day, 0, seq, points))
        before = active(connection)
        lots.hold(connection, ANA, "r-1", wanted)
        waits, balance = wanted, balance - wanted
        captured = 0
        while waits:
            part = data.draw(st.integers(1, waits))
            waits -= part
            if data.draw(st.booleans()):
                lots.capture(connection, "r-1", part)
                captured += part
            else:
                balance += part
                own = Lot("2026-12-01", 0, 100 + waits, part)
                has(connection, balance)
                lots.release(connection, ANA, "r-1", own)
            assert sum(active(connection)) == max(0, balance)
            assert sum(held(connection)) <= waits
        assert held(connection) == []
        assert sum(active(connection)) == max(0, sum(earned) - captured)
        if not captured and wanted <= sum(earned):
            assert active(connection) == before
