"""What a configuration says of a PC/SC reader fits together, and its keys are nobody else's."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from drivers.device import Place
from drivers.pcsc.counters import FILE
from drivers.pcsc.options import PcscOptions, plan_of
from drivers.pcsc.planned import PlannedReading
from drivers.virtual.cards import UidCard
from drivers.virtual.type_4 import Ntag424Card

META, SIGN, CLASSIC = "00112233445566778899AABBCCDDEEFF", "F" * 32, "A0A1A2A3A4A5"
SIGNING = {"sdm_meta_key": META, "sdm_file_key": SIGN}
UID = bytes.fromhex("04C1D2E3F40580")


def options(**said: object) -> PcscOptions:
    """Options as a file says them."""
    return PcscOptions(**said)  # type: ignore[arg-type]


def place(directory: Path, *, looks_on: bool = False) -> Place:
    """A reader of an agent with this directory."""
    return Place(name="front", port="ACS ACR122U", state=directory, looks_on=looks_on)


def keys_file(directory: Path, text: str, mode: int = 0o600) -> Path:
    """A file of keys."""
    path = directory / "keys.toml"
    path.write_text(text, "utf-8")
    path.chmod(mode)
    return path


def told(reading: PlannedReading, card: UidCard) -> list[object]:
    """What a reading says of a card."""
    card.reset()
    talk = reading(card.atr)
    try:
        command = next(talk)
        while True:
            command = talk.send(card.answer(command))
    except StopIteration as done:
        return [getattr(event, "reason", None) or getattr(event, "about", None) or "token"
                for event in done.value]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "mistake"),
    [
        ({"sdm_meta_key": META}, "sdm_meta_key and sdm_file_key belong together"),
        ({"sdm_file_key": META}, "sdm_meta_key and sdm_file_key belong together"),
        ({**SIGNING, "sdm_meta_key": META[:-1]}, "32 hexadecimal digits"),
        ({**SIGNING, "sdm_meta_key": META + "00"}, "32 hexadecimal digits"),
        ({**SIGNING, "sdm_meta_key": "x" * 32}, "hexadecimal digits"),
        ({**SIGNING, "sdm_meta_key": " " * 32}, "hexadecimal digits"),
        ({"classic_key": CLASSIC}, "classic_block and classic_key belong together"),
        ({"classic_block": 4}, "classic_block and classic_key belong together"),
        ({"classic_block": 4, "classic_key": "00"}, "12 hexadecimal digits"),
        ({"classic_block": 7, "classic_key": CLASSIC}, "holds its sector's keys"),
        ({"classic_block": 143, "classic_key": CLASSIC}, "holds its sector's keys"),
        ({"classic_block": 0, "classic_key": CLASSIC}, "greater than or equal to 1"),
        ({"classic_block": 4, "classic_key": CLASSIC, "classic_place": "20"}, "pattern"),
        ({**SIGNING, "classic_block": 4, "classic_key": CLASSIC}, "does not sign"),
        ({**SIGNING, "read_ndef": False}, "signature stands in the NDEF message"),
        ({**SIGNING, "keys_file": "/a"}, "not in both"),
        ({"accept_unsigned": True}, "means nothing without"),
        ({"family": "acme"}, "identiv"),
    ],
)
def test_a_contradiction_is_a_mistake(said: dict[str, object], mistake: str) -> None:
    """What would be said in vain, or leave a door open, is refused in words; no key is repeated."""
    with pytest.raises(ValidationError) as refused:
        options(**said)
    shown = str(refused.value)
    assert mistake in shown
    assert META not in shown
    assert CLASSIC not in shown


def test_keys_are_in_no_words() -> None:
    """Options print without their keys."""
    shown = repr(options(**SIGNING, accept_unsigned=True, classic_block=4, classic_key=CLASSIC))
    assert META not in shown
    assert SIGN not in shown
    assert CLASSIC not in shown


def test_a_plan_is_what_was_said(tmp_path: Path) -> None:
    """Options become the plan that they describe."""
    plain = plan_of(options(), place(tmp_path))
    assert (plain.family, plain.ndef, plain.block, plain.taps) == ("pcsc", True, None, None)
    identiv = {"family": "identiv", "classic_block": 4, "classic_key": CLASSIC}
    for kind, key_place in (("A", "0060"), ("B", "0061")):
        block = plan_of(options(**identiv, classic_key_kind=kind), place(tmp_path)).block
        assert block is not None
        assert (block.key.hex().upper(), block.place.hex()) == (CLASSIC, key_place)


def test_keys_may_lie_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file, or a systemd credential, holds them under the same names."""
    said = f'sdm_meta_key = "{META}"\nsdm_file_key = "{SIGN}"\n'
    path = keys_file(tmp_path, said, 0o640)
    ours = Ntag424Card(UID, meta_key=bytes.fromhex(META), file_key=bytes.fromhex(SIGN))
    reading = PlannedReading(options(keys_file=str(path)), place(tmp_path))
    assert (reading.check(), told(reading, ours)) == (None, ["contactless_card", "token"])
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    named = PlannedReading(options(keys_file="keys.toml"), place(tmp_path))
    assert told(named, ours) == ["contactless_card", "token"]
    ours.counter -= 1
    assert told(named, ours) == ["contactless_card", "replay"]


@pytest.mark.parametrize(
    ("text", "mode", "why"),
    [
        (None, 0, "cannot be read"),
        (f'classic_key = "{CLASSIC}"', 0o604, "everybody may read"),
        (f'classic_key = "{CLASSIC}" x', 0o600, "not TOML"),
        (f'classic_key = "{CLASSIC}00"', 0o600, "12 hexadecimal digits"),
        (f'classic_keys = "{CLASSIC}"', 0o600, "classic_keys"),
        (f'sdm_meta_key = "{META}"', 0o600, "belong together"),
        ("", 0o600, "classic_block and classic_key belong together"),
    ],
)
def test_keys_that_cannot_be_had_refuse_every_card(
    tmp_path: Path, text: str | None, mode: int, why: str
) -> None:
    """Without its keys a reader takes no card, says why without them, and tries again."""
    path = tmp_path / "keys.toml"
    if text is not None:
        keys_file(tmp_path, text, mode)
    reading = PlannedReading(options(keys_file=path, classic_block=4), place(tmp_path))
    assert told(reading, UidCard(UID)) == ["keys_unusable", "unreadable"]
    fault = reading.check() or ""
    assert why in fault
    assert str(path) in fault
    assert CLASSIC not in fault
    keys_file(tmp_path, f'classic_key = "{CLASSIC}"')
    assert told(reading, UidCard(UID)) == ["contactless_card", "token"]
    assert reading.fault is None


def test_nothing_is_touched_before_the_first_card(tmp_path: Path) -> None:
    """Making a reading reads no file and writes none."""
    PlannedReading(options(keys_file=tmp_path / "none", classic_block=4), place(tmp_path))
    PlannedReading(options(**SIGNING), place(tmp_path)).check()
    assert list(tmp_path.iterdir()) == []


def test_taps_are_remembered_where_the_ledger_is(tmp_path: Path) -> None:
    """One file in the directory of the agent; none from whoever looks on; no tap without one."""
    ours = Ntag424Card(UID, meta_key=bytes.fromhex(META), file_key=bytes.fromhex(SIGN))
    looking = PlannedReading(options(**SIGNING), place(tmp_path, looks_on=True))
    assert told(looking, ours) == ["contactless_card", "token"]
    assert list(tmp_path.iterdir()) == []
    assert told(PlannedReading(options(**SIGNING), place(tmp_path)), ours)[1] == "token"
    assert [file.name for file in tmp_path.iterdir()] == [FILE]
    nowhere = PlannedReading(options(**SIGNING), Place(name="front", port="x"))
    assert told(nowhere, ours) == ["contactless_card", "unreadable", "taps_not_remembered"]
    assert "no directory" in (nowhere.fault or "")


def test_a_key_is_secret() -> None:
    """Keys are held as secrets, which no log prints."""
    assert isinstance(options(**SIGNING).sdm_meta_key, SecretStr)


def test_keys_that_everybody_knows_are_said_in_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Keys that chips leave the factory with are named once, and others are not."""
    factory = {"sdm_meta_key": "0" * 32, "sdm_file_key": SIGN, "accept_unsigned": True}
    said = factory | {"classic_block": 4, "classic_key": "F" * 12}
    reading = PlannedReading(options(**said), place(tmp_path))
    assert (reading.check(), reading.check()) == (None, None)
    warned = [line for line in capsys.readouterr().out.splitlines() if "factory_key" in line]
    assert ["sdm_meta_key" in warned[0], "classic_key" in warned[1], len(warned)] == [True, True, 2]
    PlannedReading(options(**SIGNING), place(tmp_path)).check()
    assert capsys.readouterr().out == ""
