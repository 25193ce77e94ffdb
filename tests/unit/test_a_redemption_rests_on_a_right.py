"""A store of a chain redeems by its own rights, with head office's help, or by the floor: the small
amount beyond, within every cap, that stands in the journal.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from rights_shop import ANA, BEN, RightsShop, day_after

from agent.core.facts import DeleteReward, LeaseReturn, ReturnSale
from agent.ledger import Frozen, MirroredAccount, replay
from agent.till import (
    Back,
    InsufficientPoints,
    OfflineLimit,
    VoucherOrder,
)

ELSEWHERE = {"ana": 1_000, "ben": 1_000}


def shop_at(path: Path, **caps: int) -> RightsShop:
    """A welcomed device that knows of Ana's and Ben's points elsewhere, and may use the floor."""
    shop = RightsShop(path, **caps)
    shop.welcome()
    shop.tell(
        *(MirroredAccount(account=name, active=active) for name, active in ELSEWHERE.items()),
        cards={ANA: "ana", BEN: "ben"},
    )
    shop.allow(1_000)
    return shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[RightsShop]:
    """Such a device; whatever a test did, its journal replays."""
    shop = shop_at(tmp_path / "ledger.db")
    yield shop
    shop.close()
    replay(tmp_path / "ledger.db")


def test_rights_come_first(shop: RightsShop) -> None:
    """What was granted is spent before anything beyond, and nothing of it is floor."""
    shop.grant("ana", 60)
    assert shop.usable() == 60 + 100
    assert shop.hold(50).authority == "lease"
    assert shop.held() == [("lease", -50, 0)]
    assert shop.right("ana") == 10


def test_the_rest_is_floor(shop: RightsShop) -> None:
    """Where rights cover a part, the rest stands in the entry as floor."""
    shop.grant("ana", 60)
    assert shop.hold(100).authority == "floor"
    assert shop.held() == [("floor", -60, 40)]
    assert shop.right("ana") == 0


def test_what_a_sale_earned_here_is_spent_here(shop: RightsShop) -> None:
    """Points that become active in an epoch that head office opened bring their right along."""
    shop.sell(2_500)
    assert shop.right("ana") == 25
    assert shop.hold(25).authority == "lease"


def test_nothing_is_redeemed_before_a_welcome(tmp_path: Path) -> None:
    """A device that head office never welcomed earns no rights and redeems nothing, and says so."""
    shop = RightsShop(tmp_path / "ledger.db")
    account = shop.enrol(ANA)
    shop.sell(5_000)
    assert shop.right(account) == 0
    assert shop.usable() == 0
    with pytest.raises(OfflineLimit, match="welcomed"):
        shop.hold(10)
    shop.close()


def test_more_than_the_balance_is_never_had(shop: RightsShop) -> None:
    """Neither rights nor the floor make points that a member has not."""
    shop.grant("ana", 5_000)
    with pytest.raises(InsufficientPoints):
        shop.hold(1_001)


# With head office's help.


def test_head_office_is_asked_once_and_then_it_is_its_right(shop: RightsShop) -> None:
    """It is asked for all the points, between two transactions, and they are spent as granted."""
    shop.answers(None, then=300)
    assert shop.hold(250).authority == "online"
    assert shop.asked == [("ana", 250)]
    assert shop.held() == [("online", -250, 0)]


def test_it_is_not_asked_for_what_is_here(shop: RightsShop) -> None:
    """A right that covers, a retry, and a wish that is refused anyway ask nobody."""
    shop.answers(None)
    shop.grant("ana", 50)
    first = shop.hold(50, name="r")
    assert shop.hold(50, name="r") == first
    with pytest.raises(InsufficientPoints):
        shop.hold(2_000)
    assert shop.asked == []


def test_its_no_is_a_no(shop: RightsShop) -> None:
    """Where head office says no, the floor is not for this; the cashier is told both."""
    shop.answers("30 of these points are at another store")
    with pytest.raises(
        OfflineLimit, match=r"at another store; none of these points can be redeemed here now$"
    ):
        shop.hold(50)
    assert shop.held() == []


def test_a_grant_that_is_too_small_is_no_floor(shop: RightsShop) -> None:
    """It answered, so this store is not cut off: what it granted can be had, and no more."""
    shop.answers(None, then=40)
    with pytest.raises(OfflineLimit, match=r"^40 points can be redeemed here now$"):
        shop.hold(50)
    assert len(shop.asked) == 1


def test_where_nobody_answers_there_is_the_floor(shop: RightsShop) -> None:
    """Silence is being cut off."""
    shop.answers("")
    assert shop.hold(50).authority == "floor"


def test_what_is_shown_while_head_office_answers_is_the_balance(shop: RightsShop) -> None:
    """It may grant all of it; cut off, rights and floor are what there is."""
    shop.grant("ana", 10)
    shop.till.is_online = lambda: True
    assert shop.usable() == 1_000
    shop.till.is_online = lambda: False
    assert shop.usable() == 110


# The caps of the floor.


def test_one_redemption_is_capped(shop: RightsShop) -> None:
    """And the cashier is told what can be had instead."""
    with pytest.raises(OfflineLimit, match="100 points can be redeemed here now; more once"):
        shop.hold(101)
    shop.hold(100)


def test_a_member_is_capped_until_it_is_acknowledged(shop: RightsShop) -> None:
    """To hear head office is not enough: what it acknowledged has room again."""
    shop.hold(100)
    assert shop.usable() == 50
    with pytest.raises(OfflineLimit):
        shop.hold(51)
    shop.allow(5_000)
    shop.grant("ben", 1)
    with pytest.raises(OfflineLimit):
        shop.hold(51)
    shop.acknowledge()
    assert shop.hold(51).authority == "floor"


def test_a_day_is_capped(shop: RightsShop) -> None:
    """Over all members of one business date; the next one begins anew."""
    shop.hold(100)
    shop.hold(60, BEN)
    shop.acknowledge()
    assert shop.usable() == 40
    with pytest.raises(OfflineLimit):
        shop.hold(41)
    shop.sell(0, business_date=day_after(1), occurred_at=f"{day_after(1)}T09:00:00Z")
    assert shop.hold(41).authority == "floor"


def test_a_device_is_capped_by_what_head_office_allows(tmp_path: Path) -> None:
    """In all of an epoch, acknowledged or not; none before anything was allowed."""
    shop = shop_at(tmp_path / "ledger.db", per_day=100_000)
    shop.welcome()
    assert shop.usable() == 0
    shop.allow(120)
    shop.hold(80)
    shop.acknowledge()
    assert shop.usable() == 40
    with pytest.raises(OfflineLimit):
        shop.hold(41)
    assert not shop.allow(100)
    shop.allow(130)
    assert shop.hold(50).authority == "floor"
    shop.close()


def test_so_many_times_and_then_the_card_and_then_not_at_all(shop: RightsShop) -> None:
    """After the soft count a typed number is not enough; after the hard one nothing is."""
    shop.hold(10, entry="typed")
    shop.hold(10, entry="typed")
    assert shop.run(shop.till.identify(ANA, "typed")).redeemable_now == 0
    assert shop.usable() == 100
    with pytest.raises(OfflineLimit, match="card itself is read"):
        shop.hold(10, entry="typed")
    shop.hold(10)
    assert shop.usable() == 0
    with pytest.raises(OfflineLimit):
        shop.hold(10)
    shop.acknowledge()
    shop.hold(10, entry="typed")


def test_who_owes_gets_no_floor(shop: RightsShop) -> None:
    """A member whom head office denies it has rights, and nothing beyond them."""
    shop.tell(MirroredAccount(account="ana", active=1_000, denied=True))
    shop.grant("ana", 20)
    assert shop.usable() == 20
    with pytest.raises(OfflineLimit):
        shop.hold(21)
    assert shop.hold(20).authority == "lease"


def test_a_program_without_the_table_has_no_floor(tmp_path: Path) -> None:
    """Then only rights are spent."""
    shop = shop_at(tmp_path / "ledger.db", hard_count=0, soft_count=0)
    with pytest.raises(OfflineLimit):
        shop.hold(1)
    shop.close()


def test_a_voucher_is_never_issued_on_the_floor(shop: RightsShop) -> None:
    """What it is worth leaves the store: it takes rights, also those that were asked for."""
    order = VoucherOrder(token=ANA, points=50)
    with pytest.raises(OfflineLimit):
        shop.run(shop.till.vouchers.issue("v-1", order))
    shop.answers("")
    with pytest.raises(OfflineLimit):
        shop.run(shop.till.vouchers.issue("v-1", order))
    shop.answers(None, then=50)
    assert shop.run(shop.till.vouchers.issue("v-1", order))[0].points == 50
    assert shop.right("ana") == 0


# What comes back.


def test_a_release_gives_back_what_was_covered_once(shop: RightsShop) -> None:
    """Not the floor, which still counts; and a second release is the first one's answer."""
    shop.grant("ana", 30)
    shop.hold(80, name="r")
    for _ in range(2):
        shop.run(shop.till.release("r"))
    assert shop.right("ana") == 30
    assert shop.usable() == 30 + 100
    shop.hold(30 + 100)
    with pytest.raises(OfflineLimit):
        shop.hold(1)


def test_what_a_returned_sale_redeemed_comes_back_as_no_right(shop: RightsShop) -> None:
    """Its points are given back to the balance; head office decides where they may be spent."""
    shop.grant("ana", 100)
    shop.hold(100, name="r", sale_id="s-1")
    shop.sell(1_000, redemptions=["r"])
    right = shop.right("ana")
    shop.run(shop.till.void("s-1"))
    assert shop.right("ana") == max(0, right - 10)
    assert shop.run(shop.till.identify(ANA)).balance == 1_000


def test_a_return_takes_no_more_rights_than_there_are(shop: RightsShop) -> None:
    """What a sale earned was spent meanwhile: taking it back leaves a debt, and never less than no
    right.
    """
    shop.sell(5_000)
    shop.hold(50)
    shop.run(shop.till.take_back("s-1", "b-1", Back(amount_minor=5_000)))
    assert shop.right("ana") == 0
    assert [fact.lease for fact in shop.facts() if isinstance(fact, ReturnSale)] == [0]


# Holds of an epoch that is over.


def test_a_hold_of_another_epoch_gives_nothing_back(shop: RightsShop) -> None:
    """Released under a new epoch its points are the member's again, and the rights nobody's."""
    shop.grant("ana", 50)
    shop.hold(50, name="r")
    shop.welcome()
    shop.run(shop.till.release("r"))
    assert shop.right("ana") == 0
    assert shop.run(shop.till.identify(ANA)).balance == 1_000


def test_a_hold_of_another_epoch_is_judged_afresh(shop: RightsShop) -> None:
    """It is in doubt, so it is captured by a right of now, the floor, or not at all."""
    shop.hold(80, name="r")
    shop.welcome()
    with pytest.raises(OfflineLimit):
        shop.run(shop.till.capture("r"))
    shop.allow(1_000)
    shop.acknowledge()
    shop.grant("ana", 30)
    assert shop.run(shop.till.capture("r"))[0].status == "captured"
    assert shop.held()[-1] == ("floor", -30, 50)
    ended = [fact for fact in shop.facts() if isinstance(fact, DeleteReward)]
    assert [(fact.reason, fact.lease) for fact in ended] == [("in_doubt", 0)]


def test_a_frozen_ledger_captures_nothing_it_held_before(shop: RightsShop) -> None:
    """Also what was held by right; it can go back."""
    shop.grant("ana", 50)
    shop.hold(50, name="r")
    shop.run(shop.rights.contradicted("head office holds something else"))
    with pytest.raises(Frozen):
        shop.run(shop.till.capture("r"))
    shop.run(shop.till.release("r"))
    assert shop.right("ana") == 0


def test_a_late_sale_takes_the_floor_too(shop: RightsShop) -> None:
    """A sale that names what was given back is a redemption of now: within the caps it is spent,
    beyond them the sale is taken and flagged.
    """
    for name, points in (("r-1", 90), ("r-2", 90)):
        shop.hold(points, name=name, token=ANA if name == "r-1" else BEN)
        shop.run(shop.till.release(name))
    paid = [{"kind": "points", "amount_minor": 90}, {"kind": "cash", "amount_minor": 10}]
    shop.acknowledge()
    flagged = shop.sell(100, redemptions=["r-1"], tenders=paid)
    assert flagged.answer.flags == ("points_not_redeemed",)  # of this day 20 are left
    tomorrow = {"business_date": day_after(1), "occurred_at": f"{day_after(1)}T09:00:00Z"}
    shop.sell(0, **tomorrow)
    sold = shop.sell(100, redemptions=["r-1"], tenders=paid, **tomorrow)
    assert (sold.answer.redeemed, shop.held()[-1]) == (90, ("floor", 0, 90))


# Merged accounts.


def test_rights_under_a_merged_account_go_back_at_once(shop: RightsShop) -> None:
    """All of them, in the transaction that hears of it; nothing more is earned or given back under
    it, and the one who stands for it is who redeems.
    """
    shop.grant("ana", 70)
    shop.hold(20, name="r")
    shop.tell(
        MirroredAccount(account="ana", active=0, root="ben"),
        MirroredAccount(account="ben", active=2_000),
        cards={ANA: "ben"},
    )
    assert shop.right("ana") == 0
    assert [f.points for f in shop.facts() if isinstance(f, LeaseReturn)] == [50]
    shop.run(shop.till.release("r"))
    assert (shop.right("ana"), shop.right("ben")) == (0, 0)
    shop.sell(1_000)
    assert (shop.right("ana"), shop.right("ben")) == (0, 10)
    shop.hold(30)
    assert shop.held()[-1] == ("floor", -10, 20)


def test_a_late_grant_under_a_merged_account_goes_back(shop: RightsShop) -> None:
    """It was on its way: it is journaled, and returned with the next entry."""
    shop.tell(MirroredAccount(account="ana", active=0, root="ben"), cards={ANA: "ben"})
    assert shop.grant("ana", 40)
    assert shop.right("ana") == 0
    back = shop.facts()[-1]
    assert isinstance(back, LeaseReturn)
    assert (back.account, back.recall, back.points) == ("ana", 0, 40)
