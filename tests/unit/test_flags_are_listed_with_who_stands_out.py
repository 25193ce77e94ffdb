"""``tapledger ledger flags``: every flag in order, in columns that fit, and who stands out."""

import asyncio
import json
import re
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from stocked import CARD, Stock, digest, sale_of, segments_of

from agent.cli import flags as flags_module
from agent.cli import main
from agent.core.facts import AdjustPoints, CardState, FlagActivity
from agent.core.flags import FLAGS
from agent.ledger import Ledger
from agent.till import Adjustment, Back, Enrolment

LONG = "a-cashier-whose-name-is-longer-than-any-column-has-room-for"
OTHER = "em4100:67003B51C6"


def run(stock: Stock, *words: str, code: int = 0) -> Result:
    """Run the command as a shell would."""
    result = CliRunner().invoke(main, ["ledger", "flags", "--db", str(stock.path), *words])
    assert result.exit_code == code, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def rows(stock: Stock, *words: str) -> list[dict[str, object]]:
    """What --json prints."""
    return [json.loads(line) for line in run(stock, "--json", *words).stdout.splitlines()]


async def _two_days(stock: Stock, ledger: Ledger) -> str:
    """On each day a claim and a return without the customer; then an adjustment; answers whose."""
    till = stock.till(ledger)
    account = (await till.members.enrol(Enrolment(token=CARD))).account
    await till.members.enrol(Enrolment(token=OTHER))
    for day, cashier in enumerate(("ben", LONG)):
        stock.day = day
        by_whom = {"cashier": cashier, "business_date": sale_of(1).business_date + timedelta(day)}
        for number, card in enumerate((None, OTHER)):
            sale = sale_of(1_000, token=card).model_copy(update=by_whom)
            sale_id = f"a-long-sale-id-{day}-{number}"
            await till.commit(sale_id, sale)
            if card is None:
                await till.claim(sale_id, CARD)
            else:
                await till.take_back(sale_id, "b", Back.model_validate({"amount_minor": 500}))
    wanted = {"points": 3, "reason": "goodwill", "cashier": "ben", "lane": "2"}
    await till.adjust(account, Adjustment.model_validate(wanted))
    return account


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger in which nobody did anything."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running():
        pass
    return stock


@pytest.fixture
def account(stock: Stock) -> str:
    """Two days on which something was flagged; the account of the member they were about."""
    with stock.running() as ledger:
        return asyncio.run(_two_days(stock, ledger))


def test_every_flag_is_listed_oldest_first(stock: Stock, account: str) -> None:
    """A line has date, time, flag, cashier, lane, account, sale and where the entry stands."""
    found = rows(stock)
    assert [row["flag"] for row in found] == [
        *("card_attached_late", "return_without_customer") * 2,
        "points_adjusted",
    ]
    assert [(row["epoch"], row["seq"]) for row in found] == [(0, s) for s in (4, 6, 8, 10, 11)]
    lines = run(stock).stdout.splitlines()
    assert lines[0].split() == [
        "date",
        "time",
        "flag",
        "cashier",
        "lane",
        "account",
        "sale/pts",
        "entry",
        "reason",
    ]
    first, last = lines[1].split(), lines[5].split()
    assert first[0] == "2026-01-01"
    assert re.fullmatch(r"\d\d:\d\d", first[1])
    assert first[2:] == [
        "card_attached_late",
        "ben",
        "1",
        f"…{account[-8:]}",
        "…e-id-0-0",
        "0:4",
        "-",
    ]
    assert last[2:] == [
        *("points_adjusted", "ben", "2", f"…{account[-8:]}", "+3", "0:11", "goodwill"),
    ]


def test_columns_fit_and_stand_under_their_titles(stock: Stock, account: str) -> None:
    """No line is wider than 110 characters, and each column begins where its title does."""
    assert account
    lines = run(stock).stdout.splitlines()
    assert max(len(line) for line in lines) <= 110
    begins = [lines[0].index(title) for title in lines[0].split()]
    for line in lines[1:6]:
        assert all(line[at] != " " and (at == 0 or line[at - 1] == " ") for at in begins)


def test_an_adjustment_says_how_much_why_and_who_agreed(stock: Stock, account: str) -> None:
    """The table cuts a long reason and keeps the approver; --json has all of both."""
    reason = "keyed\x1b[2J twice, and noticed when the member came back with the receipt"
    fact = AdjustPoints(
        account=account, points=-600, reason="x", cashier="ana", approver="eve", lane="1"
    )
    blocked = CardState(token=CARD, account=account, state="lost", reason=reason)
    with stock.running() as ledger:
        for each in (msgspec.structs.replace(fact, reason=reason.replace("\x1b", "")), blocked):
            asyncio.run(ledger.write(lambda t, each=each: t.append(each)))
    adjusted, lost = (line for line in run(stock).stdout.splitlines() if "keyed" in line)
    assert re.search(r"  -600 +0:12 +keyed.*… \(eve\)$", adjusted)
    assert len(adjusted) == len(lost) == 110
    assert "\x1b" not in lost
    assert lost.endswith("…")
    *_, of_adjusted, of_lost = rows(stock)
    assert (of_adjusted["points"], of_adjusted["approver"]) == (-600, "eve")
    assert of_lost["reason"] == reason
    assert (of_lost["points"], of_lost["approver"]) == (None, None)


def test_an_adjustment_is_shown_after_it_was_sealed(stock: Stock, account: str) -> None:
    """What stands in a sealed segment is read there; without its file the flag is still listed."""
    with stock.running() as ledger:
        stock.acknowledge(ledger)
        stock.day += 50
        stock.sell(ledger, 1)
        assert stock.seal(ledger) == 1
    assert [row["points"] for row in rows(stock, "--flag", "points_adjusted")] == [3]
    for file in segments_of(stock.path):
        file.unlink()
    (row,) = rows(stock, "--flag", "points_adjusted")
    assert (row["points"], row["reason"], row["account"]) == (None, "goodwill", account)


def test_the_summary_says_who_stands_out(stock: Stock, account: str) -> None:
    """By cashier, whoever has most first, each flag with its count; the flags are explained."""
    assert account
    text = run(stock).stdout
    summary = text[text.index("5 flags, 2026-01-01 to 2026-01-02") :]
    own = summary[summary.index("ben  3 in all") :].split("\n\n")[0].splitlines()
    assert [line.split()[:2] for line in own[1:]] == [
        *(["card_attached_late", "1"], ["points_adjusted", "1"], ["return_without_customer", "1"])
    ]
    assert summary.index("ben  3") < summary.index(f"{LONG[:39]}…  2 in all")
    for flag in ("card_attached_late", "points_adjusted", "return_without_customer"):
        assert FLAGS[flag] in summary
    assert FLAGS["wrong_pin"] not in summary


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("--since", "2026-01-02"), 3),
        (("--until", "2026-01-01"), 2),
        (("--since", "2026-01-01", "--until", "2026-01-02"), 5),
        (("--since", "2026-01-03"), 0),
        (("--flag", "points_adjusted"), 1),
        (("--flag", "wrong_pin"), 0),
        (("--cashier", "ben"), 3),
        (("--cashier", "be"), 0),
        (("--account", CARD), 3),
        (("--account", OTHER), 2),
        (("--account", "nobody"), 0),
        (("--cashier", "ben", "--flag", "card_attached_late", "--until", "2026-01-01"), 1),
    ],
)
def test_the_list_can_be_narrowed(
    stock: Stock, account: str, words: tuple[str, ...], found: int
) -> None:
    """By business date, both ends included, by flag, by cashier, by account or card."""
    assert account
    assert len(rows(stock, *words)) == found


def test_an_account_is_found_as_it_is_printed(stock: Stock, account: str) -> None:
    """What the account's column shows may be typed again."""
    assert len(rows(stock, "--account", account)) == 3
    assert len(rows(stock, "--account", f"…{account[-8:]}")) == 3


@pytest.mark.parametrize(
    "words",
    [("--since", "yesterday"), ("--until", "2026-02-30"), ("--since", "0"), ("--flag", "no_such")],
)
def test_a_wrong_date_or_flag_is_wrong_use(stock: Stock, words: tuple[str, ...]) -> None:
    """What is no date and no flag exits 2 and names the option."""
    assert words[0] in run(stock, *words, code=2).stderr


def test_nothing_is_said_to_be_nothing(stock: Stock) -> None:
    """A ledger without flags says so; a program reads no lines."""
    assert run(stock).stdout == "no flags\n"
    assert run(stock, "--json").stdout == ""


def test_no_card_number_is_printed(stock: Stock, account: str) -> None:
    """A manager's screen may be photographed."""
    assert account
    for words in ((), ("--json",)):
        text = run(stock, *words).stdout
        for card in (CARD, OTHER):
            assert card.split(":")[1] not in text


def test_reading_changes_nothing(stock: Stock, account: str) -> None:
    """The command writes nothing, and works while an agent owns the ledger."""
    assert account
    before = digest(stock.path)
    run(stock)
    assert digest(stock.path) == before
    with stock.running() as ledger:
        assert len(rows(stock)) == 5
        fact = FlagActivity(flag="tap_without_basket", lane="1")
        asyncio.run(ledger.write(lambda t: t.append(fact)))
        assert len(rows(stock)) == 6


def test_pages_leave_nothing_out(
    stock: Stock, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many flags a page has, each is listed once, also two of one entry."""
    assert account
    with stock.running() as ledger:
        for number in range(4):
            sale = sale_of(1_000).model_copy(update={"currency": "EUR"})
            asyncio.run(stock.till(ledger).commit(f"euro-{number}", sale))
    whole = rows(stock)
    assert [row["flag"] for row in whole[-2:]] == ["card_over_and_over", "currency_mismatch"]
    for page in (1, 2, 5):
        monkeypatch.setattr(flags_module, "_PAGE", page)
        assert rows(stock) == whole
