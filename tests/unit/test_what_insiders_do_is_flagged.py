"""Flags: what an insider may be up to is noted, and stops nobody; claims can be limited."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from agent.clock import mint_id
from agent.core.basket import Sale
from agent.core.facts import CardState, CardStateName, ReturnSale
from agent.core.flags import FLAGS
from agent.core.program import Program
from agent.ledger import Ledger, replay
from agent.paths import shipped_program
from agent.till import Back, CashierLimit, Enrolment, Terms, Till, Wish

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
CARD, OTHER, MORE = "em4100:0C000621A5", "em4100:67003B51C6", "em4100:0000000009"


@pytest.fixture
def ledger(tmp_path: Path, running_ledger: RunningLedger) -> Iterator[Ledger]:
    """A running ledger; whatever a test did to it, it replays."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        yield ledger
    replay(tmp_path / "ledger.db")


def till_of(ledger: Ledger, **terms: Any) -> Till:
    """A till under terms of a test's own."""
    return Till(ledger, Terms(program=PROGRAM, **terms), mint_id=mint_id)


@pytest.fixture
def till(ledger: Ledger) -> Till:
    """A till with two members."""
    till = till_of(ledger)
    for card in (CARD, OTHER):
        asyncio.run(till.members.enrol(Enrolment(token=card)))
    return till


@pytest.fixture
def sell(till: Till, sale_body: SaleBody) -> Callable[..., tuple[str, ...]]:
    """Commit a sale with ana's card; answers its flags."""

    def sell(sale_id: str, **changes: Any) -> tuple[str, ...]:
        sale = Sale.model_validate(sale_body(1_000, **({"token": CARD} | changes)))
        return asyncio.run(till.commit(sale_id, sale)).answer.flags

    return sell


Sell = Callable[..., tuple[str, ...]]
OFTEN = ("card_over_and_over",)


def test_points_that_nobody_redeemed_pay_for_nothing_unseen(till: Till, sell: Sell) -> None:
    """A sale paid with points that names no redemption is flagged; one that does is not."""
    paid = {"tenders": [{"kind": "points", "amount_minor": 1_000}]}
    assert sell("s-0", **paid) == ("points_not_redeemed",)
    for number in range(1, 17):
        sell(f"s-{number}", cashier=f"c-{number}")
    asyncio.run(till.hold("r-1", Wish(token=CARD, reward="coffee")))
    assert sell("s-17", redemptions=["r-1"], **paid) == ()


def test_the_fourth_sale_in_a_row_is_flagged(sell: Sell) -> None:
    """One card, four sales at one cashier on one day: the fourth is flagged and each one after."""
    assert [sell(f"s-{number}") for number in range(6)] == [(), (), (), OFTEN, OFTEN, OFTEN]


@pytest.mark.parametrize("between", [{"cashier": "ben"}, {"business_date": "2026-11-22"}])
def test_another_cashier_or_day_between_begins_anew(sell: Sell, between: dict[str, str]) -> None:
    """In a row means that the card was nowhere else meanwhile."""
    for number in range(3):
        assert sell(f"s-{number}") == ()
    assert sell("between", **between) == ()
    assert [sell(f"t-{number}") for number in range(4)] == [(), (), (), OFTEN]


@pytest.mark.parametrize("between", [{"token": OTHER}, {"token": None}, {"lane": "2"}])
def test_other_customers_between_change_nothing(sell: Sell, between: dict[str, Any]) -> None:
    """A cashier who slips a card in between others' sales is seen, at whatever lane."""
    for number in range(3):
        assert sell(f"s-{number}") == ()
    sell("between", **between)
    assert sell("s-4") == OFTEN


def test_capitals_make_no_other_cashier(sell: Sell) -> None:
    """A cashier who signs on as ANA, Ana and ana in turn is one: the fourth sale is flagged."""
    names = ("ANA", "Ana", "ana", "ANA", "ana")
    flags = [sell(f"s-{number}", cashier=name) for number, name in enumerate(names)]
    assert flags == [(), (), (), OFTEN, OFTEN]


def test_retries_are_no_sales(sell: Sell) -> None:
    """A POS that is not sure of the answer makes nobody suspicious; its answer stays the same."""
    for _ in range(6):
        assert sell("s-1") == ()
    assert [sell("s-2"), sell("s-2"), sell("s-3"), sell("s-4"), sell("s-4")] == [
        *((), (), (), OFTEN, OFTEN)
    ]


def test_how_often_is_too_often_is_set(ledger: Ledger, sell: Sell, sale_body: SaleBody) -> None:
    """``often`` = 2 flags the second sale."""
    sell("s-1")
    sale = Sale.model_validate(sale_body(1_000, token=CARD))
    assert asyncio.run(till_of(ledger, often=2).commit("s-2", sale)).answer.flags == OFTEN


@pytest.mark.parametrize(
    ("sold_to", "shown", "flagged"),
    [
        (CARD, CARD, False),
        (CARD, "0C000621A5", False),
        (CARD, None, True),
        (CARD, OTHER, True),
        (CARD, MORE, True),
        (CARD, "no card at all", True),
        (CARD, "5105105105105100", True),
        (None, None, False),
        (None, OTHER, False),
    ],
)
def test_a_return_without_its_customer_is_flagged(
    ledger: Ledger, till: Till, sell: Sell, sold_to: str | None, shown: str | None, flagged: bool
) -> None:
    """A member's sale that comes back without a card of theirs is taken all the same, and its
    entry, its answer and the list of flags say so.
    """
    sell("s", token=sold_to)
    back = Back.model_validate({"amount_minor": 300, "token": shown})
    answer, _ = asyncio.run(till.take_back("s", "b", back))
    assert answer.points_taken == (3 if sold_to else 0)
    assert answer.flags == (("return_without_customer",) if flagged else ())
    entry = asyncio.run(ledger.read(lambda view: view.entry_at(0, ledger.head.seq)))
    assert entry is not None
    assert isinstance(entry.entry.fact, ReturnSale)
    assert entry.entry.fact.without_customer == flagged
    flags = asyncio.run(ledger.read(lambda view: view.flags_after((-1, -1, ""), at_most=9)))
    assert [row.flag for row in flags] == ["return_without_customer"] * flagged
    assert shown is None or shown.encode() not in entry.canonical


@pytest.mark.parametrize(
    ("sold_to", "day", "flagged"),
    [
        (CARD, "2026-11-21", False),
        (CARD, "2026-11-20", False),
        (CARD, None, False),
        (CARD, "2026-11-22", True),
        (None, "2026-11-22", False),
    ],
)
def test_a_void_of_a_later_day_is_a_return_without_its_customer(
    ledger: Ledger, till: Till, sell: Sell, sold_to: str | None, day: str | None, flagged: bool
) -> None:
    """A void shows no card: on a later day than the member's sale it is a return in all but name.
    On the same day it calls off a mistake.
    """
    sell("s", token=sold_to)
    said = None if day is None else date.fromisoformat(day)
    answer, _ = asyncio.run(till.void("s", business_date=said))
    assert answer.flags == (("return_without_customer",) if flagged else ())
    flags = asyncio.run(ledger.read(lambda view: view.flags_after((-1, -1, ""), at_most=9)))
    assert [row.flag for row in flags] == ["return_without_customer"] * flagged


def test_a_void_that_says_no_day_is_of_the_day_said_last(till: Till, sell: Sell) -> None:
    """The shop has opened another day since."""
    sell("s")
    sell("t", token=None, business_date="2026-11-22")
    assert asyncio.run(till.void("s"))[0].flags == ("return_without_customer",)


def test_a_retry_of_a_return_need_not_show_the_card(till: Till, sell: Sell) -> None:
    """The same return is known by its lines or amount; its first answer is given again."""
    sell("s")
    first = asyncio.run(
        till.take_back("s", "b", Back.model_validate({"amount_minor": 1, "token": CARD}))
    )
    again = asyncio.run(till.take_back("s", "b", Back.model_validate({"amount_minor": 1})))
    assert again == (first[0], True)
    assert again[0].flags == ()


def test_a_card_that_was_replaced_is_still_the_members(
    ledger: Ledger, till: Till, sell: Sell
) -> None:
    """Whoever comes with an old card of theirs is the customer."""
    sell("s")
    account = asyncio.run(till.identify(CARD)).account
    lost = CardState(token=CARD, account=account, state="replaced", replaced_by=MORE)
    asyncio.run(ledger.write(lambda t: t.append(lost)))
    for number, card in enumerate((CARD, MORE)):
        back = Back.model_validate({"amount_minor": 1, "token": card})
        assert asyncio.run(till.take_back("s", f"b-{number}", back))[0].flags == ()


def test_claims_have_no_limit_unless_one_is_set(till: Till, sell: Sell) -> None:
    """A shop that sets none is not surprised by one."""
    for number in range(30):
        sell(f"s-{number}", token=None)
        asyncio.run(till.claim(f"s-{number}", OTHER))


def test_claims_end_at_the_limit(ledger: Ledger, sell: Sell) -> None:
    """Two a day: the third is refused and writes nothing; a retry, another cashier and another day
    are not.
    """
    limited = till_of(ledger, claims_per_day=2)

    def claim(sale_id: str, **by_whom: str) -> bool:
        return asyncio.run(limited.claim(sale_id, OTHER, **by_whom)).replay

    for number in range(4):
        sell(f"s-{number}", token=None)
    assert [claim("s-0"), claim("s-1", lane="2"), claim("s-0")] == [False, False, True]
    before = ledger.head
    for _ in range(2):
        with pytest.raises(CashierLimit) as refusal:
            claim("s-2")
    assert str(refusal.value) == "2 sales were given to cards here today; that is the limit"
    assert ledger.head == before
    assert not claim("s-2", cashier="ben")
    sell("t-0", token=None, business_date="2026-11-22")
    assert not claim("t-0")


@pytest.mark.parametrize("state", ["blocked", "lost", "replaced"])
def test_what_happened_to_a_card_is_what_is_flagged(
    ledger: Ledger, till: Till, state: CardStateName
) -> None:
    """A card that is blocked, one that is lost and one that is replaced have a flag each."""
    account = asyncio.run(till.identify(CARD)).account
    fact = CardState(token=CARD, account=account, state=state)
    asyncio.run(ledger.write(lambda transaction: transaction.append(fact)))
    flags = asyncio.run(ledger.read(lambda view: view.flags_after((-1, -1, ""), at_most=9)))
    assert [row.flag for row in flags] == [f"card_{state}"]
    assert f"card_{state}" in FLAGS


def test_a_card_that_is_found_again_is_not_flagged(ledger: Ledger, till: Till) -> None:
    """It is neither blocked, lost nor replaced, and nothing says so."""
    account = asyncio.run(till.identify(CARD)).account
    for state in ("lost", "active"):
        fact = CardState(token=CARD, account=account, state=state)
        asyncio.run(ledger.write(lambda transaction, fact=fact: transaction.append(fact)))
    flags = asyncio.run(ledger.read(lambda view: view.flags_after((-1, -1, ""), at_most=9)))
    assert [row.flag for row in flags] == ["card_lost"]
