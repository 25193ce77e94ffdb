"""What is kept for good knows no number: neither the entries nor their sealed files."""

import asyncio
import gzip
from pathlib import Path

import pytest
from stocked import CARD, Stock, everything, sale_of, segments_of

from agent.ledger import Ledger
from agent.till import Enrolment, Wish

NAME, NUMBER = "Annamaria Kovacs", "2025550143"


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger in a directory."""
    return Stock(tmp_path / "ledger.db")


def test_sealed_entries_know_no_number(stock: Stock, ledger: Ledger) -> None:
    """Sales, claims, holds and look-ups by telephone are sealed without number and name; a sale
    is still known by them, and the erased person's sale too.
    """
    till = stock.till(ledger)
    person = Enrolment(token=CARD, phone=NUMBER, display_name=NAME, birthday="05-17")
    by_phone = sale_of(60_000, token=f"phone:{NUMBER}")

    async def trade() -> str:
        account = (await till.members.enrol(person)).account
        await till.commit("s-1", by_phone)
        await till.commit("s-2", sale_of(60_000, token=None))
        await till.claim("s-2", f"phone:{NUMBER}")
        await till.hold("r-1", Wish(token=f"phone:{NUMBER}", points=500))
        till.activity.note("phone_lookup", account=account)
        await till.activity.stop()
        return account

    account = asyncio.run(trade())
    stock.acknowledge(ledger)
    stock.day += 50
    stock.sell(ledger, 1)
    assert stock.seal(ledger) == 1
    sealed = b"".join(gzip.decompress(file.read_bytes()) for file in segments_of(stock.path))
    entries = b"".join(canonical for _, canonical in everything(stock.path))
    for kind in (b"ENROL", b"ACCUMULATE_POINTS", b"CLAIM_SALE", b"CREATE_REWARD", b"FLAG"):
        assert kind in sealed
    for content in (sealed, entries):
        assert b'"token":"phone"' in content
        assert not [part for part in (NAME, NUMBER) if part.encode() in content]
    assert asyncio.run(till.commit("s-1", by_phone)).replay
    asyncio.run(till.members.erase_profile(account))
    assert asyncio.run(till.commit("s-1", by_phone)).replay
