"""A voucher is held; then the ledger freezes, a card is blocked, or the disk is set back."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from head_office_books import TENANT, Books, enrolled, sold
from mentioned import mention
from voucher_shop import CARD, VoucherShop
from welcomed import welcome

from agent.core.facts import Fact, HoldVoucher, IssueVoucher, ReleaseVoucher, UseVoucher
from agent.ledger import Frozen, Ledger, replay
from agent.till import Block, VoucherUsed
from sync.hub.deciding import block_card
from sync.hub.judging import judge

RunningLedger = Callable[..., AbstractContextManager[Ledger]]

CARD_OF_A = "em4100:0C000621A5"
CODE = "0000-0000-0001-2"
ABOUT: dict[str, Any] = {"account": "a", "code": CODE}
ISSUED = IssueVoucher(points=6, value_minor=500, currency="USD", **ABOUT)


@pytest.fixture
def shop(tmp_path: Path, running_ledger: RunningLedger) -> Iterator[VoucherShop]:
    """A till at which Ana has 1,000 points; whatever a test did to it, it replays."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        yield VoucherShop(ledger)
    replay(tmp_path / "ledger.db")


def confirm(shop: VoucherShop) -> None:
    """End the freeze by an operator's word."""
    asyncio.run(shop.ledger.confirm())


@pytest.mark.parametrize("ends", [confirm, lambda shop: welcome(shop.ledger)])
@pytest.mark.parametrize("with_sale", [False, True])
def test_it_waits_for_the_end_of_the_freeze(
    shop: VoucherShop, ends: Callable[[VoucherShop], object], *, with_sale: bool
) -> None:
    """Nothing is used while the ledger is frozen, by itself or with a sale; after it, by whichever
    word, the redemption that holds it uses it, and no other one does.
    """
    code = shop.issue().code
    shop.hold("r-1", code)
    shop.freeze()
    with pytest.raises(Frozen):
        shop.capture("r-1")
    ends(shop)
    if with_sale:
        sold_with = shop.sell("s-1", 1_000, voucher_minor=250, redemptions=["r-1"])
        assert (sold_with.captured, sold_with.answer.flags) == (("r-1",), ())
    else:
        assert shop.capture("r-1").status == "captured"
    assert shop.state(code) == "used"
    assert shop.capture("r-1").status == "captured"
    with pytest.raises(VoucherUsed):
        shop.hold("r-2", code)


def test_a_block_keeps_nobody_from_their_voucher(shop: VoucherShop) -> None:
    """It is a bearer's: who blocks the member's card afterwards does not take what was held."""
    code = shop.issue().code
    shop.hold("r-1", code)
    asyncio.run(shop.till.members.block_card(CARD, Block(reason="lost")))
    assert shop.capture("r-1").status == "captured"
    assert shop.state(code) == "used"


def held(redemption_id: str = "r-1") -> Fact:
    """A hold of it."""
    return HoldVoucher(redemption_id=redemption_id, expires_at="2026-11-21T14:00:00Z", **ABOUT)


def used(redemption_id: str = "r-1") -> Fact:
    """A use of it."""
    return UseVoucher(redemption_id=redemption_id, **ABOUT)


def test_head_office_counts_it_once_over_the_freeze() -> None:
    """Held in the epoch before and used in the one after, it was used once; and also where the use
    was already written before the disk was set back, and is heard of later.
    """
    before = [mention(ISSUED, seq=1), mention(held(), seq=2)]
    after = mention(used(), epoch=2, seq=2)
    lost = mention(used(), seq=3)
    for said in ([*before, after], [*before, lost, after]):
        judged = judge(f"voucher:{CODE}", said)
        assert judged.worth == {("a", "active"): -6, ("program", "redeemed"): 6}
        assert judged.conflicts == ()


def test_what_the_lost_disk_had_used_otherwise_is_told() -> None:
    """It was given back there and used by another redemption, of which the ledger that was set back
    knows nothing: no store can know, and head office says so, once.
    """
    before = [mention(ISSUED, seq=1), mention(held(), seq=2)]
    lost = [
        mention(ReleaseVoucher(redemption_id="r-1", reason="released", **ABOUT), seq=3),
        mention(held("r-2"), seq=4),
        mention(used("r-2"), seq=5),
    ]
    judged = judge(f"voucher:{CODE}", [*before, *lost, mention(used(), epoch=2, seq=2)])
    assert [each.kind for each in judged.conflicts] == ["voucher_twice"]
    assert judged.worth == {("a", "active"): -6, ("program", "redeemed"): 6}


def test_head_office_finds_no_fault_in_a_block_after_the_hold(house: Books) -> None:
    """The member's only card was blocked at head office meanwhile: the voucher is paid for, so its
    use is no redemption with a blocked card.
    """
    device = house.device("s1")
    device.says(enrolled("a"), sold(10, lease=0), ISSUED, held())
    house.run(lambda c: block_card(c, TENANT, CARD_OF_A, reason="lost", by="ann", now=house.now))
    device.says(used())
    assert house.kinds() == set()
    assert house.account("a").active == 4
    assert house.balances()
