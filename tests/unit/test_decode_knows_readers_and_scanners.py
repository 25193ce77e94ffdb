"""``tapledger decode`` prints what readers, tags and scanners said, in its contract's words."""

import json
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from agent.cli import main
from agent.core.gs1 import with_check_digit
from drivers.decode import DECODERS

GSRN = {"kind": "token", "scheme": "gsrn", "value": "061414112345678902"}


def decode(driver: str, data: bytes, *options: str) -> list[dict[str, Any]]:
    """Run the command as a shell would."""
    result = CliRunner().invoke(main, ["decode", driver, "--hex", data.hex(), *options])
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def refused(reason: str) -> dict[str, Any]:
    """A line of a refusal."""
    return {"kind": "refused", "reason": reason}


@pytest.mark.parametrize(
    ("driver", "data", "lines"),
    [
        (
            "wiegand",
            b"0000401829\r\n11101010000011011100000010\r\n1\r",
            [
                {"kind": "token", "scheme": "wiegand", "value": "6-8613"},
                {"kind": "token", "scheme": "wiegand", "value": "212-7041"},
                refused("length"),
            ],
        ),
        (
            "wiegand",
            b"01101010000011011100000010\r\n401",
            [refused("checksum"), refused("framing")],
        ),
        (
            "uhf18",
            bytes.fromhex("560000000000 1100ee002000708c2b380b2d00000000e056"),
            [{"kind": "status", "about": "heartbeat"}, refused("unknown")],
        ),
        ("epc", bytes.fromhex("2D14257BF4499602D2000000"), [GSRN]),
        (
            "epc",
            bytes.fromhex("3074257BF7194E4000001A85"),
            [{"kind": "product", "gtin": "80614141123458", "serial": "6789"}],
        ),
        ("epc", b"", [refused("length")]),
        ("barcode", bytes.fromhex("5d4331383031383036313431343131323334353637383930320d"), [GSRN]),
        (
            "barcode",
            bytes.fromhex("5d6432383031383036313431343131323334353637383930321d323158595a0d0a"),
            [GSRN],
        ),
        ("barcode", b"]E05901234123457\r", [{"kind": "product", "gtin": "5901234123457"}]),
        ("barcode", b"]E05901234123458\r", [refused("check_digit")]),
        ("barcode", b"4111111111111111\r", [refused("payment_card")]),
    ],
)
def test_each_thing_is_a_line(driver: str, data: bytes, lines: list[dict[str, Any]]) -> None:
    """The published bytes of each driver are these lines."""
    assert decode(driver, data) == lines


def test_member_prefixes_are_an_option() -> None:
    """An in-store EAN-13 is a member's card only where ``--member-prefix`` says so."""
    scan = f"]E0{with_check_digit('291234567890')}\r".encode()
    (alone,) = decode("barcode", scan, "--member-prefix", "28")
    (named,) = decode("barcode", scan, "--member-prefix", "28", "--member-prefix", "29")
    assert (alone["kind"], named["kind"]) == ("product", "token")
    assert named["scheme"] == "ean13"


@pytest.mark.parametrize("driver", sorted(DECODERS))
@given(data=st.binary(max_size=60))
def test_any_bytes_are_answered(driver: str, data: bytes) -> None:
    """Whatever the bytes, each line is of a kind that the contract names, and hex is upper case."""
    keys = ("--meta-key", "00" * 16, "--file-key", "00" * 16) if driver == "sdm" else ()
    for seen in decode(driver, data, *keys):
        assert seen["kind"] in ("token", "product", "status", "refused")
        if seen["kind"] == "token" and seen["scheme"] not in ("epc", "card"):
            assert seen["value"] == seen["value"].upper()
