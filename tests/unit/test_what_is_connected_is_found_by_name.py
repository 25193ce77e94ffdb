"""What is plugged in is found by its lasting names, never opened, and can be copied as it is."""

import json
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from agent.cli import devices_list, main
from drivers import connected as looking
from drivers.connected import connected

_BY_ID = "usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0"
_SCANNER = "usb-Honeywell_1900_12345-event-kbd"


@pytest.fixture
def terminals() -> Iterator[list[str]]:
    """Two pseudo-terminals to stand for serial devices."""
    pairs = [os.openpty() for _ in range(2)]
    yield [os.ttyname(slave) for _, slave in pairs]
    for pair in pairs:
        for end in pair:
            os.close(end)


@pytest.fixture
def dev(tmp_path: Path, terminals: list[str]) -> Path:
    """A directory of devices: one known by three names, a keyboard's two, and a dead link."""
    dev = tmp_path / "dev"
    for place in ("serial/by-id", "serial/by-path", "tapledger/by-serial", "input/by-id"):
        (dev / place).mkdir(parents=True)
    (dev / "serial/by-id" / _BY_ID).symlink_to(terminals[0])
    (dev / "serial/by-path/pci-0000:00:14.0-usb-0:2:1.0-port0").symlink_to(terminals[0])
    (dev / "tapledger/reader0").symlink_to(terminals[1])
    (dev / "serial/by-id/usb-gone").symlink_to(dev / "nothing")
    for name in ("event3", "mouse0"):
        (dev / "input" / name).touch()
    (dev / "input/by-id" / _SCANNER).symlink_to(dev / "input/event3")
    (dev / "input/by-id/usb-mouse").symlink_to(dev / "input/mouse0")
    return dev


def _config(tmp_path: Path, port: str) -> Path:
    config = tmp_path / "agent.toml"
    config.write_text(
        '[device]\ntenant = "t"\nstore = "s"\nname = "d"\n'
        f'[ledger]\npath = "{tmp_path}/l.db"\n[program]\npath = "p.toml"\n'
        '[api]\nlisten = "127.0.0.1:0"\n'
        f'[[reader]]\nname = "front"\ndriver = "em4100"\nport = "{port}"\n'
        '[[lane]]\nname = "1"\ndevices = ["front"]\n'
    )
    return config


@pytest.fixture
def _here(dev: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices_list, "pcsc_readers", lambda: ("ACS ACR122U 00 00",))
    monkeypatch.setattr(
        devices_list, "connected", lambda *, readers: connected(dev, ports=tuple, readers=readers)
    )


def test_each_is_named_once_and_by_its_best_name(dev: Path, terminals: list[str]) -> None:
    """A store's own name goes before the maker's, and that before the socket's; what is gone, and
    what types nothing, is not there.
    """
    found = connected(dev, ports=lambda: (), readers=lambda: ("ACS ACR122U 00 00",))
    assert [(each.kind, each.port) for each in found] == [
        ("serial", str(dev / "serial/by-id" / _BY_ID)),
        ("serial", str(dev / "tapledger/reader0")),
        ("keyboard", str(dev / "input/by-id" / _SCANNER)),
        ("pcsc", "ACS ACR122U 00 00"),
    ]
    (dev / "tapledger/till1").symlink_to(terminals[0])
    ports = [each.port for each in connected(dev, ports=lambda: (), readers=tuple)]
    assert str(dev / "tapledger/till1") in ports
    assert str(dev / "serial/by-id" / _BY_ID) not in ports


def test_nothing_is_opened(dev: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking opens no device, or one that resets when it is opened would be reset."""
    opened: list[object] = []
    monkeypatch.setattr(os, "open", lambda *args, **_: opened.append(args))
    assert connected(dev, ports=lambda: (), readers=tuple)
    assert opened == []


def test_a_machine_with_nothing_has_nothing(tmp_path: Path) -> None:
    """Where there are no such directories and no pcscd, nothing is found and nothing is amiss."""
    assert connected(tmp_path, ports=lambda: (), readers=tuple) == []


@pytest.mark.usefixtures("_here")
def test_what_is_connected_can_be_copied(dev: Path, tmp_path: Path, terminals: list[str]) -> None:
    """What is not configured is printed with its line of TOML; what is, by any of its names, is
    among the configured alone.
    """
    config = _config(tmp_path, terminals[1])
    result = CliRunner().invoke(main, ["devices", "list", "--config", str(config)])
    assert result.exit_code == 0, result.output
    configured, _, beside = result.output.partition("Connected and not configured")
    assert "no agent is running" in configured
    assert "front" in configured
    assert "present" in configured
    lines = [line.strip() for line in beside.splitlines() if "port = " in line]
    assert [tomllib.loads(line)["port"] for line in lines] == [
        str(dev / "serial/by-id" / _BY_ID),
        str(dev / "input/by-id" / _SCANNER),
        "ACS ACR122U 00 00",
    ]
    assert all(len(line) <= 80 for line in configured.splitlines())


@pytest.mark.usefixtures("_here")
def test_what_is_missing_is_a_finding(tmp_path: Path) -> None:
    """A configured device that is not there is said with what to do, and the exit code is 1."""
    config = _config(tmp_path, str(tmp_path / "nowhere"))
    run = ["devices", "list", "--config", str(config)]
    result = CliRunner().invoke(main, run)
    assert result.exit_code == 1
    assert "nothing is at" in result.output
    told = json.loads(CliRunner().invoke(main, [*run, "--json"]).output)
    (state,) = told["configured"]
    assert (told["agent"], state["present"], state["lane"]) == (None, False, "1")
    assert state["advice"]


@pytest.mark.usefixtures("_here")
@pytest.mark.parametrize(
    ("port", "present", "says"),
    [
        ("socket://127.0.0.1:1", False, "Connection refused"),
        ("loop://", True, "devices watch"),
        ("/etc/hostname", False, "no device"),
    ],
)
def test_how_a_port_stands(tmp_path: Path, port: str, present: bool, says: str) -> None:
    """An address is called, what only opening would tell is doubtful, and a file is no device."""
    config = _config(tmp_path, port)
    result = CliRunner().invoke(main, ["devices", "list", "--json", "--config", str(config)])
    (state,) = json.loads(result.output)["configured"]
    assert state["present"] is present
    assert says in f"{state['fault']} {state['advice']}"


@pytest.mark.usefixtures("_here")
def test_without_a_configuration_what_is_connected_is_listed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Before anything is configured the command says what could be."""
    monkeypatch.setattr("agent.cli.devices._INSTALLED", tmp_path / "agent.toml")
    result = CliRunner().invoke(main, ["devices", "list"])
    assert result.exit_code == 0, result.output
    assert _BY_ID in result.output
    result = CliRunner().invoke(main, ["devices", "watch"])
    assert result.exit_code == 2
    assert "--config" in result.output


def test_a_pcscd_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever pcscd does, the list comes."""
    import threading  # noqa: PLC0415

    released = threading.Event()
    monkeypatch.setattr(looking, "_PCSCD_S", 0.05)
    monkeypatch.setattr(looking, "_ask_pcscd", lambda: released.wait() and ["never"])
    try:
        assert looking.pcsc_readers() is None
    finally:
        released.set()
