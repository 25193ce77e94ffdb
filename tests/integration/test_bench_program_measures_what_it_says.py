"""``bench program`` measures baskets and programs of the shape that its figures name."""

import json
from datetime import date
from itertools import islice
from pathlib import Path

import pytest
from click.testing import CliRunner

from agent.cli import main
from agent.core.accumulate import accumulate
from agent.core.basket import Sale
from agent.core.program import Program
from agent.core.promoting import Circumstances, applies
from agent.paths import shipped_baskets, shipped_program
from agent.rules import read_program
from agent.tools.bench import program_rates
from agent.tools.bench.program_shapes import cut, with_promotions


@pytest.fixture(scope="module")
def program() -> Program:
    """A shipped program."""
    return read_program(shipped_program("simple"))


@pytest.fixture(scope="module")
def sales() -> list[Sale]:
    """A few real baskets."""
    with shipped_baskets().open(encoding="utf-8") as file:
        return [Sale.model_validate(json.loads(line)["sale"]) for line in islice(file, 20)]


@pytest.mark.parametrize("lines", [1, 30, 1_000])
def test_a_basket_of_so_many_lines_is_a_sale(sales: list[Sale], lines: int) -> None:
    """The basket that is measured has as many real lines as it says, and a till would take it."""
    sale = Sale.model_validate(cut(sales, 0, lines).model_dump())
    assert len(sale.lines) == lines
    assert sale.total_minor > 0


def test_lines_are_measured_on_the_same_lines(sales: list[Sale]) -> None:
    """Cut into longer baskets, the lines that are measured stay the same, in the same order."""
    whole = cut(sales, 0, 1_000).lines
    for count in (10, 100):
        parts = [cut(sales, place, count).lines for place in range(0, 1_000, count)]
        assert [line for part in parts for line in part] == [*whole]


def test_of_a_hundred_promotions_three_apply(program: Program, sales: list[Sale]) -> None:
    """Of the hundred promotions ten are in force that day, and three of them apply and give."""
    sale = sales[0]
    day = sale.business_date
    many = with_promotions(program, day, in_all=100, in_force=10, applying=3)
    assert len(many.promotion) == 100
    assert len(many.promotions_on(day)) == 10
    when = Circumstances()
    assert sum(applies(each, sale, when) for each in many.promotion) == 3
    every = many.model_copy(update={"stacking": "all"})
    assert len(accumulate(every, sale).because) == 4


def test_a_program_without_its_promotions_forgets_them(program: Program) -> None:
    """What is measured as one promotion is one, also after a hundred were measured."""
    day = date(2026, 5, 1)
    many = with_promotions(program, day, in_all=100, in_force=10, applying=3)
    assert len(many.promotions_on(day)) == 10
    one = with_promotions(many, day, in_all=1, in_force=1, applying=1)
    assert [each.id for each in one.promotions_on(day)] == ["promotion-0"]


@pytest.mark.torture
def test_every_basket_of_a_file_is_counted(
    sales: list[Sale], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The figures name how many baskets and lines they were taken on and what those earned, and
    every figure stands beside its raw limit and its target.
    """
    monkeypatch.setattr(program_rates, "RUNS", 1)  # how fast it is does not matter here
    file = tmp_path / "baskets.jsonl"
    file.write_bytes(b"\n".join(sale.canonical() for sale in sales))
    simple = shipped_program("simple")
    arguments = ["bench", "program", "--program", str(simple), "--baskets", str(file), "--json"]
    ran = CliRunner().invoke(main, arguments)
    assert ran.exit_code == 0, ran.output
    said = json.loads(ran.stdout)
    program = read_program(simple)
    lines = sum(len(sale.lines) for sale in sales)
    points = sum(accumulate(program, sale).points for sale in sales)
    assert said["subject"] == f"simple@1, 20 baskets, {lines} lines, {points} points"
    assert [figure["name"] for figure in said["figures"]] == [
        "judged, with reasons",
        "explained in full",
        "a 30-line basket explained, p99",
        "a line of a basket of 100",
        "a line of a basket of 1,000",
        "a line of a basket of 10,000",
        "100 promotions, 10 in force, 3 applying",
    ]
    for figure in said["figures"]:
        assert figure["value"] > 0
        assert figure["raw"]["value"] > 0
        assert figure["target"]


@pytest.mark.parametrize("content", ["", '{"lane": "1"}\n', "[]\n"])
def test_a_file_without_baskets_is_said_in_a_line(tmp_path: Path, content: str) -> None:
    """What is no file of baskets ends with exit code 2 and one red line that names it."""
    file = tmp_path / "none.jsonl"
    file.write_text(content, "utf-8")
    simple = str(shipped_program("simple"))
    ran = CliRunner().invoke(
        main, ["bench", "program", "--program", simple, "--baskets", str(file)]
    )
    assert ran.exit_code == 2
    assert str(file) in ran.stderr
    assert not ran.stdout
