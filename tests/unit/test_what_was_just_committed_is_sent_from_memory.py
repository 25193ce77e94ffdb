"""Each sale goes to head office at once: the store's disk is not asked for what it was just given,
nor made to wait for what head office says of it.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from greeted import Store, append
from hypothesis import given
from hypothesis import strategies as st

from agent.core.entry import Position
from agent.ledger import Ledger, LedgerUnavailable
from agent.ledger.fresh import Fresh
from sync.messages import Ack

RunningLedger = Callable[..., AbstractContextManager[Ledger]]

_LIVES = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3)), max_size=8)


def entry(epoch: int, seq: int) -> tuple[Position, bytes]:
    """An entry, larger than others by its number."""
    return Position(epoch=epoch, seq=seq, hash=bytes([epoch, seq])), b"x" * seq


@given(_LIVES, st.integers(1, 6), st.integers(1, 40))
def test_memory_holds_the_newest_and_no_more_than_it_may(
    commits: list[tuple[int, int]], most: int, most_bytes: int
) -> None:
    """Of any commits in any epochs: what it answers is what was written, in order and without a
    gap; the newest entry is there unless it alone is too large.
    """
    fresh, written, epoch, seq = Fresh(most=most, most_bytes=most_bytes), [], 0, 0
    for begun, count in commits:
        epoch, seq = epoch + begun, 0 if begun else seq
        new = [entry(epoch, seq + n) for n in range(1, count + 1)]
        written, seq = written + new, seq + count
        fresh.grew(new)
    kept = [each for each in written if fresh.hash_at(*each[0].place) is not None]
    assert kept == written[len(written) - len(kept) :]
    assert len(kept) <= most
    assert sum(len(canonical) for _, canonical in kept) <= most_bytes
    assert not written or kept or len(written[-1][1]) > most_bytes
    for number, (place, _) in enumerate(kept):
        assert fresh.hash_at(*place.place) == place.hash
        wanted = [canonical for _, canonical in kept[number : number + 2]]
        assert fresh.after((place.epoch, place.seq - 1), at_most=2) == wanted


def test_a_batch_of_what_was_just_sold_asks_the_disk_nothing(
    tmp_path: Path, running_ledger: RunningLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read, sent, and its acknowledgement compared, without a question to the database; when
    the agent is started again, the disk says the same.
    """

    async def scenario(ledger: Ledger) -> None:
        store = Store(ledger)
        await store.open()
        asked: list[str] = []
        with monkeypatch.context() as patched:
            patched.setattr(ledger, "read", asked.append)
            await append(ledger)
            await store.turn()
            await store.hear("ack", Ack.of(ledger.incarnation, ledger.head))
        assert asked == []
        (_, (sent,)), head = store.wire.batches[-1], ledger.head
        assert ledger.epochs.unacknowledged == 0
        ledger.stop()
        with pytest.raises(LedgerUnavailable):
            await ledger.hash_at(head.epoch, head.seq)
        ledger.start()
        assert await ledger.read_after((head.epoch, head.seq - 1), at_most=9) == [sent]
        assert await ledger.hash_at(head.epoch, head.seq) == head.hash

    with running_ledger(tmp_path / "ledger.db") as ledger:
        asyncio.run(scenario(ledger))


def test_acknowledgements_are_written_down_once_a_second(
    tmp_path: Path, running_ledger: RunningLedger
) -> None:
    """They are known at once, and cost no commit for each sale; the newest is on the disk soon."""

    async def scenario(ledger: Ledger) -> None:
        store = Store(ledger)
        await store.open()
        await store.turn(after_s=1)
        before = ledger.commits
        for _ in range(10):
            await append(ledger)
            await store.turn()
            await store.hear("ack", Ack.of(ledger.incarnation, ledger.head))
            assert ledger.epochs.unacknowledged == 0
        assert ledger.commits - before == 10 + 1
        await store.turn(after_s=1)
        assert ledger.commits - before == 10 + 2
        kept = await ledger.read(lambda view: view.acknowledged())
        assert kept == ledger.head.place
        await store.turn(after_s=1)
        assert ledger.commits - before == 10 + 2

    with running_ledger(tmp_path / "ledger.db") as ledger:
        asyncio.run(scenario(ledger))
