"""What the doctor says of ports, lines, readers, pcscd and a running agent, from facts alone."""

import socket
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from agent.core.tokens import Token
from agent.devices import ListedDevice, ReaderSettings, ScannerSettings
from agent.doctor.devices import judge_at_agent, judge_from_outside
from agent.doctor.finding import Finding
from agent.doctor.keyboards import judge_keyboard, keyboards
from agent.doctor.listening import HeardFacts, judge_heard
from agent.doctor.machine import Machine, Who
from agent.doctor.network import gather_network, judge_network
from agent.doctor.ports import PortFacts, judge_port, may_open
from agent.doctor.readers import PcscFacts, judge_modules, judge_pcsc
from agent.doctor.running import RunningFacts, judge_running
from drivers.readers import em4100

_SERVICE = Who(name="the service's user tapledger", user_id=None, group_ids=frozenset({20}))
_PORT = PortFacts(
    title="reader front",
    port="/dev/tapledger/reader0",
    who=_SERVICE,
    mode=stat.S_IFCHR | 0o660,
    user_id=0,
    group_id=20,
    has_rule=True,
)


def told(finding: Finding | None) -> tuple[str, str, str]:
    """Status, what was said and what to do."""
    assert finding is not None
    assert (finding.advice is None) == (finding.status == "ok"), finding
    return finding.status, finding.said, finding.advice or ""


def test_a_port_that_is_there_and_may_be_opened_is_no_finding() -> None:
    """Of a device with the right mode and nobody else on it there is nothing to say."""
    assert judge_port(_PORT) is None


@pytest.mark.parametrize(
    ("change", "status", "said", "advice"),
    [
        ({"mode": None}, "fail", "nothing is at /dev/tapledger/reader0", "no serial device is"),
        ({"mode": None, "has_rule": False}, "fail", "nothing is at", "60-tapledger.rules"),
        ({"mode": None, "others": ("/dev/a", "/dev/b")}, "fail", "nothing", "/dev/a, /dev/b"),
        ({"mode": stat.S_IFREG | 0o666}, "fail", "is no device", "/dev/serial/by-id/"),
        ({"openable": False}, "fail", "user tapledger may not open", "SupplementaryGroups="),
        ({"openable": False, "group_id": 0}, "fail", "may not open", "60-tapledger.rules"),
        ({"mode": stat.S_IFCHR | 0o600, "openable": False}, "fail", "(mode 600", ".rules"),
        ({"holders": ("minicom (process 7)",)}, "warn", "minicom (process 7) has", "stop that"),
        ({"locked_by": "minicom (process 7)"}, "fail", "for itself", "stop that"),
    ],
)
def test_what_is_wrong_with_a_port_is_named(
    change: dict[str, object], status: str, said: str, advice: str
) -> None:
    """Missing, no device, not to be opened by whom, held by another program, not reached."""
    found = told(judge_port(replace(_PORT, **change)))  # type: ignore[arg-type]  # of its fields
    assert found[0] == status
    assert said in found[1]
    assert advice in found[2]


def test_a_person_is_told_of_their_group() -> None:
    """Who tries it by hand has to be in the device's group; the unit is not theirs to change."""
    person = Who(name="you", user_id=1000, group_ids=frozenset({1000}))
    _, said, advice = told(judge_port(replace(_PORT, who=person, openable=False)))
    assert said.startswith("you may not open")
    assert advice.startswith("usermod -aG ")


@pytest.mark.parametrize(
    ("mode", "who", "may"),
    [
        (0o660, Who(name="a", user_id=5, group_ids=frozenset({20})), True),
        (0o640, Who(name="a", user_id=5, group_ids=frozenset({20})), False),
        (0o660, Who(name="a", user_id=5, group_ids=frozenset()), False),
        (0o666, Who(name="a", user_id=None, group_ids=frozenset()), True),
        (0o060, Who(name="a", user_id=7, group_ids=frozenset({20})), False),
        (0o600, Who(name="a", user_id=7, group_ids=frozenset()), True),
        (0o000, Who(name="root", user_id=0, group_ids=frozenset()), True),
    ],
)
def test_a_mode_is_read_as_the_kernel_does(mode: int, who: Who, may: bool) -> None:
    """The owner's bits count for the owner alone, then the group's, then everybody's."""
    assert may_open(stat.S_IFCHR | mode, 7, 20, who) is may


_FRAME = em4100.frame(Token("em4100", "0C000621A5"))
_HEARD = HeardFacts(title="reader front", port="/dev/ttyUSB0", driver="em4100", baud=9600, for_s=3)


@pytest.mark.parametrize(
    ("facts", "status", "part"),
    [
        (_HEARD, "ok", "said nothing in 3 s"),
        (replace(_HEARD, data=_FRAME * 4, read=4), "ok", "4 read in 3 s"),
        (replace(_HEARD, data=_FRAME * 4, read=1, refused=9), "warn", "1 read and 9 frames"),
        (replace(_HEARD, data=_FRAME * 4, read=1, refused=3), "ok", "1 read in 3 s"),
        (replace(_HEARD, data=b"\xff" * 3, refused=1), "ok", "too few to judge"),
        (replace(_HEARD, speaks_first=False), "ok", "when it is asked"),
        (replace(_HEARD, data=bytes(range(256)), refused=40), "fail", "noise"),
        (replace(_HEARD, data=b"0000401829\r\n" * 9, refused=9), "warn", "'em4100' knows"),
        (replace(_HEARD, data=b"\x00\xf8" * 90, refused=9), "fail", "another speed than 9600"),
        (replace(_HEARD, fault="No such device"), "fail", "No such device"),
        (replace(_HEARD, port="socket://h:1", fault="refused"), "fail", "not open: refused"),
        (replace(_HEARD, fault="[Errno 13] Permission denied"), "warn", "nobody listened"),
        (replace(_HEARD, fault="another program has /dev/front open"), "fail", "another program"),
    ],
)
def test_a_line_is_judged_by_what_was_heard(facts: HeardFacts, status: str, part: str) -> None:
    """Silence and cards are well; another speed, noise and another kind of reader are not."""
    found = told(judge_heard(facts))
    assert found[0] == status
    assert part in found[1]
    assert "0C000621A5" not in " ".join(found)


def _reader(driver: str) -> ReaderSettings:
    return ReaderSettings.model_construct(name="front", driver=driver, port="/dev/x")


@pytest.mark.parametrize(
    ("loaded", "drivers", "statuses"),
    [
        ({"pn533_usb", "pn533", "nfc"}, ["pcsc"], ["fail"]),
        ({"nfc"}, ["pn532"], ["fail"]),
        ({"ftdi_sio"}, ["pcsc", "em4100"], ["ok"]),
        ({"pn533_usb"}, ["em4100"], []),
        (set(), [], []),
    ],
)
def test_modules_that_steal_readers_are_found(
    loaded: set[str], drivers: list[str], statuses: list[str]
) -> None:
    """The kernel's NFC drivers are a fault where a reader is configured that they take."""
    found = judge_modules(frozenset(loaded), [_reader(driver) for driver in drivers])
    assert [told(finding)[0] for finding in found] == statuses
    if statuses == ["fail"]:
        assert "tapledger-blacklist.conf" in told(found[0])[2]
        assert "modprobe -r" in told(found[0])[2]


_PCSC = PcscFacts(
    has_library=True,
    has_socket=True,
    answers=True,
    is_running=True,
    has_policy=True,
    has_rule=True,
    readers=("ACS ACR122U 00 00",),
)


@pytest.mark.parametrize(
    ("change", "status", "part", "advice"),
    [
        ({}, "ok", "ACS ACR122U 00 00", ""),
        ({"has_policy": False, "has_rule": False}, "ok", "answers", ""),
        ({"has_library": False}, "fail", "not installed", "tapledger[pcsc]"),
        ({"answers": False, "has_socket": False}, "fail", "not there", "apt-get install pcscd"),
        ({"answers": False, "is_running": False}, "fail", "does not run", "systemctl restart"),
        ({"answers": False}, "fail", "does not take a connection", "systemctl restart"),
        ({"has_rule": False}, "fail", "only to root", "49-tapledger-pcsc.rules"),
        ({"has_rule": None}, "warn", "not yours to see", "sudo"),
        ({"readers": ()}, "fail", "has no reader", "plug one in"),
        ({"readers": None}, "warn", "does not tell you", "49-tapledger-pcsc.rules"),
    ],
)
def test_the_way_to_a_pcsc_reader_is_judged(
    change: dict[str, object], status: str, part: str, advice: str
) -> None:
    """Library, socket, daemon, polkit rule, reader: the first that is missing is named."""
    found = told(judge_pcsc(replace(_PCSC, **change))[0])  # type: ignore[arg-type]  # its fields
    assert found[0] == status
    assert part in found[1]
    assert advice in found[2]


_HEALTH = {
    "device": "house/s001/edge-1",
    "reasons": [],
    "unacknowledged": 2,
    "offline_because": None,
    "readers": [{"name": "front", "present": True, "presentations": 3, "refused_frames": 1}],
}
_RUNNING = RunningFacts(
    listen="127.0.0.1:8100", health=_HEALTH, answers=True, device="house/s001/edge-1"
)


@pytest.mark.parametrize(
    ("facts", "status", "part"),
    [
        (_RUNNING, "ok", "2 entries wait"),
        (replace(_RUNNING, device="house/s002/edge-1"), "fail", "house/s001/edge-1 answers"),
        (replace(_RUNNING, health=_HEALTH | {"reasons": ["disk full"]}), "warn", "disk full"),
        (replace(_RUNNING, health=_HEALTH | {"offline_because": "no"}), "warn", "head office: no"),
        (replace(_RUNNING, health=None), "fail", "another program answers"),
        (replace(_RUNNING, health=None, locked_by=7), "fail", "process 7 has the ledger"),
        (replace(_RUNNING, health=None, answers=False), "ok", "none runs"),
        (replace(_RUNNING, health=None, answers=False, has_unit=True), "warn", "does not run"),
    ],
)
def test_an_agent_runs_or_not(facts: RunningFacts, status: str, part: str) -> None:
    """One that runs speaks for itself; one that hangs, or another's port, is a fault."""
    (found,) = judge_running(facts)
    assert told(found)[0] == status
    assert part in told(found)[1]


@pytest.mark.parametrize(
    ("why", "advice"),
    [
        ("head office does not answer", "whether the hub runs"),
        ("head office halted this device: it was retired", "frozen, halted or gone"),
        ("nobody knows the broker's name b.test: no such name", "see 'broker' below"),
    ],
)
def test_the_advice_is_about_what_keeps_head_office_away(why: str, advice: str) -> None:
    """Where the broker is well and nobody answers behind it, it is not the broker to look at."""
    away = _HEALTH | {"offline_because": why, "unacknowledged": 1}
    (found,) = judge_running(replace(_RUNNING, health=away))
    assert told(found)[1].endswith(f"{why}; 1 entry waits")
    assert advice in str(found.advice)


_FRONT = ReaderSettings(name="front", driver="em4100", port="/dev/tapledger/reader0")
_CARDS = ReaderSettings(name="front", driver="pcsc", port="ACS ACR122U")
_GUN = ScannerSettings(name="front", driver="hid", port="/dev/input/event7")
_COUNTED = {"name": "front", "present": True, "presentations": 3, "refused_frames": 1}


@pytest.mark.parametrize(
    ("device", "change", "status", "part"),
    [
        (_FRONT, {}, "ok", "3 read, 1 refused"),
        (_FRONT, {"dropped": 2}, "ok", "2 dropped"),
        (
            _FRONT,
            {"present": False, "fault": "no such file"},
            "fail",
            "cannot be used: no such file",
        ),
        (_FRONT, {"presentations": 0, "refused_frames": 400}, "warn", "another speed"),
        (_FRONT, {"presentations": 30, "refused_frames": 400}, "warn", "noisy"),
        (_FRONT, {"presentations": 30, "refused_frames": 25}, "ok", "30 read"),
        (_FRONT, {"dropped": 400}, "warn", "faster than any hand"),
        (_CARDS, {"presentations": 0, "refused_frames": 40}, "warn", "keys that are not theirs"),
        (_GUN, {"presentations": 0, "refused_frames": 40}, "warn", "layout than US"),
        (_GUN, {"presentations": 41, "refused_frames": 40}, "ok", "41 read"),
    ],
)
def test_a_running_agents_devices_are_judged_by_its_counters(
    device: ListedDevice, change: dict[str, object], status: str, part: str
) -> None:
    """What is refused more often than it is read means something else of each kind of device."""
    fine = Finding(name="reader front", status="ok", said="is there")
    found = judge_at_agent(device, _COUNTED | change, lambda: fine)
    assert found.name == f"{device.kind} front"
    assert told(found)[0] == status
    assert part in told(found)[1]


def test_a_device_that_the_agent_does_not_know_is_a_fault() -> None:
    """An agent that was started with an older file has none; of one that is gone more may be seen
    than it says.
    """
    absent = Finding(name="reader front", status="fail", said="nothing is at it", advice="look")
    assert told(judge_at_agent(_FRONT, None, lambda: absent))[0] == "fail"
    gone = _COUNTED | {"present": False, "fault": "[Errno 2]"}
    assert judge_at_agent(_FRONT, gone, lambda: absent) == absent


@pytest.mark.parametrize(
    ("port", "readers", "status", "part"),
    [
        ("ACS", ("ACS ACR122U 01 00",), "ok", "'ACS ACR122U 01 00'"),
        ("OMNIKEY", ("ACS 00 00", "Virtual PCD 00 00"), "fail", "there is 'ACS 00 00', 'Virtual"),
        ("Virtual", ("Virtual PCD 00 00", "Virtual PCD 00 01"), "fail", "beginning of 'Virtual"),
        ("ACS", (), "fail", "there is no PC/SC reader"),
        ("ACS", None, "fail", "does not say"),
    ],
)
def test_a_pcsc_port_is_a_readers_name(
    tmp_path: Path, port: str, readers: tuple[str, ...] | None, status: str, part: str
) -> None:
    """A name is matched as the driver does it; those that pcscd has are named."""
    device = ReaderSettings(name="front", driver="pcsc", port=port)
    found = judge_from_outside(Machine(root=tmp_path), device, _SERVICE, readers)
    assert told(found)[0] == status
    assert part in told(found)[1]


def test_a_keyboard_has_a_name_that_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scanner by its number is doubtful and its lasting name told; without evdev it is a fault;
    one that is missing is looked for among keyboards.
    """
    machine = Machine(root=tmp_path)
    assert keyboards(machine) == []
    event, by_id = tmp_path / "dev/input/event7", tmp_path / "dev/input/by-id"
    by_id.mkdir(parents=True)
    event.touch()
    (by_id / "usb-Gun-event-kbd").symlink_to(event)
    (by_id / "usb-Gun-mouse").symlink_to(event)
    assert keyboards(machine) == ["/dev/input/by-id/usb-Gun-event-kbd"]
    doubtful = judge_keyboard(machine, "scanner gun", "/dev/input/event7")
    assert told(doubtful)[::2] == ("warn", "set its port to /dev/input/by-id/usb-Gun-event-kbd")
    assert judge_keyboard(machine, "scanner gun", "/dev/input/by-id/usb-Gun-event-kbd") is None
    gone = ScannerSettings(name="gun", driver="hid", port="/dev/input/by-id/usb-Other-event-kbd")
    assert "usb-Gun-event-kbd" in told(judge_from_outside(machine, gone, _SERVICE, ()))[2]
    monkeypatch.setattr("agent.doctor.keyboards.find_spec", lambda _: None)
    assert "tapledger[hid]" in told(judge_keyboard(machine, "scanner gun", "/dev/x"))[2]


def test_a_network_port_is_called_and_hung_up_on() -> None:
    """Who takes a connection is fine and hears nothing; who does not, and what is no address, is a
    fault; what only opening would tell is doubtful.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
        for scheme in ("socket", "rfc2217"):
            facts = gather_network("reader front", f"{scheme}://127.0.0.1:{number}")
            assert told(judge_network(facts))[0] == "ok"
            line, _ = server.accept()
            with line:
                assert line.recv(1) == b""
    for port, status in (
        (f"socket://127.0.0.1:{number}", "fail"),
        ("rfc2217://nowhere", "fail"),
        ("nothing://x:1", "fail"),
        ("loop://", "warn"),
    ):
        assert told(judge_network(gather_network("reader front", port)))[0] == status
