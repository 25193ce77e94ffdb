"""A seed tells the same story each time, in any process: or a finding could not be seen again."""

import os
import subprocess
import sys

_TELL = "from sync.simulation.history import play; print(*[play(s).digest for s in (12, 13)])"


def test_a_seed_tells_the_same_story_in_any_process() -> None:
    """Neither the process nor the order of its sets changes a history."""
    told = [_told("1"), _told("3")]

    assert told[0] == told[1]


def _told(hash_seed: str) -> str:
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        [sys.executable, "-c", _TELL], env=environment, capture_output=True, check=True, text=True
    )
    return done.stdout.splitlines()[-1]
