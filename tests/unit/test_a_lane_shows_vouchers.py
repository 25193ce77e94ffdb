"""A lane's screens show a voucher that is held or used, and what it takes off, not points."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from pages import look
from toy_clock import ToyClock
from voucher_shop import BENS, GROCER, VoucherShop

from agent.api.wording import Wording
from agent.core.tokens import Token
from agent.lanes import Lanes
from agent.ledger import Ledger

RunningLedger = Callable[..., AbstractContextManager[Ledger]]


@pytest.fixture
def shop(tmp_path: Path, running_ledger: RunningLedger) -> Iterator[VoucherShop]:
    """A till at which Ana has a voucher of £2.50, and 750 points."""
    clock = ToyClock()
    with running_ledger(tmp_path / "ledger.db", clock=clock) as ledger:
        yield VoucherShop(ledger, clock)


def page(shop: VoucherShop, lanes: Lanes) -> str:
    """The cashier's page, with plain spaces."""
    text = asyncio.run(look(shop.till, lanes, "/lane/1"))
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


def test_a_voucher_is_shown_held_and_used(shop: VoucherShop) -> None:
    """For the cashier as a voucher, for the customer as what it takes off."""
    lanes = Lanes(shop.till, ("1",))
    code = shop.issue().code
    held = shop.hold("r-1", code, lane="1")
    lanes.redemption_changed(held)
    assert "<strong>Voucher held</strong>: 2.50 GBP off, not yet paid" in page(shop, lanes)
    assert Wording(GROCER).on_hold(held) == "2.50\N{NO-BREAK SPACE}GBP off"
    sold = shop.sell("s-1", 1_000, voucher_minor=250, redemptions=["r-1"])
    lanes.sale_committed("1", sold.answer, None, redemptions=sold.captured)
    text = page(shop, lanes)
    assert "Voucher used: 2.50 GBP off" in text
    assert "0 points" not in text.split("Voucher used")[1].split("</p>")[0]
    assert code not in text


def test_one_that_is_given_back_is_shown_too(shop: VoucherShop) -> None:
    """Its time was up, or the customer thought better of it."""
    lanes = Lanes(shop.till, ("1",))
    lanes.redemption_changed(shop.hold("r-1", shop.issue().code, lane="1"))
    (told,) = shop.time_out()
    lanes.redemption_changed(told)
    assert "Voucher given back, nothing was redeemed" in page(shop, lanes)


def test_anothers_sale_leaves_the_members_balance(shop: VoucherShop) -> None:
    """The redemption tells the balance of who got the voucher, not of who used it."""
    lanes = Lanes(shop.till, ("1",))
    lanes.redemption_changed(shop.hold("r-1", shop.issue().code, lane="1"))
    sold = shop.sell("s-1", 1_000, voucher_minor=250, redemptions=["r-1"], token=BENS)
    lanes.sale_committed("1", sold.answer, Token.parse(BENS), redemptions=sold.captured)
    ended = lanes["1"].ended
    assert ended is not None
    assert (ended.status, ended.balance) == ("captured", 750)
