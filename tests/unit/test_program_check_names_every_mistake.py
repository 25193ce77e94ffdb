"""``program check`` names every mistake of a file: file, line, key, and what to do about it."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from written_programs import CORNER

from agent.cli import main
from agent.core.program import Program
from agent.core.strict_toml import InvalidDocument
from agent.paths import shipped_program

PROMOTION = """
[[promotion]]
id = "happy"
multiplier = "2"
text = "Happy hour"
"""


def run(tmp_path: Path, text: str, *options: str) -> Result:
    """The command on a file of this text."""
    file = tmp_path / "shop.toml"
    file.write_text(text, "utf-8")
    return CliRunner().invoke(main, ["program", "check", str(file), *options])


def mistakes_in(tmp_path: Path, text: str) -> list[dict[str, Any]]:
    """What the command finds, as a program reads it."""
    result = run(tmp_path, text, "--json")
    found = json.loads(result.stdout)
    assert set(found) == {"ok", "mistakes", "warnings", "sentences"}
    assert found["ok"] is (not found["mistakes"])
    assert result.exit_code == (0 if found["ok"] else 1)
    for each in (*found["mistakes"], *found["warnings"]):
        assert set(each) == {"line", "key", "message", "suggestion"}
        assert each["suggestion"]
    mistakes: list[dict[str, Any]] = found["mistakes"]
    return mistakes


BAD = {
    "an unknown key": (
        CORNER.replace("per_minor", "per_minr"),
        (8, "earn.1.per_minr", "unknown key 'per_minr'", "did you mean 'per_minor'?"),
    ),
    "an amount as a float": (
        CORNER.replace("per_minor = 100", "per_minor = 1.00"),
        (8, "earn.1.per_minor", "per_minor: ", "write it in whole minor units"),
    ),
    "points as a float": (
        CORNER.replace("reach = 500", "reach = 500.0"),
        (18, "tiers.tier.2.reach", "reach: ", "as a whole number, without a decimal point"),
    ),
    "a missing currency": (
        CORNER.replace('currency = "USD"\n', ""),
        (1, "currency", "key 'currency' is missing", "three capitals that ISO 4217 has for it"),
    ),
    "a currency that is none": (
        CORNER.replace("USD", "$"),
        (4, "currency", "currency: ", "three capitals that ISO 4217 has for it"),
    ),
    "overlapping tiers": (
        CORNER.replace("reach = 500", "reach = 0"),
        (18, "tiers.tier.2.reach", "'gold' overlaps 'green'", "give it a reach above 0"),
    ),
    "a first tier that nobody begins in": (
        CORNER.replace("reach = 0", "reach = 10"),
        (13, "tiers.tier.1.reach", "everybody is in the first tier", "give 'green' reach = 0"),
    ),
    "a tier that is misspelt": (
        CORNER + PROMOTION + 'tiers = ["gold", "gren"]',
        (30, "promotion.1.tiers.2", "nobody declared the tier 'gren'", "did you mean 'green'?"),
    ),
    "a tier that nobody declared": (
        CORNER + PROMOTION + 'tiers = ["platinum"]',
        (30, "promotion.1.tiers.1", "nobody declared the tier 'platinum'", "[[tiers.tier]]"),
    ),
    "a rule that nobody declared": (
        CORNER + PROMOTION + 'rules = ["bse"]',
        (30, "promotion.1.rules.1", "nobody declared the earn rule 'bse'", "mean 'base'?"),
    ),
    "a category that nobody declared": (
        'categories = ["alcohol"]\n' + CORNER + PROMOTION + 'categories = ["tobacco"]',
        (31, "promotion.1.categories.1", "the category 'tobacco'", "add it to categories"),
    ),
    "a day that there is not": (
        CORNER + PROMOTION + "first_day = 2026-02-30",
        (30, "", "not TOML", "there is no such day; write it as YYYY-MM-DD"),
    ),
    "a day as a text that there is not": (
        CORNER + PROMOTION + 'first_day = "2026-02-30"',
        (30, "promotion.1.first_day", "first_day: ", "there is no such day"),
    ),
    "a year that somebody mistyped": (
        CORNER + PROMOTION + "last_day = 0226-02-20",
        (30, "promotion.1.last_day", "the year 0226 is out of range", "from 2000 to 2199"),
    ),
    "days in the wrong order": (
        CORNER + PROMOTION + "first_day = 2026-03-02\nlast_day = 2026-03-01",
        (31, "promotion.1.last_day", "last_day is before first_day", "write 2026-03-02 or later"),
    ),
    "moments in the wrong order": (
        CORNER
        + PROMOTION
        + "starts_at = 2026-03-02T10:00:00Z\nends_at = 2026-03-02T10:00:00+01:00",
        (31, "promotion.1.ends_at", "ends_at is not after starts_at", "write a moment after"),
    ),
    "weekdays that its window has not": (
        CORNER + PROMOTION + 'weekdays = ["sat"]\nfirst_day = 2026-03-02\nlast_day = 2026-03-04\n',
        (30, "promotion.1.weekdays", "so it never applies", 'these are: "mon", "tue", "wed"'),
    ),
    "a language without its phrases": (
        'languages = ["en", "fr"]\n' + CORNER,
        (1, "languages.2", "'fr' has no table [phrases.fr]", "write [phrases.fr]"),
    ),
    "a text in a language that is not listed": (
        CORNER.replace('text = "Gold"', 'text = "Gold"\ntexts = { fr = "Or" }'),
        (20, "tiers.tier.2.texts.fr", "'fr' cannot stand here", "of languages, none can"),
    ),
    "a rule that counts nothing": (
        CORNER.replace("per_minor = 100\n", ""),
        (6, "earn.1", "say what it counts", "write per_minor, per_quantity,"),
    ),
    "two things of one name": (
        CORNER + PROMOTION.replace("happy", "base"),
        (27, "promotion.1.id", "two rules are called 'base'", "give each a name of its own"),
    ),
    "a table that stands there twice": (
        CORNER + "\n[tiers]\n",
        (26, "", "not TOML", "it stands there twice; keep one of them"),
    ),
    "a file that ends too early": (CORNER + "\n[limits", (26, "", "not TOML", "may be missing")),
    "an hour that is none": (
        CORNER + PROMOTION + 'hours = [{ start = "16h", end = 18:00:00 }]',
        (30, "promotion.1.hours.1.start", "start: ", 'write it as "16:30"'),
    ),
    "an hour beyond midnight": (
        CORNER + PROMOTION + 'hours = [{ start = "16:00", end = "24:00" }]',
        (30, "promotion.1.hours.1.end", "end: ", 'write it as "16:30"'),
    ),
    "a promotion that gives nothing": (
        CORNER + PROMOTION.replace('multiplier = "2"\n', ""),
        (26, "promotion.1", "say what it gives", "write multiplier or bonus"),
    ),
    "a multiplier of one": (
        CORNER + PROMOTION.replace('"2"', '"1.0"'),
        (28, "promotion.1.multiplier", "must be above 1", 'write "2" for double points'),
    ),
    "a multiplier as a float": (
        CORNER + PROMOTION.replace('"2"', "1.5"),
        (28, "promotion.1.multiplier", "multiplier: ", "as a text, in quotes"),
    ),
    "a bonus of some rules": (
        CORNER + PROMOTION.replace('multiplier = "2"', 'bonus = 5\nrules = ["base"]'),
        (29, "promotion.1.rules", "a bonus has none", "take rules out"),
    ),
    "a visit without its zone": (
        CORNER + PROMOTION + 'occasion = "visit"',
        (30, "promotion.1.occasion", "zone go together", "write both or neither"),
    ),
    "a zone without its visit": (
        CORNER + PROMOTION + 'zone = "wine"',
        (30, "promotion.1.zone", "zone go together", "write both or neither"),
    ),
    "days of no occasion": (
        CORNER + PROMOTION + "within_days = 3",
        (30, "promotion.1.within_days", "within_days goes with", "add such an occasion"),
    ),
    "a tier's days of no birthday": (
        CORNER + PROMOTION + "tier_days = { gold = 3 }",
        (30, "promotion.1.tier_days", "tier_days go with", "add that occasion"),
    ),
    "shares above the budget": (
        CORNER + PROMOTION + "budget = { points = 5, stores = { s1 = 3, s2 = 3 } }",
        (30, "promotion.1.budget.stores", "add up to 6, more than 5", "or write points = 6"),
    ),
    "rates by tier of a visit": (
        CORNER.replace("per_minor = 100", 'per_visit = true\ntier_rates = { gold = "2" }'),
        (9, "earn.1.tier_rates", "tier_rates go with per_minor", "take them out"),
    ),
    "points for nothing": (
        CORNER.replace("per_minor = 100", 'per_quantity = "0.000"'),
        (8, "earn.1.per_quantity", "it must be above zero", 'write "1" for each piece'),
    ),
    "steps that fall": (
        CORNER.replace(
            "per_minor = 100",
            "steps = [{ from_minor = 9, points = 2 }, { from_minor = 5, points = 1 }]",
        ),
        (8, "earn.1.steps", "the steps do not rise", "begin with the smallest from_minor"),
    ),
    "a step that is no whole money": (
        CORNER + '[discount]\nid = "o"\ntext = "O"\npoints = 30\nworth_minor = 20\nstep = 10',
        (30, "discount.step", "must be worth whole minor units", "write 3, or a multiple"),
    ),
    "an activity that extends itself": (
        CORNER + '[expiry]\nkind = "inactivity"\nmonths = 6\nactivity_extends = true',
        (28, "expiry.activity_extends", "counts from the last activity", "take activity_extends"),
    ),
    "a reward whose days are in the wrong order": (
        CORNER
        + '[[reward]]\nid = "r"\ntext = "R"\ncost_points = 1\n'
        + "first_day = 2026-03-02\nlast_day = 2026-03-01",
        (30, "reward.1.last_day", "so nobody could have it", "write 2026-03-02 or later"),
    ),
    "a treat without an occasion": (
        CORNER + '[[reward]]\nid = "r"\ntext = "R"\ncost_points = 0',
        (28, "reward.1.cost_points", "costs nothing needs an occasion", 'occasion = "birthday"'),
    ),
    "an occasion of what costs points": (
        CORNER + '[[reward]]\nid = "r"\ntext = "R"\ncost_points = 5\noccasion = "welcome"',
        (29, "reward.1.occasion", "occasion goes with cost_points = 0", "take it out"),
    ),
    "days of a tier after joining": (
        CORNER
        + '[[reward]]\nid = "r"\ntext = "R"\ncost_points = 0\noccasion = "welcome"\n'
        + "tier_days = { gold = 2 }",
        (30, "reward.1.tier_days", "go with occasion", "add that occasion"),
    ),
    "more often than ever": (
        CORNER
        + '[[reward]]\nid = "r"\ntext = "R"\ncost_points = 0\noccasion = "birthday"\n'
        + "times_per_year = 3\ntimes_in_all = 2",
        (30, "reward.1.times_per_year", "never had so often", "write 2 or fewer"),
    ),
    "a stamp card whose days are in the wrong order": (
        CORNER
        + '[[stamp_card]]\nid = "c"\ntext = "C"\ngives = "G"\nstamps = 9\n'
        + "first_day = 2026-03-02\nlast_day = 2026-03-01",
        (31, "stamp_card.1.last_day", "so it would never collect", "write 2026-03-02 or later"),
    ),
    "a stamp card of an unknown tier": (
        CORNER
        + '[[stamp_card]]\nid = "c"\ntext = "C"\ngives = "G"\nstamps = 9\ntiers = ["golden"]',
        (30, "stamp_card.1.tiers.1", "nobody declared the tier 'golden'", "did you mean 'gold'"),
    ),
    "a stamp card called as a reward is": (
        CORNER
        + '[[reward]]\nid = "c"\ntext = "R"\ncost_points = 5\n'
        + '[[stamp_card]]\nid = "c"\ntext = "C"\ngives = "G"\nstamps = 9',
        (30, "stamp_card.1.id", "two rewards are called 'c'", "a name of its own"),
    ),
    "a list of what are no tables": (
        "promotion = [5]\n" + CORNER,
        (1, "promotion.1", "promotion.1: ", "write it as a table"),
    ),
    "no rules at all": (
        CORNER.partition("[[earn]]")[0],
        (1, "earn", "key 'earn' is missing", "write [[earn]] and its keys below it"),
    ),
    "a factor that is no text": (
        CORNER + '[[promotion]]\nid = "p"\ntext = "P"\nmultiplier = 1.5',
        (28, "promotion.1.multiplier", "in quotes", '"1.5"'),
    ),
    "a cap whose words are turned round": (
        CORNER + '[[promotion]]\nid = "p"\ntext = "P"\nbonus = 5\ncaps = { per_day_points = 5 }',
        (29, "promotion.1.caps.per_day_points", "unknown key", "did you mean 'points_per_day'?"),
    ),
    "enrolment without its points": (
        CORNER + '[enrolment]\nid = "e"\ntext = "E"',
        (25, "enrolment.points", "is missing", "write a whole number"),
    ),
    "a number of thousands of digits": (
        CORNER + "[limits]\npoints_per_day = " + "9" * 5000 + "\n\n",
        (26, "", "not TOML: a number is too long", "write a shorter one"),
    ),
}


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=BAD)
def test_a_mistake_has_its_line_and_what_to_do(
    tmp_path: Path, text: str, said: tuple[int, str, str, str]
) -> None:
    """Each mistake alone is found once: the line, the key, what is wrong and the way out."""
    line, key, message, suggestion = said
    mistakes = mistakes_in(tmp_path, text)
    assert [(each["line"], each["key"]) for each in mistakes] == [(line, key)]
    assert message in mistakes[0]["message"]
    assert suggestion in mistakes[0]["suggestion"]


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=BAD)
def test_a_person_reads_it_with_file_and_line(
    tmp_path: Path, text: str, said: tuple[int, str, str, str]
) -> None:
    """On a terminal each mistake begins with ``file:line:``, as compilers write it."""
    result = run(tmp_path, text)
    assert result.exit_code == 1
    assert result.stdout.startswith(f"{tmp_path / 'shop.toml'}:{said[0]}: mistake: ")
    assert said[2] in result.stdout.splitlines()[0]
    assert result.stdout.splitlines()[-1] == f"1 mistake in {tmp_path / 'shop.toml'}"


def test_all_mistakes_are_found_at_once(tmp_path: Path) -> None:
    """One edit can mend a file: what is wrong in one table hides nothing of another."""
    text = (
        CORNER.replace("per_minor", "per_minr").replace("reach = 500", "reach = 0")
        + PROMOTION
        + 'tiers = ["gld"]\nweekdays = ["monday"]\n'
        + '[expiry]\nkind = "rolling"\nmonths = 0\nnever_tiers = ["green", "gol"]\n'
        + '[[reward]]\nid = "coffee"\ncost_points = 1.5\ntext = "A coffee"\ntiers = ["silver"]\n'
    )
    mistakes = mistakes_in(tmp_path, text)
    assert [(each["line"], each["key"]) for each in mistakes] == [
        (8, "earn.1.per_minr"),
        (18, "tiers.tier.2.reach"),
        (30, "promotion.1.tiers.1"),
        (31, "promotion.1.weekdays.1"),
        (34, "expiry.months"),
        (35, "expiry.never_tiers.2"),
        (38, "reward.1.cost_points"),
        (40, "reward.1.tiers.1"),
    ]
    assert run(tmp_path, text).stdout.splitlines()[-1].startswith("8 mistakes in ")


@pytest.mark.parametrize("name", [name for name in BAD if name[:9] != "weekdays "])
def test_an_agent_refuses_it_in_the_same_words(name: str) -> None:
    """What the command calls a mistake keeps an agent from taking the file, with file and line."""
    text, (line, _, message, suggestion) = BAD[name]
    with pytest.raises(InvalidDocument) as refused:
        Program.parse(text, source="shop.toml")
    said = str(refused.value)
    assert said.startswith(f"shop.toml:{line}: ")
    assert message in said
    assert suggestion in said or suggestion == "add it"


@pytest.mark.parametrize("content", [None, b"\xff\xfe", "a directory"])
def test_a_file_that_cannot_be_read_is_wrong_use(tmp_path: Path, content: object) -> None:
    """No file, no UTF-8, or a directory: exit code 2, with the file and why."""
    file = tmp_path / "shop.toml"
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content is not None:
        file.mkdir()
    result = CliRunner().invoke(main, ["program", "check", str(file)])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"{file}: cannot be read: ")
    assert CliRunner().invoke(main, ["program", "check"]).exit_code == 2


def test_a_file_of_ten_thousand_lines_is_looked_through(tmp_path: Path) -> None:
    """A very long file is read like a short one, and its last line is named."""
    rules = "".join(
        f'[[earn]]\nid = "r{n}"\nper_minor = 100\nskus = ["{n}"]\ntext = "x"\n\n'
        for n in range(1700)
    )
    long = CORNER + rules + "[limits]\npoints_per_dy = 5\n"
    assert len(long.splitlines()) > 10_000
    mistakes = mistakes_in(tmp_path, long)
    assert [each["line"] for each in mistakes] == [len(long.splitlines())]
    assert mistakes_in(tmp_path, long.replace("_dy", "_day")) == []


def test_the_shipped_program_has_no_mistake() -> None:
    """simple.toml is right, and the exit code says so."""
    result = CliRunner().invoke(main, ["program", "check", str(shipped_program("simple"))])
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0].endswith("simple.toml: no mistake")
