"""A sale that cannot have a voucher which it names is refused before anything is written, also
where points wait to become active with it, or were to be held for it once more.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from toy_clock import ToyClock
from voucher_shop import CARD, DAY, GROCER, VoucherShop

from agent.ledger import Ledger
from agent.till import RedemptionEnded, Terms

RunningLedger = Callable[..., AbstractContextManager[Ledger]]

LATER = "2026-12-05"


@pytest.fixture
def shop(tmp_path: Path, running_ledger: RunningLedger) -> Iterator[VoucherShop]:
    """Ana has points, some that wait for two weeks, and a voucher."""
    clock = ToyClock()
    clock.set_by(0, synchronised=False)
    with running_ledger(tmp_path / "ledger.db", clock=clock) as ledger:
        shop = VoucherShop(ledger, clock)
        shop.till.adopt(Terms(program=GROCER.model_copy(update={"return_window_days": 14})))
        shop.sell("s-1", 2_000, token=CARD)
        shop.hold("r-1", shop.issue(150).code)
        yield shop


@pytest.mark.parametrize("names", [("r-1",), ("r-1", "r-1"), ("r-2", "r-1")])
def test_a_refused_sale_writes_nothing(shop: VoucherShop, names: tuple[str, ...]) -> None:
    """Its voucher paid for a sale that came back, or it names it twice."""
    if names != ("r-1", "r-1"):
        shop.sell("s-2", 1_000, voucher_minor=150, redemptions=("r-1",))
        shop.void("s-2")
    shop.hold_points("r-2", 150)
    shop.release("r-2")
    head = shop.ledger.head
    for _ in range(2):
        with pytest.raises(RedemptionEnded):
            shop.sell(
                "s-3", 1_000, token=CARD, business_date=LATER, redemptions=names,
                tenders=[{"kind": "points", "amount_minor": 1_000}],
            )  # fmt: skip
    assert shop.ledger.head == head
    assert asyncio.run(shop.till.identify(CARD)).pending == 20
    assert shop.sell("s-3", 1_000, token=CARD, business_date=LATER).answer.points == 10


def test_the_same_day_too(shop: VoucherShop) -> None:
    """Nothing waits to become active, and points are to be held once more."""
    shop.hold_points("r-2", 150)
    shop.release("r-2")
    head = shop.ledger.head
    with pytest.raises(RedemptionEnded):
        shop.sell(
            "s-3", 1_000, token=CARD, business_date=DAY, redemptions=("r-2", "r-1", "r-1"),
            tenders=[{"kind": "points", "amount_minor": 1_000}],
        )  # fmt: skip
    assert shop.ledger.head == head
