"""A mistake in a TOML file is said in words that name the file, the key and what to do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from agent.core.strict_toml import InvalidDocument, parse
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


class Document(Value):
    """Everything that may stand in the file."""

    title: str
    device: list[Device] = Field(default_factory=list)


def complaint_about(text: str) -> str:
    """What is said about a text that is refused."""
    with pytest.raises(InvalidDocument) as refused:
        parse(text, Document, source="shop.toml")
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('title = "x"\ntitel = "x"', "unknown key 'titel'; did you mean 'title'?"),
        (
            'title = "x"\n[[device]]\nnme = "a"\nname = "a"',
            "unknown key 'device.0.nme'; did you mean 'name'?",
        ),
        (
            'title = "x"\n[[device]]\nname = "a"\n[[device]]\nname = "b"\n'
            '[[device.ports]]\nlisten = "a:1"\nbacklock = 3',
            "unknown key 'device.1.ports.0.backlock'; did you mean 'backlog'?",
        ),
        (
            'title = "x"\n[[device]]\nname = "a"\nspecial = {listen = "a:1", lisen = "b:1"}',
            "unknown key 'device.0.special.lisen'; did you mean 'listen'?",
        ),
    ],
)
def test_an_unknown_key_names_the_nearest_one(text: str, complaint: str) -> None:
    """An unknown key is named by its whole path, with the nearest key that may stand there."""
    assert complaint_about(text) == f"shop.toml: {complaint}"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "title"),
        ('title = "x"\n[[device]]', "device.0.name"),
        ('title = "x"\n[[device]]\nname = "a"\n[[device.ports]]', "device.0.ports.0.listen"),
    ],
)
def test_a_missing_key_is_named(text: str, key: str) -> None:
    """A key that must be there is named by its whole path."""
    assert complaint_about(text) == f"shop.toml: key '{key}' is missing"


@pytest.mark.parametrize("text", ["title = ", "= 1", "title = 'x'\ntitle = 'x'", "\x00", "[[a]"])
def test_what_is_not_toml_is_said_to_be_none(text: str) -> None:
    """A file that is not TOML at all is said to be that, with the place."""
    said = complaint_about(text)
    assert said.startswith("shop.toml: not TOML: ")
    assert "line" in said or "column" in said or "end of document" in said


def test_every_mistake_is_said_at_once() -> None:
    """All mistakes of a file are said together, one a line, so that one edit can mend them."""
    said = complaint_about("titel = 1\n[[device]]\nname = 1")
    assert said.splitlines() == [
        "shop.toml: key 'title' is missing",
        "shop.toml: device.0.name: Input should be a valid string",
        "shop.toml: unknown key 'titel'; did you mean 'title'?",
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
