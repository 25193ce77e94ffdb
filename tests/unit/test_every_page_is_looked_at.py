"""A torn page is found wherever it is, also where no sale and no replay of the journal reads."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from stocked import Stock

from agent.ledger import Ledger, LedgerDamaged, Profile, replay
from agent.ledger.upkeep import Upkeep, UpkeepPlan

PLAN = UpkeepPlan(keep_days=30, budget_bytes=2**40, alone=True)
PAGE = 4096


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger of a member, twelve sales and more persons than a page holds."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell(ledger, 12)

        async def keep() -> None:
            for number in range(200):
                person = Profile(account=f"acc{number}", display_name="Jane", phone=f"+1{number}")
                await ledger.write(lambda transaction, p=person: transaction.keep_profile(p))

        asyncio.run(keep())
    return stock


def tear(path: Path, page: int) -> None:
    """Fill a page with zeros, as a disk that lost it reads."""
    with path.open("r+b") as file:
        file.seek(page * PAGE)
        file.write(bytes(PAGE))


def tear_persons(path: Path) -> None:
    """Tear a page that only the profiles of persons are on."""
    content = path.read_bytes()
    tear(path, next(n for n in range(len(content) // PAGE) if b"acc100Jane" in page(content, n)))


def page(content: bytes, number: int) -> bytes:
    """One page of a database."""
    return content[number * PAGE : (number + 1) * PAGE]


def test_a_replay_finds_any_torn_page(stock: Stock) -> None:
    """Whichever page of the database is torn, ``verify`` says that it is damaged."""
    sound = stock.path.read_bytes()
    missed = []
    for number in range(len(sound) // PAGE):
        stock.path.write_bytes(sound)
        tear(stock.path, number)
        try:
            replay(stock.path)
            missed.append(number)
        except LedgerDamaged:
            pass
    assert len(sound) // PAGE > 20
    assert missed == []


@pytest.mark.parametrize("chore", [Upkeep.nightly, Upkeep.hourly])
def test_a_torn_page_of_persons_is_mended(
    stock: Stock, ledger: Ledger, chore: Callable[[Upkeep], Awaitable[None]]
) -> None:
    """A night's replay finds it, and so does an hour's backup that cannot read it; what is made
    anew is backed up at once, and nothing is left to be said but that it was made anew.
    """
    upkeep = Upkeep(ledger, PLAN)
    tear_persons(stock.path)
    asyncio.run(chore(upkeep))
    assert ledger.frozen is not None
    assert ledger.head.epoch == 1
    assert upkeep.alarm is None
    assert len(list(stock.places.backups.glob("*.db"))) == 1
    replay(stock.path)
