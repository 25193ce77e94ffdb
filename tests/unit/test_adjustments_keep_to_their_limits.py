"""Adjustments: a reason, a limit alone, a limit a day, never a debt, and each id once."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from welcomed import grant, welcome

from agent.clock import mint_id
from agent.core.basket import Sale
from agent.core.entry import Entry
from agent.core.facts import AdjustPoints, FlagActivity
from agent.core.program import Program
from agent.ledger import Ledger, replay
from agent.paths import shipped_program
from agent.till import (
    AdjustAnswer,
    AdjustIdReused,
    Adjustment,
    ApprovalNeeded,
    CashierLimit,
    Enrolment,
    InsufficientPoints,
    Terms,
    Till,
    TillRefusal,
    UnknownAccount,
)
from agent.till.approvals import hash_pin

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
CARD = "em4100:0C000621A5"
PIN = "4071"
BOSS = {"approver": "boss", "pin": PIN}
HASHES = {"boss": hash_pin(PIN)}


@pytest.fixture
def ledger(tmp_path: Path, running_ledger: RunningLedger) -> Iterator[Ledger]:
    """A running ledger; whatever a test did to it, it replays."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        yield ledger
    replay(tmp_path / "ledger.db")


def till_of(ledger: Ledger, **terms: Any) -> Till:
    """A till whose boss may approve."""
    return Till(ledger, Terms(program=PROGRAM, **terms), mint_id=mint_id, pin_hashes=HASHES)


@pytest.fixture
def till(ledger: Ledger) -> Till:
    """A till with the limits that are shipped."""
    return till_of(ledger)


@pytest.fixture
def account(till: Till) -> str:
    """A member without points."""
    return asyncio.run(till.members.enrol(Enrolment(token=CARD))).account


def wanted(points: int, **changes: Any) -> Adjustment:
    """An adjustment by ana."""
    body = {"points": points, "reason": "goodwill", "cashier": "ana"} | changes
    return Adjustment.model_validate(body)


def adjust(till: Till, account: str, points: int, **changes: Any) -> AdjustAnswer:
    """Adjust for the first time."""
    answer, replayed = asyncio.run(till.adjust(account, wanted(points, **changes)))
    assert not replayed
    return answer


def refused(
    till: Till, ledger: Ledger, account: str, points: int, why: type[TillRefusal], **changes: Any
) -> str:
    """Adjust in vain: nothing is written; answers the sentence."""
    before = ledger.head
    with pytest.raises(why) as refusal:
        adjust(till, account, points, **changes)
    assert ledger.head == before
    return str(refusal.value)


def facts(ledger: Ledger) -> list[Any]:
    """Every fact of the journal."""
    lines = asyncio.run(ledger.read_after((0, 0), at_most=1_000))
    return [Entry.parse(line).fact for line in lines]


def test_an_adjustment_is_answered_from_its_entry(ledger: Ledger, till: Till, account: str) -> None:
    """Who, how much, why and what it left stand in the entry, and the answer says them."""
    answer = adjust(till, account, 40, lane="2", reason="  broken bottle ", adjust_id="a-1")
    assert answer.model_dump(exclude={"journal"}) == {
        "account": account,
        "points": 40,
        "reason": "broken bottle",
        "cashier": "ana",
        "approver": None,
        "lane": "2",
        "adjust_id": "a-1",
        "balance": 40,
    }
    assert facts(ledger)[-1] == AdjustPoints(
        account=account,
        points=40,
        reason="broken bottle",
        cashier="ana",
        balance=40,
        lane="2",
        adjust_id="a-1",
    )
    assert (answer.journal.epoch, answer.journal.seq) == (ledger.head.epoch, ledger.head.seq)


@pytest.mark.parametrize("sign", [1, -1])
def test_alone_up_to_the_limit_and_no_point_further(
    ledger: Ledger, till: Till, account: str, sign: int
) -> None:
    """500 points are adjusted alone, up or down; of 501 a second person has to know."""
    adjust(till, account, 501, **BOSS)
    said = refused(till, ledger, account, 501 * sign, ApprovalNeeded)
    assert said == "a second person has to agree with a name and a PIN of their own"
    adjust(till, account, 500 * sign)


def test_a_second_person_lifts_the_limit(till: Till, account: str) -> None:
    """With name and PIN of another person more is adjusted, and the entry names them."""
    assert adjust(till, account, 5_000, **BOSS).approver == "boss"


@pytest.mark.parametrize(
    "changes",
    [
        {"approver": "boss"},
        {"pin": PIN},
        {"approver": "boss", "pin": "4072"},
        {"approver": "bos", "pin": PIN},
        {"cashier": "boss", **BOSS},
        {"cashier": "BOSS", **BOSS},
    ],
)
@pytest.mark.parametrize("points", [1, 501])
def test_half_an_approval_is_none(
    ledger: Ledger, till: Till, account: str, points: int, changes: dict[str, str]
) -> None:
    """A name without a PIN, a PIN without a name, a wrong one and one's own are refused, also where
    none was needed: no entry names an approver who did not agree.
    """
    with pytest.raises(ApprovalNeeded) as refusal:
        adjust(till, account, points, **changes)
    assert PIN not in str(refusal.value)
    assert not [fact for fact in facts(ledger) if isinstance(fact, AdjustPoints)]


def test_a_wrong_pin_is_an_entry(ledger: Ledger, till: Till, account: str) -> None:
    """Head office learns of cashier, lane and account; a name that is nobody's is not kept."""
    for approver in ("boss", "4071"):
        with pytest.raises(ApprovalNeeded):
            adjust(till, account, 1, approver=approver, pin="9999", lane="2")
    told = FlagActivity(flag="wrong_pin", account=account, lane="2", cashier="ana")
    named = FlagActivity(
        flag="wrong_pin", account=account, lane="2", cashier="ana", reason="approver boss"
    )
    assert facts(ledger)[-2:] == [named, told]


def test_a_day_has_an_end_that_no_pin_lifts(ledger: Ledger, till: Till, account: str) -> None:
    """5,000 points a cashier and business date, whichever their sign; another cashier and another
    day have their own.
    """
    adjust(till, account, 3_000, **BOSS)
    adjust(till, account, -1_999, **BOSS)
    said = refused(till, ledger, account, 2, CashierLimit)
    assert said == "this cashier may adjust 1 more points on this business date"
    refused(till, ledger, account, 2, CashierLimit, **BOSS)
    adjust(till, account, 1)
    refused(till, ledger, account, -1, CashierLimit)
    adjust(till, account, 1, cashier="ben")


def test_another_business_date_begins_anew(
    till: Till, ledger: Ledger, account: str, sale_body: SaleBody
) -> None:
    """What counts is the date that the POS said last, not the clock's."""
    adjust(till, account, 5_000, **BOSS)
    refused(till, ledger, account, 1, CashierLimit)
    for sale_id, day in (("s-1", "2026-11-22"), ("s-2", "2026-11-23")):
        sale = Sale.model_validate(sale_body(100, business_date=day))
        asyncio.run(till.commit(sale_id, sale))
        adjust(till, account, 5_000, **BOSS)
        refused(till, ledger, account, 1, CashierLimit)


def test_limits_are_set(ledger: Ledger, account: str) -> None:
    """At 0 alone every adjustment needs a second person; at 0 a day there are none."""
    refused(till_of(ledger, adjust_alone_points=0), ledger, account, 1, ApprovalNeeded)
    adjust(till_of(ledger, adjust_alone_points=0), account, 1, **BOSS)
    refused(till_of(ledger, adjust_day_points=0), ledger, account, 1, CashierLimit, **BOSS)


def test_an_adjustment_makes_no_debt(
    ledger: Ledger, till: Till, account: str, sale_body: SaleBody
) -> None:
    """The last point can be taken, one more cannot; a debt of a return can be paid by hand."""
    adjust(till, account, 10)
    said = refused(till, ledger, account, -11, InsufficientPoints)
    assert said == "10 points are there; only a return leads into debt"
    assert adjust(till, account, -10).balance == 0
    sale = Sale.model_validate(sale_body(1_000, token=CARD))
    asyncio.run(till.commit("s", sale))
    adjust(till, account, -10)
    asyncio.run(till.void("s"))
    assert "0 points are there" in refused(till, ledger, account, -1, InsufficientPoints)
    assert adjust(till, account, 4).balance == -6


def test_the_same_adjustment_again_is_the_same(ledger: Ledger, till: Till, account: str) -> None:
    """A retry is answered to the byte and adjusts nothing, also once the day's limit is reached."""
    other = asyncio.run(till.members.enrol(Enrolment(token="em4100:67003B51C6"))).account
    first = adjust(till, account, 500, adjust_id="a-1")
    adjust(till, account, 4_500, **BOSS)
    before = ledger.head
    again = asyncio.run(till.adjust(account, wanted(500, adjust_id="a-1", reason="once more")))
    assert again == (first, True)
    assert ledger.head == before
    refused(till, ledger, account, 501, AdjustIdReused, adjust_id="a-1")
    refused(till, ledger, other, 500, AdjustIdReused, adjust_id="a-1")


def test_two_tries_at_once_are_one(till: Till, account: str) -> None:
    """A POS that asks twice at the same time adjusts once."""

    async def twice() -> list[tuple[AdjustAnswer, bool]]:
        tries = (till.adjust(account, wanted(7, adjust_id="a-1")) for _ in range(2))
        return await asyncio.gather(*tries)

    first, second = asyncio.run(twice())
    assert first[0] == second[0]
    assert [first[1], second[1]].count(True) == 1
    assert asyncio.run(till.identify(CARD)).balance == 7


def test_an_account_nobody_has_is_said(ledger: Ledger, till: Till) -> None:
    """Nothing is adjusted for nobody, and no PIN is looked at for it."""
    refused(till, ledger, "nobody", 1, UnknownAccount, approver="boss", pin="9999")


def test_rights_follow_an_adjustment(ledger: Ledger, account: str) -> None:
    """With a head office what is given joins this device's rights; what is taken shrinks them, and
    never below none.
    """
    welcome(ledger)
    till = till_of(ledger, alone=False)
    assert adjust(till, account, 100).balance == 100
    assert asyncio.run(till.identify(CARD)).redeemable_now == 100
    adjust(till, account, -30)
    assert asyncio.run(ledger.read(lambda view: view.right(account))) == 70
    asyncio.run(ledger.write(lambda t: t.append(AdjustPoints(
        account=account, points=200, reason="head office", cashier="x", lease=0,
    ))))  # fmt: skip
    adjust(till, account, -250)
    assert asyncio.run(ledger.read(lambda view: view.right(account))) == 0
    assert facts(ledger)[-1].lease == -70


def test_a_frozen_ledger_gives_no_rights(ledger: Ledger, account: str) -> None:
    """While frozen, points are given and taken, and nothing of it can be redeemed here."""
    till = till_of(ledger, alone=False)
    welcome(ledger)
    grant(ledger, account, 5)
    ledger.recover("a test")
    assert adjust(till, account, 100).balance == 100
    assert adjust(till, account, -30).balance == 70
    assert asyncio.run(ledger.read(lambda view: view.right(account))) == 0
    given, taken = facts(ledger)[-2:]
    assert (given.points, given.lease, taken.points, taken.lease) == (100, 0, -30, 0)


@pytest.mark.parametrize(
    "changes",
    [
        *({"points": points} for points in (0, 1.0, 1.5, "1", True, None, 10**6 + 1, -(10**6) - 1)),
        *({"points": 10**400}, {"points": float("nan")}),
        *({"reason": reason} for reason in ("", " \t", "\u200b", "a\x00b", "a\nb", "x" * 201, 1)),
        *({"cashier": cashier} for cashier in ("", "a b", "\u00e9", "x" * 65, None, 1)),
        *(
            {"pin": pin}
            for pin in (
                "",
                "123",
                "1" * 13,
                "12a4",
                "\uff11\uff12\uff13\uff14",
                " 1234",
                1234,
                b"1234",
            )
        ),
        *({"approver": ""}, {"adjust_id": ""}, {"adjust_id": "a b"}, {"lane": "\n"}, {"more": 1}),
    ],
    ids=ascii,
)
def test_what_is_no_adjustment_is_refused(changes: dict[str, Any]) -> None:
    """Points that are not whole, none or too many, and texts that are none or hold what a printer
    obeys; a PIN is in no message about it.
    """
    with pytest.raises(ValidationError) as refusal:
        wanted(**{"points": 1, **changes})
    assert not changes.get("pin") or str(changes["pin"]) not in str(refusal.value)


def test_a_pin_is_not_printed() -> None:
    """Whoever prints an adjustment sees no PIN."""
    assert PIN not in f"{wanted(1, **BOSS)!r} {wanted(1, **BOSS).model_dump_json()}"


@given(
    steps=st.lists(
        st.tuples(st.integers(-700, 700).filter(bool), st.sampled_from(["ana", "ben"])), max_size=12
    )
)
def test_limits_hold_in_any_order(
    tmp_path_factory: pytest.TempPathFactory,
    running_ledger: RunningLedger,
    steps: list[tuple[int, str]],
) -> None:
    """Whatever is asked for, no cashier adjusts more than the limits, and nobody is in debt."""
    path = tmp_path_factory.mktemp("adjust") / "ledger.db"
    with running_ledger(path) as ledger:
        till = till_of(ledger, adjust_alone_points=500, adjust_day_points=1_500)
        account = asyncio.run(till.members.enrol(Enrolment(token=CARD))).account
        balance, spent = 0, {"ana": 0, "ben": 0}
        for points, cashier in steps:
            fits = abs(points) <= 500 and spent[cashier] + abs(points) <= 1_500
            if fits and balance + points >= 0:
                balance += points
                spent[cashier] += abs(points)
                assert adjust(till, account, points, cashier=cashier).balance == balance
            else:
                with pytest.raises((ApprovalNeeded, CashierLimit, InsufficientPoints)):
                    adjust(till, account, points, cashier=cashier)
    assert replay(path).balances == {account: balance}
