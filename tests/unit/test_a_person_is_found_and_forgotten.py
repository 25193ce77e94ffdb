"""What is known of a person stands outside the journal: found by telephone, and erasable."""

import asyncio
from pathlib import Path

import pytest
from stocked import Stock

from agent.ledger import Ledger, Profile, replay

ANA = Profile(account="a", display_name="Ana", birthday="05-17", phone="+36201234567")
BEN = Profile(account="b", display_name="Ben")


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger that knows two persons, one by telephone."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        for profile in (ANA, BEN):
            asyncio.run(ledger.write(lambda t, p=profile: t.keep_profile(p)))
    return stock


def account_of(ledger: Ledger, phone: str) -> str | None:
    """Look an account up by telephone."""
    return asyncio.run(ledger.read(lambda view: view.account_of_phone(phone)))


def test_an_account_is_found_by_its_telephone(ledger: Ledger) -> None:
    """The number leads to its account, and another number to none."""
    assert account_of(ledger, "+36201234567") == "a"
    assert account_of(ledger, "+36201234568") is None


def test_a_person_who_is_erased_is_forgotten(stock: Stock, ledger: Ledger) -> None:
    """Nothing is known of them any more, others stay, and the chain still holds."""
    asyncio.run(ledger.write(lambda transaction: transaction.erase_profile("a")))
    assert account_of(ledger, "+36201234567") is None
    assert asyncio.run(ledger.read(lambda view: view.profile("a"))) is None
    assert asyncio.run(ledger.read(lambda view: view.profile("b"))) == BEN
    assert replay(stock.path).head == ledger.head
