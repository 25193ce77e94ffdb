"""The API's description alone says what each field means, and shows the main calls."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from agent.api.members import CardShown
from agent.api.sales import Claim
from agent.core.basket import Sale
from agent.till import Adjustment, Back, Enrolment, Wish

_FILE = Path(__file__).resolve().parents[2] / "config" / "openapi-agent.json"
API: dict[str, Any] = json.loads(_FILE.read_text("utf-8"))


def _fields() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field of every body, and every parameter of every call, by where it stands."""
    for name, schema in API["components"]["schemas"].items():
        for field, form in schema.get("properties", {}).items():
            yield f"{name}.{field}", form
    for path, calls in API["paths"].items():
        for method, call in calls.items():
            for parameter in call.get("parameters", ()):
                yield f"{method} {path} {parameter['name']}", parameter


def test_every_field_and_parameter_is_described() -> None:
    """None is without a word on what it means, and in which unit."""
    fields = dict(_fields())
    assert len(fields) > 200
    assert [place for place, form in fields.items() if not form.get("description")] == []


@pytest.mark.parametrize("model", [CardShown, Enrolment, Sale, Claim, Back, Wish, Adjustment])
def test_the_main_calls_have_an_example(model: type[BaseModel]) -> None:
    """Each has one, and it is a body that the call takes."""
    (example,) = API["components"]["schemas"][model.__name__]["examples"]
    assert model.model_validate_json(json.dumps(example))
