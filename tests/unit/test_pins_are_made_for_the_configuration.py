"""``tapledger pin``: a line that the configuration takes, of a PIN that is shown nowhere."""

import os
import pty
import subprocess
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from agent.cli import main
from agent.core.pins import is_pin, is_trivial
from agent.core.strict_toml import InvalidDocument
from agent.layered import load
from agent.settings import AgentSettings
from agent.till.approvals import _matches
from agent.tools.processes import tapledger

BASE = """
[device]
tenant = "house"
store = "s001"
name = "edge-1"
[ledger]
path = "ledger.db"
[program]
path = "simple.toml"
[[lane]]
name = "1"
"""


def make(name: str, typed: str, code: int = 0) -> Result:
    """Run the command with a line on standard input."""
    result = CliRunner().invoke(main, ["pin", name, "--stdin"], input=typed)
    assert result.exit_code == code, result.output
    return result


def settings_with(tmp_path: Path, controls: str) -> AgentSettings:
    """Settings with lines under [controls.approvers]."""
    file = tmp_path / "agent.toml"
    file.write_text(f"{BASE}\n{controls}", "utf-8")
    return load(AgentSettings, (file,))


@pytest.mark.parametrize("name", ["boss", "till-7_b", "eve.m", 'a"b', "a\\b", "#1"])
@pytest.mark.parametrize("pin", ["4071", "123456789013"])
def test_the_line_is_taken_by_the_configuration(tmp_path: Path, name: str, pin: str) -> None:
    """What is printed goes under [controls.approvers] as it is, whatever the name, and the agent
    then knows the PIN.
    """
    line = make(name, f"{pin}\n").stdout
    assert pin not in line
    hashes = settings_with(tmp_path, f"[controls.approvers]\n{line}").controls.pin_hashes
    assert list(hashes) == [name]
    assert _matches(hashes[name], pin)
    assert not _matches(hashes[name], pin[:-1] + "0")


@pytest.mark.parametrize(
    "typed",
    [
        *("", "\n", "123\n", "1" * 13 + "\n", "40 71\n", "abcd\n", "\uff14\uff10\uff17\uff11\n"),
        *("0000\n", "777777\n", "1234\n", "4321\n", "7890\n", "2109\n", "0123456789\n"),
    ],
    ids=ascii,
)
def test_what_is_no_pin_or_a_trivial_one_is_refused(typed: str) -> None:
    """Exit 2, nothing on standard output, and what was typed is not repeated."""
    said = make("boss", typed, code=2)
    assert said.stdout == ""
    assert not typed.strip() or typed.strip() not in said.stderr


@pytest.mark.parametrize("name", ["", "a b", "caf\u00e9", "x" * 65, "a\n"])
def test_a_name_that_no_till_can_say_is_refused(name: str) -> None:
    """A name is what a till sends as ``approver``."""
    assert "NAME" in make(name, "4071\n", code=2).stderr


@given(st.text("0123456789", min_size=4, max_size=12))
def test_few_pins_are_trivial(pin: str) -> None:
    """Of all PINs of a length thirty are refused: ten of one digit, ten up and ten down."""
    assert is_pin(pin)
    up = "01234567890123456789012"
    runs = {up[at : at + len(pin)] for at in range(10)}
    assert is_trivial(pin) == (len(set(pin)) == 1 or pin in runs or pin[::-1] in runs)


@pytest.mark.parametrize(
    ("typed", "code"), [(("4071", "4071"), 0), (("4071", "4072"), 2), (("1111", "1111"), 2)]
)
def test_a_person_is_asked_twice_without_an_echo(typed: tuple[str, str], code: int) -> None:
    """On a terminal the PIN is asked for twice, and not a digit of it appears there."""
    ours, theirs = pty.openpty()
    asking = subprocess.Popen(
        tapledger("pin", "boss"),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        start_new_session=True,
        env=os.environ | {"TERM": "dumb"},
    )
    os.close(theirs)
    shown = b""
    for question, answer in zip((b"PIN: ", b"again: "), typed, strict=True):
        while question not in shown:
            shown += os.read(ours, 1_024)
        os.write(ours, answer.encode() + b"\n")
    assert asking.stdout is not None
    line = asking.stdout.read().decode()
    asking.stdout.close()
    assert asking.wait(60) == code
    os.close(ours)
    assert not any(each.encode() in shown for each in typed)
    assert (list(tomllib.loads(line)) == ["boss"]) == (code == 0)


@pytest.mark.parametrize(
    "pin_hash",
    [
        "4071",
        "",
        "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$",
        f"$argon2i$v=19$m=19456,t=2,p=1${'A' * 22}${'A' * 43}",
        f"$argon2id$v=19$m=8,t=1,p=1${'A' * 22}${'A' * 43}",
        f"$argon2id$v=19$m=4194304,t=2,p=1${'A' * 22}${'A' * 43}",
    ],
)
def test_only_hashes_of_the_command_are_taken(tmp_path: Path, pin_hash: str) -> None:
    """A PIN in the clear, a weaker hash, and one that would take all memory are mistakes in the
    configuration, which are named and not repeated.
    """
    with pytest.raises(InvalidDocument) as mistake:
        settings_with(tmp_path, f'[controls.approvers]\nboss = "{pin_hash}"')
    assert "controls.approvers.boss: this is no PIN's hash" in str(mistake.value)
    assert not pin_hash or pin_hash not in str(mistake.value)


def test_controls_have_defaults_and_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the table: 500 alone, 5,000 a day, any number of claims, the fourth in a row; no
    waiting. A variable sets one too, and nonsense is named by its key.
    """
    controls = settings_with(tmp_path, "").controls
    assert controls.model_dump(exclude={"approvers"}) == {
        "adjust_alone_points": 500,
        "adjust_day_points": 5_000,
        "claims_per_day": 0,
        "often": 4,
        "wait_for_tills": False,
    }
    for line in ("often = 1", "adjust_day_points = -1", "claims_per_day = 1.5", 'often = "x"'):
        with pytest.raises(InvalidDocument, match=rf"controls\.{line.split()[0]}: "):
            settings_with(tmp_path, f"[controls]\n{line}")
    with pytest.raises(InvalidDocument, match="did you mean 'claims_per_day'"):
        settings_with(tmp_path, "[controls]\nclaims_a_day = 1")
    monkeypatch.setenv("TAPLEDGER_CONTROLS__OFTEN", "9")
    assert settings_with(tmp_path, "").controls.often == 9


def test_a_hash_is_not_shown(tmp_path: Path) -> None:
    """Settings in a log show no hash: four digits can be tried out."""
    line = make("boss", "4071\n").stdout
    controls = settings_with(tmp_path, f"[controls.approvers]\n{line}").controls
    assert "argon2" not in f"{controls!r} {controls}"
