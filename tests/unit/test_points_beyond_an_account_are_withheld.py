"""Points beyond what an account can hold: the sale is taken, and earns nothing."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

import pytest

from agent.clock import mint_id
from agent.core.answer import SaleAnswer
from agent.core.basket import Sale
from agent.core.facts import AdjustPoints
from agent.core.flags import FLAGS
from agent.core.program import Program
from agent.ledger import Ledger, View, replay
from agent.ledger.connection import open_reader
from agent.paths import shipped_program
from agent.till import Adjustment, Back, Enrolment, Terms, Till, TooManyPoints, Wish

SIMPLE = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
_RULE = SIMPLE.earn[0].model_copy(update={"points": 1, "per_minor": 1})
PROGRAM = SIMPLE.model_copy(update={"earn": (_RULE,)})
WINDOW = PROGRAM.model_copy(update={"return_window_days": 14})
CARD = "em4100:0C000621A5"
MOST = 10**12
WITHHELD = ("points_withheld",)
SAID = "Account full: points withheld"


@pytest.fixture
def ledger(
    tmp_path: Path, running_ledger: Callable[..., AbstractContextManager[Ledger]]
) -> Iterator[Ledger]:
    """A running ledger; whatever a test did to it, it replays."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        yield ledger
    replay(tmp_path / "ledger.db")


def flags_in(ledger: Ledger) -> list[str]:
    """The flags that head office sees."""
    with closing(open_reader(ledger.path)) as connection:
        return [row.flag for row in View(connection).flags_after((-1, 0, ""), at_most=10)]


def till_of(ledger: Ledger, program: Program = PROGRAM) -> Till:
    """A till with a member, at which a cent earns a point."""
    till = Till(ledger, Terms(program=program), mint_id=mint_id)
    asyncio.run(till.members.enrol(Enrolment(token=CARD)))
    return till


@pytest.fixture
def sell(sale_body: Callable[..., dict[str, Any]]) -> Callable[..., SaleAnswer]:
    """Commit a sale of so many cents."""

    def sell(till: Till, sale_id: str, amount_minor: int, **changes: Any) -> SaleAnswer:
        body = sale_body(amount_minor, **({"token": CARD} | changes))
        return asyncio.run(till.commit(sale_id, Sale.model_validate(body))).answer

    return sell


Sell = Callable[..., SaleAnswer]


@pytest.mark.parametrize("program", [PROGRAM, WINDOW], ids=["active", "pending"])
def test_a_sale_beyond_the_balance_is_taken(ledger: Ledger, sell: Sell, program: Program) -> None:
    """What would pass the bound of an entry is withheld, all of it, and flagged; the next sale
    that fits earns again.
    """
    till = till_of(ledger, program)
    assert sell(till, "a", MOST - 1).points == MOST - 1
    answer = sell(till, "b", 2)
    assert (answer.points, answer.because, answer.flags) == (0, (), WITHHELD)
    assert answer.receipt[1] == SAID
    assert sell(till, "c", 1).points == 1
    seen = asyncio.run(till.identify(CARD))
    assert seen.balance + seen.pending == MOST


def test_a_sale_beyond_an_entry_is_taken(ledger: Ledger, sell: Sell) -> None:
    """A rule that gives more than an entry can tell of gives nothing, and a quote says so."""
    rule = _RULE.model_copy(update={"points": 100})
    till = till_of(ledger, PROGRAM.model_copy(update={"earn": (rule,)}))
    answer = sell(till, "a", MOST)
    assert (answer.points, answer.because, answer.flags) == (0, (), WITHHELD)
    assert answer.balance == 0
    assert FLAGS["points_withheld"]


def test_a_quote_withholds_as_the_sale_does(
    ledger: Ledger, sell: Sell, sale_body: Callable[..., dict[str, Any]]
) -> None:
    """What a basket would not earn is not promised."""
    till = till_of(ledger)
    sell(till, "a", MOST)
    quoted = asyncio.run(till.quote(Sale.model_validate(sale_body(2, token=CARD))))
    assert (quoted.points, quoted.because, quoted.balance) == (0, (), MOST)


def test_a_claim_beyond_the_balance_is_taken(ledger: Ledger, sell: Sell) -> None:
    """The sale is the member's, without points; answer, receipt and flags say so, also again."""
    till = till_of(ledger)
    sell(till, "a", MOST)
    sell(till, "b", 2, token=None)
    claimed = asyncio.run(till.claim("b", CARD)).answer
    assert (claimed.points, claimed.because, claimed.balance) == (0, (), MOST)
    assert claimed.flags == WITHHELD
    assert SAID in claimed.receipt
    assert asyncio.run(till.claim("b", CARD)).answer == claimed
    assert flags_in(ledger) == ["card_attached_late", *WITHHELD]


def test_an_adjustment_beyond_the_balance_is_refused(ledger: Ledger, sell: Sell) -> None:
    """A person who gives by hand hears why not, and nothing is written; taking away is free."""
    till = till_of(ledger)
    sell(till, "a", MOST - 1)
    account = asyncio.run(till.identify(CARD)).account
    before = ledger.head
    with pytest.raises(TooManyPoints):
        asyncio.run(till.adjust(account, Adjustment(points=2, reason="goodwill", cashier="ann")))
    assert ledger.head == before
    for points in (1, -5):
        asyncio.run(
            till.adjust(account, Adjustment(points=points, reason="goodwill", cashier="ann"))
        )


def test_what_is_given_back_stays_within_the_balance(ledger: Ledger, sell: Sell) -> None:
    """A void gives back so many redeemed points as the account can hold, and is never refused."""
    till = till_of(ledger)
    sell(till, "a", 1_000)
    asyncio.run(till.hold("r", Wish(token=CARD, points=1_000)))
    sell(till, "b", 0, redemptions=["r"])
    sell(till, "c", MOST - 400)
    voided = asyncio.run(till.void("b"))[0]
    assert (voided.points_given_back, voided.balance) == (400, MOST)
    assert voided.flags == WITHHELD
    assert voided.receipt[1:4] == (
        f"{'Points given back':<28} 400",
        "Account full: points",
        f"{'withheld':<28} 600",
    )
    assert flags_in(ledger) == ["reward_does_not_fit", *WITHHELD]


def test_a_debt_stays_within_an_entry(ledger: Ledger, sell: Sell) -> None:
    """What came back of many great sales leads into a debt that an entry can tell of."""
    till = till_of(ledger)
    account = asyncio.run(till.identify(CARD)).account
    spent = AdjustPoints(account=account, points=-MOST, reason="spent", cashier="ann")
    for number in range(2):
        assert sell(till, f"s-{number}", MOST).points == MOST
        asyncio.run(ledger.write(lambda transaction: transaction.append(spent)))
    asyncio.run(till.void("s-0"))
    answer = asyncio.run(till.take_back("s-1", "b", Back(amount_minor=MOST)))[0]
    assert (answer.points_taken, answer.balance) == (0, -MOST)


def test_the_last_day_of_the_calendar_is_a_day(ledger: Ledger, sell: Sell) -> None:
    """A sale of 9999-12-31 is taken under a return window, and answered again."""
    till = till_of(ledger, WINDOW)
    for _ in range(2):
        answer = sell(till, "a", 10, business_date="9999-12-31")
        assert answer.points == 10
