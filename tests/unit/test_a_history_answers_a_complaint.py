"""``tapledger ledger history``: what a member asks about, in a manager's words."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from stocked import CARD, Stock, sale_of

from agent.cli import main
from agent.core.facts import (
    AddCard,
    AdjustPoints,
    CardState,
    ClockJump,
    CreateReward,
    DeleteReward,
    Enrol,
    Fact,
    FlagActivity,
    RedeemReward,
)
from agent.ledger import Ledger, Transaction
from agent.till import Back, Enrolment

OTHER = "em4100:67003B51C6"
REASON = (
    "the cashier had keyed the sale in twice at the other lane, and the member came back with "
    "both of the receipts"
)


def run(stock: Stock, *words: str, code: int = 0) -> Result:
    """Run the command as a shell would."""
    result = CliRunner().invoke(main, ["ledger", "history", "--db", str(stock.path), *words])
    assert result.exit_code == code, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def rows(stock: Stock, *words: str) -> list[dict[str, Any]]:
    """What --json prints."""
    return [json.loads(line) for line in run(stock, "--json", *words).stdout.splitlines()]


async def _a_month(stock: Stock, ledger: Ledger) -> str:
    till = stock.till(ledger)
    account = (await till.members.enrol(Enrolment(token=CARD))).account
    await till.commit("sale-of-a-member-1", sale_of(90_000))
    await till.commit("nobodys", sale_of(1_000, token=None))
    await till.commit("claimed", sale_of(1_000, token=None))
    await till.claim("claimed", CARD)
    hold = {"redemption_id": "r-1", "account": account, "points": 100}
    facts: tuple[Fact, ...] = (
        AddCard(account=account, token=OTHER, lane="2", cashier="ben"),
        CardState(token=OTHER, account=account, state="lost", reason="left\a in a cab"),
        CreateReward(
            **hold, authority="floor", floor=100, expires_at="2026-01-01T01:00:00Z", reward="coffee"
        ),
        RedeemReward(**hold | {"points": 60}, lane="1", cashier="ana"),
        DeleteReward(**hold | {"points": 40}, reason="remainder"),
        AdjustPoints(
            account=account, points=-600, reason=REASON, cashier="ana", approver="eve", balance=250
        ),
        FlagActivity(flag="tap_without_basket", account=account, lane="1"),
        ClockJump(by_ms=5),
    )
    for fact in facts:
        await ledger.write(lambda t, fact=fact: t.append(fact))
    await till.take_back("sale-of-a-member-1", "back", Back.model_validate({"amount_minor": 500}))
    await till.void("nobodys")
    return account


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """An empty directory for a ledger."""
    return Stock(tmp_path / "ledger.db")


@pytest.fixture
def account(stock: Stock) -> str:
    """A member to whom everything happened that is asked about."""
    with stock.running() as ledger:
        return asyncio.run(_a_month(stock, ledger))


def test_each_kind_is_said_in_plain_words(stock: Stock, account: str) -> None:
    """Kinds, signs, lane and cashier stand as a manager says them, each entry with its place."""
    told = run(stock, account).stdout.splitlines()
    assert told[0] == f"account {account}"
    assert told[1].split() == [
        *("date", "time", "what", "points", "balance", "sale/redemption", "lane", "cashier"),
        "entry",
    ]
    entries = [line for line in told[2:] if not line.startswith(" ")]
    assert [(line[19:46].strip(), line[48:56].strip()) for line in entries] == [
        ("enrolled", "-"),
        ("sale", "+900"),
        ("claimed", "+10"),
        ("card added", "-"),
        ("card lost", "-"),
        ("held", "100"),
        ("redeemed", "-60"),
        ("given back", "40"),
        ("adjusted", "-600"),
        ("flagged: tap_without_basket", "-"),
        ("returned", "-5"),
    ]
    assert entries[1].split()[-5:] == ["900", "…-of-a-member-1", "1", "ana", "0:2"]
    assert re.match(r"2026-01-01  \d\d:\d\d  ", entries[1])
    text = " ".join(" ".join(told).split())
    assert f"reason: {REASON}; agreed by: eve" in text
    assert "reward: coffee" in text


def test_columns_fit_and_stand_under_their_titles(stock: Stock, account: str) -> None:
    """No line is wider than 110 characters, and no text moves the terminal's cursor."""
    told = run(stock, account).stdout
    assert max(len(line) for line in told.splitlines()) <= 110
    assert "left in a cab" in told
    assert "\a" not in told
    _, titles, *lines = told.splitlines()
    at = titles.index("entry")
    entries = [line for line in lines if not line.startswith(" ")]
    assert all(re.fullmatch(r"0:\d+", line[at:]) for line in entries)


def test_a_program_gets_who_and_why(stock: Stock, account: str) -> None:
    """With --json each entry has flag, lane, cashier, reason, approver and reward."""
    by_kind = {row["kind"]: row for row in rows(stock, account)}
    adjusted = by_kind["ADJUST_POINTS"]
    assert (adjusted["approver"], adjusted["cashier"], adjusted["flag"]) == (
        *("eve", "ana"),
        "points_adjusted",
    )
    assert adjusted["reason"] == REASON
    assert by_kind["CREATE_REWARD"]["reward"] == "coffee"
    assert (by_kind["ACCUMULATE_POINTS"]["lane"], by_kind["ACCUMULATE_POINTS"]["cashier"]) == (
        *("1", "ana"),
    )
    assert by_kind["FLAG"]["flag"] == "tap_without_basket"


def test_the_reference_of_a_receipt_is_enough(stock: Stock, account: str) -> None:
    """``0:2`` or the whole reference shows the account's history, with that entry in bold."""
    whole = rows(stock, account)
    digits = whole[1]["hash"][:8]
    for typed in (("0:2",), (f"0:2:{digits}",), ("Ref", f"0:2:{digits.upper()}")):
        assert rows(stock, *typed) == whole
    words = ["ledger", "history", "--db", str(stock.path), "0:2"]
    coloured = CliRunner().invoke(main, words, color=True).stdout.splitlines()
    bold = [line for line in coloured[2:] if line.startswith("\x1b[1m")]
    assert len(bold) == 1
    assert "0:2" in bold[0]


def test_the_reference_of_a_sale_without_a_member_shows_the_sale(
    stock: Stock, account: str
) -> None:
    """Of a sale that is nobody's its own history is shown; of any other entry the entry alone."""
    assert account
    assert [row["kind"] for row in rows(stock, "0:3")] == ["ACCUMULATE_POINTS", "VOID_SALE"]
    assert run(stock, "0:3").stdout.startswith("sale nobodys\n")
    (jump,) = rows(stock, "0:13")
    assert jump["kind"] == "CLOCK_JUMP"
    assert "the clock was set" in run(stock, "0:13").stdout


@pytest.mark.parametrize(
    ("typed", "says"),
    [("0:99", "there is no entry 0:99 here"), ("0:2:00000000", "not the one of this receipt")],
)
def test_a_reference_of_another_store_is_said_to_be_that(
    stock: Stock, account: str, typed: str, says: str
) -> None:
    """What is no entry of this ledger, or another one, is not shown as if it were."""
    assert account
    said = run(stock, typed, code=1)
    assert says in said.stderr
    assert said.stdout == ""


def test_an_account_is_found_as_the_flags_print_it(stock: Stock, account: str) -> None:
    """An account's end, with or without its dots, is enough where only one ends so."""
    whole = rows(stock, account)
    for typed in (f"…{account[-8:]}", f"...{account[-8:]}", account[-8:]):
        assert rows(stock, typed) == whole


def test_an_end_that_several_have_is_refused(stock: Stock) -> None:
    """Where more than one account ends so, none is guessed at."""
    with stock.running() as ledger:
        for name in ("one-12345678", "two-12345678"):
            gift = AdjustPoints(account=name, points=1, reason="gift", cashier="ana")
            card = f"em4100:00000000{name[0].encode().hex().upper()}"
            asyncio.run(ledger.write(lambda t, name=name, card=card: _enrol(t, name, card)))
            asyncio.run(ledger.write(lambda t, gift=gift: t.append(gift)))
    said = run(stock, "…12345678", code=1).stderr
    assert said == "2 accounts end in '…12345678'; give more of the name\n"


def _enrol(transaction: Transaction, account: str, token: str) -> None:
    transaction.append(Enrol(account=account, token=token))


@pytest.mark.parametrize("typed", ["phone:(202) 555-0143", "phone: 2025550143", "PHONE:2025550143"])
def test_a_telephone_number_is_refused_unprinted(stock: Stock, account: str, typed: str) -> None:
    """The journal holds no telephone numbers; the refusal says so, and repeats none."""
    assert account
    for words in (["history", *typed.split()], ["flags", "--account", typed]):
        said = CliRunner().invoke(main, ["ledger", *words, "--db", str(stock.path)])
        assert said.exit_code == 2
        assert "the journal holds no telephone numbers" in said.output
        assert "555" not in said.output
