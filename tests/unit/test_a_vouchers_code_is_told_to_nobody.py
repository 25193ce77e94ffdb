"""Whoever has a voucher's code has its worth: exports and messages about damage do not tell it."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest
from toy_clock import ToyClock
from voucher_shop import VoucherShop

from agent.ledger import Ledger, LedgerDamaged, replay
from agent.ledger.tables import csv_row, masked_line

RunningLedger = Callable[..., AbstractContextManager[Ledger]]


@pytest.fixture
def shop(tmp_path: Path, running_ledger: RunningLedger) -> Iterator[VoucherShop]:
    """A till, and a voucher that is held."""
    clock = ToyClock()
    with running_ledger(tmp_path / "ledger.db", clock=clock) as ledger:
        shop = VoucherShop(ledger, clock)
        shop.hold("r-1", shop.issue().code)
        yield shop


def test_an_export_masks_it(shop: VoucherShop) -> None:
    """Its first group is shown, in every entry that has it; the table has none of it."""
    head = shop.ledger.head
    for seq in (head.seq - 1, head.seq):
        recorded = asyncio.run(shop.ledger.read(lambda view, at=seq: view.entry_at(0, at)))
        assert recorded is not None
        assert b'"code":"0000-0000-0001-2"' in recorded.canonical
        line = masked_line(recorded.canonical)
        assert b'"code":"0000-****-****-*"' in line
        assert b"0001-2" not in line
        assert "0001-2" not in csv_row(recorded.position, recorded.entry)


@pytest.mark.parametrize(
    "tampered",
    ["UPDATE vouchers SET points = 9999", "UPDATE voucher_uses SET expires_at = ''"],
)
def test_a_message_about_damage_has_none(shop: VoucherShop, tampered: str) -> None:
    """It names the table and the entry, and a ticket may hold it."""
    shop.ledger.stop()
    with closing(sqlite3.connect(shop.ledger.path)) as connection, connection:
        connection.execute(tampered)
    with pytest.raises(LedgerDamaged, match=r"has \('\(a voucher\)', 0, ") as damaged:
        replay(shop.ledger.path)
    assert "0001" not in str(damaged.value)
