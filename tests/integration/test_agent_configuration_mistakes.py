"""A mistake in a file ends the agent at once with exit code 2 and words that help."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.tools.processes import tapledger
from agent.tools.site import StoreKit

Spoil = Callable[[StoreKit, str], str]
"""Takes a good configuration and makes a mistake in it."""


def _unknown_key(_kit: StoreKit, toml: str) -> str:
    return toml.replace("[api]\nlisten", "[api]\nlisen")


def _unknown_table(_kit: StoreKit, toml: str) -> str:
    return toml.replace("[ledger]", "[legder]")


def _unknown_driver(_kit: StoreKit, toml: str) -> str:
    return toml.replace('"em4100"', '"em4010"', 1)


def _same_port(kit: StoreKit, toml: str) -> str:
    port_1, port_2 = (str(lane.reader.port) for lane in kit.lanes.values())
    return toml.replace(port_2, port_1)


def _same_port_by_a_link(kit: StoreKit, toml: str) -> str:
    port_1, port_2 = (lane.reader.port for lane in kit.lanes.values())
    port_2.symlink_to(port_1.name)
    return toml


def _same_port_by_a_linked_directory(kit: StoreKit, toml: str) -> str:
    port_1, port_2 = (lane.reader.port for lane in kit.lanes.values())
    link = kit.directory / "by-id"
    link.symlink_to(kit.directory)
    return toml.replace(str(port_2), str(link / port_1.name))


def _unknown_device(_kit: StoreKit, toml: str) -> str:
    return toml.replace('devices = ["reader-2"]', 'devices = ["reader-3"]')


def _not_toml(_kit: StoreKit, toml: str) -> str:
    return toml.replace("[ledger]", "[ledger")


def _mistake_in_program(kit: StoreKit, toml: str) -> str:
    line = next(line for line in toml.splitlines() if "programs" in line)
    path = Path(line.split('"')[1])
    program = kit.directory / "spring.toml"
    program.write_text(path.read_text("utf-8").replace("per_minor", "per_minr"), "utf-8")
    return toml.replace(str(path), str(program))


def _no_program(kit: StoreKit, toml: str) -> str:
    line = next(line for line in toml.splitlines() if "programs" in line)
    return toml.replace(line, f'path = "{kit.directory / "autumn.toml"}"')


def _run(config: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        tapledger("agent", "--config", str(config)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_unknown_key, ["agent.toml", "'api.lisen'", "'listen'"]),
        (_unknown_table, ["agent.toml", "'legder'", "'ledger'"]),
        (_unknown_driver, ["agent.toml", "'em4010'", "em4100"]),
        (_same_port, ["agent.toml", "'reader-1'", "'reader-2'", "port"]),
        (_same_port_by_a_link, ["agent.toml", "'reader-1'", "'reader-2'", "port"]),
        (_same_port_by_a_linked_directory, ["agent.toml", "'reader-1'", "'reader-2'", "port"]),
        (_unknown_device, ["agent.toml", "'2'", "'reader-3'"]),
        (_not_toml, ["agent.toml", "TOML", "line"]),
        (_mistake_in_program, ["spring.toml", "'earn.0.per_minr'", "'per_minor'"]),
        (_no_program, ["autumn.toml", "cannot be read"]),
    ],
)
def test_mistake(closed_store: StoreKit, spoil: Spoil, words: list[str]) -> None:
    """A mistake ends the agent with exit code 2, named with its file, key and a way out."""
    toml = closed_store.config.read_text("utf-8")
    spoilt = spoil(closed_store, toml)
    closed_store.config.write_text(spoilt, "utf-8")
    ended = _run(closed_store.config)
    assert ended.returncode == 2
    assert not [word for word in words if word not in ended.stderr], ended.stderr
    assert "Traceback" not in ended.stderr
    assert not closed_store.ledger_path.exists()


def test_missing_file(tmp_path: Path) -> None:
    """A configuration file that is not there ends the agent with exit code 2, named."""
    ended = _run(tmp_path / "nowhere.toml")
    assert ended.returncode == 2
    assert str(tmp_path / "nowhere.toml") in ended.stderr
    assert "Traceback" not in ended.stderr
