"""A hold is refused with the sentence that offers give; a sale is taken and says what misfits."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.clock import mint_id
from agent.core.answer import SaleAnswer
from agent.core.basket import Sale
from agent.core.instant import Moment
from agent.core.program import Program
from agent.ledger import Ledger
from agent.till import Enrolment, NotRedeemable, Terms, Till, Wish

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

_FILE = Path(__file__).parents[1] / "data" / "programs" / "rewards.toml"
PROGRAM = Program.parse(_FILE.read_text("utf-8"), source="rewards.toml")
CHIP, BARCODE, SIGNING = "em4100:0C000621A5", "ean13:5901234123457", "sdm:04A1B2C3D4E5F6"
PHONE = "phone:+12025550143"
UNFIT = ("reward_does_not_fit",)
_LITTLE = "this card proves too little for it"
_ALONE = "one of the rewards goes with no other in a sale"
_TWO = "no more than 2 rewards go with one sale"


@pytest.fixture
def till(tmp_path: Path, running_ledger: RunningLedger) -> Iterator[Till]:
    """A till, and a member for each kind of card."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        till = Till(ledger, Terms(program=PROGRAM), mint_id=mint_id)
        for card in (CHIP, BARCODE, SIGNING):
            phone = PHONE.removeprefix("phone:") if card == CHIP else None
            asyncio.run(till.members.enrol(Enrolment(token=card, phone=phone)))
        yield till


@pytest.fixture
def sell(till: Till, sale_body: SaleBody) -> Callable[..., SaleAnswer]:
    """Commit a sale."""

    def sell(sale_id: str, amount_minor: int, **changes: Any) -> SaleAnswer:
        body = sale_body(amount_minor, **({"token": CHIP} | changes))
        return asyncio.run(till.commit(sale_id, Sale.model_validate(body))).answer

    return sell


Sell = Callable[..., SaleAnswer]


def hold(till: Till, redemption_id: str, token: str = CHIP, **wish: Any) -> str | None:
    """Hold something; answers why not, or nothing."""
    try:
        asyncio.run(till.hold(redemption_id, Wish.model_validate({"token": token} | wish)))
    except NotRedeemable as refused:
        return str(refused)
    return None


def offered(till: Till, token: str = CHIP, how: Any = "read") -> dict[str, str]:
    """What identify says of each reward."""
    return {each.reward: each.why for each in asyncio.run(till.identify(token, how)).offers}


def test_a_hold_is_for_its_tier(till: Till, sell: Sell) -> None:
    """A reward of the higher tier is refused until the member is in it, by hold and identify."""
    sell("s-1", 40_000)
    assert hold(till, "r-1", reward="mug") == "not for this tier"
    assert offered(till)["mug"] == "not for this tier"
    sell("s-2", 40_000)
    assert offered(till)["mug"] == "A mug"
    assert hold(till, "r-1", reward="mug") is None


def test_a_hold_is_for_its_days(till: Till, sell: Sell) -> None:
    """On the day after its last a reward is held no more: on the day that the POS says, else the
    one said last, which is the one of identify.
    """
    sell("s-1", 40_000)
    assert offered(till)["scone"] == "A scone"
    assert hold(till, "r-0", reward="scone", business_date=date(2026, 11, 20)) == "not on this day"
    assert hold(till, "r-1", reward="scone", business_date=date(2026, 11, 22)) is None
    assert hold(till, "r-2", reward="scone") is None
    sell("s-2", 100, business_date="2026-11-23")
    assert hold(till, "r-3", reward="scone") == "not on this day"
    assert offered(till)["scone"] == "not on this day"


def test_a_day_that_cannot_be_brings_no_reward(
    tmp_path: Path, running_ledger: RunningLedger, sale_body: SaleBody
) -> None:
    """A reward of days to come is not had by saying such a day, where a trusted clock denies it."""
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    clock = lambda: Moment(at=noon, boot_id="b", up_ms=0, synchronised=True)  # noqa: E731
    with running_ledger(tmp_path / "ledger.db", clock=clock) as ledger:
        till = Till(ledger, Terms(program=PROGRAM), mint_id=mint_id)
        asyncio.run(till.members.enrol(Enrolment(token=CHIP)))
        body = sale_body(40_000, token=CHIP, business_date="2026-11-20")
        asyncio.run(till.commit("s-1", Sale.model_validate(body)))
        for day, why in ((21, None), (22, "not on this day")):
            said = date(2026, 11, day)
            assert hold(till, f"r-{day}", reward="scone", business_date=said) == why


@pytest.mark.parametrize(
    ("token", "how", "chip", "signed"),
    [
        (CHIP, "read", None, _LITTLE),
        (CHIP, "typed", _LITTLE, _LITTLE),
        (PHONE, "read", _LITTLE, _LITTLE),
        (BARCODE, "read", _LITTLE, _LITTLE),
        (SIGNING, "read", None, None),
        (SIGNING, "typed", _LITTLE, _LITTLE),
    ],
)
def test_a_hold_is_for_what_the_card_proves(
    till: Till, sell: Sell, token: str, how: str, chip: str | None, signed: str | None
) -> None:
    """A number that was typed, said or printed proves nothing, a chip that was read its number, and
    one that signs all: hold, identify and quote judge alike.
    """
    sell("s-1", 40_000, token=token)
    seen = offered(till, token, how)
    for reward, why in (("chip", chip), ("signed", signed)):
        assert hold(till, f"r-{reward}", token, reward=reward, entry=how) == why
        text = next(each.text for each in PROGRAM.reward if each.id == reward)
        assert seen[reward] == (why or text)


def test_a_quote_is_for_what_the_card_proves(till: Till, sell: Sell, sale_body: SaleBody) -> None:
    """What the card of a basket proves decides what the basket's quote offers."""
    for token, why in ((CHIP, "For a card that was read"), (BARCODE, _LITTLE)):
        sell(f"s-{token}", 40_000, token=token)
        quoted = asyncio.run(till.quote(Sale.model_validate(sale_body(2_000, token=token))))
        assert {each.reward: each.why for each in quoted.rewards}["chip"] == why


def test_a_hold_for_a_sale_goes_with_what_is_held_for_it(till: Till, sell: Sell) -> None:
    """At most so many rewards for one sale, and one that is alone beside none; what was given back
    does not count, and neither does what is held for another sale.
    """
    sell("s-1", 40_000)
    assert hold(till, "r-1", reward="chip", sale_id="s-2") is None
    assert hold(till, "r-2", reward="feast", sale_id="s-2") == _ALONE
    assert hold(till, "r-2", reward="feast", sale_id="s-3") is None
    assert hold(till, "r-3", points=50, sale_id="s-3") == _ALONE
    assert hold(till, "r-3", points=50, sale_id="s-2") is None
    assert hold(till, "r-4", points=50, sale_id="s-2") is None  # the discount once more is no more
    assert hold(till, "r-5", reward="two-off", sale_id="s-2") == _TWO
    assert hold(till, "r-6", reward="two-off") is None
    asyncio.run(till.release("r-1"))
    assert hold(till, "r-5", reward="two-off", sale_id="s-2") is None


def test_a_quote_says_what_still_goes(till: Till, sell: Sell, sale_body: SaleBody) -> None:
    """A basket that names what is held for it is told what goes beside that, and for how much."""
    sell("s-1", 40_000)
    assert hold(till, "r-1", reward="two-off") is None
    whys = {}
    for named in ([], ["r-1"], ["r-1", "r-1", "nobody's"]):
        basket = Sale.model_validate(sale_body(1_000, token=CHIP, redemptions=named))
        quoted = asyncio.run(till.quote(basket))
        whys[len(named)] = {each.reward: (each.why, each.value_minor) for each in quoted.rewards}
    assert whys[0]["money"] == ("Money off", 350)  # all of the 370 Stars there are, in steps
    assert whys[0]["feast"] == ("A feast", None)
    assert whys[1] == whys[3]
    assert whys[1]["feast"] == (_ALONE, None)
    assert whys[1]["two-off"] == ("Up to $2 off", 200)
    small = Sale.model_validate(sale_body(1_000, token=CHIP, redemptions=["r-1"]))
    assert hold(till, "r-2", points=50) is None
    both = small.model_copy(update={"redemptions": ("r-1", "r-2")})
    quoted = asyncio.run(till.quote(both))
    assert {each.reward: each.why for each in quoted.rewards}["chip"] == _TWO


def test_points_pay_for_the_goods_that_a_program_names(
    till: Till, sell: Sell, sale_body: SaleBody
) -> None:
    """Of a basket of tobacco and a little bread points take off no more than the bread."""
    sell("s-1", 90_000)
    body = sale_body(120, 5_000, -20, token=CHIP)
    for line, category in zip(body["lines"], ("bakery", "tobacco", "bakery"), strict=True):
        line["category"] = category
    quoted = asyncio.run(till.quote(Sale.model_validate(body)))
    money = next(each for each in quoted.rewards if each.reward == "money")
    assert (money.available, money.value_minor, money.cost_points) == (True, 100, 100)
    body["lines"][0]["category"] = body["lines"][2]["category"] = "tobacco"
    quoted = asyncio.run(till.quote(Sale.model_validate(body)))
    money = next(each for each in quoted.rewards if each.reward == "money")
    assert (money.available, money.why) == (False, "nothing in the basket is what it is for")


@pytest.mark.parametrize(
    ("wish", "amount_minor", "changes", "flags"),
    [
        ({"reward": "two-off"}, 1_000, {}, ()),
        ({"reward": "two-off"}, 999, {}, UNFIT),
        ({"reward": "scone"}, 1_000, {}, UNFIT),
        ({"reward": "scone"}, 1_000, {"category": "bakery"}, ()),
        ({"reward": "scone"}, 1_000, {"category": "reward"}, ()),
        (
            {"reward": "scone"},
            1_000,
            {"category": "bakery", "business_date": "2026-11-23"},
            UNFIT,
        ),
        ({"points": 100}, 100, {}, ()),
        ({"points": 100}, 99, {}, UNFIT),
        ({"points": 100}, 1_000, {"category": "tobacco"}, UNFIT),
        ({"points": 100}, 1, {"currency": "EUR"}, ("currency_mismatch",)),
    ],
)
def test_a_sale_is_taken_and_says_what_does_not_fit(
    till: Till,
    sell: Sell,
    sale_body: SaleBody,
    wish: dict[str, Any],
    amount_minor: int,
    changes: dict[str, str],
    flags: tuple[str, ...],
) -> None:
    """The basket is known with the sale: it is taken, its redemption spent, and flagged where the
    reward is not for it. Another currency's basket is told by its own flag alone.
    """
    sell("s-1", 40_000)
    assert hold(till, "r-1", **wish) is None
    line = sale_body(amount_minor)["lines"][0] | {"category": changes.pop("category", "grocery")}
    answer = sell("s-2", amount_minor, lines=[line], redemptions=["r-1"], **changes)
    assert (answer.redeemed > 0, {*answer.flags}) == (True, {*flags})


def test_a_reward_that_takes_money_off_leaves_the_basket_as_it_was(
    till: Till, sell: Sell, sale_body: SaleBody
) -> None:
    """A basket of 10.00 is one of 10.00, whether a reward line or a tender takes 2.00 off."""
    sell("s-1", 40_000)
    for number, as_line in enumerate((True, False)):
        assert hold(till, f"r-{number}", reward="two-off") is None
        body = sale_body(*([1_000, -200] if as_line else [1_000]), token=CHIP)
        if as_line:
            body["lines"][1]["category"] = "reward"
        else:
            body["tenders"] = [
                {"kind": "points", "amount_minor": 200},
                {"kind": "cash", "amount_minor": 800},
            ]
        sale = Sale.model_validate(body | {"redemptions": [f"r-{number}"]})
        committed = asyncio.run(till.commit(f"t-{number}", sale))
        assert committed.answer.flags == ()


def test_rewards_that_do_not_go_together_are_flagged(till: Till, sell: Sell) -> None:
    """Held for no sale that anybody named, and spent by one: it is taken and flagged."""
    sell("s-1", 40_000)
    for redemption_id, reward in (("r-1", "chip"), ("r-2", "feast")):
        assert hold(till, redemption_id, reward=reward) is None
    answer = sell("s-2", 5_000, redemptions=["r-1", "r-2"])
    assert (answer.redeemed, answer.flags) == (60, UNFIT)


def test_what_was_captured_before_counts_too(till: Till, sell: Sell) -> None:
    """A redemption that was captured by itself for the sale is looked at with the sale."""
    sell("s-1", 40_000)
    assert hold(till, "r-1", reward="two-off", sale_id="s-2") is None
    asyncio.run(till.capture("r-1"))
    assert sell("s-2", 500).flags == UNFIT
    assert hold(till, "r-2", reward="feast") is None
    asyncio.run(till.capture("r-2"))
    assert hold(till, "r-3", points=50, sale_id="s-3") is None
    assert sell("s-3", 500, redemptions=["r-2", "r-3"]).flags == UNFIT


def test_points_have_the_programs_name(till: Till, sell: Sell) -> None:
    """What is missing, and what is owed, is said in the program's own words for points."""
    sell("s-1", 1_400)
    assert offered(till)["scone"] == "1 more Star needed"
    assert offered(till)["chip"] == "6 more Stars needed"
    assert hold(till, "r-1", reward="mug", business_date=None) == "not for this tier"
    sell("s-2", 1_000)
    assert hold(till, "r-2", reward="chip") is None
    asyncio.run(till.capture("r-2"))
    asyncio.run(till.void("s-2"))
    said = asyncio.run(till.identify(CHIP))
    assert said.say == "this member owes 6 Stars; the next Stars go toward this"


def test_the_next_reward_is_one_that_the_member_could_have(sell: Sell) -> None:
    """A receipt names no reward of another tier, and none whose last day is over."""
    first = sell("s-1", 500)
    assert "A scone: 10 to go" in first.receipt  # the mug is cheaper, and for gold members
    later = sell("s-2", 100, business_date="2026-11-23")
    assert not any("scone" in line for line in later.receipt)
    assert any("For a card that was read: 14 to" in line for line in later.receipt)
