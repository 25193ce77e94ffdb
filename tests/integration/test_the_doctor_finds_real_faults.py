"""``tapledger doctor`` on real parts: a running agent, ptys, a full disk, its own exit codes."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from in_memory import directory_in_memory
from serial_line import at_another_rate

from agent.cli import main
from agent.core.tokens import Token
from agent.doctor.configuration import configured
from agent.tools.processes import tapledger
from agent.tools.site import TILL_TOKEN, StoreKit
from agent.tools.waiting import wait_until
from drivers.readers import em4100

_CARD = Token("em4100", "0C000621A5")
Findings = dict[str, list[dict[str, Any]]]


def examine(config: Path, *options: str) -> tuple[Findings, Result]:
    """What the doctor finds, by name, each as it is printed for machines."""
    ended = CliRunner().invoke(main, ["doctor", "--config", str(config), "--json", *options])
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    found: Findings = {}
    for line in ended.stdout.splitlines():
        finding = json.loads(line)
        assert finding["status"] in ("ok", "warn", "fail")
        assert (finding["advice"] is None) == (finding["status"] == "ok"), finding
        found.setdefault(finding["name"], []).append(finding)
    statuses = {each["status"] for many in found.values() for each in many}
    assert ended.exit_code == int("fail" in statuses)
    return found, ended


def one(found: Findings, name: str) -> tuple[str, str]:
    """Status and words of a thing of which there is one finding."""
    (finding,) = found[name]
    return finding["status"], finding["said"]


def test_a_running_agent_is_asked_about_its_devices(store: StoreKit) -> None:
    """Its ports stay its own: the doctor asks it, finds nothing wrong, and keeps every secret."""
    found, ended = examine(store.config)
    assert ended.exit_code == 0, ended.stdout
    assert one(found, "agent")[0] == "ok"
    for name in store.lanes:
        assert one(found, f"reader reader-{name}")[0] == "ok"
    for name in ("config", "program", "sqlite", "ledger", "access", "broker"):
        assert one(found, name)[0] == "ok", found[name]
    assert {"disk", "clock"} <= found.keys()
    assert TILL_TOKEN not in ended.output


def test_a_ledger_is_left_as_it_was(fresh_store: StoreKit, enrolled: str) -> None:
    """Nothing beside a ledger is made, changed or removed, with its agent running or stopped."""
    assert enrolled
    fresh_store.agent.stop()

    def files() -> dict[str, tuple[int, int]]:
        found = fresh_store.ledger_path.parent.rglob("*")
        return {str(f): (f.stat().st_size, f.stat().st_mtime_ns) for f in found if f.is_file()}

    before = files()
    found, _ = examine(fresh_store.config, "--listen", "0.1")
    assert one(found, "ledger") == (
        "ok",
        f"{fresh_store.ledger_path} opens, 1 entry in this life",
    )
    assert files() == before


@pytest.fixture
def enrolled(fresh_store: StoreKit) -> str:
    """A card that the store's ledger knows."""
    answer = fresh_store.lanes["1"].pos.enrol(str(_CARD))
    assert answer.status_code == 201
    return str(_CARD)


@pytest.fixture
def plugged(closed_store: StoreKit) -> Iterator[StoreKit]:
    """A store whose readers are plugged in, and whose agent does not run."""
    for lane in closed_store.lanes.values():
        lane.reader.plug_in()
    yield closed_store
    for lane in closed_store.lanes.values():
        lane.reader.unplug()


@contextmanager
def saying(reader: Callable[[bytes], None], data: bytes, piece: int) -> Iterator[None]:
    """Have a device say something over and over, from a thread."""
    over = threading.Event()

    def say() -> None:
        at = 0
        while not over.wait(0.01):
            reader(data[at : at + piece])
            at = (at + piece) % len(data)

    thread = threading.Thread(target=say)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_a_card_is_heard_and_not_told(plugged: StoreKit) -> None:
    """Without an agent the doctor listens by itself: a card that lies there is counted."""
    plugged.lanes["1"].reader.lay(_CARD)
    found, ended = examine(plugged.config, "--listen", "1")
    status, said = one(found, "reader reader-1")
    assert status == "ok"
    assert "read in 1 s" in said
    assert one(found, "reader reader-2") == ("ok", "its port opens; it said nothing in 1 s")
    assert one(found, "agent")[0] == "ok"
    assert _CARD.value not in ended.output


def test_another_speed_is_found(plugged: StoreKit) -> None:
    """A reader that was set to another speed is named with the speed it seems to have."""
    said = at_another_rate([em4100.frame(_CARD)] * 20, spoken=19200, heard=9600)
    with saying(plugged.lanes["1"].reader.write, said, len(said) // 20):
        found, _ = examine(plugged.config, "--listen", "1")
    (finding,) = found["reader reader-1"]
    assert finding["status"] == "fail"
    assert "another speed than 9600: it seems to be 19200" in finding["said"]
    assert finding["advice"] == "set its baud = 19200, or set the device itself to 9600"


def test_a_port_that_another_program_has_is_named(plugged: StoreKit) -> None:
    """Where a program has locked the port, or has it open beside us, that is said."""
    held = os.open(plugged.lanes["1"].reader.port, os.O_RDWR | os.O_NOCTTY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        found, _ = examine(plugged.config, "--listen", "0.1")
    finally:
        os.close(held)
    port = plugged.lanes["1"].reader.port
    status, said = one(found, "reader reader-1")
    assert status == "fail"
    assert f"process {os.getpid()}) has {port} for itself" in said


def test_a_port_that_may_not_be_opened_is_named() -> None:
    """Another user's port fails with its mode, its group and what lets one in."""
    master, slave = os.openpty()
    port = os.ttyname(slave)
    with directory_in_memory() as directory:
        kit = StoreKit(name="s001", directory=directory)
        directory.chmod(0o755)
        kit.config.write_text(kit.config.read_text().replace(str(kit.lanes["1"].reader.port), port))
        kit.config.chmod(0o644)
        os.fchmod(slave, 0o600)
        assert configured((kit.config,)).mistakes == ()  # and drivers are loaded, as root may
        try:
            found, _ = _as_nobody(kit.config, slave)
        finally:
            os.close(slave)
            os.close(master)
    (finding,) = found["reader reader-1"]
    assert finding["status"] == "fail"
    assert finding["said"].startswith(f"you may not open {port} (mode ")
    assert "60-tapledger.rules" in finding["advice"]


def _as_nobody(config: Path, slave: int) -> tuple[Findings, Result]:
    """Look as a user who may not open the port; as ourselves without its bits where not root."""
    if os.geteuid() != 0:
        os.fchmod(slave, 0)
        return examine(config, "--listen", "0.1")
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(65_534)
    os.seteuid(65_534)
    try:
        return examine(config, "--listen", "0.1")
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


def test_a_missing_reader_and_a_mistake_are_both_found(closed_store: StoreKit) -> None:
    """A mistake in the file hides no missing device: each is a finding of one run."""
    toml = closed_store.config.read_text()
    closed_store.config.write_text(toml.replace("[program]", "[program]\nversion = 3"))
    found, ended = examine(closed_store.config)
    assert ended.exit_code == 1
    assert "unknown key 'program.version'" in one(found, "config")[1]
    status, said = one(found, "reader reader-1")
    assert (status, said) == ("fail", f"nothing is at {closed_store.lanes['1'].reader.port}")


def test_a_frozen_and_a_damaged_ledger_are_told(fresh_store: StoreKit, enrolled: str) -> None:
    """A ledger that is no database is said to be none; one made anew may not redeem."""
    assert enrolled
    fresh_store.agent.stop()
    sound = fresh_store.ledger_path.read_bytes()
    fresh_store.ledger_path.write_bytes(b"no database" * 1_000)
    found, _ = examine(fresh_store.config, "--listen", "0.1")
    assert one(found, "ledger")[0] == "fail"
    fresh_store.ledger_path.write_bytes(sound[: len(sound) // 2])
    fresh_store.agent.start()
    wait_until(lambda: fresh_store.health()["frozen"], "the ledger to be made anew")
    found, _ = examine(fresh_store.config)
    said = found["ledger"]
    assert [each["status"] for each in said] == ["fail", "warn"]
    assert "points cannot be redeemed" in said[0]["said"]
    assert "quarantine" in said[1]["said"]


@pytest.mark.usefixtures("private_mounts")
def test_a_full_disk_in_memory_is_found(closed_store: StoreKit) -> None:
    """A ledger on a small tmpfs has no room, and would not live through a power cut."""
    mount = closed_store.directory / "small"
    mount.mkdir()
    toml = closed_store.config.read_text("utf-8")
    moved = toml.replace(str(closed_store.ledger_path), str(mount / "ledger.db"))
    closed_store.config.write_text(moved, "utf-8")
    mounting = f'mount -t tmpfs -o size=1m tmpfs "{mount}" && exec "$@"'
    command = tapledger("doctor", "--config", str(closed_store.config), "--listen", "0.1")
    ended = subprocess.run(
        ["unshare", "-rm", "sh", "-c", mounting, "sh", *command],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"COLUMNS": "80"},
    )
    assert ended.returncode == 1, ended.stderr
    assert "is on tmpfs, which" in ended.stdout
    assert "only 1 MiB are free" in ended.stdout
    # Not a terminal: no colours, nothing that moves, and no line but a path's is wider.
    assert "\x1b" not in ended.stdout + ended.stderr
    assert ended.stderr == ""
    assert all(len(line) <= 80 or "/" in line for line in ended.stdout.splitlines())


def test_wrong_use_is_told_apart(tmp_path: Path) -> None:
    """No file, one that is not there, and a time that is none are wrong use, with exit code 2."""
    for arguments in (
        [],
        ["--config", str(tmp_path / "none.toml")],
        ["--config", __file__, "--listen", "soon"],
    ):
        assert CliRunner().invoke(main, ["doctor", *arguments]).exit_code == 2


def test_a_line_that_is_no_file_is_called_too(closed_store: StoreKit) -> None:
    """A converter on the network is called and hung up on, and named where it does not answer."""
    with socket.create_server(("127.0.0.1", 0)) as converter:
        port = f"socket://127.0.0.1:{converter.getsockname()[1]}"
        toml = closed_store.config.read_text().replace(
            str(closed_store.lanes["1"].reader.port), port
        )
        closed_store.config.write_text(toml)
        found, _ = examine(closed_store.config, "--listen", "0.1")
        assert one(found, "reader reader-1") == ("ok", f"{port} takes a connection")
    found, _ = examine(closed_store.config, "--listen", "0.1")
    status, said = one(found, "reader reader-1")
    assert status == "fail"
    assert "is not reached: Connection refused" in said
    closed_store.config.write_text(toml.replace("socket://", "nothing://"))
    found, _ = examine(closed_store.config, "--listen", "0.1")
    assert one(found, "reader reader-1")[0] == "fail"


@pytest.mark.parametrize("plain", [True, False])
def test_a_terminal_has_colours_unless_it_wants_none(
    closed_store: StoreKit, monkeypatch: pytest.MonkeyPatch, plain: bool
) -> None:
    """On a terminal a finding is coloured, NO_COLOR leaves it plain, and nothing is wider."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if plain:
        monkeypatch.setenv("NO_COLOR", "1")
    arguments = ["doctor", "--config", str(closed_store.config), "--listen", "0.1"]
    ended = CliRunner().invoke(main, arguments, color=True)
    assert ("\x1b[31m" in ended.stdout) is not plain
    unstyled = click.unstyle(ended.stdout)
    assert "  ok    config         " in unstyled
    assert "  fail  reader reader-1" in unstyled
    assert f"{' ' * 23}→ plug it in" in unstyled


def test_an_agent_that_hangs_is_named(
    fresh_store: StoreKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An agent that holds its ledger and answers nobody is named by its process, and its ports
    are left to it.
    """
    if not Path("/proc/locks").exists():
        pytest.skip("this kernel does not tell who holds a lock")
    monkeypatch.setattr("agent.doctor.running._TIMEOUT_S", 0.3)
    os.kill(fresh_store.agent.pid, signal.SIGSTOP)
    try:
        found, _ = examine(fresh_store.config)
    finally:
        os.kill(fresh_store.agent.pid, signal.SIGCONT)
    status, said = one(found, "agent")
    assert status == "fail"
    assert said.startswith(f"process {fresh_store.agent.pid} has the ledger")
    assert not any(name.startswith("reader ") for name in found)
