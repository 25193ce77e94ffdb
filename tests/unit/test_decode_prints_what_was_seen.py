"""``tapledger decode`` prints one JSON line for each thing recognised or refused."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from agent.cli import main

CARD = "0230433030303632314135384503"  # ID-2/12/20LA datasheet, 11 April 2013, page 4
OTHER_CRLF = "023637303033423531433643420d0a03"  # tests of python-rdm6300, as an ID-12LA sends it
CARD_LINE = '{"kind":"token","scheme":"em4100","value":"0C000621A5"}'
OTHER_LINE = '{"kind":"token","scheme":"em4100","value":"67003B51C6"}'


def decode(*arguments: str, typed: bytes | None = None) -> Result:
    """Run ``tapledger decode em4100`` as a shell would."""
    return CliRunner().invoke(main, ["decode", "em4100", *arguments], input=typed)


def test_each_card_is_a_line() -> None:
    """Two frames are two lines, each a token with its scheme and upper-case value."""
    result = decode("--hex", CARD + OTHER_CRLF)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [CARD_LINE, OTHER_LINE]


def test_each_refusal_is_a_line_with_its_reason() -> None:
    """Bytes that are no card are said to be refused, and why; that is an answer, so exit 0."""
    wrong = b"\x0268003B51C6CB\x03" + b"\x020C00\x03" + b"??" + b"\x020C000621A5"
    result = decode("--hex", wrong.hex())
    assert result.exit_code == 0
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {"kind": "refused", "reason": reason}
        for reason in ("checksum", "length", "framing", "framing")
    ]


def test_a_card_that_rests_is_a_line_each_time() -> None:
    """Every frame is reported, repeats included: decoding does not know presence."""
    assert decode("--hex", CARD * 3).stdout.splitlines() == [CARD_LINE] * 3


def test_bare_characters_need_gap_framing() -> None:
    """Twelve bare characters are a card only with ``--framing gap``, as an EM-18 sends them."""
    bare = b"0C000621A58E".hex()
    assert decode("--hex", bare, "--framing", "gap").stdout.splitlines() == [CARD_LINE]
    assert decode("--hex", bare).stdout.splitlines() == ['{"kind":"refused","reason":"framing"}']


def test_a_recording_is_read_from_a_file_or_standard_input(tmp_path: Path) -> None:
    """The same bytes give the same lines from ``--hex``, from a file and from a pipe."""
    recording = tmp_path / "line.bin"
    recording.write_bytes(bytes.fromhex(CARD))
    assert decode(str(recording)).stdout == f"{CARD_LINE}\n"
    assert decode("-", typed=bytes.fromhex(CARD)).stdout == f"{CARD_LINE}\n"


@pytest.mark.parametrize("written", [CARD.upper(), bytes.fromhex(CARD).hex(" "), f" {CARD}\n"])
def test_hex_may_be_written_as_people_write_it(written: str) -> None:
    """Upper case, lower case and spaces between bytes are all the same bytes."""
    assert decode("--hex", written).stdout == f"{CARD_LINE}\n"


def test_nothing_gives_no_line() -> None:
    """No bytes are no things seen, and no error."""
    result = decode("--hex", "")
    assert (result.exit_code, result.stdout) == (0, "")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--hex", "0"],
        ["--hex", "xy"],
        ["--hex", CARD, "-"],
        ["no-such-file"],
        ["--framing", "idle", "--hex", CARD],
        ["--hex"],
        ["--colour"],
    ],
)
def test_wrong_use_exits_2_and_says_so(arguments: list[str]) -> None:
    """What cannot be meant exits 2 with a word on standard error and nothing on standard output."""
    result = decode(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Error" in result.stderr


def test_an_unknown_driver_exits_2_and_names_those_there_are() -> None:
    """A driver that does not exist is wrong use, answered with those that do."""
    result = CliRunner().invoke(main, ["decode", "em4200", "--hex", CARD])
    assert result.exit_code == 2
    assert "em4100" in result.stderr


@given(stream=st.binary(max_size=40), framing=st.sampled_from(["stx", "gap"]))
def test_any_bytes_decode(stream: bytes, framing: str) -> None:
    """Whatever the bytes, decoding ends well and prints JSON lines of the two kinds."""
    result = decode("--hex", stream.hex(), "--framing", framing)
    assert result.exit_code == 0
    for line in result.stdout.splitlines():
        assert json.loads(line)["kind"] in ("token", "refused")
