"""A redemption is held before the customer pays, and then spent or given back, once."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from welcomed import welcome

from agent.clock import mint_id
from agent.core.basket import Sale
from agent.core.instant import Moment
from agent.core.program import Program
from agent.ledger import Ledger, View, replay
from agent.ledger.connection import open_reader
from agent.ledger.queries import SQL
from agent.paths import shipped_program
from agent.till import (
    Back,
    Enrolment,
    InsufficientPoints,
    NotRedeemable,
    OfflineLimit,
    RedemptionAnswer,
    RedemptionEnded,
    RedemptionIdReused,
    Terms,
    Till,
    UnknownCard,
    UnknownRedemption,
    UnknownReward,
    Wish,
    parse_token,
)

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
CARD, OTHER = "em4100:0C000621A5", "em4100:67003B51C6"
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Hands:
    """A device whose clocks a test turns."""

    def __init__(self) -> None:
        self.passed = timedelta(0)
        self.set_by = timedelta(0)

    def __call__(self) -> Moment:
        up_ms = int(self.passed.total_seconds() * 1000)
        at = NOON + self.passed + self.set_by
        return Moment(at=at, boot_id="boot-1", up_ms=up_ms, synchronised=True)


@pytest.fixture
def hands() -> Hands:
    """The device's clocks, at noon."""
    return Hands()


@pytest.fixture
def ledger(tmp_path: Path, running_ledger: RunningLedger, hands: Hands) -> Iterator[Ledger]:
    """A running ledger; whatever a test did to it, it replays."""
    with running_ledger(tmp_path / "ledger.db", clock=hands) as ledger:
        yield ledger
    replay(tmp_path / "ledger.db")


@pytest.fixture
def till(ledger: Ledger, sale_body: SaleBody) -> Till:
    """A till at which Ana has 600 points."""
    till = Till(ledger, Terms(program=PROGRAM), mint_id=mint_id)
    asyncio.run(till.members.enrol(Enrolment(token=CARD)))
    asyncio.run(till.members.enrol(Enrolment(token=OTHER)))
    asyncio.run(till.commit("s-0", Sale.model_validate(sale_body(60_000, token=CARD))))
    return till


def hold(till: Till, redemption_id: str = "r-1", **wish: Any) -> RedemptionAnswer:
    """Hold points of Ana's."""
    wished = Wish.model_validate({"token": CARD} | (wish or {"points": 500}))
    return asyncio.run(till.hold(redemption_id, wished))[0]


def capture(till: Till, points: int | None = None) -> RedemptionAnswer:
    """Spend what is held."""
    return asyncio.run(till.capture("r-1", points=points))[0]


def release(till: Till) -> RedemptionAnswer:
    """Give back what is held."""
    return asyncio.run(till.release("r-1"))[0]


def balance(till: Till) -> int:
    """Ana's active points."""
    return asyncio.run(till.identify(CARD)).balance


def test_held_points_cannot_be_spent_twice(till: Till) -> None:
    """What is held is off the balance at once, so that no second redemption can count on it."""
    answer = hold(till)
    assert (answer.status, answer.authority, answer.balance) == ("held", "lease", 100)
    with pytest.raises(InsufficientPoints):
        hold(till, "r-2")
    assert balance(till) == 100


def test_a_capture_spends_what_is_held_once(till: Till) -> None:
    """A capture that is asked for again answers the same and spends nothing more."""
    hold(till)
    assert capture(till).status == "captured"
    assert capture(till) == capture(till)
    assert balance(till) == 100
    with pytest.raises(RedemptionEnded):
        release(till)


def test_a_release_gives_everything_back_once(till: Till) -> None:
    """A release that is asked for again gives nothing more back; it cannot be captured then."""
    hold(till)
    assert release(till).status == "released"
    assert release(till) == release(till)
    assert balance(till) == 600
    with pytest.raises(RedemptionEnded):
        capture(till)


def test_a_part_can_be_spent(till: Till) -> None:
    """The rest of what was held goes back to the member."""
    hold(till, points=600)
    assert capture(till, 500).captured == 500
    assert balance(till) == 100
    with pytest.raises(RedemptionEnded):
        capture(till, 600)


@pytest.mark.parametrize("points", [0, 501])
def test_no_more_is_spent_than_was_held(till: Till, points: int) -> None:
    """A capture of more than was held, or of nothing, is refused and changes nothing."""
    hold(till)
    with pytest.raises(NotRedeemable):
        capture(till, points)
    assert balance(till) == 100


def test_no_less_is_spent_than_can_be_held(till: Till) -> None:
    """A discount has a least number of points, and holding more is no way around it."""
    hold(till, points=600)
    with pytest.raises(NotRedeemable):
        capture(till, 400)
    assert capture(till, 500).captured == 500


def test_a_hold_is_for_one_sale(till: Till) -> None:
    """A retry may leave the sale out; with another sale, or the first one, it is another hold."""
    hold(till, points=500, sale_id="s-1")
    assert hold(till, points=500).status == "held"
    assert hold(till, points=500, sale_id="s-1").status == "held"
    with pytest.raises(RedemptionIdReused):
        hold(till, points=500, sale_id="s-2")
    release(till)
    hold(till, "r-2", points=500)
    with pytest.raises(RedemptionIdReused):
        hold(till, "r-2", points=500, sale_id="s-1")


@pytest.mark.parametrize("how", ["void", "return"])
def test_nothing_is_spent_for_a_sale_that_came_back(
    till: Till, hands: Hands, sale_body: SaleBody, how: str
) -> None:
    """A till that captures after the sale was called off, or all of it came back, is told so; the
    points, which nothing could give back any more, go back to the member in time.
    """
    hold(till, points=500, sale_id="s-1")
    asyncio.run(till.commit("s-1", Sale.model_validate(sale_body(1_000, token=CARD))))
    if how == "void":
        asyncio.run(till.void("s-1"))
    else:
        asyncio.run(till.take_back("s-1", "b-1", Back(amount_minor=1_000)))
    with pytest.raises(RedemptionEnded, match="came back"):
        capture(till)
    hands.passed = timedelta(minutes=16)
    asyncio.run(till.release_overdue())
    assert balance(till) == 600


def test_the_same_hold_again_is_the_same_hold(till: Till) -> None:
    """A POS that did not hear the answer asks again, and no second hold is made."""
    first = hold(till)
    assert hold(till) == first
    assert balance(till) == 100


@pytest.mark.parametrize("wish", [{"points": 600}, {"reward": "coffee"}])
def test_an_id_stands_for_one_redemption(till: Till, wish: dict[str, Any]) -> None:
    """Another wish, or another member's, under an id that is used is refused."""
    hold(till)
    with pytest.raises(RedemptionIdReused):
        hold(till, **wish)
    with pytest.raises(RedemptionIdReused):
        hold(till, token=OTHER, points=500)


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        ({"points": 700}, InsufficientPoints),
        ({"points": 550}, NotRedeemable),
        ({"points": 400}, NotRedeemable),
        ({"reward": "a yacht"[2:]}, UnknownReward),
        ({"token": "em4100:0000000001", "points": 500}, UnknownCard),
    ],
)
def test_what_cannot_be_redeemed_is_refused(
    till: Till, wish: dict[str, Any], refusal: type[Exception]
) -> None:
    """Too many points, points in other steps, no such reward, no such card: nothing is held."""
    with pytest.raises(refusal):
        hold(till, **wish)
    assert balance(till) == 600


def test_a_reward_costs_what_the_program_says(till: Till) -> None:
    """A reward of the catalogue is held at its price."""
    answer = hold(till, reward="coffee")
    assert (answer.reward, answer.points, answer.balance) == ("coffee", 150, 450)


def test_a_hold_that_nobody_ends_goes_back(till: Till, hands: Hands) -> None:
    """A POS that died between hold and sale costs nothing, a quarter of an hour later."""
    hold(till, points=500, lane="1")
    hands.passed = timedelta(minutes=14)
    assert asyncio.run(till.release_overdue()) == []
    hands.passed = timedelta(minutes=16)
    (released,) = asyncio.run(till.release_overdue())
    assert (released.status, released.lane, released.balance) == ("released", "1", 600)
    assert asyncio.run(till.release_overdue()) == []
    assert balance(till) == 600
    assert hold(till).status == "released"


@pytest.mark.parametrize("back", [timedelta(minutes=16), timedelta(days=365)])
def test_a_clock_set_back_keeps_no_hold(
    till: Till, hands: Hands, sale_body: SaleBody, back: timedelta
) -> None:
    """However far somebody sets the clock back, a hold that nobody ends goes back within twice its
    time: no right clock gives one that ends later.
    """
    asyncio.run(till.commit("s-1", Sale.model_validate(sale_body(50_000, token=CARD))))
    hold(till, points=500)
    hands.set_by = -back
    hold(till, "r-2", points=600)
    (released,) = asyncio.run(till.release_overdue())
    assert (released.redemption_id, released.status) == ("r-1", "released")
    assert balance(till) == 500
    assert hold(till, "r-2", points=600).status == "held", "this one is of the clock as it is"


def test_a_clock_set_back_a_little_ends_no_hold(till: Till, hands: Hands) -> None:
    """A correction of a few minutes makes a hold last so much longer, and no more."""
    hold(till, points=500)
    hands.set_by = -timedelta(minutes=14)
    assert asyncio.run(till.release_overdue()) == []
    hands.passed = timedelta(minutes=29)
    assert len(asyncio.run(till.release_overdue())) == 1


def test_overdue_holds_are_found_by_their_index(ledger: Ledger) -> None:
    """Looking for holds to end costs two look-ups, however many there were."""
    with closing(open_reader(ledger.path)) as connection:
        plan = connection.execute(
            f"EXPLAIN QUERY PLAN {SQL['overdue_holds']}", ("2026", "2027", 1)
        ).fetchall()
    looks = [row[3] for row in plan if "holds" in row[3]]
    assert len(looks) == 2
    assert all("open_holds (expires_at" in look for look in looks), looks
    assert not any("TEMP B-TREE" in row[3] for row in plan)


def test_a_sale_spends_what_it_names(till: Till, sale_body: SaleBody) -> None:
    """A redemption that a sale names is spent in the sale's own transaction, or neither is."""
    hold(till)
    bad = Sale.model_validate(sale_body(1_000, token=CARD, redemptions=["r-1", "r-9"]))
    with pytest.raises(UnknownRedemption):
        asyncio.run(till.commit("s-1", bad))
    good = Sale.model_validate(sale_body(1_000, token=CARD, redemptions=["r-1"]))
    assert asyncio.run(till.commit("s-1", good)).answer.balance == 110
    assert capture(till).status == "captured"
    assert asyncio.run(till.commit("s-1", good)).replay
    with pytest.raises(RedemptionEnded):
        asyncio.run(till.commit("s-2", good))
    assert balance(till) == 110


def test_a_sale_does_not_spend_another_members_points(till: Till, sale_body: SaleBody) -> None:
    """A redemption of Ana's in a sale of Ben's is refused, and stays held."""
    hold(till)
    sale = Sale.model_validate(sale_body(1_000, token=OTHER, redemptions=["r-1"]))
    with pytest.raises(UnknownRedemption):
        asyncio.run(till.commit("s-1", sale))
    assert hold(till).status == "held"


@pytest.mark.usefixtures("till")
def test_with_a_head_office_only_own_points_are_spent(ledger: Ledger, sale_body: SaleBody) -> None:
    """What became active elsewhere, or before, is shown and not spent; what is earned here is."""
    welcome(ledger)
    bound = Till(ledger, Terms(program=PROGRAM, alone=False), mint_id=mint_id)
    assert asyncio.run(bound.identify(CARD)).redeemable_now == 0
    with pytest.raises(OfflineLimit):
        hold(bound)
    asyncio.run(bound.commit("s-1", Sale.model_validate(sale_body(50_000, token=CARD))))
    assert asyncio.run(bound.identify(CARD)).redeemable_now == 500
    assert hold(bound).balance == 600
    assert asyncio.run(bound.identify(CARD)).redeemable_now == 0
    release(bound)
    assert asyncio.run(bound.identify(CARD)).redeemable_now == 500


def test_a_quote_says_what_could_be_redeemed(till: Till, sale_body: SaleBody) -> None:
    """A quote has the points the sale will earn and every reward with its reason; nothing is
    written, and the basket bounds the discount.
    """
    sale = Sale.model_validate(sale_body(55_000, token=CARD))
    quoted = asyncio.run(till.quote(sale))
    assert (quoted.points, quoted.balance) == (550, 600)
    discount, coffee = quoted.rewards
    assert (discount.cost_points, discount.value_minor, discount.available) == (600, 600, True)
    assert (coffee.cost_points, coffee.available) == (150, True)
    assert asyncio.run(till.quote(sale)) == quoted
    middling = asyncio.run(till.quote(Sale.model_validate(sale_body(599, token=CARD))))
    assert middling.rewards[0].cost_points == 500
    small = asyncio.run(till.quote(Sale.model_validate(sale_body(499, token=CARD))))
    assert (small.rewards[0].available, small.rewards[0].why) == (False, "the basket is too small")
    assert asyncio.run(till.commit("s-1", sale)).answer.points == quoted.points


def _account(view: View) -> str:
    row = view.account_of(parse_token(CARD))
    assert row is not None
    return row.account


def test_rights_that_were_not_taken_do_not_come_back(
    till: Till, ledger: Ledger, sale_body: SaleBody
) -> None:
    """A hold made before there was a head office gives no rights when it ends under one."""
    hold(till)
    welcome(ledger)
    bound = Till(ledger, Terms(program=PROGRAM, alone=False), mint_id=mint_id)
    asyncio.run(bound.commit("s-1", Sale.model_validate(sale_body(1_000, token=CARD))))
    release(bound)
    assert asyncio.run(ledger.read(lambda view: view.right(_account(view)))) == 10
