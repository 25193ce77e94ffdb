"""``tapledger ledger history`` of what a customer has in hand: the POS's slip, with a sale's id."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from stocked import CARD, Stock, sale_of

from agent.cli import main
from agent.core.basket import Tender
from agent.core.facts import RateVisit
from agent.ledger import Ledger
from agent.till import Back, Enrolment, Till, Wish

LOOKS_LIKE_A_PAYMENT_CARD = "4111111111111111"


def run(stock: Stock, *words: str, code: int = 0) -> Result:
    """Run a command as a shell would."""
    command, *rest = words
    result = CliRunner().invoke(main, ["ledger", command, "--db", str(stock.path), *rest])
    assert result.exit_code == code, result.output
    return result


def kinds(stock: Stock, *words: str) -> list[str]:
    """The kinds of the entries that --json prints."""
    lines: list[dict[str, Any]] = [
        json.loads(line) for line in run(stock, "history", "--json", *words).stdout.splitlines()
    ]
    return [str(line["kind"]) for line in lines]


async def _trade(stock: Stock, ledger: Ledger) -> None:
    till = stock.till(ledger)
    account = (await till.members.enrol(Enrolment(token=CARD))).account
    await till.commit("R-1", sale_of(90_000))
    await till.hold("S-1", Wish(token=CARD, reward="coffee"))
    await till.commit("R-2", sale_of(1_000).model_copy(update={"redemptions": ("S-1",)}))
    await till.hold("S-2", Wish(token=CARD, points=500, sale_id="R-3"))
    await till.release("S-2")
    await till.commit("R-3", sale_of(1_000, token=None))
    await till.claim("R-3", CARD)
    await till.commit(LOOKS_LIKE_A_PAYMENT_CARD, sale_of(1_000, token=None))
    await till.take_back("R-2", "back", Back.model_validate({"amount_minor": 500}))
    visit = RateVisit(account=account, rating=5, sale_id="R-3")
    await ledger.write(lambda transaction: transaction.append(visit))
    await till.void("R-3")


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger of a few sales, two of them with a redemption."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        asyncio.run(_trade(stock, ledger))
    return stock


def test_a_sales_id_shows_the_sale(stock: Stock) -> None:
    """The sale, its claim, its returns, its void, and the redemptions that were meant for it."""
    assert kinds(stock, "R-2") == [
        *("CREATE_REWARD", "ACCUMULATE_POINTS", "REDEEM_REWARD", "RETURN_SALE"),
    ]
    assert kinds(stock, "R-3") == [
        *("CREATE_REWARD", "DELETE_REWARD", "ACCUMULATE_POINTS", "CLAIM_SALE"),
        *("RATE_VISIT", "VOID_SALE"),
    ]
    assert run(stock, "history", "R-3").stdout.startswith("sale R-3\n")


def test_a_redemptions_id_shows_the_redemption(stock: Stock) -> None:
    """When it was held, and how it ended."""
    assert kinds(stock, "S-1") == ["CREATE_REWARD", "REDEEM_REWARD"]
    assert kinds(stock, "S-2") == ["CREATE_REWARD", "DELETE_REWARD"]
    assert run(stock, "history", "S-2").stdout.startswith("redemption S-2\n")


def test_a_redemption_that_was_judged_afresh_is_told_whole(stock: Stock) -> None:
    """It was held, given back, held once more and spent, with other sales between."""

    async def late(till: Till) -> None:
        await till.hold("S-4", Wish(token=CARD, points=500))
        await till.release("S-4")
        await till.commit("between", sale_of(1_000))
        points = (Tender(kind="points", amount_minor=1_000),)
        paid = {"redemptions": ("S-4",), "tenders": points}
        await till.commit("R-5", sale_of(1_000).model_copy(update=paid))

    with stock.running() as ledger:
        asyncio.run(late(stock.till(ledger)))
    told = ["CREATE_REWARD", "DELETE_REWARD", "CREATE_REWARD"]
    assert kinds(stock, "S-4") == [*told, "REDEEM_REWARD"]
    assert kinds(stock, "R-5") == [*told, "ACCUMULATE_POINTS", "REDEEM_REWARD"]


def test_a_sale_may_be_called_like_a_payment_card(stock: Stock) -> None:
    """An id that a POS gave is found, also where a number like it would be refused."""
    assert kinds(stock, LOOKS_LIKE_A_PAYMENT_CARD) == ["ACCUMULATE_POINTS"]
    assert "R-4" in run(stock, "history", "R-4", code=1).stderr


def test_a_sale_is_read_from_where_it_stands(stock: Stock) -> None:
    """A sale's history begins with the first of its entries: what is damaged before is left be."""
    with stock.running() as ledger:
        stock.sell_and_seal(ledger, 1)
        stock.commit(ledger, "later")
    (segment,) = stock.places.segments.iterdir()
    segment.write_bytes(b"scribbled over")
    assert kinds(stock, "later") == ["ACCUMULATE_POINTS"]
    run(stock, "history", "R-2", code=1)


def test_a_balance_is_asked_for_as_a_history_is(stock: Stock) -> None:
    """``balance --account`` takes an account, its end as it is printed, and a card."""
    (account,) = json.loads(run(stock, "balance", "--json").stdout)
    whole = run(stock, "balance", "--account", account).stdout
    assert "active" in whole
    for typed in (f"…{account[-8:]}", account[-8:], CARD, CARD.partition(":")[2]):
        assert run(stock, "balance", "--account", typed).stdout == whole
