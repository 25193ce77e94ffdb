"""Each way in which the ledger could be wrong is caught by the test that is named for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ledger_mutants import MUTANTS

ROOT = Path(__file__).parents[2]


def run_test(test: str, code: Path) -> subprocess.CompletedProcess[str]:
    """Run one test in a process of its own, on the code in a directory."""
    environment = os.environ | {"PYTHONPATH": str(code)}
    # Not ``python -m pytest``: that would put this checkout's code before the changed one.
    pytest_of_ours = Path(sys.executable).with_name("pytest")
    command = [str(pytest_of_ours), "-q", "-x", "-p", "no:cacheprovider", test]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_the_mutant_is_caught(name: str, tmp_path: Path) -> None:
    """The test that is named for a mutant fails on it."""
    MUTANTS[name].write(tmp_path)
    ran = run_test(MUTANTS[name].caught_by, tmp_path)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "1 failed" in ran.stdout, ran.stdout


@pytest.mark.torture
@pytest.mark.parametrize("test", sorted({mutant.caught_by for mutant in MUTANTS.values()}))
def test_the_same_test_passes_without(test: str) -> None:
    """A test that catches a mutant passes on the code as it is, in the same kind of process."""
    ran = run_test(test, ROOT)
    assert ran.returncode == 0, ran.stdout + ran.stderr
