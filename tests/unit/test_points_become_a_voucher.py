"""Points become a voucher once, the oldest first, and only those that a member may spend."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from datetime import date
from pathlib import Path

import pytest
from toy_clock import ToyClock
from voucher_shop import BENS, CARD, DAY, GROCER, VoucherShop
from welcomed import welcome

from agent.clock import mint_id
from agent.core.entry import Position
from agent.core.facts import AdjustPoints, IssueVoucher
from agent.core.program import Program
from agent.core.receipt import Paper, receipt
from agent.ledger import Ledger, replay
from agent.ledger.connection import open_reader
from agent.ledger.view import View
from agent.paths import shipped_program
from agent.till import (
    Block,
    CardBlocked,
    Enrolment,
    InsufficientPoints,
    NotRedeemable,
    OfflineLimit,
    Terms,
    Till,
    UnknownCard,
    VoucherIdReused,
    VoucherOrder,
)

RunningLedger = Callable[..., AbstractContextManager[Ledger]]


@pytest.fixture
def shop(tmp_path: Path, running_ledger: RunningLedger) -> Iterator[VoucherShop]:
    """A till at which Ana has 1,000 points; whatever a test did to it, it replays."""
    clock = ToyClock()
    clock.set_by(0, synchronised=False)
    with running_ledger(tmp_path / "ledger.db", clock=clock) as ledger:
        yield VoucherShop(ledger, clock)
    replay(tmp_path / "ledger.db")


def test_a_voucher_is_worth_its_points(shop: VoucherShop) -> None:
    """265 points have 250 to turn into £2.50, and 15 are carried; it says so on paper."""
    shop.issue(735 // 50 * 50)
    answer = shop.issue(250, lane="1")
    assert (answer.value_minor, answer.currency, answer.points) == (250, "GBP", 250)
    assert (str(answer.good_until), answer.balance, shop.balance()) == ("2028-11-20", 50, 50)
    assert answer.receipt == (
        f"Voucher {answer.code}",
        "2.50 GBP off",
        "Good until 2028-11-20",
        "Points redeemed             -250",
        "Points balance                50",
        f"Ref 0:5 {answer.journal.hash[:8]}",
    )


def test_at_a_partner_it_is_worth_twice(shop: VoucherShop) -> None:
    """And its paper says where."""
    answer = shop.issue(250, partner=True)
    assert (answer.value_minor, answer.partner) == (500, True)
    assert "To be used at a partner" in answer.receipt


def test_the_lanes_language_is_printed(tmp_path: Path, running_ledger: RunningLedger) -> None:
    """A Spanish lane's voucher is in Spanish."""
    source = shipped_program("simple").read_text("utf-8")
    simple = Program.parse(source, source="simple.toml")
    papers = {"2": Paper.of(simple, language="es")}
    with running_ledger(tmp_path / "ledger.db") as ledger:
        till = Till(ledger, Terms(program=simple, papers=papers), mint_id=mint_id)
        asyncio.run(till.members.enrol(Enrolment(token=CARD)))
        account = asyncio.run(till.identify(CARD)).account
        asyncio.run(_adjust(ledger, account))
        order = VoucherOrder(token=CARD, points=500, lane="2")
        answer, _ = asyncio.run(till.vouchers.issue("v-1", order))
    assert answer.good_until is None
    assert answer.receipt[:2] == (f"Vale {answer.code}", "5.00 USD de descuento")
    assert answer.receipt[2].startswith("Puntos canjeados")


async def _adjust(ledger: Ledger, account: str) -> None:
    fact = AdjustPoints(account=account, points=500, reason="goodwill", cashier="c")
    await ledger.write(lambda transaction: transaction.append(fact))


def test_the_oldest_points_go_first(shop: VoucherShop) -> None:
    """A voucher takes its points from the lots as a redemption does."""
    shop.sell("s-1", 30_000, token=CARD, business_date="2026-11-20")
    shop.issue(350)
    with closing(open_reader(shop.ledger.path)) as connection:
        account = asyncio.run(shop.till.identify(CARD)).account
        assert View(connection).lots(account) == [(950, DAY)]


def test_the_same_order_is_answered_again(shop: VoucherShop) -> None:
    """A retry takes no points and has the same code, whatever came between."""
    answer, replayed = shop.asked(250, "v-9")
    shop.issue(150)
    again, replayed_again = shop.asked(250, "v-9")
    assert (replayed, replayed_again) == (False, True)
    assert again == answer
    assert shop.balance() == 600


def test_a_used_id_is_no_other_vouchers(shop: VoucherShop) -> None:
    """Other points, another member, a card that nobody has, or for a partner: refused."""
    shop.issue(250, "v-1")
    for order in (
        {"points": 200},
        {"points": 250, "token": BENS},
        {"points": 250, "token": "em4100:FFFFFFFFFF"},
        {"points": 250, "partner": True},
    ):
        with pytest.raises(VoucherIdReused, match="an id of its own"):
            shop.issue(voucher_id="v-1", **order)
    assert shop.balance() == 750


@pytest.mark.parametrize(("points", "why"), [(149, "steps of 50"), (100, "from 150"), (151, "50")])
def test_only_whole_steps(shop: VoucherShop, points: int, why: str) -> None:
    """A voucher takes points as a discount does: in steps, and not fewer than the least."""
    with pytest.raises(NotRedeemable, match=why):
        shop.issue(points)


def test_only_what_may_be_spent(shop: VoucherShop) -> None:
    """More than the balance, with a blocked card, with an unknown one: nothing is written."""
    head = shop.ledger.head
    with pytest.raises(InsufficientPoints, match="50 more points needed"):
        shop.issue(1_050)
    with pytest.raises(UnknownCard):
        shop.issue(250, token="em4100:FFFFFFFFFF")
    assert shop.ledger.head == head
    asyncio.run(shop.till.members.block_card(CARD, Block(state="blocked")))
    with pytest.raises(CardBlocked):
        shop.issue(250)


def test_beside_a_head_office_only_what_this_device_holds(shop: VoucherShop) -> None:
    """With a head office, a voucher takes from this device's rights, and no more than they are."""
    till = Till(shop.ledger, Terms(program=GROCER, alone=False), mint_id=mint_id)
    welcome(shop.ledger)
    with pytest.raises(OfflineLimit, match="none of these points can be redeemed here now"):
        asyncio.run(till.vouchers.issue("v-1", VoucherOrder(token=CARD, points=250)))
    account = asyncio.run(till.identify(CARD)).account
    shop.grant(account, 300)
    answer, _ = asyncio.run(till.vouchers.issue("v-1", VoucherOrder(token=CARD, points=250)))
    with closing(open_reader(shop.ledger.path)) as connection:
        view = View(connection)
        assert view.right(account) == 50
        recorded = view.entry_at(answer.journal.epoch, answer.journal.seq)
    assert recorded is not None
    assert isinstance(recorded.entry.fact, IssueVoucher)
    assert recorded.entry.fact.lease == -250


def test_no_partners_no_voucher_for_one(tmp_path: Path, running_ledger: RunningLedger) -> None:
    """A program without a rate for partners has none, and one without a discount no vouchers."""
    alone = GROCER.model_copy(
        update={"discount": GROCER.discount.model_copy(update={"partner_rate": None})}  # type: ignore[union-attr]  # the grocer's is there
    )
    without = GROCER.model_copy(update={"discount": None})
    with running_ledger(tmp_path / "ledger.db") as ledger:
        for number, (program, why) in enumerate(
            [(alone, "no partners"), (without, "takes no points as a discount")]
        ):
            till = Till(ledger, Terms(program=program), mint_id=mint_id)
            token = f"em4100:000000000{number}"
            asyncio.run(till.members.enrol(Enrolment(token=token)))
            order = VoucherOrder(token=token, points=250, partner=True)
            with pytest.raises(NotRedeemable, match=why):
                asyncio.run(till.vouchers.issue("v-1", order))


def test_a_voucher_is_a_redemption_of_its_day(shop: VoucherShop) -> None:
    """The day's report counts the points when they are spent, which is when it is issued."""
    shop.issue(250, lane="1", cashier="ana")
    code = shop.issue(150, lane="1", cashier="ana").code
    shop.hold("r-1", code, lane="1", cashier="ana")
    shop.capture("r-1")
    total = asyncio.run(shop.till.day(date.fromisoformat(DAY))).total
    assert (total.redemptions, total.redeemed_points) == (2, 400)


def test_a_thing_says_what_it_is() -> None:
    """Its paper has its name in the lane's language, and neither points nor a balance."""
    source = shipped_program("simple").read_text("utf-8")
    paper = Paper.of(Program.parse(source, source="simple.toml"), language="es")
    code = "0000-0000-0001-2"
    fact = IssueVoucher(account="a", code=code, reward="coffee", text="A coffee", balance=7)
    position = Position(epoch=0, seq=5, hash=bytes(32))
    assert receipt(fact, position, paper) == (f"Vale {code}", "Un café", "Ref. 0:5 00000000")
