"""The agent's log: JSON lines that can be searched by sale, without a card number in them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from agent.core.tokens import Token
from agent.tools.site import StoreKit
from drivers.virtual.pos import NO_TLS

PAYMENT_CARD = "5105105105105100"


@dataclass(frozen=True, kw_only=True)
class Day:
    """What a store wrote to its log in one day, and what happened there."""

    log: str
    cards: tuple[Token, ...]
    sales: dict[str, int]
    """The sales that were answered, by sale_id: how often."""

    reused: str
    """The sale_id that another basket came with."""


@pytest.fixture(scope="module")
def day(
    tmp_path_factory: pytest.TempPathFactory,
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
    new_card: Callable[[], Token],
) -> Day:
    """A day of enrolments, taps, sales and refusals, from the agent's start to its end."""
    member, stranger = new_card(), new_card()
    kit = StoreKit(name="s001", directory=tmp_path_factory.mktemp("day"))
    sold, bare, strange, paid, refused = (new_sale_id() for _ in range(5))
    try:
        kit.start()
        lane = kit.lanes["1"]
        lane.tap(member)
        assert lane.pos.enrol(str(member)).status_code == 201
        assert lane.pos.enrol(str(member)).status_code == 409
        lane.tap(stranger)
        statuses = [
            answer.status_code
            for answer in (
                lane.pos.sell(sold, make_sale(token=str(member))),
                lane.pos.sell(sold, make_sale(token=str(member))),
                lane.pos.sell(sold, make_sale(token=str(member), amount_minor=1)),
                lane.pos.sell(bare, make_sale()),
                lane.pos.sell(strange, make_sale(token=str(stranger))),
                lane.pos.sell(paid, make_sale(token=PAYMENT_CARD)),
                lane.pos.sell(refused, make_sale(redemptions=["nobody-made-this"])),
                lane.pos.sell(refused, make_sale(total_minor=1.5)),
                lane.pos.identify(str(stranger)),
                lane.pos.identify(PAYMENT_CARD),
            )
        ]
        assert statuses == [201, 200, 409, 201, 201, 201, 404, 422, 404, 422]
        httpx.get(f"{kit.url}/lane/1/panel", headers={"Host": "evil.example"}, verify=NO_TLS)
        httpx.get(f"{kit.url}/no-such-page", verify=NO_TLS)
        lane.pos.stop()
        assert kit.agent.stop() == 0
    finally:
        kit.stop()
    return Day(
        log=kit.agent.output(),
        cards=(member, stranger),
        sales={sold: 2, bare: 1, strange: 1, paid: 1},
        reused=sold,
    )


def test_json_lines_only(day: Day) -> None:
    """Every line of a day is a JSON object that says what happened, how grave and when."""
    lines = [json.loads(line) for line in day.log.splitlines()]
    assert lines[-1]["event"] == "agent_stopped"
    for line in lines:
        assert {"event", "level", "timestamp"} <= line.keys()
    assert not [line for line in lines if line["level"] not in ("info", "warning")]


def test_no_card_number(day: Day) -> None:
    """Taps are in the log with the last four characters of the card, and no number is in full."""
    for card in day.cards:
        assert card.masked in day.log
        assert card.value not in day.log
    assert PAYMENT_CARD not in day.log


def test_sales_carry_their_id(day: Day) -> None:
    """Every line about a sale carries its sale_id, one line an answered sale, replays too."""
    lines = [json.loads(line) for line in day.log.splitlines()]
    about_sales = [line for line in lines if "sale" in line["event"]]
    assert not [line for line in about_sales if not line.get("sale_id")]
    answered = [line["sale_id"] for line in about_sales if line["event"] == "sale_answered"]
    assert {sale_id: answered.count(sale_id) for sale_id in answered} == day.sales


def test_reused_id_is_reported(day: Day) -> None:
    """Another basket under a used sale_id is reported in the log, under that sale_id."""
    lines = [json.loads(line) for line in day.log.splitlines()]
    reports = [line for line in lines if line["level"] in ("warning", "error")]
    assert [line for line in reports if line.get("sale_id") == day.reused]
