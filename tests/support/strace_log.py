r"""Read what ``strace -f -y -xx`` wrote: calls in order, with their arguments as bytes.

With ``-xx`` every string and path is hexadecimal, so that no text inside one can look like syntax:

>>> log = ['7 openat(AT_FDCWD<\\x2f>, "\\x2f\\x61", O_RDWR|O_CREAT, 0644 <unfinished ...>',
...        '8 fdatasync(5<\\x2f\\x62>)           = 0',
...        '7 <... openat resumed>)             = 3<\\x2f\\x61>']
>>> for call in read_calls(log):
...     print(call.name, call.began, call.ended, call.returned)
fdatasync 1 1 0
openat 0 2 3
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

__all__ = ["Call", "read_calls"]

_LINE = re.compile(r"(\d+) +(.*)", re.DOTALL)
_RESUMED = re.compile(r"<\.\.\. \w+ resumed>")
_CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+|\?|0x[0-9a-f]+)(.*)", re.DOTALL)
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
_DESCRIPTOR = re.compile(r"(-?\d+|AT_FDCWD)<((?:\\x[0-9a-f]{2})*)>(\(deleted\))?")
_PATH = re.compile(r'(?:<((?:\\x[0-9a-f]{2})*)>, )?"((?:\\x[0-9a-f]{2})*)"')
_UNFINISHED = "<unfinished ...>"
_NEVER_SEEN = re.compile(r"(<\.\.\. )?\?\?\?")
"""A thread was killed before strace could see which call it was about to make."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One system call. ``began`` and ``ended`` are lines of the log, in the kernel's order.

    ``returned`` is None where the process ended within the call.
    """

    name: str
    arguments: str
    began: int
    ended: int
    returned: int | None

    @cached_property
    def strings(self) -> list[bytes]:
        """Every quoted string in the arguments."""
        found = _STRING.findall(self.arguments)
        assert not any(cut_short for _, cut_short in found), f"strace cut short {self.name}"
        return [_bytes(text) for text, _ in found]

    @cached_property
    def descriptor(self) -> int:
        """The number of the file descriptor that is the first argument."""
        found = _DESCRIPTOR.match(self.arguments)
        return -1 if found is None or found[1] == "AT_FDCWD" else int(found[1])

    @cached_property
    def path(self) -> str:
        """What that descriptor was open on; empty where its file was deleted meanwhile."""
        found = _DESCRIPTOR.match(self.arguments)
        return "" if found is None or found[3] else _text(found[2])

    @property
    def open_paths(self) -> list[str]:
        """What every descriptor in the arguments was open on."""
        found = _DESCRIPTOR.findall(self.arguments)
        return [_text(name) for _, name, deleted in found if not deleted]

    @cached_property
    def paths(self) -> list[str]:
        """The quoted strings as paths, each seen from the directory that was given with it."""
        return [
            str(PurePosixPath(_text(directory), _text(name)))
            for directory, name in _PATH.findall(self.arguments)
        ]

    def number(self, place: int) -> int:
        """The argument at this place, as a number; -1 is the last."""
        return int(self.arguments.split(", ")[place], 0)


def read_calls(lines: Iterable[str]) -> Iterator[Call]:
    """Read the calls in the order in which they ended; those that never ended come last."""
    under_way: dict[str, tuple[int, str]] = {}
    number = -1
    for number, line in enumerate(lines):
        split = _LINE.match(line.rstrip("\n"))
        if split is None or split[2].startswith(("+++", "---")):
            continue
        thread, text = split[1], split[2]
        if _NEVER_SEEN.match(text):
            continue
        began, before = number, ""
        if _RESUMED.match(text):
            began, before = under_way.pop(thread)
            text = _RESUMED.sub("", text, count=1)
        if text.endswith(_UNFINISHED):
            under_way[thread] = (began, before + text.removesuffix(_UNFINISHED).rstrip())
        else:
            yield _call(before + text, began, number)
    for began, text in under_way.values():
        yield _call(f"{text}) = ?", began, number)


def _call(text: str, began: int, ended: int) -> Call:
    parts = _CALL.fullmatch(text)
    assert parts is not None, f"not understood: {text[:200]}"
    returned = None if parts[3] == "?" else int(parts[3], 0)
    return Call(name=parts[1], arguments=parts[2], began=began, ended=ended, returned=returned)


def _text(text: str) -> str:
    return _bytes(text).decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))
