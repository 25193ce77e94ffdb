"""Debts, returns, releases and claims in hard cases: the lots are the balance, and nothing else."""

from collections.abc import Iterator

import pytest
from ledger_facts import DAY, accumulation, claim, strange_return
from ledger_shop import Shop

from agent.core.facts import (
    ActivatePoints,
    AdjustPoints,
    CreateReward,
    DeleteReward,
    Fact,
    LotPart,
    RedeemReward,
    ReturnSale,
)

EXPIRES = "2026-11-21T09:15:00.000Z"


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A ledger and its notebook, which are compared after every fact."""
    shop = Shop()
    yield shop
    shop.close()


def tell(shop: Shop, *facts: Fact) -> list[int]:
    """Write facts; answers Ana's active lots as the ledger has them, oldest first."""
    for fact in facts:
        shop.ask(fact, DAY)
        shop.check()
    shop.check_replay()
    return [lot.points for lot in shop.notebook.lots["ana"] if lot.until is None]


def owes(points: int) -> AdjustPoints:
    """Ana owes so many points."""
    return AdjustPoints(account="ana", points=-points, reason="owed", cashier="c1")


def holds(points: int) -> CreateReward:
    """Ana redeems so many points, whether she has them or not."""
    return CreateReward(
        redemption_id="r",
        account="ana",
        points=points,
        authority="floor",
        expires_at=EXPIRES,
        floor=points,
    )


def releases(points: int) -> DeleteReward:
    """So many of them are given back."""
    return DeleteReward(redemption_id="r", account="ana", points=points, reason="released")


def returns(from_active: int, from_pending: int, given_back: int) -> ReturnSale:
    """Some of sale s comes back."""
    return ReturnSale(
        sale_id="s",
        return_id="b",
        amount_minor=50,
        account="ana",
        from_active=from_active,
        from_pending=from_pending,
        given_back=given_back,
    )


def test_lots_that_become_active_together_pay_a_debt_once(shop: Shop) -> None:
    """Of three points owed and two lots of five, seven points are left and not ten."""
    pending = [accumulation(f"s{n}", "ana", 5, pending=True) for n in (1, 2)]
    parts = tuple(LotPart(epoch=0, seq=seq, points=5) for seq in (2, 3))
    active = ActivatePoints(account="ana", points=10, lots=parts)
    assert tell(shop, owes(3), *pending, active) == [2, 5]


def test_a_return_may_give_back_what_it_takes(shop: Shop) -> None:
    """What was earned goes and what was redeemed comes, also where both are seven points."""
    assert tell(shop, accumulation("s", "ana", 9), returns(7, 0, 7)) == [2, 7]
    assert tell(shop, strange_return("b2", "ana", 4, 4)) == [5, 4]


def test_points_held_beyond_the_lots_come_back(shop: Shop) -> None:
    """Ten held with four in lots, a new ten, and the ten released: fourteen lie in lots."""
    earned = accumulation("s", "ana", 4), holds(10), accumulation("s2", "ana", 10)
    assert sum(tell(shop, *earned, releases(3))) == 7
    assert sum(tell(shop, releases(7))) == 14


def test_a_part_captured_and_a_part_released(shop: Shop) -> None:
    """The oldest of what is held is spent, the youngest goes back where it came from."""
    spent = RedeemReward(redemption_id="r", account="ana", points=6)
    sold = accumulation("s", "ana", 5), accumulation("s2", "ana", 5), holds(8)
    assert tell(shop, *sold, spent, releases(2)) == [4]


def test_a_claimed_sale_is_returned_from_its_own_points(shop: Shop) -> None:
    """Points of a claimed sale that still wait are the ones that a return takes."""
    facts = accumulation("s", None, 0), claim("s", "ana", 8, pending=True)
    assert tell(shop, *facts, accumulation("s2", "ana", 5), returns(0, 3, 0)) == [5]
    rest = (LotPart(epoch=0, seq=1, points=5),)
    assert tell(shop, ActivatePoints(account="ana", points=5, lots=rest)) == [5, 5]


def test_a_claimed_sale_gives_its_own_active_points(shop: Shop) -> None:
    """A return of a claimed sale takes its own lot, and not the oldest there is."""
    facts = accumulation("s2", "ana", 5), accumulation("s", None, 0), claim("s", "ana", 8)
    assert tell(shop, *facts, returns(6, 0, 0)) == [5, 2]


@pytest.mark.parametrize("cause", ["welcomed", "confirmed"])
def test_an_epoch_may_begin_right_after_a_jump(shop: Shop, cause: str) -> None:
    """The jump is the old life's last entry, the new life grew from it, and it is offered too."""
    tell(shop, accumulation("s", "ana", 5))
    if cause == "confirmed":
        shop.ledger.recover("somebody said so")
        shop.was_rebuilt("somebody said so")
    shop.acknowledge(shop.head)
    shop.clock.set_by(-60_000, synchronised=True)
    before = shop.head
    if cause == "confirmed":
        shop.confirm()
    else:
        shop.welcome(before[0] + 1, "disk-2")
        shop.began_a_life("welcomed", before[0] + 1)
    assert shop.places[-2:] == [(before[0], before[1] + 1), (before[0] + 1, 1)]
    shop.check()
    shop.check_replay()
    assert shop.ledger.epochs.offered.number == before[0]
    assert shop.ledger.epochs.unacknowledged == 2
