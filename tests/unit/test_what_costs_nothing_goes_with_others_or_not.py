"""What an occasion brings is a reward as any other: it stands beside others or not, as the program
says, and a sale that uses it where it does not fit is flagged.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from club import CARD, enrol
from small_programs import program

from agent.clock import mint_id
from agent.core.answer import SaleAnswer
from agent.core.basket import Sale
from agent.core.program import Program
from agent.ledger import Ledger
from agent.till import NotRedeemable, Terms, Till, VoucherWish, Wish

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

_REWARDS = """
[enrolment]
id = "joining"
points = 100
text = "Welcome points"
[[stamp_card]]
id = "coffee-card"
stamps = 1
categories = ["grocery"]
text = "Coffee stamps"
gives = "A coffee"
[[reward]]
id = "mug"
cost_points = 10
text = "A mug"
[[reward]]
id = "cake"
cost_points = 0
occasion = "welcome"
within_days = 300
minimum_basket_minor = 500
text = "A cake"
"""
FREE = program(_REWARDS)
ALONE = program(_REWARDS + "alone = true\n")
ONE = FREE.model_copy(update={"rewards_per_sale": 1})


@pytest.fixture
def tills(tmp_path: Path, running_ledger: RunningLedger) -> Iterator[Callable[[Program], Till]]:
    """Opens a till of a program, whose member has just joined."""
    with running_ledger(tmp_path / "ledger.db") as ledger:

        def open_till(rules: Program) -> Till:
            till = Till(ledger, Terms(program=rules), mint_id=mint_id)
            enrol(till)
            return till

        yield open_till


def hold(till: Till, name: str, reward: str, sale_id: str | None = "s-1") -> str | None:
    """Hold a reward for a sale; answers the voucher that it is."""
    wish = Wish(token=CARD, reward=reward, sale_id=sale_id)
    return asyncio.run(till.hold(name, wish))[0].voucher


def sell(till: Till, body: dict[str, Any], *names: str, token: str | None = CARD) -> SaleAnswer:
    """Commit a sale that names redemptions."""
    thing = {"sku": "thing", "category": "reward", "quantity": "1", "unit_price_minor": 0}
    lines = [*body["lines"], thing | {"amount_minor": 0}]
    changes = {"token": token, "redemptions": names, "lines": lines}
    return asyncio.run(till.commit("s-1", Sale.model_validate(body | changes))).answer


@pytest.mark.parametrize("rules", [ALONE, ONE], ids=["alone", "one a sale"])
@pytest.mark.parametrize(("first", "then"), [("mug", "cake"), ("cake", "mug")])
def test_a_hold_beside_it_is_refused(
    tills: Callable[[Program], Till], rules: Program, first: str, then: str
) -> None:
    """Whichever of the two is held first, nothing is written; for another sale it is there."""
    till = tills(rules)
    hold(till, "r-1", first)
    head = till.head
    with pytest.raises(NotRedeemable):
        hold(till, "r-2", then)
    assert till.head == head
    hold(till, "r-2", then, "s-2")


@pytest.mark.parametrize("rules", [ALONE, ONE], ids=["alone", "one a sale"])
def test_its_code_is_refused_too(tills: Callable[[Program], Till], rules: Program) -> None:
    """Who was given it earlier may show its code, and it stands beside no more by that."""
    till = tills(rules)
    code = hold(till, "r-1", "cake", None)
    asyncio.run(till.release("r-1"))
    hold(till, "r-2", "mug")
    for reward in (Wish(token=CARD, reward="cake", sale_id="s-1"),
                   VoucherWish(voucher=code or "", sale_id="s-1")):  # fmt: skip
        with pytest.raises(NotRedeemable):
            asyncio.run(till.hold("r-3", reward))


@pytest.mark.parametrize("rules", [ALONE, ONE], ids=["alone", "one a sale"])
def test_a_quote_and_a_sale_say_it(
    tills: Callable[[Program], Till], sale_body: SaleBody, rules: Program
) -> None:
    """With the thing in the basket the other is offered no more; a sale with both is flagged."""
    till = tills(rules)
    hold(till, "r-1", "cake", None)
    basket = Sale.model_validate(sale_body(2_000) | {"token": CARD, "redemptions": ("r-1",)})
    (mug,) = [e for e in asyncio.run(till.quote(basket)).rewards if e.reward == "mug"]
    assert not mug.available
    hold(till, "r-2", "mug", None)
    assert "reward_does_not_fit" in sell(till, sale_body(2_000), "r-1", "r-2").flags


@pytest.mark.parametrize(("amount_minor", "fits"), [(500, True), (499, False)])
@pytest.mark.parametrize("token", [CARD, None], ids=["a member", "nobody"])
def test_its_basket_is_looked_at(
    tills: Callable[[Program], Till],
    sale_body: SaleBody,
    amount_minor: int,
    fits: bool,
    token: str | None,
) -> None:
    """Whose sale uses it: one below its minimum is taken and flagged."""
    till = tills(ONE)
    hold(till, "r-1", "cake")
    flags = sell(till, sale_body(amount_minor), "r-1", token=token).flags
    assert ("reward_does_not_fit" in flags) is not fits


def test_where_nothing_bounds_them_all_go(
    tills: Callable[[Program], Till], sale_body: SaleBody
) -> None:
    """A mug and a cake in one sale."""
    till = tills(FREE)
    hold(till, "r-1", "mug")
    hold(till, "r-2", "cake")
    assert not sell(till, sale_body(2_000), "r-1", "r-2").flags


def test_what_a_full_card_gave_goes_with_anything(
    tills: Callable[[Program], Till], sale_body: SaleBody
) -> None:
    """It is the member's already, and no reward of the catalogue."""
    till = tills(ONE)
    bought = Sale.model_validate(sale_body(2_000) | {"token": CARD})
    asyncio.run(till.commit("s-0", bought))
    hold(till, "r-1", "mug")
    assert hold(till, "r-2", "coffee-card") is not None
    assert not sell(till, sale_body(2_000), "r-1", "r-2").flags
