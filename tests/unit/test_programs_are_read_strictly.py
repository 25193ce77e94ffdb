"""A program file is data that a marketing person edits: what it cannot mean is refused."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.core.mistakes import IN_FORM
from agent.core.phrases import BUILT_IN
from agent.core.program import Program
from agent.core.strict_toml import InvalidDocument
from agent.paths import shipped_program
from agent.rules import read_program

CORNER = """
id = "corner"
version = 1
name = "Corner points"
currency = "USD"
[[earn]]
id = "base"
points = 1
per_minor = 100
text = "1 point per $1"
"""

A_CODE = 'write 1 to 64 letters, digits or signs of ASCII, without spaces, such as "coffee"'
A_LANGUAGE = 'write a language as its tag, such as "en" or "pt-BR"'


def complaint_about(text: str) -> str:
    """What is said about a program that is refused, without the numbers of lines."""
    with pytest.raises(InvalidDocument) as refused:
        Program.parse(text, source="corner.toml")
    return re.sub(r"(?m)^(\w+\.toml):\d+: ", r"\1: ", str(refused.value))


def test_the_shipped_program_reads() -> None:
    """``config/programs/simple.toml`` is a valid program of one point a dollar."""
    program = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
    assert program.edition == "simple@1"
    assert [(rule.points, rule.per_minor) for rule in program.earn] == [(1, 100)]
    assert "tobacco" in program.earn[0].exclude_categories


@pytest.mark.parametrize(
    ("line", "instead", "complaint"),
    [
        ("points = 1", "points = 1.0", '[[earn]] "base": points: '),
        ("points = 1", "points = true", '[[earn]] "base": points: '),
        ("points = 1", "points = 0", '[[earn]] "base": points: '),
        ("points = 1", "points = -1", '[[earn]] "base": points: '),
        ("per_minor = 100", "per_minor = 0", '[[earn]] "base": per_minor: '),
        ("per_minor = 100", "per_minor = 1e2", '[[earn]] "base": per_minor: '),
        ("version = 1", "version = 0", "version: "),
        ('currency = "USD"', 'currency = "dollars"', "currency: "),
        ('id = "base"', 'id = "two words"', '[[earn]] "two words": id: '),
        ("points = 1", "point = 1", "unknown key 'point'; did you mean 'points'?"),
        ("per_minor = 100", "", "say what it counts, and one thing alone; write per_minor,"),
    ],
)
def test_a_mistake_is_named(line: str, instead: str, complaint: str) -> None:
    """Each mistake is said with the file and the key it stands under."""
    assert line in CORNER
    said = complaint_about(CORNER.replace(line, instead))
    assert said.startswith("corner.toml: ")
    assert complaint in said


DISCOUNT = """
[discount]
id = "off"
points = 100
worth_minor = 100
step = 100
minimum = 250
text = "$1 off for 100 points"
"""


def test_the_least_that_is_redeemed_is_whole_steps() -> None:
    """A minimum between two steps is refused: it would be shown as a price that nobody can pay."""
    said = "points are redeemed in steps of 100, so nobody can redeem the minimum of"
    assert complaint_about(CORNER + DISCOUNT) == (
        f"corner.toml: discount.minimum: {said} 250; make it 200 or 300"
    )
    low = DISCOUNT.replace("250", "50")
    assert complaint_about(CORNER + low).endswith(f"{said} 50; make it 100")
    for least in ("0", "100", "300"):
        Program.parse(CORNER + DISCOUNT.replace("250", least), source="corner.toml")


@pytest.mark.parametrize("text", ["first\\nsecond", "tab\\there", "\\u001bp0", "\\u007f"])
def test_a_text_gives_the_printer_no_orders(text: str) -> None:
    """A text with a control character is refused: a printer would break the line, or obey."""
    said = complaint_about(CORNER.replace("1 point per $1", text))
    assert said.startswith('corner.toml: [[earn]] "base": text: ')


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (CORNER.replace('"base"', '"two words"'), f'[[earn]] "two words": id: {A_CODE}'),
        (CORNER.replace('"corner"', '"cafés"'), f"id: {A_CODE}"),
        (
            CORNER + 'exclude_categories = ["to bacco"]',
            f'[[earn]] "base": exclude_categories.1: {A_CODE}',
        ),
        (
            CORNER.replace("USD", "usd"),
            'currency: write the three capitals that ISO 4217 has for it, such as "USD"',
        ),
        (
            CORNER.replace("1 point per", "1 point\\nper"),
            '[[earn]] "base": text: write it on one line, without tabs or other control characters',
        ),
        ('languages = ["English"]\n' + CORNER, f"languages.1: {A_LANGUAGE}"),
        (CORNER + 'texts = { English = "x" }', f'[[earn]] "base": texts.English: {A_LANGUAGE}'),
    ],
)
def test_what_has_not_its_form_is_told_in_words(text: str, complaint: str) -> None:
    """The file, the key and what to write there: no regular expression."""
    assert complaint_about(text) == f"corner.toml: {complaint}"


REWARDS = (
    CORNER
    + """
[[reward]]
id = "coffee"
cost_points = 150
text = "A coffee"
[[reward]]
id = "tea"
cost_points = 100
text = "A tea"
"""
)


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ("points = 1", "points = 0", '[[earn]] "base": points: write 1 or more'),
        ("per_minor = 100", "per_minor = 0", '[[earn]] "base": per_minor: write 1 or more'),
        ("points = 1", "points = 2000000", '[[earn]] "base": points: write 1000000 or less'),
        ("version = 1", "version = 0", "version: write 1 or more"),
        ("version", "return_window_days = 366\nversion", "return_window_days: write 365 or less"),
        (
            "version",
            "redeemed_part_earns = 'no'\nversion",
            "redeemed_part_earns: write true or false",
        ),
        ("version", "languages = []\nversion", "languages: there must be at least 1"),
        (
            "version",
            "discount = []\nversion",
            "discount: there may be one alone: write [discount] with one bracket",
        ),
        ("version", "discount = 5\nversion", "discount: write it as a table"),
        (
            "cost_points = 100",
            "cost_points = 0",
            '[[reward]] "tea": cost_points: what costs nothing needs an occasion, or everybody has '
            'it with every sale; write occasion = "birthday", or what it costs',
        ),
        (
            "cost_points = 100",
            "cost_points = 1.5",
            '[[reward]] "tea": cost_points: write it as a whole number, without a decimal point',
        ),
        ('id = "tea"', "id = 5", "[[reward]] 2: id: write it as a text, in quotes"),
        ('id = "tea"', "", f"[[reward]] 2: key 'id' is missing; {A_CODE}"),
        (
            '"A tea"',
            f'"{"x" * 201}"',
            '[[reward]] "tea": text: write at most 200 characters',
        ),
        ('"A tea"', '"A tea"\ntexts = 5', '[[reward]] "tea": texts: write it as a table'),
        (
            '"1 point per $1"',
            '"1 point"\nexclude_categories = "tobacco"',
            '[[earn]] "base": exclude_categories: write it as a list: ["tobacco"]',
        ),
        (
            "cost_points = 100",
            "cost_point = 100",
            "[[reward]] \"tea\": unknown key 'cost_point'; did you mean 'cost_points'?",
        ),
        ("version = 1", "versoin = 1", "unknown key 'versoin'; did you mean 'version'?"),
    ],
)
def test_a_mistake_is_told_once_and_in_words(right: str, wrong: str, complaint: str) -> None:
    """One line for one mistake: the rule or reward by its id, or counted from 1, and what to do."""
    assert right in REWARDS
    assert complaint_about(REWARDS.replace(right, wrong, 1)) == f"corner.toml: {complaint}"


@pytest.mark.parametrize("phrase", ["{", "}", "{points", "{0}", "{points}", "{!r}"])
def test_braces_that_name_nothing_are_told_in_words(phrase: str) -> None:
    """Whatever stands in braces, the answer says what may."""
    said = complaint_about(f"{CORNER}[phrases.en]\nbalance = {phrase!r}\n")
    assert "corner.toml: phrases.en.balance: names no value: write it without braces" in said


def test_points_may_have_another_name() -> None:
    """English is built in: a program writes down only those of its phrases that are to differ."""
    text = f'{CORNER}[phrases.en]\nbalance = "Star balance"\n'
    words = Program.parse(text, source="corner.toml").phrases_in("en")
    assert words == BUILT_IN.model_copy(update={"balance": "Star balance"})
    assert complaint_about(f"{CORNER}[phrases]\nen = 5\n").endswith(
        "phrases.en: write it as a table"
    )


def test_no_form_of_a_program_is_told_as_a_regular_expression() -> None:
    """Whatever form a field of a program has, there are words for it."""
    assert set(_patterns(Program.model_json_schema())) <= set(IN_FORM)


def _patterns(schema: Any) -> Iterator[str]:
    """Every regular expression of a schema."""
    if isinstance(schema, dict):
        yield from (schema[key] for key in ("pattern",) if isinstance(schema.get(key), str))
        yield from (key for key in schema.get("patternProperties", ()))
    for inner in schema.values() if isinstance(schema, dict) else schema:
        if isinstance(inner, dict | list):
            yield from _patterns(inner)


def test_a_file_that_is_not_utf_8_is_told_so(tmp_path: Path) -> None:
    """With the place and what to do."""
    file = tmp_path / "corner.toml"
    file.write_bytes(CORNER.replace("Corner", "Café").encode("latin-1"))
    with pytest.raises(InvalidDocument) as refused:
        read_program(file)
    assert str(refused.value).endswith(" is not UTF-8; save the file as UTF-8")
    assert str(file) in str(refused.value)


def test_a_program_speaks_any_language() -> None:
    """A text may hold a zero-width non-joiner, without which Persian cannot be written."""
    text = "\u0645\u06cc\u200c\u06af\u06cc\u0631\u06cc\u062f"
    program = Program.parse(CORNER.replace("1 point per $1", text), source="corner.toml")
    assert program.earn[0].text == text


def test_a_program_has_a_rule() -> None:
    """A program under which nothing ever earns is a mistake."""
    assert "earn" in complaint_about(CORNER.partition("[[earn]]")[0])


def test_rules_have_names_of_their_own() -> None:
    """Two rules of one name could not be told apart on a receipt, so they are refused."""
    twice = CORNER + CORNER[CORNER.index("[[earn]]") :]
    assert "two rules are called 'base'" in complaint_about(twice)


def test_a_time_is_written_as_toml_has_it_too() -> None:
    """An hour may stand as TOML's own time of the day."""
    happy = '[[promotion]]\nid = "p"\nbonus = 1\ntext = "P"\nhours = [{ start = %s, end = %s }]'
    toml = Program.parse(CORNER + happy % ("16:30:00", "18:00:00"), source="corner.toml")
    text = Program.parse(CORNER + happy % ('"16:30"', '"18:00"'), source="corner.toml")
    assert toml.promotion[0].hours == text.promotion[0].hours


def test_what_is_not_read_from_a_file_is_held_to_the_same() -> None:
    """A program that was made otherwise names no tier that there is not, either."""
    right = Program.parse(CORNER, source="corner.toml")
    tiers = {"promotion": ({"id": "p", "text": "P", "bonus": 1, "tiers": {"gold"}},)}
    with pytest.raises(ValueError, match="nobody declared the tier 'gold'"):
        Program.model_validate(right.model_dump() | tiers)
