"""Spending rights: the largest grant of the present epoch, and every change since."""

from collections.abc import Iterator

import ledger_facts as some
import pytest
from ledger_shop import Shop

from agent.core.facts import LeaseGrant, LeaseReturn


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A ledger to which head office granted 40 points of Ana's, and its notebook."""
    shop = Shop()
    shop.ask(grant(40))
    yield shop
    shop.close()


def grant(total: int) -> LeaseGrant:
    """Head office's word on all that it granted this epoch."""
    return LeaseGrant(account="ana", granted_total=total, generation=0)


def right(shop: Shop) -> int:
    """What the ledger says may be spent of Ana's."""
    shop.check()
    return int(shop.run(shop.ledger.read(lambda view: view.right("ana"))))


@pytest.mark.parametrize(
    ("totals", "granted"), [([], 40), ([40], 40), ([30], 40), ([0], 40), ([55], 55), ([55, 41], 55)]
)
def test_a_grant_is_a_total_and_only_grows(shop: Shop, totals: list[int], granted: int) -> None:
    """A letter that comes twice, late, or in another order changes nothing."""
    for total in totals:
        shop.ask(grant(total))
    assert right(shop) == granted


def test_what_is_held_is_spent_until_it_is_released(shop: Shop) -> None:
    """A hold takes rights, a release gives back what it took, and earning here adds to them."""
    shop.ask(some.hold(shop.notebook, "r", "ana", 25))
    assert right(shop) == 15
    shop.ask(some.release("r", shop.notebook.holds["r"], 10, epoch=0))
    assert right(shop) == 25
    shop.ask(some.capture("r", shop.notebook.holds["r"], 15))
    shop.ask(some.accumulation("s", "ana", 7, leased=True))
    assert right(shop) == 32
    shop.ask(LeaseReturn(account="ana", recall=1, points=32))
    assert right(shop) == 0


def test_a_new_epoch_begins_without_rights(shop: Shop) -> None:
    """What was granted to an earlier life is no longer this device's, and is granted anew."""
    shop.welcome(5, "disk-2")
    shop.began_a_life("welcomed", 5)
    assert right(shop) == 0
    shop.ask(grant(12))
    assert right(shop) == 12
