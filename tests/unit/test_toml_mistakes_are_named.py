"""A mistake in a TOML file is said in words that name the file, the key and what to do."""

import re
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, StringConstraints, ValidationError

from agent.core.program import Program
from agent.core.strict_toml import InvalidDocument, mistakes_of, parse
from agent.core.values import Value


class Port(Value):
    """One port of a device."""

    listen: str
    backlog: int = Field(default=5, strict=True)


class Device(Value):
    """A device with ports, one of them perhaps special."""

    name: str
    ports: tuple[Port, ...] = ()
    special: Port | None = None
    tags: tuple[str, ...] = ()
    code: Annotated[
        str,
        StringConstraints(pattern="^[a-z0-9]+$"),
        Field(description="a code without blanks", examples=["ab1"]),
    ] = "x"


class Document(Value):
    """Everything that may stand in the file."""

    title: str
    device: list[Device] = Field(default_factory=list)


class AtLeastOne(Value):
    """A list that may not be empty."""

    device: Annotated[tuple[Device, ...], Field(min_length=1)]


class Amounts(Value):
    """Whole numbers, of money and of others."""

    price_minor: int = Field(default=0, strict=True)
    count: int = Field(default=0, strict=True)


def complaint_about(text: str) -> str:
    """What is said about a text that is refused, without the numbers of lines."""
    with pytest.raises(InvalidDocument) as refused:
        parse(text, Document, source="shop.toml")
    return re.sub(r"(?m)^shop.toml:\d+: ", "shop.toml: ", str(refused.value))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('title = "x"\ntitel = "x"', "unknown key 'titel'; did you mean 'title'?"),
        (
            'title = "x"\n[[device]]\nnme = "a"\nname = "a"',
            "[[device]] \"a\": unknown key 'nme'; did you mean 'name'?",
        ),
        (
            'title = "x"\n[[device]]\nname = "a"\n[[device]]\nname = "b"\n'
            '[[device.ports]]\nlisten = "a:1"\nbacklock = 3',
            "[[device]] \"b\": unknown key 'ports.1.backlock'; did you mean 'backlog'?",
        ),
        (
            'title = "x"\n[[device]]\nname = "a"\nspecial = {listen = "a:1", lisen = "b:1"}',
            "[[device]] \"a\": unknown key 'special.lisen'; did you mean 'listen'?",
        ),
    ],
)
def test_an_unknown_key_names_the_nearest_one(text: str, complaint: str) -> None:
    """An unknown key is named by its whole path, with the nearest key that may stand there."""
    assert complaint_about(text) == f"shop.toml: {complaint}"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "key 'title'"),
        ('title = "x"\n[[device]]', "[[device]] 1: key 'name'"),
        (
            'title = "x"\n[[device]]\nname = "a"\n[[device.ports]]',
            "[[device]] \"a\": key 'ports.1.listen'",
        ),
    ],
)
def test_a_missing_key_is_named(text: str, key: str) -> None:
    """A key that must be there is named by its path, from the table that has a name on."""
    assert complaint_about(text) == f"shop.toml: {key} is missing; write a text, in quotes"


def test_a_name_that_two_tables_have_names_neither() -> None:
    """Where two tables of a list have one name, they are told apart by their places."""
    said = complaint_about('title = "x"' + '\n[[device]]\nname = "a"' * 2 + "\nnme = 1")
    assert said == "shop.toml: [[device]] 2: unknown key 'nme'; did you mean 'name'?"


@pytest.mark.parametrize(
    ("device", "complaint"),
    [
        ("tags = 'front'", '[[device]] "a": tags: write it as a list: ["front"]'),
        ("tags = 1", '[[device]] "a": tags: write it as a list'),
        ("ports = {listen = 'a'}", '[[device]] "a": ports: there may be several: write [[ports]]'),
        ("special = {listen = 1}", '[[device]] "a": special.listen: write it as a text, in quotes'),
        (
            "special = {listen = 'a', backlog = '1'}",
            '[[device]] "a": special.backlog: write it as a whole number, without quotes',
        ),
        ("code = 'no code'", '[[device]] "a": code: write a code without blanks, such as "ab1"'),
        ("code = ''", '[[device]] "a": code: write a code without blanks, such as "ab1"'),
    ],
)
def test_what_has_another_form_is_shown_in_its_own(device: str, complaint: str) -> None:
    """A value of the wrong form is answered with how to write it, not with a regular expression."""
    said = complaint_about(f"title = 'x'\n[[device]]\nname = 'a'\n{device}")
    assert said.startswith(f"shop.toml: {complaint}")
    assert len(said.splitlines()) == 1


def test_a_list_is_not_too_short_because_of_what_is_wrong_in_it() -> None:
    """Of a list whose only table is wrong, nothing is said but what is wrong."""
    with pytest.raises(InvalidDocument) as refused:
        parse("[[device]]\nname = 1", AtLeastOne, source="shop.toml")
    assert str(refused.value) == "shop.toml:2: [[device]] 1: name: write it as a text, in quotes"
    with pytest.raises(InvalidDocument, match="device: "):
        parse("device = []", AtLeastOne, source="shop.toml")


@pytest.mark.parametrize("text", ["title = ", "= 1", "title = 'x'\ntitle = 'x'", "\x00", "[[a]"])
def test_what_is_not_toml_is_said_to_be_none(text: str) -> None:
    """A file that is not TOML at all is said to be that, with the place."""
    said = complaint_about(text)
    assert said.startswith("shop.toml: not TOML: ")
    assert "line" in said or "column" in said or "end of document" in said


def test_every_mistake_is_said_at_once() -> None:
    """All mistakes of a file are said together, one a line, so that one edit can mend them.

    A key that is missing because it is misspelt is one mistake.
    """
    said = complaint_about("titel = 1\n[[device]]\nname = 1")
    assert said.splitlines() == [
        "shop.toml: unknown key 'titel'; did you mean 'title'?",
        "shop.toml: [[device]] 1: name: write it as a text, in quotes",
    ]


@given(st.from_regex(r"[a-z]{1,12}", fullmatch=True).filter(lambda key: key != "title"))
def test_an_unknown_key_always_gets_a_suggestion(key: str) -> None:
    """However far off, an unknown key is answered with one that exists."""
    if key in Document.model_fields:
        return
    said = complaint_about(f'title = "x"\n{key} = 1')
    assert said.startswith(f"shop.toml: unknown key '{key}'; did you mean '")
    assert said.split("'")[-2] in Document.model_fields


def test_a_right_file_is_read() -> None:
    """What is right is read as it stands, absent keys at their defaults."""
    document = parse('title = "x"\n[[device]]\nname = "a"', Document, source="shop.toml")
    assert document == Document(title="x", device=[Device(name="a")])


def test_each_mistake_names_its_line() -> None:
    """File and line stand before each mistake, as compilers and editors write them; what is
    missing is on the line of its table, and the order is that of the lines.
    """
    with pytest.raises(InvalidDocument) as refused:
        parse(
            "\n[[device]]\nports = [\n  {lisen = 'a'},\n]\n\ntitel = 1", Document, source="a.toml"
        )
    assert str(refused.value).splitlines() == [
        "a.toml:1: key 'title' is missing; write a text, in quotes",
        "a.toml:2: [[device]] 1: key 'name' is missing; write a text, in quotes",
        "a.toml:4: [[device]] 1: unknown key 'ports.1.lisen'; did you mean 'listen'?",
        "a.toml:7: [[device]] 1: unknown key 'titel'; did you mean 'special'?",
    ]
    assert [mistake.line for mistake in refused.value.mistakes] == [1, 2, 4, 7]
    assert [mistake.key for mistake in refused.value.mistakes][2:] == [
        "device.1.ports.1.lisen",
        "device.1.titel",
    ]
    assert all(mistake.suggestion for mistake in refused.value.mistakes)


@pytest.mark.parametrize(
    ("text", "line", "fix"),
    [
        ("title = 'x'\n\ncode = ", 3, "may be missing"),
        ("title = 'x'\nday = 2026-02-30", 2, "there is no such day; write it as YYYY-MM-DD"),
        ("title = 'x'\nday = 2026-13-01\n", 2, "there is no such day; write it as YYYY-MM-DD"),
        ("title = 'x'\nday = 20226-01-01\n", 2, "there is no such day; write it as YYYY-MM-DD"),
        ("title = 'x'\ntitle = 'y'", 2, "it stands there twice; keep one of them"),
        ("title = 'x'\ncode = 'y", 2, "may be missing"),
        ("title = 'x'\ncode = [\n1,\n", 3, "may be missing"),
        ("a = 1\nb = " + "[" * 5000, 2, "write it with fewer"),
    ],
)
def test_what_is_not_toml_names_its_line(text: str, line: int, fix: str) -> None:
    """A text that is not TOML is told where it stops being so, and what may be meant."""
    with pytest.raises(InvalidDocument) as refused:
        parse(text, Document, source="a.toml")
    assert str(refused.value).startswith(f"a.toml:{line}: not TOML: ")
    assert fix in refused.value.mistakes[0].suggestion


@pytest.mark.parametrize(
    ("line", "fix"),
    [
        ("price_minor = 4.99", "price_minor: write it in whole minor units, such as cents: 499"),
        ("count = 2.0", "count: write it as a whole number, without a decimal point"),
    ],
)
def test_an_amount_as_a_float_is_told_how_to_be_written(line: str, fix: str) -> None:
    """Money with a decimal point is told its minor units, a count to leave the point out."""
    with pytest.raises(InvalidDocument) as refused:
        parse(f"\n{line}", Amounts, source="a.toml")
    assert str(refused.value).startswith(f"a.toml:2: {fix}")


def test_a_default_that_is_wrong_is_named_by_its_key() -> None:
    """What stands in no table of the file, such as a value of a stronger layer, has its key."""
    with pytest.raises(ValidationError) as caught:
        Program.model_validate({"earn": [{"id": 5}]})
    said = mistakes_of(caught.value, Program, {}, source="elsewhere")
    assert "elsewhere" in said
    assert "earn" in said
