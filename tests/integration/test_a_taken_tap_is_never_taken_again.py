"""A tap that was told stays a replay: after a power cut, a kill, and on a disk that was full."""

import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from in_memory import directory_in_memory
from power_cut import EVERYTHING, HALVES, NOTHING, Disk, Wrote, torn_by
from recording import TRACED, Answered, Recording
from tap_taker import CARD
from traced_agent import require_strace

from drivers.pcsc.counters import FILE, SeenCounters, TapCounters

_PROGRAM = Path(__file__).parents[1] / "support" / "tap_taker.py"
_TAPS = 4


def taker(directory: Path, first: int, count: int) -> list[str]:
    """The command that takes so many taps."""
    return [sys.executable, str(_PROGRAM), str(directory), str(first), str(count)]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory with nothing in it."""
    made = tmp_path / "state"
    made.mkdir()
    return made


def cuts(recording: Recording) -> Iterator[tuple[int, Disk]]:
    """The disk before and after every step of a recording, and the counter told by then."""
    disk, told = Disk(), -1
    yield told, disk
    for step in recording.steps:
        assert not isinstance(step, Answered)
        disk.apply(step)
        if isinstance(step, Wrote) and step.path == "told":
            told = int(step.data)
        yield told, disk


def test_no_power_cut_gives_a_tap_back(
    directory: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Whatever the disk had of what was not synced, a tap that was told is a replay, and the next
    one can be taken.
    """
    require_strace()
    log = tmp_path / "strace.log"
    traced = ["strace", "-f", "-y", "-xx", "-s", "65536", "-e", f"trace={','.join(TRACED)}"]
    traced += ["-e", "signal=none", "-o", str(log)]
    for first in (0, _TAPS // 2):  # the second one finds the file
        command = [*traced, *taker(directory, first, _TAPS // 2)]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        if first == 0:
            recording = Recording(directory)
        recording.read(log)
    seed = random.SystemRandom().getrandbits(32)
    record_property("POWER_CUT_SEED", seed)
    dice = random.Random(seed)  # noqa: S311 - a tear is no secret
    disks = 0
    for told, disk in cuts(recording):
        for tear in (NOTHING, EVERYTHING, HALVES, torn_by(dice), torn_by(dice)):
            with directory_in_memory() as after:
                for name, content in disk.after_cut(tear).items():
                    (after / name).write_bytes(content)
                for counter in range(told + 1):
                    assert not TapCounters(after).take(CARD, counter), (seed, told, counter)
                assert TapCounters(after).take(CARD, _TAPS), (seed, told)
                disks += 1
    assert told == _TAPS - 1
    assert disks > 40 * _TAPS


def test_a_kill_gives_no_tap_back(directory: Path) -> None:
    """Killed at any moment, what was told is a replay and the next tap can be taken."""
    first = 0
    for lines in (1, 2, 5):
        with subprocess.Popen(
            taker(directory, first, 10**6), stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            told = [process.stdout.readline().split() for _ in range(lines)]
            process.kill()
        assert {said for _, said in told} == {"taken"}
        last = int(told[-1][0])
        for counter in range(first, last + 1):
            assert not TapCounters(directory).take(CARD, counter)
        first = last + 10**5
        assert TapCounters(directory).take(CARD, first - 1)


_SMALL = """
set -e
mount -t tmpfs -o size=128k tmpfs "$1"
"$2" "$3" "$1" 0 2
cat /dev/zero > "$1/filler" 2>/dev/null || true
"$2" "$3" "$1" 2 2
rm "$1/filler"
"$2" "$3" "$1" 1 2
"""


def test_a_full_disk_takes_no_tap(directory: Path) -> None:
    """A tap for which there is no room is refused, and can be taken once there is."""
    arguments = [str(directory), sys.executable, str(_PROGRAM)]
    ran = subprocess.run(
        ["unshare", "-rm", "sh", "-c", _SMALL, "sh", *arguments],
        check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert ran.stdout.splitlines() == [
        "0 taken", "1 taken",
        "2 not remembered", "3 not remembered",
        "1 replay", "2 taken",
    ]  # fmt: skip


def test_whoever_looks_on_needs_no_more_than_to_read(directory: Path) -> None:
    """The counters are seen through a file that nobody may write."""
    TapCounters(directory).take(CARD, 7)
    before = (directory / FILE).read_bytes()
    (directory / FILE).chmod(0o400)
    directory.chmod(0o500)
    assert not SeenCounters(directory).take(CARD, 7)
    assert SeenCounters(directory).take(CARD, 8)
    directory.chmod(0o700)
    assert [file.name for file in directory.iterdir()] == [FILE]
    assert (directory / FILE).read_bytes() == before
