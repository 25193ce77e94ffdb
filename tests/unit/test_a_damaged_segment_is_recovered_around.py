"""A sealed file that is damaged costs what it held from there on, and never the ledger."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.core.facts import Enrol
from agent.core.instant import Moment
from agent.ledger import Ledger, replay
from agent.ledger.sealing import seal_old_entries

RunningLedger = Callable[..., AbstractContextManager[Ledger]]


class _Ticking:
    """A clock on which time passes whenever somebody looks."""

    def __init__(self) -> None:
        at = datetime(2026, 11, 21, tzinfo=UTC)
        self.now = Moment(at=at, boot_id="boot-1", up_ms=0, synchronised=True)

    def __call__(self) -> Moment:
        at = self.now.at + timedelta(milliseconds=5)
        self.now = replace(self.now, at=at, up_ms=self.now.up_ms + 5)
        return self.now


async def _enrol(ledger: Ledger, first: int, last: int) -> None:
    for number in range(first, last + 1):
        fact = Enrol(account=f"acc-{number}", token=f"em4100:{number:010X}")
        await ledger.write(lambda t, fact=fact: t.append(fact))  # type: ignore[misc]


@pytest.mark.parametrize(("byte", "saved"), [(-1, 64), (-200, 64), (0, 0)])
def test_what_stands_before_the_damage_is_saved(
    tmp_path: Path, running_ledger: RunningLedger, byte: int, saved: int
) -> None:
    """With no backup, the blocks before the damaged one are kept, and the store goes on."""
    clock = _Ticking()
    with running_ledger(tmp_path / "ledger.db", clock=clock) as ledger:
        asyncio.run(_enrol(ledger, 1, 100))
        (segment,) = asyncio.run(seal_old_entries(ledger, keep_days=0, alone=True))
        file = ledger.places.segments / segment.name
        damaged = bytearray(file.read_bytes())
        damaged[byte] ^= 0xFF
        file.write_bytes(damaged)
        ledger.recover("a sealed file was damaged")
        assert (ledger.head.epoch, ledger.head.seq) == (1, 1)
        assert replay(ledger.path).entries == saved + 1
        asyncio.run(_enrol(ledger, 101, 103))
    with running_ledger(ledger.path, clock=clock) as again:
        assert replay(again.path).entries == saved + 4
