"""A run of tests ends with the seeds and figures of those that have any."""

import subprocess
import sys
from pathlib import Path

import figures
import pytest

TESTS = """
def test_that_holds(record_property):
    record_property("seed", 4711)
    record_property("figures", "10 kills, 0 lost")

def test_that_fails(record_property):
    record_property("seed", 4712)
    assert False

def test_without_figures():
    pass
"""


@pytest.mark.parametrize("processes", ["0", "2"])
def test_they_are_printed_at_the_end(tmp_path: Path, processes: str) -> None:
    """Whether a test passed or failed, in the run's own process or in others."""
    (tmp_path / "test_some.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-p", "figures", "-p", "xdist.plugin"]
    command += ["-p", "no:cacheprovider"]
    ran = subprocess.run(
        [*command, "-n", processes, "-c", "/dev/null", "--rootdir", str(tmp_path), str(tmp_path)],
        capture_output=True,
        text=True,
        env={
            "PYTHONPATH": str(Path(figures.__file__).parent),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # each process would import them all
        },
        check=False,
    )
    _, _, said = ran.stdout.partition("seeds and figures")
    assert "test_some.py::test_that_holds\nseed: 4711\nfigures: 10 kills, 0 lost\n" in said
    assert "test_some.py::test_that_fails\nseed: 4712\n" in said
    assert "test_without_figures" not in said
