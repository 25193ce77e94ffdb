"""A day of real baskets adds up, to the point and the cent, through two tills and killed agents."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import httpx
import pytest
from day_by_hand import LaneSums, MemberSums
from day_of_baskets import BUSINESS_DATE, Day, make_day
from day_tills import DayRun
from day_verdict import DayAsWritten, wrong_answers
from kills import chosen_seed
from zygote import ForkedDaemons

from agent.tools.site import StoreKit

_SHOWN = 10

PlayDay = Callable[..., None]


@pytest.fixture
def play_day(
    closed_store: StoreKit,
    forked: ForkedDaemons,
    open_till: Callable[[StoreKit], httpx.Client],
    record_property: Callable[[str, object], None],
) -> PlayDay:
    """Play a day, report its seed and what happened, and hold it against the day by hand."""

    def play_day(*, rounds: int, kills: int) -> None:
        seed = chosen_seed()
        record_property("TEST_SEED", seed)
        day = make_day(seed, rounds=rounds)
        run = DayRun(store=closed_store, day=day, open_till=open_till)
        run.play(seed, kills=kills)
        record_property("the day", _figures(day, run))
        assert run.trouble == []
        assert list(wrong_answers(day, run.told))[:_SHOWN] == []
        _hold_balances(day, open_till(closed_store))
        _hold_report(day, open_till(closed_store))
        assert closed_store.agent.stop() == 0
        _hold_journal(day, DayAsWritten.of(closed_store.ledger_path))
        _hold_verified(forked, closed_store)

    return play_day


def _figures(day: Day, run: DayRun) -> str:
    kinds = Counter(step.kind for step in day.steps if step.again is None)
    refused = Counter(step.expected.refused for step in day.steps if step.expected.refused)
    again = sum(step.again is not None for step in day.steps)
    unanswered = sum(told.attempts - 1 for told in run.told.values())
    return f"{dict(kinds)}, refused {dict(refused)}, {again} retried, {unanswered} not answered"


def _hold_balances(day: Day, till: httpx.Client) -> None:
    """Hold every member's balance, as a till is told it, against the day by hand."""
    told = {
        token: till.post("/v1/identify", json={"token": token}).json()["balance"]
        for token in day.by_hand.members
    }
    by_hand = {token: sums.balance for token, sums in day.by_hand.members.items()}
    assert told == by_hand


def _hold_report(day: Day, till: httpx.Client) -> None:
    """Hold the report of the day, lane by lane and in all, against the day by hand."""
    report = till.get(f"/v1/days/{BUSINESS_DATE}").raise_for_status().json()
    assert (report["business_date"], report["currency"]) == (BUSINESS_DATE, "USD")
    told = {(row.pop("lane"), row.pop("cashier")): row for row in report["lanes"]}
    assert len(told) == len(report["lanes"])
    by_hand = {place: _as_reported(sums) for place, sums in day.by_hand.lanes.items()}
    assert _differences(told, by_hand) == {}
    total: Counter[str] = Counter()
    for sums in day.by_hand.lanes.values():
        total.update(asdict(sums))
    assert report["total"] == _as_reported(LaneSums(**total))


def _as_reported(sums: LaneSums) -> dict[str, Any]:
    """A lane's sums as the API names them; nothing was adjusted, or sold in another currency."""
    row = asdict(sums)
    row["points"] += row.pop("claimed_points")
    return row | {"adjustments": 0, "adjusted_points": 0, "adjusted_net": 0, "other_currencies": {}}


def _hold_journal(day: Day, written: DayAsWritten) -> None:
    """Hold members, sales, lanes and the whole store against the day by hand."""
    by_hand = day.by_hand
    assert _differences(written.members, by_hand.members) == {}
    assert _differences(written.sales, by_hand.sales) == {}
    assert _differences(written.lanes, by_hand.lanes) == {}
    assert _store_wide(written.members) == _store_wide(by_hand.members)
    total = _store_wide(by_hand.members)
    spent = total["redeemed"] + total["held"]
    came = total["earned"] - total["taken_back"] + total["given_back"]
    assert total["balance"] == came - spent
    sold = sum(sale["total_minor"] for sale in by_hand.baskets.values())
    assert sum(lane.total_minor for lane in written.lanes.values()) == sold


def _differences(written: Mapping[Any, Any], by_hand: Mapping[Any, Any]) -> dict[Any, Any]:
    return {
        key: (written.get(key), by_hand.get(key))
        for key in written.keys() | by_hand.keys()
        if written.get(key) != by_hand.get(key)
    }


def _store_wide(members: Mapping[str, MemberSums]) -> Counter[str]:
    total: Counter[str] = Counter()
    for sums in members.values():
        total.update({name: getattr(sums, name) for name in type(sums).__slots__})
    return total


def _hold_verified(forked: ForkedDaemons, store: StoreKit) -> None:
    """Hold that the ledger's own proof finds nothing."""
    verified = forked.run("ledger", "verify", "--db", str(store.ledger_path))
    assert verified.returncode == 0, verified.stdout + verified.stderr


@pytest.mark.long
def test_a_day_of_real_baskets(play_day: PlayDay) -> None:
    """Returns, voids, retries, claims, redemptions and two kills: every sum is as by hand."""
    play_day(rounds=1, kills=2)


@pytest.mark.torture
def test_a_fortnight_of_real_baskets(play_day: PlayDay) -> None:
    """The same with every basket twelve times over and twenty kills, on one ledger that grows."""
    play_day(rounds=12, kills=20)
