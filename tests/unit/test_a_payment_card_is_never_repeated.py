"""A payment card's number that somebody types is not looked for and not printed."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from stocked import Stock

from agent.cli import main

NUMBER = "4111111111111111"
TYPED = [
    (NUMBER,),
    ("4111 1111 1111 1111",),
    ("4111", "1111", "1111", "1111"),
    ("4111-1111-1111-1111",),
    (f"card:{NUMBER}",),
    (f"uid:{NUMBER}",),
    (f"em4100:{NUMBER}",),
    (f"{NUMBER}=2512",),
    (f"no {NUMBER}",),
    ("4111.1111.1111.1111",),
]


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger of one member."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
    return stock


@pytest.mark.parametrize("typed", TYPED)
def test_no_command_repeats_it(stock: Stock, typed: tuple[str, ...]) -> None:
    """However it is written, a command refuses it, and shows no more than its end."""
    for words in (["history", *typed], ["balance", "--account", " ".join(typed)]):
        result = CliRunner().invoke(main, ["ledger", *words, "--db", str(stock.path)])
        assert result.exit_code in (1, 2), result.output
        digits = "".join(filter(str.isdigit, result.output))
        assert "11111" not in digits, result.output


def test_it_is_said_why(stock: Stock) -> None:
    """A number that is a payment card's is wrong use, and the refusal says what to give."""
    result = CliRunner().invoke(main, ["ledger", "history", NUMBER, "--db", str(stock.path)])
    assert result.exit_code == 2
    assert "payment card" in result.stderr
    assert "member's card" in result.stderr
