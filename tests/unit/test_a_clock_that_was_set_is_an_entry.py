"""What somebody did to the clock is in the journal, and so is how far each entry's time is true."""

from collections.abc import Iterator

import pytest
from ledger_shop import Shop

from agent.core.entry import ClockReading, Entry
from agent.core.facts import ClockJump, RateVisit
from agent.ledger.history import walk

HOUR_MS = 3_600_000


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A ledger with one entry, written at nine by a clock that is held to the true time."""
    shop = Shop()
    rate(shop)
    yield shop
    shop.close()


def rate(shop: Shop) -> None:
    """Write something that says nothing of the time."""
    shop.ask(RateVisit(account="ana", rating=5))


def entries(shop: Shop) -> list[Entry]:
    """Every entry as the ledger has it, once the notebook has said the same."""
    shop.check()
    journal = walk(shop.ledger.path, progress=lambda _done, _of: None)
    return [Entry.parse(canonical) for _, canonical in journal]


@pytest.mark.parametrize("by_ms", [HOUR_MS, -HOUR_MS])
def test_a_jump_comes_before_what_was_written_after_it(shop: Shop, by_ms: int) -> None:
    """A clock that was set, forward or back, is an entry that says by how much."""
    shop.clock.pass_ms(1_000)
    shop.clock.set_by(by_ms, synchronised=True)
    rate(shop)
    rate(shop)
    kinds = [entry.fact for entry in entries(shop)]
    assert kinds[1] == ClockJump(by_ms=by_ms)
    assert [isinstance(fact, RateVisit) for fact in kinds] == [True, False, True, True]


def test_each_entry_quotes_every_clock(shop: Shop) -> None:
    """Boot, time since boot, whether something holds the wall clock to the true time, a jump."""
    shop.clock.pass_ms(1_000)
    rate(shop)
    shop.clock.reboot(later_ms=HOUR_MS)
    rate(shop)
    shop.clock.set_by(HOUR_MS, synchronised=True)
    rate(shop)
    quoted = [
        ClockReading(boot_id="boot-1", up_ms=0, synchronised=True, jumped=False),
        ClockReading(boot_id="boot-1", up_ms=1_000, synchronised=True, jumped=False),
        ClockReading(boot_id="boot-2", up_ms=700, synchronised=False, jumped=False),
        ClockReading(boot_id="boot-2", up_ms=700, synchronised=True, jumped=True),
        ClockReading(boot_id="boot-2", up_ms=700, synchronised=True, jumped=True),
    ]
    assert [entry.clock for entry in entries(shop)] == quoted
