"""What the doctor reads under /proc, /sys, /run and /etc, from a directory that stands for them."""

import os
import pwd
import socket
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import pytest

from agent.devices import ReaderSettings
from agent.doctor.clock import gather_clock
from agent.doctor.configuration import Configured, configured, judge_configuration
from agent.doctor.disk import gather_disk
from agent.doctor.examination import Examination
from agent.doctor.machine import Machine, Who
from agent.doctor.patience import within
from agent.doctor.ports import gather_port
from agent.doctor.readers import gather_pcsc, pcsc_readers
from agent.doctor.reading import gather_named_files, judge_named_files
from agent.doctor.running import gather_running
from agent.doctor.secrets import gather_secret_files, judge_access, judge_secret_files
from agent.doctor.unit import Unit, credentials_of, installed_unit
from agent.settings import LedgerSettings

_CONFIG = """
[device]
tenant = "house"
store = "s001"
name = "edge-1"
[ledger]
path = "/var/lib/tapledger/ledger.db"
[hub]
url = "mqtt://127.0.0.1"
[program]
path = "/nowhere.toml"
[[reader]]
name = "front"
driver = "em4100"
port = "/dev/ttyUSB0"
[[lane]]
name = "1"
devices = ["front"]
"""
_UNIT = "/etc/systemd/system/tapledger-agent.service"


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine the tests run on takes part."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with nothing in it."""
    return Machine(root=tmp_path / "root")


def put(machine: Machine, path: str, text: str = "") -> Path:
    """Put a file into a machine."""
    file = machine.at(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_an_empty_machine_has_nothing(machine: Machine, tmp_path: Path) -> None:
    """Where the kernel says nothing, as in a container, nothing is made of it."""
    assert machine.modules() == frozenset()
    assert machine.mount_of(tmp_path) is None
    assert not machine.is_running("pcscd")
    assert machine.holders_of(tmp_path) == []
    assert machine.locker_of(tmp_path) is None
    assert installed_unit(machine) is None


def test_modules_and_processes_are_named(machine: Machine) -> None:
    """Modules stand at the beginning of their lines, processes under their numbers."""
    put(machine, "/proc/modules", "pn533_usb 20480 0 - Live 0x0\nnfc 94208 2 pn533, Live 0x0\n")
    put(machine, "/proc/77/comm", "pcscd\n")
    assert machine.modules() == {"pn533_usb", "nfc"}
    assert machine.is_running("pcscd")
    assert not machine.is_running("pcsc")


def test_the_innermost_mount_counts(machine: Machine) -> None:
    """A path is on the file system that was mounted nearest above it, the last one on a place."""
    put(
        machine,
        "/proc/self/mountinfo",
        "1 0 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,barrier=0\n"
        "2 1 8:2 / /data rw - xfs /dev/sdb1 rw\n"
        "3 1 0:9 / /data rw master:2 - tmpfs tmpfs rw,size=4m\n"
        "4 1 8:3 / /with\\040blank ro - vfat /dev/sdc1 ro\n"
        "a line that nobody understands\n",
    )
    for path, kind in (
        ("/somewhere/ledger", "ext4"),
        ("/data/x", "tmpfs"),
        ("/database", "ext4"),
        ("/with blank/x", "vfat"),
    ):
        mount = machine.mount_of(Path(path))
        assert mount is not None
        assert mount.type == kind, path
    root = machine.mount_of(Path("/"))
    assert root is not None
    assert {"relatime", "barrier=0"} <= root.options


def test_the_disk_is_that_of_the_nearest_directory(machine: Machine, tmp_path: Path) -> None:
    """A ledger's directory that is not made yet will be on the disk of the one above it."""
    put(
        machine,
        "/proc/self/mountinfo",
        f"1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 8:2 / {tmp_path} rw - xfs /dev/sdb1 rw\n",
    )
    ledger = LedgerSettings(path=tmp_path / "not" / "yet" / "ledger.db", budget_mib=16)
    facts = gather_disk(machine, ledger, None)
    assert (facts.type, facts.place) == ("xfs", tmp_path / "not" / "yet")
    assert (facts.used_bytes, facts.budget_bytes, facts.reach) == (0, 16 * 2**20, None)
    ledger.path.parent.mkdir(parents=True)
    ledger.path.write_bytes(bytes(5_000))
    assert gather_disk(machine, ledger, None).used_bytes > 0


def test_who_holds_a_device_and_who_locked_a_file(machine: Machine, tmp_path: Path) -> None:
    """The kernel's lists name the process that has a device open, or a ledger's lock."""
    device = tmp_path / "ttyUSB0"
    device.touch()
    put(machine, "/proc/88/comm", "ModemManager\n")
    (machine.at("/proc/88") / "fd").mkdir()
    (machine.at("/proc/88/fd") / "4").symlink_to(device)
    assert machine.holders_of(device) == ["ModemManager (process 88)"]
    status = device.stat()
    place = f"{status.st_dev >> 8 & 0xFFF:02x}:{status.st_dev & 0xFF:02x}:{status.st_ino}"
    put(machine, "/proc/locks", f"1: FLOCK  ADVISORY  WRITE 4711 {place} 0 EOF\n")
    assert machine.locker_of(device) == 4711
    put(machine, "/proc/locks", f"1: POSIX  ADVISORY  WRITE 4711 {place} 0 EOF\n")
    assert machine.locker_of(device) is None


def test_a_clock_with_a_battery_is_read(machine: Machine) -> None:
    """The kernel shows a clock with a battery under /sys, and timesyncd what it has reached."""
    at = datetime(2026, 12, 1, tzinfo=UTC)
    without = gather_clock(machine, system=at, synchronised=False)
    assert (without.has_hardware, without.hardware, without.synchronised) == (False, None, False)
    put(machine, "/sys/class/rtc/rtc0/since_epoch", f"{int(at.timestamp())}\n")
    put(machine, "/run/systemd/timesync/synchronized")
    found = gather_clock(machine, system=at, synchronised=False)
    assert (found.has_hardware, found.hardware, found.synchronised) == (True, at, True)
    put(machine, "/sys/class/rtc/rtc0/since_epoch", "no number")
    assert gather_clock(machine, system=at, synchronised=False).hardware is None


def test_a_unit_says_who_runs_and_what_is_written(machine: Machine) -> None:
    """User, groups, credentials and where it may write: of the unit, and what a drop-in changes."""
    put(
        machine,
        _UNIT,
        "[Service]\nDynamicUser=yes\nUser=nobody-here\nSupplementaryGroups=root\n# User=x\n"
        "ProtectSystem=strict\nStateDirectory=tapledger\n"
        "LoadCredential=tapledger_hub__password:/etc/hub.password\nLoadCredential=other:/x\n",
    )
    unit = installed_unit(machine)
    assert unit is not None
    assert unit.runs_as == Who(
        name="the service's user nobody-here", user_id=None, group_ids=frozenset({0})
    )
    assert unit.credentials == {"tapledger_hub__password": Path("/etc/hub.password")}
    assert unit.writable == (Path("/var/lib/tapledger"), Path("/var/lib/private/tapledger"))
    drop = "[Service]\nSupplementaryGroups=\nReadWritePaths=/data\n"
    put(machine, f"{_UNIT}.d/store.conf", drop)
    changed = installed_unit(machine)
    assert changed is not None
    assert changed.writable is not None
    assert changed.writable[0] == Path("/data")
    assert changed.runs_as.group_ids == frozenset()
    put(machine, f"{_UNIT}.d/store.conf", "User=nobody\n")
    as_nobody = installed_unit(machine)
    assert as_nobody is not None
    assert as_nobody.runs_as.user_id == pwd.getpwnam("nobody").pw_uid
    put(machine, f"{_UNIT}.d/store.conf", "DynamicUser=no\nUser=root\nProtectSystem=full\n")
    as_root = installed_unit(machine)
    assert as_root is not None
    assert (as_root.runs_as.user_id, as_root.writable) == (0, None)


def test_a_password_is_taken_from_where_the_unit_takes_it(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The doctor logs in with the credential that the service would have, and leaves no copy."""
    config = tmp_path / "agent.toml"
    config.write_text(_CONFIG)
    source = put(machine, "/etc/hub.password", "from-the-credential\n")
    put(machine, _UNIT, "LoadCredential=tapledger_hub__password:/etc/hub.password\n")
    unit = installed_unit(machine)
    it = configured((config,), credentials_of(machine, unit))
    assert "TAPLEDGER_HUB__PASSWORD" not in os.environ
    assert it.hub is not None
    assert it.hub.password is not None
    assert it.hub.password.get_secret_value() == "from-the-credential"
    monkeypatch.setenv("TAPLEDGER_HUB__PASSWORD", "stronger")
    stronger = configured((config,), credentials_of(machine, unit)).hub
    assert stronger is not None
    assert stronger.password is not None
    assert stronger.password.get_secret_value() == "stronger"
    source.chmod(0o604)
    files = gather_secret_files(it, machine, unit)
    assert [finding.status for finding in judge_secret_files(files)] == ["warn"]
    source.unlink()
    assert credentials_of(machine, unit) == {}
    files = gather_secret_files(it, machine, unit)
    assert [finding.status for finding in judge_secret_files(files)] == ["fail"]


def test_a_mistake_hides_nothing_else(tmp_path: Path) -> None:
    """Every mistake is said as the agent says it, and what is right beside it is still read."""
    config = tmp_path / "agent.toml"
    config.write_text(
        _CONFIG.replace('name = "edge-1"', 'name = "edge 1"').replace("[hub]", "[hub]\nulr = 1")
        + '[[scanner]]\nname = "gun"\ndriver = "nobodys"\nport = "/dev/x"\n'
        + '[api.tokens]\ntill1 = "change-me"\n'
    )
    it = configured((config,))
    said = [finding.said for finding in judge_configuration(it)]
    assert any("no driver is called 'nobodys'" in each for each in said)
    assert any("unknown key 'hub.ulr'; did you mean 'url'?" in each for each in said)
    assert any("device.name" in each for each in said)
    assert it.whole is None
    assert (it.hub, it.device) == (None, None)
    assert it.ledger is not None
    assert it.program is not None
    assert [device.name for device in it.devices] == ["front"]
    assert [finding.status for finding in judge_access(it)] == ["warn"]


def test_a_file_that_is_no_toml_is_one_mistake(tmp_path: Path) -> None:
    """Of a file that cannot be read at all that is said, and another one beside it is read."""
    broken, right = tmp_path / "broken.toml", tmp_path / "agent.toml"
    broken.write_text("[device\n")
    right.write_text(_CONFIG)
    it = configured((right, broken))
    (found,) = judge_configuration(it)
    assert found.status == "fail"
    assert "not TOML" in found.said
    assert it.ledger is not None


def test_a_right_configuration_is_that_of_the_agent(tmp_path: Path) -> None:
    """Where nothing is wrong the whole of it is there, and one line says so."""
    config = tmp_path / "agent.toml"
    config.write_text(_CONFIG)
    it = configured((config,))
    assert it.whole is not None
    assert [finding.status for finding in judge_configuration(it)] == ["ok"]


def test_other_ports_are_named_by_what_stays(machine: Machine) -> None:
    """Where a port is missing those that are there are offered, the longest-lived names first."""
    reader = ReaderSettings(name="front", driver="em4100", port="/dev/ttyUSB9")
    nothing = gather_port(machine, reader, Who.me())
    assert (nothing.mode, nothing.others) == (None, ())
    put(machine, "/dev/ttyACM0")
    assert gather_port(machine, reader, Who.me()).others == ("/dev/ttyACM0",)
    put(machine, "/dev/serial/by-id/usb-FTDI-if00")
    assert gather_port(machine, reader, Who.me()).others == ("/dev/serial/by-id/usb-FTDI-if00",)
    put(machine, "/dev/ttyUSB9")
    assert gather_port(machine, reader, Who.me()).mode is not None


def test_pcscd_is_looked_for(machine: Machine) -> None:
    """Socket, process, policy and rule are looked for where Debian has them."""
    nothing = gather_pcsc(machine, user="tapledger")
    assert not nothing.has_socket
    assert not nothing.answers
    assert nothing.has_rule is False
    put(machine, "/run/pcscd/pcscd.comm")
    put(machine, "/proc/5/comm", "pcscd\n")
    put(machine, "/usr/share/polkit-1/actions/org.debian.pcsc-lite.policy")
    put(machine, "/etc/polkit-1/rules.d/50-default.rules", "// nothing of ours")
    there = gather_pcsc(machine, user="tapledger")
    assert (there.has_socket, there.answers, there.is_running) == (True, False, True)
    assert (there.has_policy, there.has_rule) == (True, False)
    put(machine, "/etc/polkit-1/rules.d/49-x.rules", '"org.debian.pcsc-lite.access_pcsc"')
    assert gather_pcsc(machine, user="tapledger").has_rule is True


class _Scard:
    """The few calls of pyscard that are asked, with the answers of pcscd in a given state."""

    SCARD_SCOPE_SYSTEM, SCARD_S_SUCCESS, SCARD_E_NO_READERS_AVAILABLE = 2, 0, 0x8010002E

    def __init__(self, *, context: int = 0, listed: int = 0, readers: tuple[str, ...] = ()) -> None:
        self._context, self._listed, self._readers = context, listed, readers
        self.released = 0

    def SCardEstablishContext(self, _: int) -> tuple[int, int]:  # noqa: N802 - pyscard's name
        return self._context, 1

    def SCardListReaders(self, *_: object) -> tuple[int, list[str]]:  # noqa: N802 - the same
        return self._listed, list(self._readers)

    def SCardReleaseContext(self, _: int) -> None:  # noqa: N802 - the same
        self.released += 1


def test_pcscds_readers_are_those_that_whoever_asks_may_see() -> None:
    """Readers, none, and a refusal are told apart, and each context is given back."""
    for scard, readers in (
        (_Scard(readers=("A 00 00",)), ("A 00 00",)),
        (_Scard(listed=_Scard.SCARD_E_NO_READERS_AVAILABLE), ()),
        (_Scard(listed=0x8010006A), None),
    ):
        assert pcsc_readers(scard) == readers
        assert scard.released == 1
    refused = _Scard(context=0x8010001D)
    assert pcsc_readers(refused) is None
    assert refused.released == 0


def test_what_the_service_may_not_read_is_found(machine: Machine, tmp_path: Path) -> None:
    """A file that is closed to the service's user, one on the way, one that its unit hides."""
    config = tmp_path / "agent.toml"
    config.write_text(_CONFIG.replace("/nowhere.toml", "/home/anna/program.toml"))
    put(machine, _UNIT, "DynamicUser=yes\nUser=nobody-here\nProtectHome=yes\n")
    unit = installed_unit(machine)
    it = replace(configured((config,)), files=(Path("/etc/tapledger/agent.toml"),))
    file = put(machine, "/etc/tapledger/agent.toml")
    for path in (machine.root, machine.at("/etc"), file.parent):
        path.chmod(0o755)
    said = _said_of_files(machine, it, unit)
    assert said == ["does not see /home/anna/program.toml: the unit's ProtectHome"]
    file.chmod(0o600)
    assert _said_of_files(machine, it, unit)[0] == (
        "may not read /etc/tapledger/agent.toml (mode 600)"
    )
    file.parent.chmod(0o700)
    assert _said_of_files(machine, it, unit)[0] == (
        "may not read /etc/tapledger/agent.toml, as /etc/tapledger is closed (mode 700)"
    )
    assert _said_of_files(machine, it, None) == []


def _said_of_files(machine: Machine, it: Configured, unit: Unit | None) -> list[str]:
    found = list(judge_named_files(gather_named_files(machine, it, unit)))
    assert all(finding.status == "fail" and finding.advice for finding in found)
    return [finding.said.removeprefix("the service's user nobody-here ") for finding in found]


def test_a_machine_that_lets_nobody_look_ends_no_examination(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the system refuses one look that is a finding, and everything else is looked at."""
    config = tmp_path / "agent.toml"
    config.write_text(_CONFIG.replace('[hub]\nurl = "mqtt://127.0.0.1"\n', ""))

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "/var/lib/private")

    monkeypatch.setattr("agent.doctor.examination.gather_disk", refused)
    found = list(Examination(files=(config,), listen_s=0.1, machine=machine).findings())
    told = {finding.name: finding for finding in found}
    assert told["ledger"].status == "warn"
    assert "/var/lib/private: Permission denied" in told["ledger"].said
    assert {"config", "sqlite", "agent", "reader front", "broker"} <= told.keys()


def test_nobody_waits_longer_than_said() -> None:
    """A call that does not come back, or fails, is no answer."""
    assert within(5, lambda: "an answer") == "an answer"
    assert within(0.01, Event().wait) is None

    def refused() -> None:
        raise OSError

    assert within(5, refused) is None


@pytest.mark.parametrize(
    ("answer", "is_agent"),
    [
        (b'HTTP/1.0 200 OK\r\n\r\n{"reasons": [], "device": "house/s001/edge-1"}', True),
        (b'HTTP/1.0 200 OK\r\n\r\n{"hello": 1}', False),
        (b"HTTP/1.0 200 OK\r\n\r\n[1]", False),
        (b"SSH-2.0-something\r\n", False),
    ],
)
def test_an_agent_is_known_by_its_answer(
    machine: Machine, tmp_path: Path, answer: bytes, is_agent: bool
) -> None:
    """What answers at the agent's address is the agent only where it answers as one."""
    config = tmp_path / "agent.toml"
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            line, _ = listener.accept()
            with line:
                line.recv(1_000)
                line.sendall(answer)

        Thread(target=serve, daemon=True).start()
        listen = f"127.0.0.1:{listener.getsockname()[1]}"
        config.write_text(f'{_CONFIG}[api]\nlisten = "{listen}"\n')
        asked = gather_running(machine, configured((config,)), has_unit=False)
    assert (asked.answers, asked.is_agent) == (True, is_agent)
    assert asked.listen == listen
    config.write_text(f'{_CONFIG}[api]\nlisten = "127.0.0.1:0"\n')
    nobody = gather_running(machine, configured((config,)), has_unit=False)
    assert (nobody.answers, nobody.is_agent) == (False, False)
