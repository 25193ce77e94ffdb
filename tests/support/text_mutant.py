"""One way in which the code could be wrong: a small change to its text.

A mutant replaces one passage of one file, which must stand there exactly once, and is caught by the
test it names. A test that passes on a mutant promises less than it says.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Mutant", "copy_code"]

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One change, and the test that catches it."""

    file: str
    old: str
    new: str
    caught_by: str

    def write(self, directory: Path) -> None:
        """Copy the package to a directory with this one passage changed."""
        copy_code(directory)
        path = directory / self.file
        text = path.read_text("utf-8")
        assert text.count(self.old) == 1, f"{self.file}: {text.count(self.old)} times {self.old!r}"
        path.write_text(text.replace(self.old, self.new), "utf-8")


def copy_code(directory: Path) -> None:
    """Copy the package to a directory as it is, with what Python compiled of it.

    Its data goes along: what is installed of it may be another day's.
    """
    half_written = shutil.ignore_patterns("*.pyc.*")  # by another process, just now
    for package in ("agent", "drivers"):
        shutil.copytree(_ROOT / package, directory / package, ignore=half_written)
    shutil.copytree(_ROOT / "config", directory / "config")
