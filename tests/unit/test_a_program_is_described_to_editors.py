"""Editors complete the keys of a program file, and say what each means, from a JSON Schema."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from agent.core.program import Program
from agent.paths import shipped_program
from agent.tools.documents import program_schema

_PROGRAMS = shipped_program("simple").parent
_SCHEMA = _PROGRAMS / "schema.json"
_OWN = Path(__file__).resolve().parents[1] / "data" / "programs"


def as_json(text: str) -> Any:
    """A TOML document as an editor hands it to its checker: days and times as texts."""
    return json.loads(json.dumps(tomllib.loads(text), default=lambda day: day.isoformat()))


def tables(schema: Any) -> Iterator[dict[str, Any]]:
    """Every part of a schema that has keys of its own."""
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for inner in schema.values():
            yield from tables(inner)


def test_the_schema_is_up_to_date() -> None:
    """config/programs/schema.json describes programs as they are; `make documents` writes it."""
    assert _SCHEMA.read_text("utf-8") == program_schema()


def test_every_key_says_what_it_means() -> None:
    """Whichever key an editor offers, it can say what the key means."""
    found = list(tables(json.loads(program_schema())))
    assert len(found) >= 15
    for table in found:
        for key, described in table["properties"].items():
            assert described.get("description"), (table.get("description"), key)


def test_the_schema_has_the_keys_of_the_model() -> None:
    """The schema has every key of the model, at the top and in each table, and no other."""
    schema = json.loads(program_schema())
    assert set(schema["properties"]) == set(Program.model_fields)
    assert schema["required"] == ["id", "version", "name", "currency", "earn"]
    assert all(table["additionalProperties"] is False for table in tables(schema))


@pytest.mark.parametrize(
    "file", [*sorted(_PROGRAMS.glob("*.toml")), *sorted(_OWN.glob("*.toml"))], ids=lambda f: f.name
)
def test_every_shipped_program_is_right_for_an_editor(file: Path) -> None:
    """What the agent takes an editor underlines nowhere."""
    checker = jsonschema_rs.validator_for(json.loads(program_schema()))
    assert [str(error) for error in checker.iter_errors(as_json(file.read_text("utf-8")))] == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("per_minor = 100 ", "per_minr = 100 "),
        ("points = 1\n", "points = 1.5\n"),
        ('currency = "USD"', 'currency = "dollars"'),
        ("version = 1\n", ""),
        ("cost_points = 150", 'cost_points = "150"'),
    ],
)
def test_an_editor_underlines_a_mistake(right: str, wrong: str) -> None:
    """An unknown key, a wrong type or form, and a missing key are seen while somebody writes."""
    text = shipped_program("simple").read_text("utf-8")
    assert right in text
    checker = jsonschema_rs.validator_for(json.loads(program_schema()))
    assert not checker.is_valid(as_json(text.replace(right, wrong)))


def test_the_plainest_program_names_its_schema() -> None:
    """An editor finds the schema by the first line of the file that people copy."""
    first = shipped_program("simple").read_text("utf-8").partition("\n")[0]
    assert first == "#:schema ./schema.json"
    assert _SCHEMA.is_file()
