"""The files for udev, modprobe and polkit, and the unit: right in form, and in what they do."""

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from agent.doctor.machine import Machine
from agent.doctor.shipped import BLACKLIST, NAMES, POLKIT, to_install
from agent.doctor.unit import installed_unit
from agent.paths import shipped_rule

_ROOT = Path(__file__).resolve().parents[2]
_UDEV = shipped_rule(NAMES)
_KEY = re.compile(
    r'(?P<key>[A-Z_]+(?:\{[A-Za-z_]+\})?)(?P<operator>==|!=|\+=|:=|=)"(?P<value>[^"]*)"'
)
_MATCHED = {"ACTION", "KERNEL", "SUBSYSTEM", "SUBSYSTEMS", "ATTR", "ATTRS", "ENV"}
_ASSIGNED = {"SYMLINK", "GROUP", "MODE", "ENV", "LABEL", "GOTO"}


def _rules() -> list[list[tuple[str, str, str]]]:
    """Each line of the udev file as (key, operator, value); fails where it is none."""
    found = []
    for line in _UDEV.read_text("utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        parts = re.split(r",\s*", line)
        matches = [_KEY.fullmatch(part) for part in parts]
        assert all(matches), line
        found.append([(m["key"], m["operator"], m["value"]) for m in matches if m])
    return found


def _named(device: dict[str, str], parents: list[dict[str, str]]) -> dict[str, list[str]]:
    """What the rules give a device, worked out as udev does; far from all of udev, enough of it."""
    given: dict[str, list[str]] = {}
    skip_to: str | None = None
    for rule in _rules():
        labels = [value for key, _, value in rule if key == "LABEL"]
        if skip_to is not None:
            if skip_to not in labels:
                continue
            skip_to = None
        if not all(
            _holds(key, value, device, parents) for key, operator, value in rule if operator == "=="
        ):
            continue
        for key, operator, value in rule:
            if operator == "==" or key == "LABEL":
                continue
            if key == "GOTO":
                skip_to = value
            else:
                filled = re.sub(r"\$env\{(\w+)\}", lambda name: device[f"ENV{{{name[1]}}}"], value)
                given.setdefault(key, []).append(filled)
    assert skip_to is None, f"no LABEL {skip_to}"
    return given


def _holds(key: str, pattern: str, device: dict[str, str], parents: list[dict[str, str]]) -> bool:
    wanted = "|".join(
        re.escape(each).replace(r"\*", ".*").replace(r"\?", ".") for each in pattern.split("|")
    )
    among = [device]
    if key == "SUBSYSTEMS" or key.startswith("ATTRS"):
        key, among = key.replace("SUBSYSTEMS", "SUBSYSTEM").replace("ATTRS", "ATTR"), parents
    return any(re.fullmatch(wanted, each.get(key, "")) for each in among)


def _usb(vendor: str, product: str) -> dict[str, str]:
    ids = {"ATTR{idVendor}": vendor, "ATTR{idProduct}": product}
    return {"SUBSYSTEM": "usb", "ENV{DEVTYPE}": "usb_device"} | ids


def _tty(kernel: str, **environment: str) -> dict[str, str]:
    said = {f"ENV{{{key}}}": value for key, value in environment.items()}
    return {"SUBSYSTEM": "tty", "KERNEL": kernel, "ACTION": "add"} | said


_CHIPS = [
    ("0403", "6001"),
    ("0403", "6015"),
    ("10c4", "ea60"),
    ("1a86", "7523"),
    ("1a86", "5523"),
    ("067b", "2303"),
]


@pytest.mark.parametrize(("vendor", "product"), _CHIPS)
def test_a_serial_chip_has_names_that_stay(vendor: str, product: str) -> None:
    """Each common chip is named by its number and its socket, and is the service's to open."""
    device = _tty(
        "ttyUSB3", ID_MODEL="UART", ID_SERIAL_SHORT="A5", ID_PATH="pci-0000:00:14.0-usb-0:2:1.0"
    )
    given = _named(device, [_usb(vendor, product)])
    assert given["SYMLINK"] == [
        "tapledger/by-serial/UART_A5",
        "tapledger/by-path/pci-0000:00:14.0-usb-0:2:1.0",
    ]
    assert (given["GROUP"], given["MODE"]) == (["dialout"], ["0660"])
    assert given["ENV{ID_MM_PORT_IGNORE}"] == ["1"]
    assert _named(_usb(vendor, product), []) == {"ENV{ID_MM_DEVICE_IGNORE}": ["1"]}


def test_a_chip_without_a_number_is_named_by_its_socket_alone() -> None:
    """A CH340 has no serial number: two of them must not get one name."""
    given = _named(_tty("ttyUSB0", ID_MODEL="USB", ID_PATH="p"), [_usb("1a86", "7523")])
    assert given["SYMLINK"] == ["tapledger/by-path/p"]


def test_a_scanner_has_a_name_whatever_its_maker() -> None:
    """A scanner with a port of its own, and one that types, are named as well."""
    given = _named(_tty("ttyACM0", ID_PATH="p"), [_usb("ffff", "0001")])
    assert given["SYMLINK"] == ["tapledger/by-path/p"]
    keyboard = {"SUBSYSTEM": "input", "KERNEL": "event7"}
    keyboard |= {"ENV{ID_BUS}": "usb", "ENV{ID_INPUT_KEY}": "1", "ENV{ID_PATH}": "q"}
    given = _named(keyboard, [_usb("05e0", "1200")])
    assert (given["SYMLINK"], given["GROUP"]) == (["tapledger/input/by-path/q"], ["input"])


def test_other_devices_are_left_alone() -> None:
    """A modem on an unknown chip, a mouse, a port on the board, one that goes: none is touched."""
    assert _named(_tty("ttyUSB0", ID_PATH="p"), [_usb("12d1", "1001")]) == {}
    assert _named(_tty("ttyS0", ID_PATH="p"), []) == {}
    mouse = {"SUBSYSTEM": "input", "KERNEL": "event3", "ENV{ID_BUS}": "usb"}
    assert _named(mouse, [_usb("046d", "c077")]) == {}
    gone = _tty("ttyUSB0", ID_PATH="p") | {"ACTION": "remove"}
    assert _named(gone, [_usb("0403", "6001")]) == {}


def test_every_udev_rule_has_a_form_that_udev_knows() -> None:
    """Each line is keys that udev matches or assigns, every GOTO leads forward to one LABEL."""
    rules = _rules()
    labels = [value for rule in rules for key, _, value in rule if key == "LABEL"]
    assert len(labels) == len(set(labels))
    for at, rule in enumerate(rules):
        for key, operator, value in rule:
            known = _MATCHED if operator in ("==", "!=") else _ASSIGNED
            assert key.partition("{")[0] in known, rule
            if key == "GOTO":
                later = [v for r in rules[at + 1 :] for k, _, v in r if k == "LABEL"]
                assert value in later, rule


@pytest.mark.skipif(shutil.which("udevadm") is None, reason="no udevadm on this machine")
def test_udev_itself_finds_nothing_wrong() -> None:
    """Where udev is new enough to check a file (254), it does."""
    if int(subprocess.check_output(["udevadm", "--version"], text=True)) < 254:
        pytest.skip("udevadm verify came with 254")
    subprocess.run(["udevadm", "verify", str(_UDEV)], check=True)


def test_the_kernels_nfc_drivers_are_kept_out_both_ways() -> None:
    """Each module that takes readers is neither loaded for a device nor for another module."""
    lines = [
        line
        for line in shipped_rule(BLACKLIST).read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    modules = ("pn533_usb", "pn533", "nfc")
    wanted = [f"blacklist {each}" for each in modules]
    wanted += [f"install {each} /bin/false" for each in modules]
    assert sorted(lines) == sorted(wanted)


_ASK = """
const rules = []; const polkit = {Result: {YES: "yes", NOT_HANDLED: null},
                                  addRule: (rule) => rules.push(rule)};
%s
const ask = (id, user) => { for (const rule of rules) { const said = rule({id}, {user});
                            if (said) return said; } return "no"; };
const pcsc = "org.debian.pcsc-lite.";
console.log(JSON.stringify([ask(pcsc + "access_pcsc", "tapledger"),
  ask(pcsc + "access_card", "tapledger"), ask(pcsc + "access_pcsc", "visitor"),
  ask("org.freedesktop.systemd1.manage-units", "tapledger")]));
"""


def test_the_polkit_rule_lets_the_agent_alone_use_readers() -> None:
    """The rule says yes to the service's user for pcscd's two actions, and to nothing else."""
    text = shipped_rule(POLKIT).read_text("utf-8")
    assert "access_pcsc" in text
    assert "access_card" in text
    assert '"tapledger"' in text
    node = shutil.which("node") or shutil.which("nodejs")
    if node is None:
        pytest.skip("no JavaScript engine on this machine; the text was looked at")
    said = subprocess.run(
        [node, "-e", _ASK % text], capture_output=True, text=True, check=True
    ).stdout
    assert json.loads(said) == ["yes", "yes", "no", "no"]


def test_the_unit_is_the_user_that_the_rules_mean(tmp_path: Path) -> None:
    """The shipped unit runs as the user that polkit lets in, in the groups that udev gives."""
    installed = tmp_path / "etc/systemd/system"
    installed.mkdir(parents=True)
    unit_file = _ROOT / "systemd" / "tapledger-agent.service"
    (installed / unit_file.name).write_text(unit_file.read_text("utf-8"))
    unit = installed_unit(Machine(root=tmp_path))
    assert unit is not None
    assert unit.runs_as.name.endswith(" tapledger")
    text = unit_file.read_text("utf-8")
    assert "SupplementaryGroups=dialout input\n" in text
    for kind in ("ttyUSB", "ttyACM", "ttyS", "ttyAMA", "input"):
        assert f"DeviceAllow=char-{kind} rw\n" in text
    # What would hide every device, or the kernel's word on the clock.
    assert not re.search(r"^(PrivateDevices|ProtectClock)=yes", text, re.MULTILINE)


def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    """systemd knows every line of the units; only that the program is not installed it may say."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd on this machine")
    for unit in sorted((_ROOT / "systemd").glob("*.service")):
        text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", unit.read_text("utf-8"), flags=re.M)
        (tmp_path / unit.name).write_text(text)
        said = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit.name)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert unit.name not in said.stderr, said.stderr


@pytest.mark.parametrize("name", [NAMES, BLACKLIST, POLKIT])
def test_what_the_doctor_says_to_install_is_there(name: str) -> None:
    """Each file that an advice names is there by its whole path, so that it may be typed anywhere,
    and its line in the README and in itself installs it to where it works.
    """
    shown, _, directory = to_install(name).removeprefix("install -m 644 ").rpartition(" ")
    assert Path(shown).is_absolute()
    assert Path(shown).is_file()
    text = shipped_rule(name).read_text("utf-8")
    assert f"{directory}{name}" in text
    readme = (_ROOT / "README.md").read_text("utf-8")
    assert re.search(rf"install -m 644 \S*/?{re.escape(name)} {directory}\n", readme), name
    shared = tomllib.loads((_ROOT / "pyproject.toml").read_text("utf-8"))
    shipped = shared["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    assert shipped[f"systemd/{name}"] == f"share/tapledger/systemd/{name}"
