"""Directories in memory: a test that is not about the disk need not wait for one.

That everything is synced before it is answered is held by recordings of real agents
(``recording.py``), whatever they write to.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["directory_in_memory", "make_directory"]

_MEMORY = Path("/dev/shm")  # noqa: S108 - directories of our own are made in it
_ROOM_BYTES = 2**28


def make_directory() -> Path:
    """Make a directory in memory, or on the disk where memory has no room for it."""
    return Path(tempfile.mkdtemp(dir=_memory()))


@contextmanager
def directory_in_memory() -> Iterator[Path]:
    """Make such a directory, and remove it afterwards."""
    with tempfile.TemporaryDirectory(dir=_memory()) as directory:
        yield Path(directory)


def _memory() -> Path | None:
    if not _MEMORY.is_dir():
        return None
    room = os.statvfs(_MEMORY)
    return _MEMORY if room.f_bavail * room.f_frsize > _ROOM_BYTES else None
