"""What a traced process did to one directory and what it told its callers, in the order of both.

The system calls become changes of ``power_cut`` and answers over HTTP. An answer counts from the
moment its last byte is handed to the kernel, a write from the moment its call returned, and a sync
speaks only for what was written before its call began. Whatever else could change a file there
stops the reading: a model that overlooks something proves nothing. SQLite's ``-shm`` files alone
are left out. They are memory shared between processes, and recovery makes them anew.
"""

import bisect
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from power_cut import (
    Change,
    Created,
    Removed,
    Renamed,
    Synced,
    SyncedDirectory,
    Truncated,
    Wrote,
)
from strace_log import Call, read_calls

__all__ = ["TRACED", "Answered", "Recording", "Unmodelled"]

_SENDS = ("sendto", "sendmsg")
_WRITES = ("write", "writev", "pwrite64", "pwritev")
_OPENS = ("open", "openat", "creat")
_MOVES = ("rename", "renameat", "renameat2", "unlink", "unlinkat")
_SYNCS = ("fsync", "fdatasync")
_SEEKS = ("lseek", "read")
_OTHER_WAYS = (
    *("pwritev2", "truncate", "link", "linkat", "symlink", "symlinkat", "fallocate"),
    *("copy_file_range", "sendfile", "splice", "io_uring_setup", "mmap"),
)
TRACED = (*_SENDS, *_WRITES, *_OPENS, *_MOVES, *_SYNCS, *_SEEKS, "ftruncate", *_OTHER_WAYS)
"""What strace has to watch."""

_HEAD = re.compile(rb"HTTP/1\.1 (\d{3}).*?\r\n\r\n", re.DOTALL)
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


class Unmodelled(Exception):
    """The process changed a file in a way that the model does not know."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An HTTP answer with a JSON body, all of it handed to the kernel."""

    status: int
    body: Any


@dataclass(frozen=True, slots=True)
class _SyncCall:
    """A sync that returned, and when it began."""

    path: str
    is_file: bool
    began: int


_Step = Change | Answered | _SyncCall


class Recording:
    """The steps of one process after another in one directory, from its first file on."""

    def __init__(self, directory: Path) -> None:
        self.steps: list[Change | Answered] = []
        self._directory = directory.resolve()
        self._there: set[str] = set()
        self._offsets: dict[int, int] = {}
        self._unanswered: dict[str, bytes] = {}

    def read(self, log: Path) -> None:
        """Append what one strace log tells. The log must be whole."""
        with log.open(encoding="ascii") as lines:
            self.add(read_calls(lines))

    def add(self, calls: Iterable[Call]) -> None:
        """Append the steps of one process. Raises Unmodelled."""
        self._offsets.clear()
        self._unanswered.clear()
        before = len(self.steps)
        placed: list[tuple[int, _Step]] = []
        for call in calls:
            if call.path.startswith(("socket:", "TCP:")):
                placed += [(call.began, answer) for answer in self._send(call)]
            elif call.returned is None or call.returned >= 0:
                placed += [(call.ended, step) for step in self._steps(call)]
        placed.sort(key=lambda step: step[0])
        self.steps += _with_reach(placed, sum(not isinstance(s, Answered) for s in self.steps))
        assert len(self.steps) > before, "the log tells of nothing in this directory"

    def _steps(self, call: Call) -> list[_Step]:
        if call.name in _OPENS:
            return self._open(call)
        if call.name in _MOVES:
            return self._move(call)
        path = self._inside(call.path)
        if path is None and call.name in _OTHER_WAYS:
            touched = map(self._inside, (*call.paths, *call.open_paths))
            path = next(filter(None, touched), None)
        return [] if path is None else self._change(call, path)

    def _change(self, call: Call, path: str) -> list[_Step]:
        """What a call did to one file."""
        if call.name in _SYNCS:
            is_file = path in self._there
            return [] if call.returned is None else [_SyncCall(path, is_file, call.began)]
        if call.returned is None:
            raise Unmodelled(f"the process ended within {call.name} of {path}")
        if call.name in _WRITES:
            return self._write(call, path, call.returned)
        if call.name == "ftruncate":
            return [Truncated(path, call.number(-1))]
        if call.name in _SEEKS:
            before = self._offsets.get(call.descriptor, 0) if call.name == "read" else 0
            self._offsets[call.descriptor] = before + call.returned
        elif call.name != "mmap" or _is_shared_for_writing(call):
            raise Unmodelled(f"{call.name} of {path}")
        return []

    def _write(self, call: Call, path: str, count: int) -> list[_Step]:
        data = b"".join(call.strings)[:count]
        if call.name.startswith("p"):
            return [Wrote(path, call.number(-1), data)]
        if call.descriptor not in self._offsets:
            raise Unmodelled(f"where in {path} does {call.name} write?")
        offset = self._offsets[call.descriptor]
        self._offsets[call.descriptor] += count
        return [Wrote(path, offset, data)]

    def _open(self, call: Call) -> list[_Step]:
        path = self._inside(call.paths[0])
        if path is None or call.returned is None or "O_DIRECTORY" in call.arguments:
            return []
        if "O_APPEND" in call.arguments:
            raise Unmodelled(f"{path} is opened to append")
        self._offsets[call.returned] = 0
        creates = call.name == "creat" or "O_CREAT" in call.arguments
        if creates and path not in self._there:
            self._there.add(path)
            return [Created(path)]
        if call.name == "creat" or "O_TRUNC" in call.arguments:
            return [Truncated(path, 0)]
        return []

    def _move(self, call: Call) -> list[_Step]:
        paths = [self._inside(path) for path in call.paths]
        if all(path is None for path in paths) or "AT_REMOVEDIR" in call.arguments:
            return []
        if call.returned is None or None in paths or "RENAME_" in call.arguments:
            raise Unmodelled(f"{call.name} of {paths}")
        old, new = paths[0], paths[-1]
        assert old is not None
        assert new is not None
        self._there.discard(old)
        if len(paths) == 1:
            return [Removed(old)]
        self._there.add(new)
        return [Renamed(old, new)]

    def _send(self, call: Call) -> list[Answered]:
        """Put the pieces of an answer together, and tell when it is whole."""
        if call.name not in (*_SENDS, "write", "writev") or (call.returned or 0) < 0:
            return []
        data = b"".join(call.strings)[: call.returned]  # all of it where the process ended in it
        buffer = self._unanswered.pop(call.path, b"") + data
        head = _HEAD.match(buffer)
        length = None if head is None else _LENGTH.search(head[0])
        if head is None or length is None:
            return []  # no answer, or a stream without an end
        if len(buffer) < head.end() + int(length[1]):
            self._unanswered[call.path] = buffer
            return []
        is_json = b"json" in head[0]
        return [Answered(int(head[1]), json.loads(buffer[head.end() :]))] if is_json else []

    def _inside(self, path: str) -> str | None:
        """A path within the directory, relative to it; None for others and for shared memory."""
        if not path.startswith("/") or path.endswith("-shm"):
            return None
        pure = PurePosixPath(path)
        if not pure.is_relative_to(self._directory):
            return None
        return str(pure.relative_to(self._directory))


def _is_shared_for_writing(call: Call) -> bool:
    return "MAP_SHARED" in call.arguments and "PROT_WRITE" in call.arguments


def _with_reach(placed: list[tuple[int, _Step]], made: int) -> list[Change | Answered]:
    """Say of every sync how many changes had been made when it began."""
    steps: list[Change | Answered] = []
    ends: list[int] = []
    for ended, step in placed:
        if isinstance(step, _SyncCall):
            reach = made + bisect.bisect_left(ends, step.began)
            is_file, path = step.is_file, step.path
            steps.append(Synced(path, reach) if is_file else SyncedDirectory(path))
        else:
            steps.append(step)
        if not isinstance(step, Answered):
            ends.append(ended)
    return steps
