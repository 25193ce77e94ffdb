"""A mistake in a file ends the agent at once with exit code 2 and words that help."""

from collections.abc import Callable
from pathlib import Path

import pytest
from zygote import ForkedDaemons

from agent.tools.site import StoreKit

Spoil = Callable[[StoreKit, str], str]
"""Takes a good configuration and makes a mistake in it."""


def _unknown_key(_kit: StoreKit, toml: str) -> str:
    return toml.replace("[api]\nlisten", "[api]\nlisen")


def _unknown_driver(_kit: StoreKit, toml: str) -> str:
    return toml.replace('"em4100"', '"em4010"', 1)


def _same_port(kit: StoreKit, toml: str) -> str:
    port_1, port_2 = (str(lane.reader.port) for lane in kit.lanes.values())
    return toml.replace(port_2, port_1)


def _same_port_by_a_link(kit: StoreKit, toml: str) -> str:
    port_1, port_2 = (lane.reader.port for lane in kit.lanes.values())
    port_2.symlink_to(port_1.name)
    return toml


def _unknown_device(_kit: StoreKit, toml: str) -> str:
    return toml.replace('devices = ["reader-2"]', 'devices = ["reader-3"]')


def _mistake_in_program(kit: StoreKit, toml: str) -> str:
    line = next(line for line in toml.splitlines() if "programs" in line)
    path = Path(line.split('"')[1])
    program = kit.directory / "spring.toml"
    program.write_text(path.read_text("utf-8").replace("per_minor", "per_minr"), "utf-8")
    return toml.replace(str(path), str(program))


def _untouched(_kit: StoreKit, toml: str) -> str:
    return toml


MISTAKES: dict[str, tuple[Spoil, list[str]]] = {
    "unknown key": (_unknown_key, ["agent.toml", "'api.lisen'", "'listen'"]),
    "unknown driver": (_unknown_driver, ["agent.toml", "'em4010'", "em4100"]),
    "one port": (_same_port, ["agent.toml", "'reader-1'", "'reader-2'", "port"]),
    "a linked port": (_same_port_by_a_link, ["agent.toml", "'reader-1'", "'reader-2'", "port"]),
    "unknown device": (_unknown_device, ["agent.toml", "'2'", "'reader-3'"]),
    "unknown key of a program": (
        _mistake_in_program,
        ["spring.toml", '[[earn]] "base": ', "'per_minr'", "'per_minor'"],
    ),
    "no file": (_untouched, ["agent.toml", "No such file"]),
}
"""How each mistake is made, and the words that the agent must find for it."""


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake(forked: ForkedDaemons, tmp_path: Path, mistake: str) -> None:
    """A mistake ends the agent with exit code 2, named with its file, key and a way out."""
    spoil, words = MISTAKES[mistake]
    kit = StoreKit(name="s001", directory=tmp_path / "store", lane_names=("1", "2"))
    kit.config.write_text(spoil(kit, kit.config.read_text("utf-8")), "utf-8")
    if mistake == "no file":
        kit.config.unlink()
    ended = forked.run("agent", "--config", str(kit.config))
    assert ended.returncode == 2, ended.stderr
    assert not [word for word in words if word not in ended.stderr], ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""
    assert not kit.ledger_path.exists()
