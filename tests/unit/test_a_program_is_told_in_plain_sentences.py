"""A program without mistakes is told in sentences that a shop manager understands."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from written_programs import CORNER

from agent.cli import main
from agent.core.paper import columns
from agent.core.program import Program
from agent.core.program.parts import WEEKDAYS
from agent.core.program_words import sections
from agent.paths import shipped_program

_DATA = Path(__file__).resolve().parents[1] / "data"
EVERYTHING = _DATA / "programs" / "everything.toml"
TOLD = _DATA / "corner-in-sentences.txt"


def told(text: str) -> dict[str, tuple[str, ...]]:
    """A program's sentences by their heading."""
    program = Program.parse(text, source="corner.toml")
    return {section.title: section.sentences for section in sections(program)}


def check(*options: str) -> str:
    """What the command prints of the program that says everything."""
    result = CliRunner().invoke(main, ["program", "check", str(EVERYTHING), *options])
    assert result.exit_code == 0
    return result.stdout


def test_everything_that_a_program_says_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Promotions with their days and hours, tiers, expiry, rewards, returns and limits: the whole
    sheet, as it was read over and found right.
    """
    monkeypatch.setenv("COLUMNS", "80")
    assert check().partition("\n")[2] == TOLD.read_text("utf-8")


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_the_sheet_is_as_wide_as_the_terminal(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is wider than the terminal, nor so wide that nobody reads it."""
    monkeypatch.setenv("COLUMNS", str(width))
    lines = check().splitlines()[1:]
    assert max(columns(line) for line in lines) <= min(width, 100)
    assert max(columns(line) for line in lines) > min(width, 100) - 15


def test_a_terminal_shows_colours_and_a_file_none() -> None:
    """Headings are coloured for people; what is written into a file has no marks."""
    assert "\x1b[" not in check()
    coloured = CliRunner().invoke(main, ["program", "check", str(EVERYTHING)], color=True)
    assert "\x1b[36m\x1b[1mEarning" in coloured.stdout
    assert "  - \x1b[1mHappy hour\x1b[0m: Double points" in coloured.stdout


def test_the_sentences_are_there_for_programs() -> None:
    """``--json`` has the same sentences, one after the other."""
    sentences = json.loads(check("--json"))["sentences"]
    program = Program.parse(EVERYTHING.read_text("utf-8"), source="corner.toml")
    assert sentences == [each for section in sections(program) for each in section.sentences]
    assert all(sentence.endswith(".") and "  " not in sentence for sentence in sentences)


def test_the_plainest_program_is_told_shortly() -> None:
    """What a program has nothing of has no heading."""
    plain = told(shipped_program("simple").read_text("utf-8"))
    assert list(plain) == ["About", "Earning", "Rewards", "Expiry", "Returns"]
    assert plain["Expiry"] == ("Points never run out.",)


ADDED = {
    "a rule for each piece": (
        'per_quantity = "1"\nskus = ["7"]',
        "1 point for each piece of article 7.",
    ),
    "half a litre": (
        'per_quantity = "0.5"\ncategories = ["fuel"]',
        "1 point for every 0.5 litres of fuel.",
    ),
    "a visit with something": (
        'per_visit = true\ncategories = ["tea", "cake"]',
        "1 point for each sale that has any of cake and tea.",
    ),
    "some of many categories": (
        f"per_minor = 100\ncategories = {json.dumps(list('abcdefghij'))}",
        "1 point for every whole 1.00 USD spent on a, b, c, d, e, f, g, h and 2 others.",
    ),
    "some of many articles": (
        f"per_minor = 100\nskus = {json.dumps(list('abcdefghijk'))}",
        "spent on article a, article b, article c, article d, article e, article f, article g, "
        "article h and 3 other articles.",
    ),
    "rewards need no word": ('per_minor = 1\nexclude_categories = ["reward"]', "on everything."),
    "before tax": ("per_minor = 1\nbefore_tax = true", "What counts is the price before tax."),
}


@pytest.mark.parametrize(("lines", "sentence"), ADDED.values(), ids=ADDED)
def test_a_rule_is_told(lines: str, sentence: str) -> None:
    """Whatever a rule counts, its sentence says it."""
    earning = told(f'{CORNER}[[earn]]\nid = "x"\ntext = "X"\n{lines}\n')["Earning"]
    assert earning[1].endswith(sentence)


PROMOTIONS = {
    "every day": (f'multiplier = "2.0"\nweekdays = {json.dumps(WEEKDAYS)}', "Double points."),
    "triple for two rules": (
        'multiplier = "3"\nrules = ["base", "more"]',
        "Triple points by the rules 'base' and 'more'.",
    ),
    "from money on": (
        'bonus = 5\nminimum_minor = 500\ncategories = ["tea"]',
        "5 points more for a sale from 5.00 USD on, spent on tea.",
    ),
    "from a day on": (
        "bonus = 1\nfirst_day = 2026-03-01",
        "1 point more for a sale, from 1 March 2026.",
    ),
    "to a day of another year": (
        "bonus = 1\nfirst_day = 2026-12-30\nlast_day = 2027-01-02",
        "1 point more for a sale, from 30 December 2026 to 2 January 2027.",
    ),
    "until a moment": (
        "bonus = 1\nends_at = 2026-03-01T18:00:00+01:00",
        "1 point more for a sale, until 1 March 2026 18:00.",
    ),
    "to midnight": (
        'bonus = 1\nhours = [{ start = "22:00", end = "00:00" }]',
        "1 point more for a sale, from 22:00 to 00:00.",
    ),
    "a budget without shares of its own": (
        "bonus = 1\nbudget = { points = 9, each_store = 3, other_stores = 3 }",
        "1 point more for a sale. All stores together give at most 9 points (3 stores 3 each).",
    ),
    "a budget of one store": (
        "bonus = 1\nbudget = { points = 9, each_store = 3, other_stores = 1 }",
        "1 point more for a sale. All stores together give at most 9 points (1 store 3 each).",
    ),
    "a budget of two stores": (
        "bonus = 1\nbudget = { points = 9, each_store = 3, other_stores = 1, stores = { s1 = 5 } }",
        "1 point more for a sale. "
        "All stores together give at most 9 points (s1 5 and 1 other store 3 each).",
    ),
}


@pytest.mark.parametrize(("lines", "sentence"), PROMOTIONS.values(), ids=PROMOTIONS)
def test_a_promotion_is_told(lines: str, sentence: str) -> None:
    """Whatever limits a promotion, its sentence says it."""
    more = '[[earn]]\nid = "more"\ntext = "M"\nper_visit = true\n'
    text = f'{CORNER}{more}[[promotion]]\nid = "x"\ntext = "X"\n{lines}\n'
    assert told(text)["Promotions"] == (f"X: {sentence}",)


@pytest.mark.parametrize(
    ("stacking", "sentence"),
    [
        ("best", "gives most is given."),
        ("all", "all are given."),
        ("newest", "began last is given."),
    ],
)
def test_what_happens_to_several_promotions_is_told(stacking: str, sentence: str) -> None:
    """Only where several of them compete."""
    two = "".join(
        f'[[promotion]]\nid = "{name}"\ntext = "X"\nbonus = 1\nskus = ["{name}"]\n'
        for name in ("one", "two")
    )
    assert told(f'stacking = "{stacking}"\n{CORNER}{two}')["Promotions"][-1].endswith(sentence)
    alone = told(f'stacking = "{stacking}"\n{CORNER}{two.partition("[[")[0]}')
    assert "Promotions" not in alone


EXPIRIES = {
    'kind = "rolling"\nmonths = 1': (
        "Points run out 1 month after the day on which they were earned; the oldest are spent "
        "first.",
        "What is earned on 15 December 2026 is gone on 15 January 2027.",
    ),
    'kind = "inactivity"\nmonths = 12': (
        "All points run out 12 months after the last purchase or redemption; the oldest are "
        "spent first.",
        "Who was last here on 15 December 2026 has none from 15 December 2027 on.",
    ),
    'kind = "end_of_month"\nmonths = 6': (
        "Points run out 6 months after the calendar month in which they were earned; the oldest "
        "are spent first.",
        "What is earned on 15 December 2026 is gone on 1 July 2027.",
    ),
}


@pytest.mark.parametrize(("lines", "sentences"), EXPIRIES.items(), ids=["day", "visit", "month"])
def test_when_points_run_out_is_told_with_a_day(lines: str, sentences: tuple[str, ...]) -> None:
    """The rule, and what it means for one day."""
    assert told(f"{CORNER}[expiry]\n{lines}\n")["Expiry"] == sentences


def test_tiers_by_money_are_told() -> None:
    """Tiers by spend in a calendar year, kept to the end of the next."""
    text = CORNER.replace('"points"', '"spend"').replace('"rolling"', '"calendar_year"')
    text = text.replace('keep = "months"', 'keep = "next_year"')
    assert told(text)["Tiers"] == (
        "Every member begins in Green.",
        "Gold is reached with 5.00 USD in a calendar year.",
        "What counts is money spent. A tier is reached at once. It is kept to the end of the next "
        "calendar year, and anew whenever it is reached again; after that a member has the tier "
        "that was earned meanwhile.",
    )
    alone = CORNER.partition('[[tiers.tier]]\nid = "gold"')
    assert told(alone[0] + alone[2].partition('text = "Gold"')[2])["Tiers"] == (
        "Every member begins in Green.",
    )


def test_points_as_money_off_are_told() -> None:
    """A discount without conditions has none; without a rule of money nothing is said of worth."""
    off = '[discount]\nid = "o"\ntext = "O"\npoints = 10\nworth_minor = 10\nstep = 50\n'
    assert told(CORNER + off)["Rewards"] == (
        "O: 10 points take 0.10 USD off, in steps of 50, from 50 points (0.50 USD) on. "
        "So 100.00 USD spent bring 100 points, worth 1.00 USD.",
    )
    visits = CORNER.replace("per_minor = 100", "per_visit = true") + off
    assert told("redeemed_part_earns = true\n" + visits)["Rewards"][0].endswith("USD) on.")
    earning = told("redeemed_part_earns = true\n" + visits)["Earning"]
    assert earning[-1] == "What is paid with points earns points, too; a reward itself earns none."


def test_a_friend_may_get_nothing() -> None:
    """A referral without conditions is told as such."""
    friend = '[referral]\nid = "f"\ntext = "F"\npoints = 1\n'
    assert told(CORNER + friend)["Earning"][-2:] == (
        "Who brings a friend gets 1 point with the friend's first sale, the friend none.",
        "Where that sale is called off or comes back, both lose these points, and the friend's "
        "next such sale brings them.",
    )


def test_how_long_a_voucher_is_good_is_told() -> None:
    """The grocer's run two years from their issue, and are worth twice at a partner."""
    (discount,) = told(shipped_program("clubpoints").read_text("utf-8"))["Rewards"]
    assert "In a partner's voucher points are worth 2 times as much." in discount
    assert "A voucher for points is good for 24 months." in discount


def test_points_have_the_programs_own_name() -> None:
    """A program that calls its points otherwise is told with that name, and no other."""
    stars = Program.parse(shipped_program("stars").read_text("utf-8"), source="stars.toml")
    said = [each for section in sections(stars) for each in section.sentences]
    assert "Gold is reached with 500 Stars in any 12 months." in said
    assert "Modifier: 25 Stars." in said
    assert not [each for each in said if "point" in each.lower()]
