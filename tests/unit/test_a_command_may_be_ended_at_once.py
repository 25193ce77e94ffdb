"""Ctrl-C ends a command in peace, however early it comes."""

import subprocess
import sys

import pytest

_INTERRUPTED = """
import sys

class Interrupts:
    def find_spec(self, name, *_):
        if name == {module!r}:
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupts())
sys.argv = ["tapledger", "agent", "--config", "there-is-none.toml"]
from agent.cli import main
main()
"""


@pytest.mark.parametrize("module", ["agent.cli.main", "click", "agent.daemon"])
def test_no_traceback_is_shown_while_it_is_still_being_loaded(module: str) -> None:
    """Whoever ends it before it has begun is told that it ended, and nothing of our files."""
    program = _INTERRUPTED.format(module=module)
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.strip() == "Aborted!"
