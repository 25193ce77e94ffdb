"""A ledger is made anew over all its lives, wherever each of them is kept."""

from collections.abc import Iterator

import ledger_facts as some
import pytest
from ledger_shop import Shop

from agent.ledger.backup import BackupKind, make_backup


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A ledger with a sale, and its notebook."""
    shop = Shop()
    shop.ask(some.accumulation("s-1", "ana", 5))
    yield shop
    shop.close()


@pytest.mark.parametrize("kind", ["full", "hourly"])
def test_sealed_entries_of_a_later_epoch_are_found(shop: Shop, kind: BackupKind) -> None:
    """A backup ends in one epoch, the next one is sealed, and a third goes on: nothing is lost."""
    make_backup(shop.ledger.places, kind)
    for epoch in (1, 2):
        shop.welcome(epoch, f"disk-{epoch}")
        shop.began_a_life("welcomed", epoch)
        shop.ask(some.accumulation(f"s-{epoch}-more", "ana", 5))
    shop.seal(alone=True)
    before = len(shop.places)
    shop.ledger.recover("somebody said so")
    shop.was_rebuilt("somebody said so")
    assert len(shop.places) == before + 1
    shop.check()
    shop.check_replay()
