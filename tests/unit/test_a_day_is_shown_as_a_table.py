"""``tapledger ledger day``: the day's sums as a table whose lines add up to its totals."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from stocked import CARD, Stock, sale_of

from agent.cli import main
from agent.ledger import Ledger
from agent.till import Adjustment, Back, Enrolment

DAY = "2026-01-01"


def run(stock: Stock, *words: str, code: int = 0) -> Result:
    """Run the command as a shell would."""
    result = CliRunner().invoke(main, ["ledger", "day", "--db", str(stock.path), *words])
    assert result.exit_code == code, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


async def _a_day(stock: Stock, ledger: Ledger) -> dict[str, Any]:
    """Two cashiers sell, take back, void and adjust; answers what the API would."""
    till = stock.till(ledger)
    account = (await till.members.enrol(Enrolment(token=CARD))).account
    for number, (cashier, currency) in enumerate(
        [("ana", "USD"), ("ana", "USD"), ("ben", "USD"), ("ben", "JPY")]
    ):
        by_whom = {"cashier": cashier, "lane": str(1 + number // 2), "currency": currency}
        sale = sale_of(150_000 + number, token=CARD if currency == "USD" else None)
        await till.commit(f"sale-{number}", sale.model_copy(update=by_whom))
    await till.take_back("sale-0", "r", Back.model_validate({"amount_minor": 50_000}))
    await till.void("sale-0")
    wanted = {"points": -30, "reason": "goodwill", "cashier": "ben"}
    await till.adjust(account, Adjustment.model_validate(wanted))
    answer = await till.day(sale_of(1).business_date)
    later = sale_of(700).model_copy(update={"business_date": answer.business_date + timedelta(1)})
    await till.commit("tomorrow", later)
    return answer.model_dump(mode="json")


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger in which nothing happened."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running():
        pass
    return stock


@pytest.fixture
def answered(stock: Stock) -> dict[str, Any]:
    """A day, and what the API answers about it."""
    with stock.running() as ledger:
        return asyncio.run(_a_day(stock, ledger))


def tables(text: str) -> list[list[dict[str, str]]]:
    """The tables of a page: a row is its cells by their titles, which stand above their ends."""
    found = []
    for block in text.split("\n\n")[1:]:
        titles, *lines = block.splitlines()
        ends = [
            (title, titles.index(f"  {title}") + 2 + len(title)) for title in titles.split()[2:]
        ]
        rows = []
        for line in lines:
            assert len(line) <= len(titles)
            cells = [(title, line[:end].split()[-1]) for title, end in ends]
            rows.append({"who": line[: titles.index("cashier") + 7].strip(), **dict(cells)})
        found.append(rows)
    return found


def test_a_program_gets_what_the_api_answers(stock: Stock, answered: dict[str, Any]) -> None:
    """--json is the answer of ``GET /v1/days``, as of a later entry."""
    printed = json.loads(run(stock, DAY, "--json").stdout)
    assert printed.pop("as_of")["seq"] == answered.pop("as_of")["seq"] + 1
    assert printed == answered


def test_lines_add_up_to_the_totals(stock: Stock, answered: dict[str, Any]) -> None:
    """Every column of either table is the sum of its lines, money by its currency."""
    assert answered
    text = run(stock, DAY).stdout
    assert max(len(line) for line in text.splitlines()) <= 110
    money, points = tables(text)
    for table in (money, points):
        for total in (row for row in table if row["who"] == "total"):
            lines = [
                row
                for row in table
                if row["who"] != "total" and row.get("currency") == total.get("currency")
            ]
            assert lines
            for title in total.keys() - {"who", "currency"}:
                assert _number(total[title]) == sum(_number(row[title]) for row in lines), title
    assert [row["currency"] for row in money if row["who"] == "total"] == ["USD", "JPY"]


def _number(cell: str) -> int:
    return int(cell.replace(",", "").replace(".", ""))


def test_money_is_what_was_sold_less_what_came_back(stock: Stock, answered: dict[str, Any]) -> None:
    """A void counts what a return had left of its sale, so that the net is what stayed sold."""
    assert answered
    money, points = tables(run(stock, DAY).stdout)
    usd, yen = (row for row in money if row["who"] == "total")
    wanted = {"sales": "3", "total": "4,500.03", "returns": "1", "returned": "500.00"}
    wanted |= {"voids": "1", "voided": "1,000.00", "net": "3,000.03"}
    assert usd.items() >= wanted.items()
    assert (yen["total"], yen["net"]) == ("150,003", "150,003")
    (total,) = (row for row in points if row["who"] == "total")
    assert total["points"] == f"{answered['total']['points']:,}"
    assert (total["taken"], total["adjustments"], total["adjusted"]) == ("1,500", "1", "30")
    assert any(row["who"].split() == ["-", "ben"] for row in points)


def test_a_day_without_anything_says_so(stock: Stock, answered: dict[str, Any]) -> None:
    """A date on which nothing happened has no table; a program reads sums of 0."""
    assert answered
    assert run(stock, "2025-12-31").stdout == "nothing happened on 2025-12-31\n"
    assert json.loads(run(stock, "2025-12-31", "--json").stdout)["total"]["sales"] == 0


@pytest.mark.parametrize("date", ["yesterday", "2026-02-30", "01.01.2026"])
def test_what_is_no_date_is_wrong_use(stock: Stock, date: str) -> None:
    """What is no date exits 2 and says how to write one, in no language of a program's."""
    said = run(stock, date, code=2).stderr
    assert "DATE" in said
    assert said.endswith(": write it as YYYY-MM-DD\n")
