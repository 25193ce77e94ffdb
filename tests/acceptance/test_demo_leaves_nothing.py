"""The demo cleans up after itself, however it ends."""

import os
import subprocess
from pathlib import Path

import pytest

from agent.tools.processes import tapledger
from agent.tools.waiting import wait_until


def _processes_of(directory: Path) -> list[str]:
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid():
            try:
                words = (process / "cmdline").read_bytes().decode("utf-8", "replace")
            except OSError:
                continue
            if str(directory) in words:
                found.append(words.replace("\0", " "))
    return found


@pytest.mark.long
@pytest.mark.parametrize(
    "options",
    [
        pytest.param(["--keep"], id="kept", marks=pytest.mark.torture),
        pytest.param(["--baskets", "600"], id="playing"),
    ],
)
def test_a_demo_ended_from_outside_leaves_nothing(tmp_path: Path, options: list[str]) -> None:
    """SIGTERM ends the demo with every process it started and every file it made."""
    demo = subprocess.Popen(
        tapledger("demo", "--headless", *options),
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until(
            lambda: len(_processes_of(tmp_path)) == 4, "broker, hub and two agents", timeout_s=90
        )
    finally:
        demo.terminate()
        code = demo.wait(30)
    assert code == 128 + 15
    assert _processes_of(tmp_path) == []
    assert list(tmp_path.iterdir()) == []
