"""Descriptions as files: ``make documents`` writes them, a test holds each to the code.

``config/openapi-agent.json`` describes the agent's API, ``config/openapi-hub.json`` head office's.
``config/programs/schema.json`` describes a program file to editors, which then complete its keys
and say what each means. ``config/asyncapi.yaml`` describes the messages between stores and head
office.
"""

import json
from pathlib import Path
from typing import Any

from agent.api import create_app
from agent.clock import device_clock, mint_id, system_clock
from agent.core.phrases import BUILT_IN
from agent.core.program import Program
from agent.lanes import Lanes
from agent.ledger import Ledger
from agent.metrics import make_metrics
from agent.paths import shipped_program
from agent.till import Terms, Till
from agent.tools.asyncapi import asyncapi
from sync.hub.api import create_app as create_office_app
from sync.hub.database import Database

__all__ = ["openapi_agent", "openapi_hub", "program_schema"]


def openapi_agent() -> str:
    """Describe the agent's API as OpenAPI 3.1, in JSON. Opens no ledger and no port."""
    ledger = Ledger(Path("nowhere"), clock=device_clock, mint_id=mint_id)
    file = shipped_program("simple")
    program = Program.parse(file.read_text("utf-8"), source=file.name)
    till = Till(ledger, Terms(program=program), mint_id=mint_id)
    app = create_app(
        till=till,
        lanes=Lanes(till, ()),
        health=_no_health,
        metrics=make_metrics(_no_health, ledger, 0),
        till_tokens=(),
    )
    return json.dumps(app.openapi(), indent=2, ensure_ascii=False) + "\n"


def openapi_hub() -> str:
    """Describe head office's API as OpenAPI 3.1, in JSON. Opens no database and no port."""
    app = create_office_app(
        database=Database("sqlite://"),
        now=system_clock,
        health=_no_health,
        metrics=_no_metrics,
        tokens={},
    )
    return json.dumps(app.openapi(), indent=2, ensure_ascii=False) + "\n"


def program_schema() -> str:
    """Describe a program file as JSON Schema, in the words of the model's docstrings.

    In draft 7: editors of TOML know no newer one.
    """
    schema = _for_editors(Program.model_json_schema(ref_template="#/definitions/{model}"))
    phrases = schema["definitions"]["Phrases"]
    del phrases["required"]  # English has those built in that a program does not write down
    for name, phrase in phrases["properties"].items():
        phrase["description"] = f"In English: {getattr(BUILT_IN, name)}"
    head = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A tapledger loyalty program",
    }
    return json.dumps(head | schema, indent=2, ensure_ascii=False) + "\n"


_HOUR = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}
"""Instead of a time of JSON Schema, which has seconds and an offset."""

_TABLES = {"$defs": "definitions", "properties": "properties"}
"""Where names stand that are the file's own, and what editors call it."""


def _for_editors(schema: dict[str, Any]) -> dict[str, Any]:
    """Put a schema, or a part of one, as editors of TOML read it: there is no null in TOML."""
    written: dict[str, Any] = {}
    for name, inner in _without_null(schema).items():
        if name in _TABLES:
            written[_TABLES[name]] = {key: _for_editors(each) for key, each in inner.items()}
        elif name == "description":
            written[name] = " ".join(inner.replace("``", "`").split())
        elif name == "title" or (name == "default" and not isinstance(inner, int | str)):
            continue  # titles only repeat the keys; the other defaults are empty
        elif isinstance(inner, dict):
            written[name] = _for_editors(inner)
        elif isinstance(inner, list):
            written[name] = [_for_editors(e) if isinstance(e, dict) else e for e in inner]
        elif name == "const":
            written["enum"] = [inner]
        else:
            written[name] = inner
    if written.get("format") == "time":
        written = {name: each for name, each in written.items() if name == "description"} | _HOUR
    if len(written) > 1 and "$ref" in written:  # beside a reference nothing else is read
        written["allOf"] = [{"$ref": written.pop("$ref")}]
    return written


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    choices: list[dict[str, Any]] = [
        each for each in schema.get("anyOf", ()) if each != {"type": "null"}
    ]
    if len(choices) != 1:
        return schema
    return choices[0] | {name: each for name, each in schema.items() if name != "anyOf"}


def _no_health() -> Any:
    raise NotImplementedError("a description is never asked how it is")


def _no_metrics() -> bytes:
    raise NotImplementedError("a description is never measured")


if __name__ == "__main__":
    config = Path(__file__).resolve().parents[2] / "config"
    (config / "openapi-agent.json").write_text(openapi_agent(), "utf-8")
    (config / "openapi-hub.json").write_text(openapi_hub(), "utf-8")
    (config / "asyncapi.yaml").write_text(asyncapi(), "utf-8")
    (config / "programs" / "schema.json").write_text(program_schema(), "utf-8")
