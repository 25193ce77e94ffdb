"""``tapledger decode`` reads tags, signed taps, ATRs and a PN532's frames as other recordings."""

import json

import pytest
from click.testing import CliRunner, Result

from agent.cli import main

KEY = "00" * 16
# NXP AN12196, by the tests of nfc-developer/sdm-backend.
TAP = "https://ntag.nxp.com/424?e=EF963FF7828658A599F3041510671E88&c=94EED9EE65337086"


def decode(*arguments: str) -> Result:
    """Run ``tapledger decode`` as a shell would."""
    return CliRunner().invoke(main, ["decode", *arguments])


def test_a_tap_is_a_line_with_its_counter() -> None:
    """A verified tap is a token with its counter, and again at that counter a replay."""
    keys = ["--meta-key", KEY, "--file-key", KEY, "--hex", TAP.encode().hex()]
    assert decode("sdm", *keys).stdout == (
        '{"kind":"token","scheme":"sdm","value":"04DE5F1EACC040","counter":61}\n'
    )
    replay = decode("sdm", *keys, "--last-counter", "61")
    assert (replay.exit_code, json.loads(replay.stdout)["reason"]) == (0, "replay")


@pytest.mark.parametrize("given", [[], ["--meta-key", KEY], ["--file-key", KEY]])
def test_a_tap_without_keys_is_wrong_use(given: list[str]) -> None:
    """Nothing can be verified without both keys: exit 2, and the options are named."""
    result = decode("sdm", *given, "--hex", TAP.encode().hex())
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--meta-key" in result.stderr
    assert "--file-key" in result.stderr


@pytest.mark.parametrize(
    ("driver", "data", "line"),
    [
        ("pn532", "0000FF0FF1D54B0101004400070416C6C2D738816100",
         '{"kind":"token","scheme":"uid","value":"0416C6C2D73881"}'),
        ("pn532", "0000FF06FAD50332010607E800",
         '{"kind":"status","about":"firmware","ic":"32","version":1,"revision":6,"support":"07"}'),
        ("ndef", "0319D101155402656E" + b"061414112345678902".hex(),
         '{"kind":"token","scheme":"gsrn","value":"061414112345678902"}'),
        ("atr", "3B6500002063CB6800",
         '{"kind":"status","about":"contact_card","card":"unknown","standard":"ISO/IEC 7816",'
         '"reads":"nothing: this reads contactless cards"}'),
    ],
)  # fmt: skip
def test_other_recordings_are_lines(driver: str, data: str, line: str) -> None:
    """What a PN532, a tag and an ATR say is printed as the contract has it."""
    result = decode(driver, "--hex", data)
    assert (result.exit_code, result.stdout) == (0, f"{line}\n")
