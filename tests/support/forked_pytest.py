"""Runs pytest on other code than this checkout's, each time in a process of its own.

Most of a short run of pytest is Python importing its libraries. One process does that once and
imports nothing of the code under test; every run is forked from it, and imports the code that it
was given. That process ends when its standard input does.
"""

import gc
import importlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ForkedPytest", "Ran"]

_ROOT = Path(__file__).parents[2]
_LIBRARIES = (
    *(
        "_pytest.python",
        "_pytest.doctest",
        "anyio.pytest_plugin",
        "apscheduler",
        "click",
        "fastapi",
    ),
    *("httpx", "hypothesis.stateful", "hypothesis.strategies._internal.types", "msgspec"),
    *("phonenumbers", "pydantic", "pydantic_settings", "sqlalchemy", "sqlite_utils", "structlog"),
    *("unittest.mock", "uuid_utils", "uvicorn"),
)
_OURS = ("agent", "drivers", "sync")
_OPTIONS = (
    *("-q", "-x", "-p", "no:cacheprovider"),
    # Assertions as they are: pytest cannot rewrite libraries that were imported before it began.
    *("--assert=plain", "--hypothesis-profile=unshrunk"),
    # What a unit test has no use for costs more time than the test itself.
    *("-p", "no:schemathesis", "-p", "no:xdist", "--tb=native", "--confcutdir=tests/unit"),
)


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run of pytest ended, and what it printed."""

    code: int
    output: str


class ForkedPytest:
    """A test's side: asks for runs, one after the other."""

    def __init__(self, directory: Path) -> None:
        self._output = directory / "output"
        self._process: subprocess.Popen[str]

    def open(self) -> None:
        """Start the process that has the libraries."""
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=_ROOT,
        )

    def close(self) -> None:
        """End it."""
        self._process.communicate()

    def run(self, code: Path, *tests: str) -> Ran:
        """Run tests on the code in a directory, up to the first that fails."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = json.dumps([str(code), str(self._output), *tests])
        self._process.stdin.write(f"{asked}\n")
        self._process.stdin.flush()
        ended = int(self._process.stdout.readline())
        return Ran(ended, self._output.read_text("utf-8"))


def _serve() -> None:
    gc.set_threshold(50_000, 20, 20)  # runs are short, and what they import stays
    for library in _LIBRARIES:
        importlib.import_module(library)
    assert not set(_OURS) & set(sys.modules), "the code under test was imported too early"
    gc.freeze()  # what every run shares is no run's garbage
    for line in sys.stdin:
        code, output, *tests = json.loads(line)
        child = os.fork()
        if child == 0:
            _run(code, output, tests)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _run(code: str, output: str, tests: list[str]) -> None:
    """Become a pytest that knows the code in this directory and no other."""
    import pytest  # noqa: PLC0415 - as late as its own command does

    with Path(output).open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.path.insert(0, code)
    os.environ["PYTHONPATH"] = code  # for what the tests start
    ended = pytest.main([*_OPTIONS, *tests])
    sys.stdout.flush()
    os._exit(ended)


if __name__ == "__main__":
    _serve()
