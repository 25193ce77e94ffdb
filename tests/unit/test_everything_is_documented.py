"""What a person can use is documented: commands, settings, topics, metrics, codes, events."""

import re
from pathlib import Path
from typing import get_args

import click
import pytest
import yaml
from pydantic import BaseModel

from agent.api.problems import PROBLEMS
from agent.cli import main
from agent.core.mistakes import model_in
from agent.core.program_check import check
from agent.lanes import EventName
from agent.settings import AgentSettings, LedgerSettings
from agent.tools.asyncapi import asyncapi
from agent.tools.documents import openapi_agent
from drivers.registry import names_of
from sync.hub.settings import HubSettings
from sync.messages import CHANNELS

_ROOT = Path(__file__).resolve().parents[2]
_README = (_ROOT / "README.md").read_text("utf-8")
_ARCHITECTURE = (_ROOT / "ARCHITECTURE.md").read_text("utf-8")


def _commands(command: click.Command, path: str) -> list[str]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        return [
            found
            for name in command.list_commands(context)
            if (inner := command.get_command(context, name)) is not None
            for found in _commands(inner, f"{path} {name}")
        ]
    return [path]


def _keys(model: type[BaseModel], prefix: str = "") -> list[str]:
    keys = []
    for name, field in model.model_fields.items():
        inner = model_in(field.annotation)
        keys += [f"{prefix}{name}"] if inner is None else _keys(inner, f"{prefix}{name}.")
    return keys


@pytest.mark.parametrize("command", _commands(main, "tapledger"))
def test_every_command_is_in_the_readme(command: str) -> None:
    """Each command stands in the README's table of commands, with every option it has."""
    found: click.Command = main
    for word in command.split()[1:]:
        assert isinstance(found, click.Group)
        inner = found.get_command(click.Context(found), word)
        assert inner is not None
        found = inner
    rows = [line for line in _README.splitlines() if line.startswith(f"| `{command} ")]
    assert len(rows) == 1, command
    assert found.help
    for parameter in found.params:
        if isinstance(parameter, click.Option):
            assert parameter.opts[0] in rows[0], (command, parameter.opts[0])


@pytest.mark.parametrize("model", [AgentSettings, HubSettings])
def test_every_setting_is_in_the_readme(model: type[BaseModel]) -> None:
    """Each key that a configuration may hold stands in the README's table of settings."""
    for key in _keys(model):
        assert f"`{key}`" in _README, key


def test_every_problem_code_is_in_the_readme() -> None:
    """Each code that the API answers stands in the README's table, with its status."""
    for code, (status, _) in PROBLEMS.items():
        rows = [line for line in _README.splitlines() if f"`{code}`" in line and "|" in line]
        assert any(str(status) in row for row in rows), code


def test_every_metric_is_in_the_readme() -> None:
    """Each metric's name stands in the README as Prometheus shows it."""
    source = (_ROOT / "agent" / "metrics.py").read_text("utf-8")
    found = re.findall(r'(Gauge|Counter)MetricFamily\(\s*"(\w+)"', source)
    assert len(found) >= 7
    for kind, name in found:
        assert f"`{name}{'_total' if kind == 'Counter' else ''}`" in _README, name


def test_every_topic_is_in_the_architecture() -> None:
    """Each kind of message that store or head office sends stands in the table of topics."""
    for channel in CHANNELS:
        assert f"| `{channel.kind}` |" in _ARCHITECTURE, channel.kind


def test_the_wire_is_described_as_it_is() -> None:
    """config/asyncapi.yaml describes the messages as they are; `make documents` writes it again."""
    assert (_ROOT / "config" / "asyncapi.yaml").read_text("utf-8") == asyncapi()


def test_the_description_of_the_wire_refers_to_what_it_has() -> None:
    """Whatever config/asyncapi.yaml refers to stands in it."""
    document = yaml.safe_load(asyncapi())
    references = set(re.findall(r"\$ref: '#/([^']+)'", asyncapi()))
    assert len(references) > 20
    for reference in references:
        place = document
        for part in reference.split("/"):
            place = place[part]


def test_the_api_description_is_up_to_date() -> None:
    """config/openapi-agent.json describes the API as it is; `make documents` writes it again."""
    written = (_ROOT / "config" / "openapi-agent.json").read_text("utf-8")
    assert written == openapi_agent()


def test_every_event_and_driver_is_in_the_readme() -> None:
    """Each event of a lane and each driver stands in the README."""
    for name in (*get_args(EventName), *names_of("reader"), *names_of("scanner")):
        assert f"`{name}`" in _README, name


def test_the_examples_in_the_configuration_are_accepted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The shipped agent.toml and hub.toml are valid as they stand."""
    from agent.layered import load  # noqa: PLC0415 - reads the environment when it is called

    for name in ("CREDENTIALS_DIRECTORY",):
        monkeypatch.delenv(name, raising=False)
    assert load(AgentSettings, (_ROOT / "config" / "agent.toml",)).hub is not None
    assert load(HubSettings, (_ROOT / "config" / "hub.toml",)).broker.cert_file is not None


def test_the_configuration_shows_what_the_ledger_keeps() -> None:
    """Each setting of [ledger] stands in agent.toml with its default, and says what it means."""
    text = (_ROOT / "config" / "agent.toml").read_text("utf-8")
    for name, field in LedgerSettings.model_fields.items():
        if not field.is_required():
            assert re.search(rf"^{name} = {field.default} +# \w+", text, re.MULTILINE), name


def test_the_programs_of_the_readme_are_right() -> None:
    """What the README shows of programs is one program without a mistake or a warning."""
    shown = re.findall(r"```toml\n(.*?)```", _README, re.DOTALL)
    assert len(shown) == 3
    found = check("\n".join(shown), source="README.md")
    assert (found.mistakes, found.warnings) == ((), ())
    assert found.program is not None
    assert found.program.stamp_card
