"""A mistake in a file ends the agent at once with exit code 2 and words that help."""

import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agent.tools.processes import tapledger
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


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, StoreKit]:
    """A store for each mistake, with the mistake made."""
    spoilt = {}
    for name, (spoil, _) in MISTAKES.items():
        kit = StoreKit(
            name="s001", directory=tmp_path_factory.mktemp("store"), lane_names=("1", "2")
        )
        kit.config.write_text(spoil(kit, kit.config.read_text("utf-8")), "utf-8")
        spoilt[name] = kit
    spoilt["no file"].config.unlink()
    return spoilt


@pytest.fixture(scope="module")
def ended(stores: dict[str, StoreKit]) -> dict[str, subprocess.CompletedProcess[str]]:
    """What became of the agent after each mistake; all are started side by side."""

    def run(kit: StoreKit) -> subprocess.CompletedProcess[str]:
        command = tapledger("agent", "--config", str(kit.config))
        try:
            return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(command, 0, stdout="", stderr="it ran")

    with ThreadPoolExecutor() as pool:
        return dict(zip(stores, pool.map(run, stores.values()), strict=True))


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake(
    stores: dict[str, StoreKit],
    ended: dict[str, subprocess.CompletedProcess[str]],
    mistake: str,
) -> None:
    """A mistake ends the agent with exit code 2, named with its file, key and a way out."""
    said = ended[mistake].stderr
    assert ended[mistake].returncode == 2, said
    assert not [word for word in MISTAKES[mistake][1] if word not in said], said
    assert "Traceback" not in said
    assert ended[mistake].stdout == ""
    assert not stores[mistake].ledger_path.exists()
