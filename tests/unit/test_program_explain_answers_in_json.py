"""``program explain`` prints what a basket earns and why, as JSON that adds up."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from written_programs import CORNER

from agent.cli import main
from agent.cli.answers import print_json
from agent.paths import shipped_baskets, shipped_program

BASKET: dict[str, Any] = {
    "lane": "1",
    "cashier": "ana",
    "business_date": "2026-11-21",
    "occurred_at": "2026-11-21T14:05:09+01:00",
    "currency": "USD",
    "token": None,
    "lines": [
        {
            "sku": "4011",
            "category": "grocery",
            "quantity": "1.000",
            "unit_price_minor": 1425,
            "amount_minor": 1425,
        }
    ],
    "tenders": [{"kind": "cash", "amount_minor": 1425}],
    "total_minor": 1425,
}
ACCOUNT: dict[str, Any] = {
    "tier": "gold",
    "enrolled_on": "2026-01-05",
    "birthday": "02-29",
    "lots": [
        {"points": 100, "earned_on": "2026-06-15"},
        {"points": 60, "earned_on": "2026-07-01"},
    ],
    "qualifying_points": 700,
    "qualifying_spend_minor": 70000,
    "last_activity_on": "2026-11-01",
}
PROGRAM = (
    CORNER.replace("per_minor = 100", 'per_minor = 100\ntier_rates = { gold = "1.2" }')
    + """
[[promotion]]
id = "evening"
multiplier = "2"
text = "Evening"
weekdays = ["sat"]
hours = [{ start = "16:00", end = "18:00" }]
first_day = 2026-11-21
last_day = 2026-11-21

[expiry]
kind = "end_of_month"
months = 6

[[reward]]
id = "coffee"
cost_points = 150
text = "A coffee"

[[reward]]
id = "cake"
cost_points = 200
value_minor = 300
text = "A cake"
"""
)


class Desk:
    """Files on a desk, and the command that is tried on them."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def file(self, name: str, content: object) -> Path:
        """Write a file, JSON unless it is a text."""
        file = self._directory / name
        text = content if isinstance(content, str) else json.dumps(content)
        file.write_text(text, "utf-8")
        return file

    def run(
        self,
        *options: str,
        basket: object = BASKET,
        account: object = None,
        program: str = PROGRAM,
    ) -> Result:
        """Run the command."""
        shop = self.file("shop.toml", program)
        given = ["program", "explain", str(shop), "--basket", str(self.file("b.json", basket))]
        if account is not None:
            given += ["--account", str(self.file("a.json", account))]
        return CliRunner().invoke(main, [*given, *options])

    def answer(self, *options: str, **files: Any) -> dict[str, Any]:
        """What the command prints, which adds up."""
        result = self.run(*options, **files)
        assert result.exit_code == 0, result.stderr
        found: dict[str, Any] = json.loads(result.stdout)
        assert found["points"] == sum(each["points"] for each in found["because"])
        return found


ZONE = """
[[promotion]]
id = "wine"
bonus = 5
occasion = "visit"
zone = "wine"
text = "Wine corner"
caps = { times_per_day = 1 }
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk with nothing on it."""
    return Desk(tmp_path)


def test_a_basket_is_explained_field_by_field(desk: Desk) -> None:
    """Points, why, and the account before the sale: each field as the contract names it."""
    assert desk.answer(account=ACCOUNT) == {
        "points": 17,
        "because": [
            {
                "rule": "base",
                "points": 17,
                "lines": [0],
                "text": "1 point per $1",
                "how": "14.25 USD / 1.00 USD x 1 x 1.2 = 17.1, without its fraction 17",
            }
        ],
        "balance": 160,
        "expires": [
            {"points": 100, "on": "2027-01-01"},
            {"points": 60, "on": "2027-02-01"},
        ],
        "rewards": [
            {
                "reward": "coffee",
                "cost_points": 150,
                "value_minor": None,
                "available": True,
                "why": "A coffee",
            },
            {
                "reward": "cake",
                "cost_points": 200,
                "value_minor": 300,
                "available": False,
                "why": "40 more points needed",
            },
        ],
        "tier": "gold",
        "next_tier": None,
        "withheld": 0,
        "stamps": [],
    }


def test_nobody_in_particular_has_nothing(desk: Desk) -> None:
    """Without an account: nothing on it, and the lowest tier with what it misses to the next."""
    found = desk.answer()
    assert (found["balance"], found["expires"], found["tier"]) == (0, [], "green")
    assert found["next_tier"] == {"tier": "gold", "text": "Gold", "points": 500}
    assert found["points"] == 14


def test_an_account_without_a_tier_is_in_the_lowest(desk: Desk) -> None:
    """What is for the lowest tier counts for an account that names none."""
    program = PROGRAM.replace("tier_rates", 'tiers = ["green"]\n#')
    for account in (None, ACCOUNT | {"tier": None}):
        assert desk.answer(account=account, program=program)["points"] == 14
    assert desk.answer(account=ACCOUNT, program=program)["points"] == 0


def test_a_tier_by_money_misses_money(desk: Desk) -> None:
    """Where spend reaches tiers, the next one misses money."""
    program = PROGRAM.replace('count = "points"', 'count = "spend"')
    found = desk.answer(program=program, account=ACCOUNT | {"tier": "green"})
    assert found["next_tier"] == {"tier": "gold", "text": "Gold", "spend_minor": 0}


def test_a_program_without_tiers_has_none(desk: Desk) -> None:
    """Tier and next tier are null, and every reward is listed all the same."""
    found = desk.answer(program=shipped_program("simple").read_text("utf-8"))
    assert (found["tier"], found["next_tier"]) == (None, None)
    assert [each["available"] for each in found["rewards"]] == [False, False]


@pytest.mark.parametrize(
    ("at", "points"),
    [
        ("2026-11-21T16:00:00+01:00", 28),
        ("2026-11-21T18:00:00+01:00", 14),
        ("2026-11-21T16:00:00-08:00", 28),
        ("2026-11-22T16:00:00+01:00", 14),
        ("2026-11-28T16:00:00+01:00", 14),
    ],
)
def test_another_time_can_be_tried(desk: Desk, at: str, points: int) -> None:
    """``--at`` is the moment on the shop's clock, and by its day the business date."""
    assert desk.answer("--at", at)["points"] == points


def test_a_basket_comes_from_standard_input(desk: Desk) -> None:
    """``-`` reads a basket that another program writes."""
    shop = desk.file("shop.toml", PROGRAM)
    asked = ["program", "explain", str(shop), "--basket", "-"]
    result = CliRunner().invoke(main, asked, input=json.dumps(BASKET))
    assert json.loads(result.stdout)["points"] == 14
    wrong = CliRunner().invoke(main, asked, input="{}")
    assert wrong.exit_code == 2
    assert wrong.stderr.startswith("standard input: ")


def test_a_line_of_a_file_of_baskets_is_a_basket(desk: Desk) -> None:
    """What is around a sale in baskets.jsonl is left out; the whole file is more than one."""
    line = shipped_baskets().read_text("utf-8").partition("\n")[0]
    simple = shipped_program("simple").read_text("utf-8")
    assert desk.answer(basket=line, program=simple)["points"] == 4
    two = desk.run(basket=f"{line}\n{line}")
    assert two.exit_code == 2
    assert "b.json:2: there is more than one JSON value" in two.stderr


def test_a_person_at_a_terminal_sees_it_laid_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a terminal it is the same JSON in rows and colours; the lines of a rule are one row."""
    found = desk.answer(account=ACCOUNT)
    found["because"][0]["lines"] = [0, 1, 2]
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    print_json(found)
    shown = capsys.readouterr().out
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert json.loads(plain) == found
    assert '      "lines": [ 0, 1, 2 ],\n' in plain
    assert '\x1b[1m"points"\x1b[0m: \x1b[36m17\x1b[0m' in shown


def test_another_currency_earns_nothing(desk: Desk) -> None:
    """A basket in a foreign currency is explained with no points."""
    found = desk.answer(basket=BASKET | {"currency": "EUR"})
    assert (found["points"], found["because"]) == (0, [])


def test_what_limits_take_is_withheld(desk: Desk) -> None:
    """Points beyond a limit of the program are named as withheld, and not in ``because``."""
    found = desk.answer(program=PROGRAM + "[limits]\npoints_per_sale = 10\n")
    assert (found["points"], found["withheld"]) == (10, 4)


LINE = BASKET["lines"][0]
WRONG_BASKETS = {
    "a float": (BASKET | {"total_minor": 14.25}, "b.json: total_minor: write it in whole minor"),
    "an unknown key": (BASKET | {"curency": "USD"}, "curency: there is no such key; did you mean"),
    "nothing": ({}, "b.json: currency: it is missing"),
    "sums that differ": (BASKET | {"total_minor": 1}, "b.json: lines add up to 1425, tenders to"),
    "a day that there is not": (
        BASKET | {"business_date": "2026-02-30"},
        "b.json: business_date: there is no such day; write it as YYYY-MM-DD",
    ),
    "a moment without offset": (
        BASKET | {"occurred_at": "2026-11-21T14:05:09"},
        "b.json: occurred_at: write it as RFC 3339 has it, with an offset",
    ),
    "a quantity as a number": (
        BASKET | {"lines": [LINE | {"quantity": 1}]},
        "b.json: lines.1.quantity: write it as a text, in quotes",
    ),
    "more than 10,000 lines": (
        BASKET | {"lines": [LINE] * 10_001},
        "b.json: lines: there may be 10000 at most",
    ),
    "no object": ([], "b.json: write it as an object"),
    "no JSON": ('{\n"lane": "1",\n}', "b.json:3: not JSON: "),
    "nothing at all": ("", "b.json:1: not JSON: "),
    "brackets without end": ("[" * 100_000, "b.json: not JSON: too many brackets"),
    "a number without end": ('{"total_minor": ' + "9" * 5000 + "}", "b.json: it has a number"),
}


@pytest.mark.parametrize(("basket", "said"), WRONG_BASKETS.values(), ids=WRONG_BASKETS)
def test_a_wrong_basket_is_told_by_file_key_and_fix(desk: Desk, basket: Any, said: str) -> None:
    """Exit code 2, nothing on standard output, and what to write instead."""
    result = desk.run(basket=basket)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (ACCOUNT | {"tier": "gld"}, "a.json: tier: program 'corner' has no tier 'gld'; did you"),
        (ACCOUNT | {"lots": [{"points": 1.5, "earned_on": "2026-06-15"}]}, "a.json: lots.1.points"),
        (
            ACCOUNT | {"birthday": "02-30"},
            'a.json: birthday: there is no such day; write it as "02-29"',
        ),
        (ACCOUNT | {"teir": "gold"}, "a.json: teir: there is no such key; did you mean 'tier'?"),
    ],
)
def test_a_wrong_account_is_told_the_same(desk: Desk, account: Any, said: str) -> None:
    """An account's mistakes name its file, key and fix."""
    result = desk.run(account=account)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_a_tier_needs_a_program_with_tiers(desk: Desk) -> None:
    """An account in a tier, under a program without any, is told to have none."""
    result = desk.run(account=ACCOUNT, program=shipped_program("simple").read_text("utf-8"))
    assert result.exit_code == 2
    assert "program 'simple' has no tier 'gold'; write null: it has no tiers" in result.stderr


def test_a_wrong_program_is_told_with_its_line(desk: Desk) -> None:
    """A program that an agent would refuse is refused with file and line, exit code 2."""
    result = desk.run(program=PROGRAM.replace("per_minor", "per_minr"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "shop.toml:8: " in result.stderr


@pytest.mark.parametrize("at", ["today", "2026-11-21", "2026-11-21T16:00:00"])
def test_a_time_has_its_offset(desk: Desk, at: str) -> None:
    """A time that could be anywhere is wrong use."""
    result = desk.run("--at", at)
    assert result.exit_code == 2
    assert "write it as RFC 3339 has it, with an offset" in result.stderr


def test_a_file_beyond_all_baskets_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a file that was given by mistake."""
    monkeypatch.setattr("agent.cli.inputs._LARGEST", len(PROGRAM) + 10)
    result = desk.run(basket=BASKET | {"cashier": "x" * len(PROGRAM)})
    assert result.exit_code == 2
    assert "b.json: it is larger than 0 MiB; is it the right file?" in result.stderr


def test_a_file_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    """Whichever of the files is missing is named."""
    shop = tmp_path / "shop.toml"
    asked = ["program", "explain", str(shop), "--basket", str(tmp_path / "none.json")]
    assert f"{shop}: cannot be read: No such file" in CliRunner().invoke(main, asked).stderr
    shop.write_text(PROGRAM, "utf-8")
    missing = CliRunner().invoke(main, asked)
    assert missing.exit_code == 2
    assert "none.json: cannot be read: No such file or directory; --basket is" in missing.stderr


def test_an_account_says_where_it_was_seen(desk: Desk) -> None:
    """A visit in a zone counts where the account names the zone, once a day."""
    program = PROGRAM + ZONE

    def given(**said: Any) -> list[str]:
        told = desk.answer(account=ACCOUNT | said, program=program)
        return [each["rule"] for each in told["because"]]

    assert given() == ["base"]
    assert given(zones=["bar", "wine"]) == ["base", "wine"]
    assert given(zones=["bar"]) == ["base"]
    had = {"times": 3, "points": 15, "times_today": 1, "points_today": 5}
    assert given(zones=["wine"], uses={"wine": had}) == ["base"]
    assert given(zones=["wine"], uses={"wine": had | {"times_today": 0}}) == ["base", "wine"]
