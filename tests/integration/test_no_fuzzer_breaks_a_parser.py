"""Atheris feeds every parser and decoder ten million bytes and breaks no promise of theirs.

``tests/support/fuzzed.py`` says what is promised. ``make fuzz`` installs
what it wants, the extra ``fuzz``.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import device_mutants
import pytest
import tag_mutants
from fuzzed import TARGETS
from kills import chosen_seed

pytestmark = [
    pytest.mark.torture,
    pytest.mark.skipif(find_spec("atheris") is None, reason="wants the extra 'fuzz'"),
]

BYTES = 10_000_000
BYTES_FOR_A_MUTANT = 3_000_000
SCRIPT = Path(__file__).parents[1] / "support" / "fuzz.py"

MUTANTS = device_mutants.MUTANTS | tag_mutants.MUTANTS
CAUGHT = {
    "em4100_checksum_ignored": ("Em4100Parser", "made up"),
    "wiegand_even_parity_unchecked": ("WiegandParser", "made up"),
    "uhf_crc_unchecked": ("UhfReader18Parser", "made up"),
    "pn532_dcs_ignored": ("Pn532Parser", "made up"),
    "epc_bank_unchecked": ("epc", "without a checksum"),
    "signature_ignored": ("sdm", "forged"),
    "scan_check_digit_unchecked": ("BarcodeParser", "made up"),
    "line_without_bound": ("BarcodeParser", "bytes are held"),
}
"""Which target notices a mutant, and what it says."""


def fuzz(
    target: str, most_bytes: int, seed: str, directory: Path, code: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the fuzzer on a target, of this code or of another copy."""
    environment = os.environ | ({} if code is None else {"PYTHONPATH": str(code)})
    return subprocess.run(
        [sys.executable, str(SCRIPT), target, str(most_bytes), seed, str(directory)],
        capture_output=True,
        text=True,
        errors="replace",
        env=environment,
        check=False,
    )


@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("name", sorted(TARGETS))
def test_ten_million_bytes_break_no_promise(
    name: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Nothing raises, fills memory, makes a card up or depends on how the bytes were cut."""
    seed = chosen_seed()
    ended = fuzz(name, BYTES, seed, tmp_path)
    record_property("seed", seed)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    said = json.loads(ended.stdout)
    record_property(
        "figures", f"{said['bytes']:,} bytes, {said['inputs']:,} inputs, {said['took_s']} s"
    )
    assert said["bytes"] >= BYTES


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", sorted(CAUGHT))
def test_a_parser_that_checks_nothing_is_found_out(name: str, tmp_path: Path) -> None:
    """With a check of a parser taken out, the fuzzer says which promise is broken."""
    target, complaint = CAUGHT[name]
    MUTANTS[name].write(tmp_path / "code")
    ended = fuzz(target, BYTES_FOR_A_MUTANT, "1", tmp_path, tmp_path / "code")
    assert ended.returncode != 0, f"{name} was not noticed: {ended.stdout}"
    assert complaint in ended.stdout + ended.stderr, ended.stdout + ended.stderr
