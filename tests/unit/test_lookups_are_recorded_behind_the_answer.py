"""Each look-up by hand becomes an entry, behind the answer, and none is lost on a clean stop."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from stocked import Stock

from agent.core.facts import FlagActivity
from agent.ledger import Ledger, LedgerUnavailable, Transaction, replay
from agent.ledger.entries import read_kept
from agent.ledger.history import walk
from agent.till import activity
from agent.till.activity import Activity


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger in a directory."""
    return Stock(tmp_path / "ledger.db")


class Stuck:
    """A ledger whose disk takes nothing until it is freed."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.is_full = True
        self.tried = asyncio.Event()

    async def write(self, job: Callable[[Transaction], Any]) -> Any:
        """Write, where there is room."""
        self.tried.set()
        if self.is_full:
            raise LedgerUnavailable("the disk is full")
        return await self._ledger.write(job)


def recorded(ledger: Ledger) -> list[FlagActivity]:
    """Read the flags out of the journal."""
    entries = walk(ledger.path, progress=lambda _done, _of: None)
    facts = [read_kept(*position.place, canonical).fact for position, canonical in entries]
    return [fact for fact in facts if isinstance(fact, FlagActivity)]


def test_a_lookup_says_who_where_and_by_whom(ledger: Ledger) -> None:
    """The entry holds the account that was found, the lane and the cashier."""

    async def look_up() -> None:
        record = Activity(ledger)
        record.note("phone_lookup", account="a", lane="1", cashier="ana")
        record.note("number_lookup")
        await record.stop()

    asyncio.run(look_up())
    assert recorded(ledger) == [
        FlagActivity(flag="phone_lookup", account="a", lane="1", cashier="ana"),
        FlagActivity(flag="number_lookup"),
    ]
    assert replay(ledger.path).head == ledger.head


def test_noting_waits_for_no_disk(ledger: Ledger) -> None:
    """Whoever notes a look-up goes on at once: nothing is written before they let go."""

    async def look_up() -> int:
        record = Activity(ledger)
        record.note("phone_lookup")
        before = ledger.head.seq
        await record.stop()
        return before

    assert asyncio.run(look_up()) == 0
    assert ledger.head.seq == 1


def test_a_full_disk_keeps_a_hundred_and_counts_the_rest(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits is bounded; those beyond become one entry that says how many they were."""
    monkeypatch.setattr(LedgerUnavailable, "retry_after_s", 0)

    async def look_up() -> None:
        stuck = Stuck(ledger)
        record = Activity(stuck)  # type: ignore[arg-type]
        for number in range(130):
            record.note("phone_lookup", account=f"a-{number}")
            if number == 110:
                await stuck.tried.wait()
        stuck.is_full = False
        await record.stop()
        record.note("number_lookup")
        await record.stop()

    asyncio.run(look_up())
    *first, counted, later = recorded(ledger)
    assert [fact.account for fact in first] == [f"a-{number}" for number in range(100)]
    assert counted.account is None
    assert counted.reason.startswith("30 more flags")
    assert later == FlagActivity(flag="number_lookup")


def test_those_beyond_a_hundred_that_are_being_written_are_counted(ledger: Ledger) -> None:
    """Also where nothing else waits behind them when the agent stops."""

    async def look_up() -> None:
        record = Activity(ledger)
        for _ in range(100):
            record.note("phone_lookup")
        await asyncio.sleep(0)  # the hundred are on their way
        for _ in range(5):
            record.note("number_lookup")
        await record.stop()

    asyncio.run(look_up())
    found = recorded(ledger)
    assert len(found) == 101
    assert found[-1].reason.startswith("5 more flags")


def test_what_comes_while_others_are_written_is_written_too(ledger: Ledger) -> None:
    """A look-up during a write is neither lost nor written twice."""

    async def look_up() -> None:
        record = Activity(ledger)
        for number in range(250):
            record.note("phone_lookup", account=f"a-{number}")
            if number % 7 == 0:
                await ledger.write(lambda transaction: transaction.head())
        await record.stop()

    asyncio.run(look_up())
    assert [fact.account for fact in recorded(ledger)] == [f"a-{n}" for n in range(250)]


def test_a_stop_on_a_full_disk_ends(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    """A stop tries once more and then goes on, and says how many look-ups were not recorded."""

    async def look_up() -> None:
        stuck = Stuck(ledger)
        record = Activity(stuck)  # type: ignore[arg-type]
        record.note("phone_lookup", account="a")
        await stuck.tried.wait()
        await record.stop()

    asyncio.run(look_up())
    assert recorded(ledger) == []
    assert "flags_not_recorded" in capsys.readouterr().out


def test_a_queue_of_lookups_costs_one_commit(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Look-ups that follow each other are gathered, and the answers between them wait for none."""
    monkeypatch.setattr(activity, "_GATHERED_S", 3600)
    commits: list[int] = []

    class Counted:
        async def write(self, job: Callable[[Transaction], Any]) -> Any:
            """Write, and count."""
            commits.append(ledger.head.seq)
            return await ledger.write(job)

    async def look_up() -> None:
        record = Activity(Counted())  # type: ignore[arg-type]
        for number in range(9):
            record.note("phone_lookup", account=f"a-{number}")
            await ledger.write(lambda transaction: transaction.head())
        await record.written()

    asyncio.run(look_up())
    assert [fact.account for fact in recorded(ledger)] == [f"a-{number}" for number in range(9)]
    assert len(commits) == 1


def test_what_comes_during_a_write_is_gathered_too(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch that is on its way to the disk is no reason to write the next look-up by itself."""
    monkeypatch.setattr(activity, "_GATHERED_S", 3600)

    async def look_up() -> bool:
        writing, going_on = asyncio.Event(), asyncio.Event()

        class Slow:
            async def write(self, job: Callable[[Transaction], Any]) -> Any:
                """Write once somebody lets it."""
                writing.set()
                await going_on.wait()
                return await ledger.write(job)

        record = Activity(Slow())  # type: ignore[arg-type]
        for _ in range(activity._MOST_GATHERED):
            record.note("phone_lookup")
        await writing.wait()
        record.note("number_lookup")
        writing.clear()
        going_on.set()
        while ledger.head.seq < activity._MOST_GATHERED:
            await ledger.write(lambda transaction: transaction.head())
        for _ in range(3):
            await ledger.write(lambda transaction: transaction.head())
        alone = writing.is_set()
        await record.written()
        return alone

    assert not asyncio.run(look_up())
    assert len(recorded(ledger)) == activity._MOST_GATHERED + 1
