"""Stamps are counted with each sale; a full card's thing, and an occasion's, is had once."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from toy_clock import ToyClock

from agent.clock import mint_id
from agent.core.basket import Sale
from agent.core.facts import IssueVoucher
from agent.core.program import Program
from agent.core.receipt import Paper
from agent.core.rewards import Offer
from agent.ledger import Frozen, Ledger, View, journaled, replay
from agent.ledger.tables import masked_line
from agent.till import Back, Enrolment, Terms, Till, Wish
from agent.till.refusals import NotRedeemable, RedemptionIdReused
from agent.till.till import Committed

RunningLedger = Callable[..., AbstractContextManager[Ledger]]

_TEXT = """
id = "corner"
version = 1
name = "Corner"
currency = "USD"
languages = ["en", "es"]
[[earn]]
id = "base"
per_minor = 100
text = "1 point per $1"
[[stamp_card]]
id = "coffee-card"
stamps = 9
categories = ["beverage"]
good_months = 6
text = "Coffee stamps"
texts = { es = "Sellos" }
gives = "A coffee"
gives_texts = { es = "Un café" }
[[reward]]
id = "cake"
cost_points = 0
occasion = "birthday"
within_days = 3
text = "A cake"
"""
_SPANISH = (Path(__file__).parents[1] / "data" / "programs" / "everything.toml").read_text("utf-8")
PROGRAM = Program.parse(
    _TEXT + "[phrases.es]" + _SPANISH.partition("[phrases.es]")[2], source="corner.toml"
)
CARD, OTHER = "em4100:0C000621A5", "em4100:2A00000001"
DAY = date(2026, 11, 21)


@dataclass
class Shop:
    """A till with a member whose birthday was yesterday."""

    till: Till
    ledger: Ledger
    clock: ToyClock
    sales: int = 0
    codes: list[str] = field(default_factory=list)

    def sell(self, coffees: int, *, day: date = DAY, sale_id: str = "", **more: Any) -> Committed:
        """Sell so many coffees for 3.00 each."""
        self.sales += 1
        body = sale_body(coffees, day) | more
        committed = asyncio.run(
            self.till.commit(sale_id or f"s-{self.sales}", Sale.model_validate(body))
        )
        for card in committed.answer.stamps:
            self.codes += card.vouchers
        return committed

    def stamps(self) -> int:
        """What is on the card, as the till shows it."""
        (card,) = asyncio.run(self.till.identify(CARD)).stamps
        assert card.full == 9
        return card.count

    def offer(self, reward: str) -> Offer | None:
        """What the till offers of a thing."""
        offers = asyncio.run(self.till.identify(CARD)).offers
        return next((each for each in offers if each.reward == reward), None)

    def hold(self, redemption_id: str, reward: str, card: str = CARD, **more: Any) -> Any:
        """Hold a thing."""
        wish = Wish.model_validate({"token": card, "reward": reward, **more})
        return asyncio.run(self.till.hold(redemption_id, wish))

    def back(self, sale_id: str, coffees: int) -> Any:
        """Bring coffees back."""
        self.sales += 1
        lines = [{"line": 0, "quantity": str(coffees)}]
        back = Back.model_validate({"lines": lines})
        return asyncio.run(self.till.take_back(sale_id, f"b-{self.sales}", back))[0]

    def issued(self) -> list[IssueVoucher]:
        """Every voucher that the journal issued."""
        facts = asyncio.run(self.ledger.read(_facts))
        return [fact for fact in facts if isinstance(fact, IssueVoucher)]


def _facts(view: View) -> list[Any]:
    return [view.entry_at(at.epoch, at.seq).entry.fact for at, _ in journaled(view._connection)]  # type: ignore[union-attr]  # it was just listed


def sale_body(coffees: int, day: date = DAY) -> dict[str, Any]:
    """A sale of coffees."""
    minor = 300 * coffees
    line = {"sku": "latte", "category": "beverage", "quantity": str(coffees)}
    return {
        "lane": "1",
        "cashier": "ana",
        "business_date": str(day),
        "occurred_at": f"{day}T12:00:00+01:00",
        "currency": "USD",
        "token": CARD,
        "lines": [{**line, "unit_price_minor": 300, "amount_minor": minor}],
        "tenders": [{"kind": "card", "amount_minor": minor}],
        "total_minor": minor,
    }


@pytest.fixture
def shop(tmp_path: Path, running_ledger: RunningLedger) -> Iterator[Shop]:
    """A shop; whatever a test did, it replays."""
    clock = ToyClock()
    clock.set_by(0, synchronised=False)  # no business date is denied by it
    with running_ledger(tmp_path / "ledger.db", clock=clock) as ledger:
        terms = Terms(program=PROGRAM, papers={"es": Paper.of(PROGRAM, language="es")})
        till = Till(ledger, terms, mint_id=mint_id)
        asyncio.run(till.members.enrol(Enrolment(token=CARD, birthday="11-20")))
        asyncio.run(till.members.enrol(Enrolment(token=OTHER)))
        yield Shop(till, ledger, clock)
    replay(tmp_path / "ledger.db")


def test_each_sale_is_counted_and_said(shop: Shop) -> None:
    """The answer, the receipt, identify and a quote say how many stamps there are."""
    answer = shop.sell(4).answer
    assert "Coffee stamps: 4 of 9" in answer.receipt
    assert [(each.stamps, each.count) for each in answer.stamps] == [(4, 4)]
    quoted = asyncio.run(shop.till.quote(Sale.model_validate(sale_body(6))))
    assert [(each.stamps, each.count, each.given) for each in quoted.stamps] == [(6, 1, 1)]
    assert shop.stamps() == 4
    assert not shop.issued()


def test_a_full_card_gives_a_voucher_with_its_sale(shop: Shop) -> None:
    """Nine coffees: the tenth is on the receipt, as a code that is good for six months."""
    shop.sell(8)
    answer = shop.sell(2).answer
    (card,) = answer.stamps
    (voucher,) = shop.issued()
    assert (card.count, card.given, card.vouchers) == (1, 1, (voucher.code,))
    assert (voucher.reward, voucher.points, voucher.text) == ("coffee-card", 0, "A coffee")
    assert voucher.good_until == card.good_until == date(2027, 5, 20)
    after = list(answer.receipt).index("Coffee stamps: 1 of 9") + 1
    told = ("A coffee", f"Voucher {voucher.code}", "Good until 2027-05-20")
    assert answer.receipt[after : after + 3] == told
    assert len(answer.receipt) == after + 4  # below the points, so that "they" are the points


def test_a_receipt_says_it_in_the_lanes_language(shop: Shop) -> None:
    """Stamps and what they gave are told in the customer's language."""
    receipt = shop.sell(9, lane="es").answer.receipt
    assert {"Sellos: 0 de 9", "Un café", f"Vale {shop.codes[0]}"} <= set(receipt)


def test_no_code_leaves_with_an_export(shop: Shop) -> None:
    """A code is as good as the thing: an export has it masked, wherever it stands."""
    shop.sell(9)
    lines = asyncio.run(shop.ledger.read(_entries))
    (code,) = shop.codes
    assert sum(code.encode() in line for line in lines) == 2
    assert not [line for line in lines if code.encode() in masked_line(line)]


def test_a_retry_gives_nothing_twice(shop: Shop) -> None:
    """The same sale again has the same answer to the byte, with the same codes."""
    first = shop.sell(19, sale_id="s").answer.model_dump_json()
    assert shop.sell(19, sale_id="s").answer.model_dump_json() == first
    assert shop.stamps() == 1
    assert len(shop.issued()) == 2
    assert len({each.code for each in shop.issued()}) == 2


def test_a_full_cards_thing_is_had_by_its_name(shop: Shop) -> None:
    """The till offers it, holds it by the card's id, and the sale uses it once."""
    assert shop.offer("coffee-card") is None
    shop.sell(9)
    offered = shop.offer("coffee-card")
    assert offered is not None
    assert (offered.cost_points, offered.available, offered.text) == (0, True, "A coffee")
    held, replayed = shop.hold("r-1", "coffee-card")
    assert (held.status, held.voucher, replayed) == ("held", shop.codes[0], False)
    assert shop.hold("r-1", "coffee-card")[1]
    assert shop.offer("coffee-card") is None
    free = {"sku": "latte", "category": "reward", "quantity": "1"}
    body = sale_body(1)
    body["lines"].append({**free, "unit_price_minor": 0, "amount_minor": 0})
    assert shop.sell(0, lines=body["lines"], tenders=body["tenders"], total_minor=300,
                     redemptions=["r-1"]).captured == ("r-1",)  # fmt: skip
    assert shop.stamps() == 1  # the free one brought none
    with pytest.raises(NotRedeemable, match="not full"):
        shop.hold("r-2", "coffee-card")


@pytest.mark.parametrize("reward", ["coffee-card", "cake"])
def test_a_hold_that_ends_gives_the_thing_back(shop: Shop, reward: str) -> None:
    """Released, or timed out: it can be had again, and it is the same voucher."""
    shop.sell(9)
    first = shop.hold("r-1", reward)[0]
    asyncio.run(shop.till.release("r-1"))
    second = shop.hold("r-2", reward)[0]
    shop.clock.pass_ms(16 * 60_000)
    assert [each.status for each in asyncio.run(shop.till.release_overdue())] == ["released"]
    third = shop.hold("r-3", reward)[0]
    assert first.voucher == second.voucher == third.voucher
    assert asyncio.run(shop.till.capture("r-3"))[0].status == "captured"
    with pytest.raises(NotRedeemable):
        shop.hold("r-4", reward)


def test_a_treat_is_issued_with_its_first_hold(shop: Shop) -> None:
    """Nobody is given what they do not ask for; what was held is good for the occasion alone."""
    shop.sell(1)
    offered = shop.offer("cake")
    assert offered is not None
    assert offered.available
    assert not shop.issued()
    held, _ = shop.hold("r-1", "cake")
    (voucher,) = shop.issued()
    assert (voucher.reward, voucher.code, voucher.points) == ("cake", held.voucher, 0)
    assert voucher.good_until == date(2026, 11, 23)
    offered = shop.offer("cake")
    assert offered is not None
    assert (offered.available, offered.why) == (False, "this member had it already")
    quoted = asyncio.run(shop.till.quote(Sale.model_validate(sale_body(1))))
    assert [each.available for each in quoted.rewards if each.reward == "cake"] == [False]


def test_a_treat_is_for_who_has_the_occasion(shop: Shop) -> None:
    """No birthday is known of another member, and after the days it is over; nothing is written."""
    shop.sell(1)
    head = shop.ledger.head
    with pytest.raises(NotRedeemable, match="no birthday is known"):
        shop.hold("r-1", "cake", OTHER)
    with pytest.raises(NotRedeemable, match="3 days after it only"):
        shop.hold("r-1", "cake", business_date=str(DAY + timedelta(days=3)))
    assert shop.ledger.head == head
    shop.hold("r-1", "cake")
    for reward, card in (("cake", OTHER), ("coffee-card", CARD)):
        with pytest.raises(RedemptionIdReused):
            shop.hold("r-1", reward, card)


def test_what_is_offered_can_be_held(shop: Shop) -> None:
    """A till that sold nothing for days offers by the date said last, and holds by the same."""
    shop.sell(1)
    shop.clock.pass_ms(5 * 24 * 3_600_000)
    shop.clock.set_by(0, synchronised=True)
    offered = shop.offer("cake")
    assert offered is not None
    assert offered.available
    shop.hold("r-1", "cake")
    (cake,) = shop.issued()
    assert cake.reward == "cake"


def test_nobody_without_a_card_is_offered_a_treat(shop: Shop) -> None:
    """A quote without a card says what to do."""
    quoted = asyncio.run(shop.till.quote(Sale.model_validate(sale_body(1) | {"token": None})))
    (cake,) = quoted.rewards
    assert (cake.available, cake.why) == (False, "show the member's card first")
    assert quoted.stamps == ()


def test_what_comes_back_takes_its_stamps(shop: Shop) -> None:
    """Returns and a void take stamps off, each once; what a full card gave stays the member's, and
    its stamps are owed.
    """
    shop.sell(12, sale_id="s")
    assert shop.stamps() == 3
    back = shop.back("s", 2)
    assert "Coffee stamps: 1 of 9" in back.receipt
    assert [(each.stamps, each.count, each.given) for each in back.stamps] == [(-2, 1, 0)]
    amount = Back.model_validate({"amount_minor": 300})
    asyncio.run(shop.till.take_back("s", "b", amount))
    assert shop.stamps() == 0
    asyncio.run(shop.till.void("s"))
    assert shop.stamps() == -9
    assert shop.offer("coffee-card") is not None
    assert shop.sell(10).answer.stamps[0].count == 1


def test_a_claimed_sale_brings_its_stamps(shop: Shop) -> None:
    """A card shown afterwards collects what the sale would have brought, and gives what is full."""
    shop.sell(10, sale_id="s", token=None)
    claimed = asyncio.run(shop.till.claim("s", CARD))
    assert [(each.stamps, each.given) for each in claimed.answer.stamps] == [(10, 1)]
    assert f"Voucher {shop.issued()[0].code}" in claimed.answer.receipt
    shop.back("s", 10)
    assert shop.stamps() == -9


def test_a_frozen_ledger_counts_and_gives_nothing(shop: Shop) -> None:
    """A rebuilt ledger may not know what was given: cards stay full until somebody confirms it."""
    asyncio.run(shop.ledger.write(lambda t: t.open_epoch("rebuilt", incarnation="disk-2")))
    assert shop.sell(10).answer.stamps[0].count == 10
    assert not shop.issued()
    offered = shop.offer("cake")
    assert offered is not None
    assert "rebuilt" in offered.why
    with pytest.raises(Frozen):
        shop.hold("r-1", "cake")
    asyncio.run(shop.ledger.confirm())
    assert shop.sell(1).answer.stamps[0].count == 2
    assert len(shop.issued()) == 1


def test_a_program_without_them_writes_nothing_of_them(
    tmp_path: Path, running_ledger: RunningLedger
) -> None:
    """No stamps stand in the entry of a sale that brought none, and nobody asks for them."""
    text = _TEXT.partition("[[stamp_card]]")[0].replace('languages = ["en", "es"]\n', "")
    program = Program.parse(text, source="corner.toml")
    with running_ledger(tmp_path / "ledger.db") as ledger:
        till = Till(ledger, Terms(program=program), mint_id=mint_id)
        asyncio.run(till.members.enrol(Enrolment(token=CARD)))
        asked: list[str] = []

        def watch(view: View) -> None:
            view._connection.set_trace_callback(asked.append)

        asyncio.run(ledger.write(watch))
        asyncio.run(till.commit("s-1", Sale.model_validate(sale_body(9))))
        asyncio.run(till.void("s-1"))
        facts = asyncio.run(ledger.read(_entries))
    assert any("INSERT INTO sales" in each for each in asked)
    about = ("FROM stamps", "FROM stamped", "INTO stamp", "things")
    assert not [each for each in asked if any(words in each for words in about)]
    assert all("stamps" not in json.loads(each)["fact"] for each in facts)


def _entries(view: View) -> list[bytes]:
    return [canonical for _, canonical in journaled(view._connection)]


def test_a_thing_counts_for_the_day_it_was_given(shop: Shop) -> None:
    """The next birthday brings the next cake."""
    shop.sell(1)
    shop.hold("r-1", "cake")
    asyncio.run(shop.till.capture("r-1"))
    later = date(2027, 11, 21)
    shop.clock.pass_ms(365 * 86_400_000)
    shop.sell(1, day=later)
    assert shop.hold("r-2", "cake")[0].status == "held"
