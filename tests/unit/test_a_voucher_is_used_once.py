"""A voucher is used once: with its sale, whoever brings it, and good again if that comes back."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from toy_clock import ToyClock
from voucher_shop import BENS, CARD, VoucherShop

from agent.ledger import Frozen, Ledger, replay
from agent.till import (
    MalformedVoucher,
    NotRedeemable,
    RedemptionEnded,
    RedemptionIdReused,
    UnknownRedemption,
    UnknownVoucher,
    VoucherExpired,
    VoucherUsed,
)

RunningLedger = Callable[..., AbstractContextManager[Ledger]]


@pytest.fixture
def shop(tmp_path: Path, running_ledger: RunningLedger) -> Iterator[VoucherShop]:
    """A till at which Ana has 1,000 points; whatever a test did to it, it replays."""
    clock = ToyClock()
    clock.set_by(0, synchronised=False)  # nobody vouches for it: the POS says the day
    with running_ledger(tmp_path / "ledger.db", clock=clock) as ledger:
        yield VoucherShop(ledger, clock)
    replay(tmp_path / "ledger.db")


@pytest.mark.parametrize("card", [None, CARD, BENS, "em4100:FFFFFFFFFF"])
def test_whoever_has_the_code_may_use_it(shop: VoucherShop, card: str | None) -> None:
    """With the sale of its member, of another one, of an unknown card or of nobody."""
    code = shop.issue().code
    held = shop.hold("r-1", code, lane="1")
    assert (held.status, held.voucher, held.value_minor) == ("held", code, 250)
    assert (held.points, held.captured, held.reward) == (0, 0, None)
    sold = shop.sell("s-1", 1_000, voucher_minor=250, token=card, redemptions=["r-1"])
    assert (sold.captured, sold.answer.flags, sold.answer.redeemed) == (("r-1",), (), 0)
    assert shop.state(code) == "used"
    assert shop.capture("r-1").status == "captured"


def test_it_is_not_used_again(shop: VoucherShop) -> None:
    """Neither by another redemption, nor by another sale that names the same one."""
    code = shop.issue().code
    shop.hold("r-1", code)
    shop.sell("s-1", 1_000, voucher_minor=250, redemptions=["r-1"])
    with pytest.raises(VoucherUsed, match="used before"):
        shop.hold("r-2", code)
    with pytest.raises(RedemptionEnded, match="captured before"):
        shop.sell("s-2", 1_000, voucher_minor=250, redemptions=["r-1"])
    with pytest.raises(RedemptionEnded, match="void the sale"):
        shop.release("r-1")
    again = shop.sell("s-1", 1_000, voucher_minor=250, redemptions=["r-1"])
    assert (again.replay, again.captured) == (True, ())


def test_while_it_is_held_nobody_else_holds_it(shop: VoucherShop) -> None:
    """Two tills that read one code: the first has it, until it lets it go."""
    code = shop.issue().code
    shop.hold("r-1", code)
    with pytest.raises(VoucherUsed, match="held for another sale"):
        shop.hold("r-2", code)
    assert shop.state(code) == "held"
    assert shop.release("r-1").status == "released"
    assert shop.release("r-1").status == "released"
    assert shop.hold("r-2", code).status == "held"
    with pytest.raises(RedemptionEnded, match="hold it anew"):
        shop.capture("r-1")


def test_an_id_stands_for_one_thing(shop: VoucherShop) -> None:
    """The same hold is answered again; one of another voucher, sale or of points is refused."""
    first, second = shop.issue(), shop.issue()
    held = shop.hold("r-1", first.code, sale_id="s-1")
    assert shop.hold("r-1", first.code.lower().replace("-", " "), sale_id="s-1") == held
    with pytest.raises(RedemptionIdReused):
        shop.hold("r-1", second.code)
    with pytest.raises(RedemptionIdReused):
        shop.hold("r-1", first.code, sale_id="s-2")
    with pytest.raises(RedemptionIdReused):
        shop.hold_points("r-1", 150)
    shop.hold_points("r-2", 150)
    with pytest.raises(RedemptionIdReused):
        shop.hold("r-2", second.code)


def test_a_hold_that_nobody_ends_is_over_in_time(shop: VoucherShop) -> None:
    """A quarter of an hour later the voucher is good again, and the lane is told."""
    code = shop.issue().code
    shop.hold("r-1", code, lane="1")
    (told,) = shop.time_out()
    assert (told.redemption_id, told.status, told.lane) == ("r-1", "released", "1")
    assert shop.state(code) == "issued"
    assert shop.time_out() == []


def test_a_late_sale_uses_it_after_all(shop: VoucherShop) -> None:
    """Given back before its sale came, it is used under the same id where it is still to be had."""
    code = shop.issue().code
    shop.hold("r-1", code)
    shop.time_out()
    sold = shop.sell("s-1", 1_000, voucher_minor=250, redemptions=["r-1"])
    assert (sold.captured, sold.answer.flags) == (("r-1",), ())
    assert shop.state(code) == "used"


@pytest.mark.parametrize("why", ["used", "held", "expired", "not paid with it"])
def test_a_late_sale_is_taken_without_it(shop: VoucherShop, why: str) -> None:
    """The customer has left: where the voucher is not to be had the sale is taken and flagged."""
    code = shop.issue().code
    shop.hold("r-1", code)
    shop.release("r-1")
    late: dict[str, Any] = {"voucher_minor": 250}
    match why:
        case "used" | "held":
            shop.hold("r-2", code)
            if why == "used":
                shop.capture("r-2")
        case "expired":
            late |= {"business_date": "2028-11-21"}
        case _:
            late = {}
    before = shop.state(code)
    sold = shop.sell("s-1", 1_000, redemptions=["r-1"], **late)
    assert (sold.captured, sold.answer.flags) == ((), ("points_not_redeemed",))
    assert shop.state(code) == ("expired" if why == "expired" else before)


def test_a_late_sale_uses_one_voucher_once(shop: VoucherShop) -> None:
    """Where it names two redemptions of one voucher that were given back, the first one has it."""
    code = shop.issue().code
    for redemption_id in ("r-1", "r-2"):
        shop.hold(redemption_id, code)
        shop.release(redemption_id)
    sold = shop.sell("s-1", 1_000, voucher_minor=250, redemptions=["r-1", "r-2"])
    assert (sold.captured, sold.answer.flags) == (("r-1",), ("points_not_redeemed",))


def test_a_sale_that_names_none_uses_what_was_held_for_it(shop: VoucherShop) -> None:
    """Where a tender says that a voucher paid, and only then."""
    first, second = shop.issue().code, shop.issue().code
    shop.hold("r-1", first, sale_id="s-1")
    shop.hold("r-2", second, sale_id="s-2")
    assert shop.sell("s-1", 1_000, voucher_minor=250).captured == ("r-1",)
    assert shop.sell("s-2", 1_000).captured == ()
    assert (shop.state(first), shop.state(second)) == ("used", "held")


def test_a_sale_that_names_what_is_not_there_is_refused(shop: VoucherShop) -> None:
    """An unknown redemption, or one voucher's twice: nothing is written, nothing is used."""
    code = shop.issue().code
    shop.hold("r-1", code)
    head = shop.ledger.head
    with pytest.raises(UnknownRedemption):
        shop.sell("s-1", 1_000, redemptions=["r-1", "r-9"])
    with pytest.raises(RedemptionEnded, match="twice"):
        shop.sell("s-1", 1_000, redemptions=["r-1", "r-1"])
    assert (shop.ledger.head, shop.state(code)) == (head, "held")


def test_points_and_a_voucher_pay_together(shop: VoucherShop) -> None:
    """A sale names one redemption of each, and both are captured with it."""
    code = shop.issue().code
    shop.hold("r-1", code)
    shop.hold_points("r-2", 150)
    tenders = [{"kind": "points", "amount_minor": 150}, {"kind": "voucher", "amount_minor": 850}]
    sold = shop.sell("s-1", 1_000, token=CARD, tenders=tenders, redemptions=["r-1", "r-2"])
    assert sold.captured == ("r-2", "r-1")
    assert (sold.answer.redeemed, sold.answer.flags) == (150, ())


def test_a_thing_is_used_by_its_reward_line(shop: VoucherShop) -> None:
    """A free coffee by voucher is no reward that points should have paid for."""
    named, unnamed = shop.give(), shop.give()
    assert shop.hold("r-1", named).reward == "coffee"
    assert shop.sell("s-1", 0, rewards=(0,), redemptions=["r-1"]).answer.flags == ()
    shop.hold("r-2", unnamed, sale_id="s-2")
    assert shop.sell("s-2", 0, rewards=(0,)).captured == ("r-2",)
    assert shop.sell("s-3", 0, rewards=(0,)).answer.flags == ("points_not_redeemed",)


@pytest.mark.parametrize("how", ["void", "lines", "amount"])
def test_a_sale_that_came_back_whole_makes_it_good_again(shop: VoucherShop, how: str) -> None:
    """Nothing of it comes back as points or money: the voucher is what comes back."""
    code = shop.issue().code
    balance = shop.balance()
    shop.hold("r-1", code)
    shop.sell("s-1", 600, 400, voucher_minor=250, redemptions=["r-1"])
    match how:
        case "void":
            answer = shop.void("s-1")
        case "lines":
            shop.bring("s-1", "b-1", 0)
            assert shop.state(code) == "used"
            answer = shop.bring("s-1", "b-2", 1)
        case _:
            answer = shop.refund("s-1", "b-1", 1_000)
    assert (answer.points_given_back, shop.balance()) == (0, balance)
    assert shop.state(code) == "issued"
    assert shop.capture("r-1").status == "captured"  # what was answered stays so
    shop.hold("r-2", code)
    with pytest.raises(RedemptionEnded):
        shop.sell("s-2", 1_000, voucher_minor=250, redemptions=["r-1"])
    shop.sell("s-2", 1_000, voucher_minor=250, redemptions=["r-2"])
    assert shop.state(code) == "used"


def test_a_part_that_comes_back_leaves_it_used(shop: VoucherShop) -> None:
    """One line, or some of the money, is not the whole sale."""
    code = shop.issue().code
    shop.hold("r-1", code)
    shop.sell("s-1", 600, 400, voucher_minor=250, redemptions=["r-1"])
    shop.bring("s-1", "b-1", 0)
    shop.refund("s-1", "b-2", 399)
    assert shop.state(code) == "used"
    shop.void("s-1")
    assert shop.state(code) == "issued"


def test_money_alone_brings_no_coffee_back(shop: VoucherShop) -> None:
    """Of a thing the goods have to come back, or the sale be voided."""
    by_amount, by_lines = shop.give(), shop.give()
    for number, code in enumerate((by_amount, by_lines), start=1):
        shop.hold(f"r-{number}", code)
        shop.sell(f"s-{number}", 500, 0, rewards=(1,), redemptions=[f"r-{number}"])
    shop.refund("s-1", "b-1", 500)
    shop.bring("s-2", "b-1", 0, 1)
    assert (shop.state(by_amount), shop.state(by_lines)) == ("used", "issued")


def test_what_came_with_a_sale_goes_with_it(shop: VoucherShop) -> None:
    """A thing that a sale brought is withdrawn with the sale, unless it was used."""
    unused, used = shop.give("s-0"), shop.give("s-0")
    shop.hold("r-1", used)
    shop.capture("r-1")
    shop.void("s-0")
    assert (shop.state(unused), shop.state(used)) == ("gone", "used")
    with pytest.raises(VoucherExpired, match="withdrawn"):
        shop.hold("r-2", unused)


def test_one_used_by_itself_is_its_first_sales(shop: VoucherShop) -> None:
    """Captured for no sale, it counts for the first one that names it, and comes back with that."""
    code = shop.issue().code
    shop.hold("r-1", code)
    shop.capture("r-1")
    sold = shop.sell("s-1", 1_000, voucher_minor=250, redemptions=["r-1"])
    assert sold.answer.flags == ()
    with pytest.raises(RedemptionEnded):
        shop.sell("s-2", 1_000, voucher_minor=250, redemptions=["r-1"])
    shop.void("s-1")
    assert shop.state(code) == "issued"


def test_one_used_for_a_sale_to_come_is_that_sales(shop: VoucherShop) -> None:
    """Captured before its sale, it is not short of it, and comes back with it."""
    code = shop.give()
    shop.hold("r-1", code, sale_id="s-1")
    shop.capture("r-1")
    assert shop.sell("s-1", 0, rewards=(0,)).answer.flags == ()
    shop.void("s-1")
    assert shop.state(code) == "issued"


def test_after_its_sale_came_back_it_is_not_captured(shop: VoucherShop) -> None:
    """A hold for a sale that was voided ends by itself; captured, it would be lost."""
    code = shop.issue().code
    shop.hold("r-1", code, sale_id="s-1")
    shop.sell("s-1", 1_000)
    shop.void("s-1")
    with pytest.raises(RedemptionEnded, match="came back"):
        shop.capture("r-1")
    shop.time_out()
    assert shop.state(code) == "issued"


def test_a_voucher_is_used_whole(shop: VoucherShop) -> None:
    """No number of points is a part of it."""
    shop.hold("r-1", shop.issue().code)
    with pytest.raises(NotRedeemable, match="whole"):
        shop.capture("r-1", points=100)


def test_a_partners_voucher_is_not_taken_here(shop: VoucherShop) -> None:
    """It says so in words for the customer."""
    code = shop.issue(partner=True).code
    with pytest.raises(NotRedeemable, match="for a partner of the program"):
        shop.hold("r-1", code)
    assert "partner" in (shop.look(code).say or "")


@pytest.mark.parametrize(("day", "is_good"), [("2028-11-20", True), ("2028-11-21", False)])
def test_it_is_good_until_its_last_day(shop: VoucherShop, day: str, is_good: bool) -> None:
    """On that day it is taken, and on the next it is not, by the day that the POS says."""
    voucher = shop.issue()
    assert str(voucher.good_until) == "2028-11-20"
    if is_good:
        assert shop.hold("r-1", voucher.code, business_date=day).status == "held"
    else:
        with pytest.raises(VoucherExpired, match="good until 2028-11-20"):
            shop.hold("r-1", voucher.code, business_date=day)


def test_a_wrong_code_says_what_is_wrong(shop: VoucherShop) -> None:
    """A slip is told from a code that nobody has, and neither is repeated."""
    with pytest.raises(MalformedVoucher, match="one character of this code is wrong"):
        shop.hold("r-1", "0000-0000-0001-3")
    with pytest.raises(MalformedVoucher, match="13 letters and digits"):
        shop.look("0000")
    with pytest.raises(UnknownVoucher, match="this store knows no voucher") as refused:
        shop.look("ZZZZ-ZZZZ-ZZZZ-R")
    assert "ZZZZ" not in str(refused.value)


def test_a_frozen_ledger_neither_gives_nor_uses_one(shop: VoucherShop) -> None:
    """Sales go on and are flagged; what is held goes back, and a void makes one good again."""
    used, held, good = (shop.issue().code for _ in range(3))
    shop.hold("r-1", used)
    shop.sell("s-1", 1_000, voucher_minor=250, redemptions=["r-1"])
    shop.hold("r-2", held)
    shop.freeze()
    for refused in (
        shop.issue,
        lambda: shop.hold("r-3", good),
        lambda: shop.capture("r-2"),
        shop.give,
    ):
        with pytest.raises(Frozen):
            refused()
    sold = shop.sell("s-2", 1_000, voucher_minor=250, redemptions=["r-2"])
    assert (sold.captured, sold.answer.flags) == ((), ("points_not_redeemed",))
    shop.void("s-1")
    shop.release("r-2")
    assert [shop.state(code) for code in (used, held, good)] == ["issued"] * 3
