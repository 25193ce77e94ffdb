"""A program can let few points go for a number, and more for a card that proves what it is."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.clock import mint_id
from agent.core.basket import Sale
from agent.core.program import Limits, Program, ProofLimit
from agent.core.proving import points_provable, why_not_proved
from agent.core.rewards import Offer, Shown, Spendable, offers
from agent.core.tokens import PROOFS, Proof
from agent.ledger import Ledger
from agent.till import (
    Enrolment,
    InsufficientPoints,
    NotRedeemable,
    Terms,
    Till,
    VoucherOrder,
    Wish,
)

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

PROGRAM = Program.parse(
    """
id = "proved"
version = 1
name = "Proved"
currency = "USD"

[[earn]]
id = "base"
points = 1
per_minor = 1
text = "1 point per cent"

[limits]
redemptions = [{ above_points = 500, proof = "uid" }, { above_points = 2000, proof = "sdm" }]

[discount]
id = "money"
points = 1
worth_minor = 1
step = 100
minimum = 100
text = "Money off"

[[reward]]
id = "cup"
cost_points = 500
text = "A cup"

[[reward]]
id = "mug"
cost_points = 501
text = "A mug"

[[reward]]
id = "pot"
cost_points = 2001
text = "A pot"
""",
    source="proved.toml",
)
CHIP, SIGNING, PRINTED = "em4100:0C000621A5", "sdm:04A1B2C3D4E5F6", "ean13:5901234123457"
PHONE = "phone:+12025550143"
LAY = "lay the card on the reader: a number alone spends no more than 500 points"
SIGN = "only a card that signs spends so many; this one no more than 2000 points"
_IDS = (f"r-{number}" for number in count())


@pytest.fixture
def till(tmp_path: Path, running_ledger: RunningLedger, sale_body: SaleBody) -> Iterator[Till]:
    """A till, and members with 10,000 points each: by chip and telephone, signing, printed."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        till = Till(ledger, Terms(program=PROGRAM), mint_id=mint_id)
        for card in (CHIP, SIGNING, PRINTED):
            phone = PHONE.removeprefix("phone:") if card == CHIP else None
            asyncio.run(till.members.enrol(Enrolment(token=card, phone=phone)))
            sale = Sale.model_validate(sale_body(10_000, token=card))
            asyncio.run(till.commit(f"s-{card}", sale))
        yield till


def hold(till: Till, token: str, **wish: Any) -> str | None:
    """Hold something and give it back; answers why not, or nothing."""
    redemption_id = next(_IDS)
    try:
        asyncio.run(till.hold(redemption_id, Wish.model_validate({"token": token} | wish)))
    except NotRedeemable as refused:
        return str(refused)
    if "sale_id" not in wish:
        asyncio.run(till.release(redemption_id))
    return None


def offered(till: Till, token: str, how: Any) -> dict[str, Offer]:
    """What identify says of each reward."""
    return {each.reward: each for each in asyncio.run(till.identify(token, how)).offers}


@pytest.mark.parametrize(
    ("token", "how", "most", "why"),
    [
        (PHONE, "read", 500, LAY),
        (CHIP, "typed", 500, LAY),
        (PRINTED, "read", 500, LAY),
        (SIGNING, "typed", 500, LAY),
        (CHIP, "read", 2_000, SIGN),
        (SIGNING, "read", 10_000, None),
    ],
)
def test_so_many_points_for_such_a_card(
    till: Till, token: str, how: Any, most: int, why: str | None
) -> None:
    """Up to its bound a card spends points as money off, one step beyond it none; what identify
    offers is that bound, and its sentences are those of the hold.
    """
    there = offered(till, token, how)
    assert (there["money"].cost_points, there["money"].available) == (most, True)
    assert hold(till, token, entry=how, points=most) is None
    if why is not None:
        beyond = hold(till, token, entry=how, points=most + 100)
        assert beyond == (SIGN if most + 100 > 2_000 else LAY)
    for reward, cost in (("cup", 500), ("mug", 501), ("pot", 2_001)):
        said = hold(till, token, entry=how, reward=reward)
        assert (said is None) == (cost <= most)
        assert said == (None if there[reward].available else there[reward].why)


def test_those_of_one_sale_are_added_up(till: Till) -> None:
    """Two holds for one sale are one redemption; those of another sale, or given back, are not."""
    assert hold(till, PHONE, points=300, sale_id="s-1") is None
    assert hold(till, PHONE, points=300, sale_id="s-1") == LAY
    assert hold(till, PHONE, points=200, sale_id="s-1") is None
    assert hold(till, PHONE, points=100, sale_id="s-1") == LAY
    assert hold(till, CHIP, points=100, sale_id="s-1") is None
    assert hold(till, PHONE, points=500, sale_id="s-2") is None


def test_a_quote_knows_what_is_held_beside(till: Till, sale_body: SaleBody) -> None:
    """What a quote offers beside a held redemption is what can still be held."""
    asyncio.run(till.hold("held", Wish(token=CHIP, points=1_500, sale_id="s-1")))
    body = sale_body(9_000, token=CHIP, redemptions=["held"])
    quote = asyncio.run(till.quote(Sale.model_validate(body)))
    there = {each.reward: each for each in quote.rewards}
    assert there["money"].cost_points == 500
    assert (there["cup"].available, there["mug"].why) == (True, SIGN)
    assert hold(till, CHIP, reward="mug", sale_id="s-1") == SIGN
    assert hold(till, CHIP, points=500, sale_id="s-1") is None


def test_a_voucher_needs_it_too(till: Till) -> None:
    """Points that become a voucher are spent: a number alone orders no large one."""

    def order(points: int, token: str = CHIP, **how: Any) -> None:
        wanted = VoucherOrder(token=token, points=points, **how)
        asyncio.run(till.vouchers.issue(next(_IDS), wanted))

    order(500, PHONE)
    order(500, entry="typed")
    order(2_000)
    for refused, said in (((600, PHONE), LAY), ((2_100,), SIGN)):
        with pytest.raises(NotRedeemable, match=said):
            order(*refused)
    with pytest.raises(NotRedeemable, match=LAY):
        order(600, entry="typed")


def test_a_retry_is_answered_however_it_comes(till: Till) -> None:
    """A hold that was made with the card is the same hold when it is asked for by number."""
    wish = Wish(token=CHIP, points=1_000)
    first, _ = asyncio.run(till.hold("r", wish))
    again, is_replay = asyncio.run(till.hold("r", wish.model_copy(update={"entry": "typed"})))
    assert (again, is_replay) == (first, True)


def test_who_has_too_few_points_is_told_so_first(till: Till) -> None:
    """What is missing is said before what would have to be proved."""
    with pytest.raises(InsufficientPoints):
        hold(till, PHONE, points=20_000)


_PROOFS = st.sampled_from([*PROOFS, None])
_LIMITS = (
    st.lists(st.integers(0, 30), unique=True, max_size=2)
    .map(sorted)
    .map(
        lambda above: Limits(
            redemptions=tuple(
                ProofLimit(above_points=points, proof=proof)
                for points, proof in zip(above, ("uid", "sdm"), strict=False)  # type: ignore[arg-type]
            )
        )
    )
)


@given(limits=_LIMITS, proof=_PROOFS)
def test_the_sentence_and_the_bound_agree(limits: Limits, proof: Proof | None) -> None:
    """So many points are refused exactly where they are more than the bound, and a card that
    proves more is never refused what one that proves less is given.
    """
    program = PROGRAM.model_copy(update={"limits": limits})
    most = points_provable(limits, proof)
    for points in range(40):
        given = why_not_proved(program, points, proof) is None
        assert given == (most is None or points <= most)
        assert why_not_proved(program, points, None) is None
    bounds = [points_provable(limits, each) for each in PROOFS]
    known = [10**9 if bound is None else bound for bound in bounds]
    assert known == sorted(known)


@given(limits=_LIMITS, proof=_PROOFS, balance=st.integers(0, 4_000))
def test_what_is_offered_can_be_had(limits: Limits, proof: Proof | None, balance: int) -> None:
    """No offer that is available needs more proof than the card gives."""
    program = PROGRAM.model_copy(update={"limits": limits})
    points = Spendable(balance=balance, usable=balance)
    for offer in offers(program, points, shown=Shown(proof=proof)):
        if offer.available:
            assert why_not_proved(program, offer.cost_points, proof) is None
