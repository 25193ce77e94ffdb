"""Who was seen in a zone has its promotion that day, however it is judged; nobody else has."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from club import enrol, sell
from toy_clock import ToyClock

from agent.clock import mint_id
from agent.core.answer import SaleAnswer
from agent.core.basket import Sale
from agent.core.facts import AccumulatePoints, ClaimSale
from agent.core.program import Program
from agent.core.tokens import Token
from agent.ledger import Ledger, View, replay
from agent.till import Back, MoreCard, Quote, Terms, Till, visits

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

_FILE = Path(__file__).parents[1] / "data" / "programs" / "door.toml"
DOOR = Program.parse(_FILE.read_text("utf-8"), source="door.toml")
ANA, BEN, STRANGER = "gsrn:061414112345678902", "em4100:67003B51C6", "em4100:0C000621A5"
DAY_MS = 24 * 3600 * 1000


@dataclass
class Shop:
    """A till that judges by the door, on a clock that a test turns."""

    ledger: Ledger
    clock: ToyClock
    body: SaleBody
    till: Till = field(init=False)

    def __post_init__(self) -> None:
        self.restart()
        enrol(self.till, ANA)
        enrol(self.till, BEN)

    def restart(self) -> None:
        """The agent is started anew on the same ledger."""
        self.till = Till(self.ledger, Terms(program=DOOR), mint_id=mint_id)

    def see(self, token: str, zone: str = "door") -> bool:
        """A reader saw a tag arrive."""
        return asyncio.run(self.till.visits.arrived(Token.parse(token), zone))

    def sell(self, sale_id: str, token: str = ANA, **changes: Any) -> dict[str, int]:
        """Sell for 5.00; answers why what was earned."""
        return why(sell(self.till, sale_id, self.body(500, **changes), token))

    def quote(self, token: str = ANA, **changes: Any) -> Quote:
        """Ask what 5.00 would earn."""
        sale = Sale.model_validate(self.body(500, **changes) | {"token": token})
        return asyncio.run(self.till.quote(sale))

    def facts(self) -> list[AccumulatePoints | ClaimSale]:
        """The entries of sales and claims."""

        def read(view: View) -> list[Any]:
            found = (view.entry_at(0, seq) for seq in range(1, view.head().seq + 1))
            return [each.entry.fact for each in found if each is not None]

        listed = asyncio.run(self.ledger.read(read))
        return [each for each in listed if isinstance(each, AccumulatePoints | ClaimSale)]


@pytest.fixture
def shop(tmp_path: Path, running_ledger: RunningLedger, sale_body: SaleBody) -> Iterator[Shop]:
    """The shop on 2026-11-21; whatever a test did, its ledger replays to the byte."""
    clock = ToyClock()
    with running_ledger(tmp_path / "ledger.db", clock=clock) as ledger:
        yield Shop(ledger, clock, sale_body)
    replay(tmp_path / "ledger.db")


def why(answer: SaleAnswer) -> dict[str, int]:
    """The points of each reason."""
    assert sum(each.points for each in answer.because) == answer.points
    return {each.rule: each.points for each in answer.because}


def test_who_was_seen_has_it(shop: Shop) -> None:
    """Seen at the door it is given, once a day; who was seen nowhere has none of it."""
    assert shop.see(ANA)
    assert shop.sell("s-1") == {"base": 5, "came-in": 10}
    assert shop.sell("s-2") == {"base": 5}
    assert shop.sell("s-3", BEN) == {"base": 5}


def test_each_zone_counts_for_itself(shop: Shop) -> None:
    """A zone that no promotion names is nothing; each other one has its own promotion."""
    shop.see(ANA, "wine")
    shop.see(ANA, "cellar")
    assert shop.sell("s-1") == {"base": 5, "at-the-wine": 5}
    shop.see(ANA, "door")
    assert shop.sell("s-2") == {"base": 5, "came-in": 10, "at-the-wine": 5}
    assert [fact.zones for fact in shop.facts()] == [("wine",), ("door", "wine")]


def test_the_entry_names_what_counted(shop: Shop) -> None:
    """An entry without a visit has no such key: it is what it was before there were visits."""
    shop.sell("s-1")
    shop.see(ANA)
    shop.sell("s-2")
    first, second = (fact for fact in shop.facts() if isinstance(fact, AccumulatePoints))
    assert (first.zones, second.zones) == ((), ("door",))


def test_a_quote_says_the_same(shop: Shop) -> None:
    """What a quote promises the sale gives."""
    assert shop.quote().points == 5
    shop.see(ANA)
    assert shop.quote().points == 15
    assert shop.quote(business_date="2026-11-23").points == 5
    assert sum(shop.sell("s-1").values()) == 15


def test_a_claim_counts_it_too(shop: Shop) -> None:
    """Who shows the card after the sale has it as with the card in the sale."""
    shop.see(BEN)
    sale = Sale.model_validate(shop.body(500))
    asyncio.run(shop.till.commit("s-1", sale))
    answer = asyncio.run(shop.till.claim("s-1", BEN)).answer
    assert why(answer) == {"base": 5, "came-in": 10}
    assert [fact.zones for fact in shop.facts()] == [(), ("door",)]


def test_another_day_is_another_visit(shop: Shop) -> None:
    """On the next business date nobody was seen before they come again."""
    shop.see(ANA)
    assert shop.sell("s-1", BEN) == {"base": 5}
    shop.clock.pass_ms(DAY_MS)
    assert shop.sell("s-2", business_date="2026-11-22") == {"base": 5}
    shop.see(ANA)
    assert shop.sell("s-3", business_date="2026-11-22") == {"base": 5, "came-in": 10}


def test_who_comes_before_the_first_sale_is_here_today(shop: Shop) -> None:
    """In the morning the POS has last said yesterday: the calendar's day counts, too."""
    shop.sell("s-1", BEN)
    shop.clock.pass_ms(DAY_MS)
    shop.see(ANA)
    assert shop.sell("s-2", business_date="2026-11-22") == {"base": 5, "came-in": 10}


def test_past_midnight_the_evening_goes_on(shop: Shop) -> None:
    """Where the POS still says yesterday, who comes past midnight was here on that day."""
    shop.sell("s-1", BEN)
    shop.clock.pass_ms(DAY_MS // 2 + DAY_MS // 4)
    shop.see(ANA)
    assert shop.sell("s-2", business_date="2026-11-21") == {"base": 5, "came-in": 10}


def test_a_wrong_clock_costs_nothing_once_a_day_was_said(shop: Shop) -> None:
    """With a clock years away a visit is of the day that the POS said last."""
    shop.clock.set_by(-400 * DAY_MS, synchronised=False)
    shop.sell("s-1", BEN)
    shop.see(ANA)
    assert shop.sell("s-2") == {"base": 5, "came-in": 10}


def test_a_void_takes_it_back(shop: Shop) -> None:
    """A sale that is called off takes the promotion along; the member was seen and has it again."""
    shop.see(ANA)
    shop.sell("s-1")
    answer, _ = asyncio.run(shop.till.void("s-1"))
    assert answer.balance == 0
    assert shop.sell("s-2") == {"base": 5, "came-in": 10}


def test_a_return_is_judged_by_then(shop: Shop) -> None:
    """Part of a sale comes back on another day: what the visit gave is judged as it was then."""
    shop.see(ANA, "wine")
    sell(shop.till, "s-1", shop.body(500, 300), ANA)
    shop.clock.pass_ms(3 * DAY_MS)
    back = Back(lines=[{"line": 1, "quantity": "1"}], business_date=date(2026, 11, 24))  # type: ignore[arg-type]  # as a POS sends it
    answer, _ = asyncio.run(shop.till.take_back("s-1", "r-1", back))
    assert answer.balance == 10


def test_a_retry_gets_the_same_answer(shop: Shop) -> None:
    """A sale that is sent again after the visit was forgotten, or noted, is answered as before."""
    body = shop.body(500)
    before = sell(shop.till, "s-1", body, ANA)
    shop.see(ANA)
    seen = sell(shop.till, "s-2", body, ANA)
    shop.restart()
    assert sell(shop.till, "s-1", body, ANA) == before
    assert sell(shop.till, "s-2", body, ANA) == seen


def test_a_stranger_is_not_kept(shop: Shop) -> None:
    """A tag that nobody has is forgotten, also where it is enrolled a moment later."""
    assert not shop.see(STRANGER)
    enrol(shop.till, STRANGER)
    assert shop.sell("s-1", STRANGER) == {"base": 5}


def test_every_card_of_a_member_is_the_member(shop: Shop) -> None:
    """The tag at the door and the card at the till are two: the account is one."""
    account = asyncio.run(shop.till.identify(ANA)).account
    asyncio.run(shop.till.members.add_card(account, MoreCard(token=STRANGER)))
    shop.see(STRANGER)
    assert shop.sell("s-1") == {"base": 5, "came-in": 10}


def test_a_restart_has_seen_nobody(shop: Shop) -> None:
    """An agent that starts anew knows of no visit, and of one that is told again."""
    shop.see(ANA)
    shop.restart()
    assert shop.quote().points == 5
    shop.see(ANA)
    assert shop.quote().points == 15


def test_a_changed_program_knows_who_was_seen(shop: Shop) -> None:
    """A program that is taken while the shop is open forgets nobody."""
    shop.see(ANA)
    shop.till.adopt(Terms(program=DOOR.model_copy(update={"version": 2})))
    assert shop.sell("s-1") == {"base": 5, "came-in": 10}


def test_a_crowd_is_bounded(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound the one who was seen longest ago gives way; zones do not grow."""
    monkeypatch.setattr(visits, "_MEMBERS_MOST", 1)
    monkeypatch.setattr(visits, "_ZONES_MOST", 2)
    for zone in ("door", "wine", "made-up", "door"):
        shop.see(ANA, zone)
    account = asyncio.run(shop.till.identify(ANA)).account
    assert shop.till.visits.zones(account, date(2026, 11, 21)) == {"door", "wine"}
    shop.see(BEN)
    assert (shop.quote(ANA).points, shop.quote(BEN).points) == (5, 15)


def test_a_day_that_is_over_is_forgotten(shop: Shop) -> None:
    """Where people went is not kept past their day, whether or not anybody comes again."""
    shop.see(ANA)
    account = asyncio.run(shop.till.identify(ANA)).account
    shop.till.visits.look(date(2026, 11, 21))
    shop.clock.pass_ms(2 * DAY_MS)
    shop.till.visits.look(date(2026, 11, 21))
    assert shop.till.visits.zones(account, date(2026, 11, 21)) == {"door"}
    shop.till.visits.look(date(2026, 11, 22))
    assert shop.till.visits.zones(account, date(2026, 11, 21)) == frozenset()
