"""Days: what ``/v1/days`` answers is what adding up the journal by hand gives."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.clock import mint_id
from agent.core.basket import Sale
from agent.core.entry import Entry
from agent.core.facts import (
    AccumulatePoints,
    AdjustPoints,
    ClaimSale,
    RedeemReward,
    ReturnSale,
    VoidSale,
)
from agent.core.program import Program
from agent.ledger import Ledger
from agent.paths import shipped_program
from agent.till import Adjustment, Back, DayAnswer, Enrolment, Terms, Till, TillRefusal, Wish

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]
Sums = dict[str, Any]

PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
CARD = "em4100:0C000621A5"
DAYS = ("2026-11-20", "2026-11-21")
MONEY = ("sales", "total_minor", "returns", "returned_minor", "voids", "voided_minor")
POINTS = (
    *("points", "claims", "redemptions", "redeemed_points", "points_taken", "points_given"),
    *("adjustments", "adjusted_points", "adjusted_net"),
)
ZEROS = dict.fromkeys((*MONEY, *POINTS), 0)

_WHO = st.sampled_from([(None, None), ("1", "ana"), ("1", "ben"), ("2", "ana")])
_STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["sell", "sell", "sell", "claim", "claim", "void", "return", "redeem", "adjust"]
        ),
        _WHO,
        st.integers(100, 90_000),
        st.sampled_from(DAYS),
        st.sampled_from(["USD", "USD", "EUR"]),
        st.booleans(),
    ),
    min_size=4,
    max_size=16,
)

_ANA, _BEN, _NOBODY = ("1", "ana"), ("2", "ben"), (None, None)
_ALL_KINDS = [
    ("redeem", _ANA, 100, DAYS[0], "USD", False),
    ("sell", _ANA, 60_000, DAYS[0], "USD", True),  # captures what was held
    ("return", _NOBODY, 30_000, DAYS[0], "USD", True),
    ("void", _BEN, 100, DAYS[0], "USD", True),
    ("sell", _BEN, 9_000, DAYS[1], "EUR", False),
    ("claim", _ANA, 100, DAYS[0], "USD", True),
    ("return", _BEN, 300, DAYS[0], "USD", True),
    ("void", _NOBODY, 100, DAYS[0], "USD", True),
    ("redeem", _NOBODY, 100, DAYS[0], "USD", True),
    ("adjust", _NOBODY, 1_000, DAYS[0], "USD", False),
]


async def play(till: Till, account: str, steps: list[Any], body: SaleBody) -> None:
    """Do what a shop does; what is refused, such as a sale voided twice, was not done."""
    last, held = "s-none", list[str]()
    for number, (what, (lane, cashier), amount_minor, day, currency, has_card) in enumerate(steps):
        by_whom: dict[str, Any] = {"lane": lane, "cashier": cashier}
        with suppress(TillRefusal):
            if what == "sell":
                last, token = f"s-{number}", CARD if has_card else None
                at: dict[str, Any] = {
                    "lane": lane or "9",
                    "cashier": cashier or "eve",
                    "token": token,
                }
                at["redemptions"], held = (held, []) if has_card else ([], held)
                basket = body(amount_minor, business_date=day, currency=currency, **at)
                await till.commit(last, Sale.model_validate(basket))
            elif what == "claim":
                await till.claim(last, CARD, **by_whom)
            elif what == "void":
                await till.void(last, **by_whom)
            elif what == "return":
                back = Back.model_validate({"amount_minor": amount_minor // 3, **by_whom})
                await till.take_back(last, f"b-{number}", back)
            elif what == "redeem":
                wish = {"token": CARD, "reward": "coffee", **by_whom}
                await till.hold(f"r-{number}", Wish.model_validate(wish))
                if has_card:
                    await till.capture(f"r-{number}")
                else:
                    held.append(f"r-{number}")
            else:
                points = (1 + amount_minor // 200) * (1 if has_card else -1)
                wanted = {"points": points, "reason": "x", "cashier": cashier or "eve"}
                await till.adjust(account, Adjustment.model_validate({"lane": lane, **wanted}))


def added_up(entries: list[Entry], day: str) -> dict[tuple[str, str], Sums]:
    """Walk the journal and add a day up, as a bookkeeper with the entries in hand would."""
    sums: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    abroad: defaultdict[tuple[str, str], defaultdict[str, Counter[str]]] = defaultdict(
        lambda: defaultdict(Counter)
    )
    sold: dict[str, tuple[str, int]] = {}
    for entry in entries:
        fact, counted = entry.fact, Counter[str]()
        on = entry.business_date.isoformat() if entry.business_date else entry.recorded_at[:10]
        who = (getattr(fact, "lane", None) or "", getattr(fact, "cashier", None) or "")
        currency = "USD"
        if isinstance(fact, AccumulatePoints):
            sale = fact.sale
            on, currency = sale.business_date.isoformat(), sale.currency
            who = (sale.lane, sale.cashier)
            counted.update(sales=1, total_minor=sale.total_minor, points=fact.points)
            sold[fact.sale_id] = (currency, sale.total_minor)
        elif isinstance(fact, ClaimSale):
            counted.update(claims=1, points=fact.points)
        elif isinstance(fact, RedeemReward):
            counted.update(redemptions=1, redeemed_points=fact.points)
        elif isinstance(fact, AdjustPoints):
            counted.update(
                adjustments=1, adjusted_points=abs(fact.points), adjusted_net=fact.points
            )
        elif isinstance(fact, ReturnSale | VoidSale):
            currency, left_minor = sold[fact.sale_id]
            taken = fact.from_active + fact.from_pending
            counted.update(points_taken=taken, points_given=fact.given_back)
            if isinstance(fact, ReturnSale):
                sold[fact.sale_id] = (currency, left_minor - fact.amount_minor)
                counted.update(returns=1, returned_minor=fact.amount_minor)
            else:
                counted.update(voids=1, voided_minor=left_minor)
        if not counted or on != day:
            continue
        for name, value in counted.items():
            is_foreign = currency != "USD" and name in MONEY
            (abroad[who][currency] if is_foreign else sums[who])[name] += value
        sums[who].update()  # whoever did anything has a row
    return {
        who: ZEROS
        | dict(sums[who])
        | {
            "other_currencies": {
                currency: dict.fromkeys(MONEY, 0) | dict(found)
                for currency, found in abroad[who].items()
            }
        }
        for who in sorted(sums)
    }


def in_all(lanes: list[Sums]) -> Sums:
    """Add the lanes up."""
    total: Sums = ZEROS | {"other_currencies": {}}
    for sums in lanes:
        for name in ZEROS:
            total[name] += sums[name]
        for currency, found in sums["other_currencies"].items():
            known = total["other_currencies"].setdefault(currency, dict.fromkeys(MONEY, 0))
            for name in MONEY:
                known[name] += found[name]
    return total


def ask(till: Till, day: str) -> DayAnswer:
    """Ask for a day."""
    return asyncio.run(till.day(date.fromisoformat(day)))


@given(steps=_STEPS)
@example(steps=_ALL_KINDS)
def test_a_day_is_what_its_entries_add_up_to(
    tmp_path_factory: pytest.TempPathFactory,
    running_ledger: RunningLedger,
    sale_body: SaleBody,
    steps: list[Any],
) -> None:
    """Whatever a shop did, in whatever order: each lane and cashier, and all of them together."""
    with running_ledger(tmp_path_factory.mktemp("day") / "ledger.db") as ledger:
        till = Till(ledger, Terms(program=PROGRAM), mint_id=mint_id)
        account = asyncio.run(till.members.enrol(Enrolment(token=CARD))).account
        rich = sale_body(100_000, token=CARD, business_date=DAYS[0])
        asyncio.run(till.commit("rich", Sale.model_validate(rich)))
        asyncio.run(play(till, account, steps, sale_body))
        lines = asyncio.run(ledger.read_after((0, 0), at_most=1_000))
        entries = [Entry.parse(line) for line in lines]
        for day in DAYS:
            answer = ask(till, day).model_dump(mode="json")
            lanes = {(each.pop("lane"), each.pop("cashier")): each for each in answer["lanes"]}
            assert lanes == added_up(entries, day)
            assert list(lanes) == sorted(lanes)
            assert answer["total"] == in_all(list(lanes.values()))
            assert (answer["business_date"], answer["currency"]) == (day, "USD")
            assert answer["as_of"]["seq"] == ledger.head.seq


@pytest.fixture
def ledger(tmp_path: Path, running_ledger: RunningLedger) -> Iterator[Ledger]:
    """A running ledger."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        yield ledger


@pytest.fixture
def till(ledger: Ledger) -> Till:
    """A till with a member."""
    till = Till(ledger, Terms(program=PROGRAM), mint_id=mint_id)
    asyncio.run(till.members.enrol(Enrolment(token=CARD)))
    return till


def test_a_day_without_anything_is_empty(till: Till) -> None:
    """A day on which nobody did anything has no lanes, and zeros in all."""
    answer = ask(till, "1999-12-31").model_dump(mode="json")
    assert answer["lanes"] == []
    assert answer["total"] == ZEROS | {"other_currencies": {}}


def test_a_sale_counts_on_its_own_date(till: Till, sale_body: SaleBody) -> None:
    """A sale of yesterday that the POS sends late is in yesterday's report, and only there."""
    for sale_id, day in (("s-1", DAYS[1]), ("s-2", DAYS[0])):
        body = sale_body(1_000, token=CARD, business_date=day)
        asyncio.run(till.commit(sale_id, Sale.model_validate(body)))
    assert [ask(till, day).total.sales for day in DAYS] == [1, 1]


def test_retries_count_once(till: Till, sale_body: SaleBody) -> None:
    """What the POS sends again is in the report once."""
    for _ in range(3):
        asyncio.run(till.commit("s", Sale.model_validate(sale_body(1_000, token=CARD))))
        asyncio.run(till.take_back("s", "b", Back.model_validate({"amount_minor": 500})))
    total = ask(till, "2026-11-21").total
    assert (total.sales, total.total_minor, total.points) == (1, 1_000, 10)
    assert (total.returns, total.returned_minor, total.points_taken) == (1, 500, 5)


def test_foreign_money_is_not_added_to_ours(till: Till, sale_body: SaleBody) -> None:
    """Ten euros and ten dollars are not twenty of anything."""
    for currency in ("USD", "EUR", "EUR"):
        body = sale_body(1_000, currency=currency)
        asyncio.run(till.commit(mint_id(), Sale.model_validate(body)))
    total = ask(till, "2026-11-21").total
    assert (total.sales, total.total_minor) == (1, 1_000)
    assert total.other_currencies["EUR"].sales == 2
    assert total.other_currencies["EUR"].total_minor == 2_000


def test_what_has_no_currency_is_counted_with_ours(ledger: Ledger, till: Till) -> None:
    """A return of a sale that another store made says no currency; it is in the till's own row."""
    back = ReturnSale(sale_id="elsewhere", return_id="b", amount_minor=300, lane="1", cashier="ana")
    day = date.fromisoformat(DAYS[0])
    asyncio.run(ledger.write(lambda t: t.append(back, business_date=day)))
    (lane,) = ask(till, DAYS[0]).lanes
    assert (lane.lane, lane.cashier, lane.returns, lane.returned_minor) == ("1", "ana", 1, 300)
    assert lane.other_currencies == {}
