"""What a disk may hold after the power was cut: a model of files, pure and without a disk.

Whatever was written since a file's last sync may be there or not, write by write and sector by
sector, in any order; the file may have grown or not. A name that was made, moved or taken away is
sure once the file itself or its directory was synced (as on ext4, where a file's sync takes its
name along), and names change in the order in which they were asked to.

>>> disk = Disk()
>>> for change in [Created("a"), Wrote("a", 0, b"sure"), Synced("a"), Wrote("a", 0, b"more")]:
...     disk.apply(change)
>>> disk.after_cut(NOTHING), disk.after_cut(EVERYTHING)
({'a': b'sure'}, {'a': b'more'})
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

__all__ = [
    "EVERYTHING",
    "HALVES",
    "NOTHING",
    "SECTOR_BYTES",
    "Change",
    "Created",
    "Disk",
    "Removed",
    "Renamed",
    "Synced",
    "SyncedDirectory",
    "Tear",
    "Truncated",
    "Wrote",
    "torn_by",
]

SECTOR_BYTES = 512


@dataclass(frozen=True, slots=True)
class Created:
    """A name for a new and empty file."""

    path: str


@dataclass(frozen=True, slots=True)
class Wrote:
    """Bytes at an offset."""

    path: str
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncated:
    """A file cut off, or grown by zeros."""

    path: str
    size: int


@dataclass(frozen=True, slots=True)
class Removed:
    """A name taken away."""

    path: str


@dataclass(frozen=True, slots=True)
class Renamed:
    """A file under a new name, in the place of what had it."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Synced:
    """A file's sync returned; it speaks for the first ``changes`` changes, or for all so far."""

    path: str
    changes: int | None = None


@dataclass(frozen=True, slots=True)
class SyncedDirectory:
    """A directory's sync returned: its names are sure."""

    path: str


Change = Created | Wrote | Truncated | Removed | Renamed | Synced | SyncedDirectory
Data = Wrote | Truncated


@dataclass(frozen=True, kw_only=True)
class Tear:
    """Which unsynced changes reach the disk: of a file's data, of the names, of a file's length.

    ``length`` is told a file's size for sure, as torn and if all had arrived.
    """

    data: Callable[[Sequence[Data]], Sequence[Data]]
    names: Callable[[int], int]
    length: Callable[[int, int, int], int] = field(default=lambda _sure, torn, _all: torn)


def _first_half(write: Data) -> list[Data]:
    if isinstance(write, Truncated):
        return [write]
    middle = (write.offset + len(write.data) // 2) // SECTOR_BYTES * SECTOR_BYTES
    kept = write.data[: max(0, middle - write.offset)]
    return [Wrote(write.path, write.offset, kept)] if kept else []


NOTHING = Tear(data=lambda _: [], names=lambda _: 0)
EVERYTHING = Tear(data=lambda changes: changes, names=lambda count: count)
HALVES = Tear(
    data=lambda changes: [half for change in changes for half in _first_half(change)],
    names=lambda count: count,
)


def torn_by(dice: random.Random) -> Tear:
    """A tear by chance; the same dice give the same one."""
    ways = (_some, _sectors, _beginning, _some_sectors)
    way = dice.choice(ways)

    def length(sure: int, torn: int, whole: int) -> int:
        return dice.choice((sure, torn, torn, max(torn, whole)))

    return Tear(
        data=lambda changes: way(changes, dice),
        names=lambda count: dice.randint(0, count),
        length=length,
    )


def _some(changes: Sequence[Data], dice: random.Random) -> list[Data]:
    """Whole writes, some of them, in any order."""
    kept = [change for change in changes if dice.random() < 0.6]
    dice.shuffle(kept)
    return kept


def _beginning(changes: Sequence[Data], dice: random.Random) -> list[Data]:
    """In order up to somewhere, and half of the next."""
    count = dice.randint(0, len(changes))
    next_one = [half for change in changes[count : count + 1] for half in _first_half(change)]
    return [*changes[:count], *next_one]


def _sectors(changes: Sequence[Data], dice: random.Random) -> list[Data]:
    """Every sector for itself: there or not, and the later version or the earlier one."""
    pieces = [piece for change in changes for piece in _split(change)]
    kept = [piece for piece in pieces if dice.random() < 0.8]
    dice.shuffle(kept)
    return kept


def _some_sectors(changes: Sequence[Data], dice: random.Random) -> list[Data]:
    """Whole writes in order, but one of them lost some of its sectors."""
    if not changes:
        return []
    torn = dice.randrange(len(changes))
    damaged = [piece for piece in _split(changes[torn]) if dice.random() < 0.5]
    return [*changes[:torn], *damaged, *changes[torn + 1 :]]


def _split(change: Data) -> list[Data]:
    """A write in pieces that lie each in one sector."""
    if isinstance(change, Truncated):
        return [change]
    pieces: list[Data] = []
    start, end = change.offset, change.offset + len(change.data)
    while start < end:
        stop = min(end, (start // SECTOR_BYTES + 1) * SECTOR_BYTES)
        data = change.data[start - change.offset : stop - change.offset]
        pieces.append(Wrote(change.path, start, data))
        start = stop
    return pieces


@dataclass(slots=True, eq=False)
class _File:
    """A file without its name: what is sure, and what was done to it since."""

    sure: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, Data]] = field(default_factory=list)

    def torn(self, tear: Tear) -> bytes:
        changes = [change for _, change in self.pending]
        if not changes:
            return bytes(self.sure)
        content = bytearray(self.sure)
        _write(content, tear.data(changes))
        whole = _length_after(len(self.sure), changes)
        size = tear.length(len(self.sure), len(content), whole)
        _write(content, [Truncated("", size)])
        return bytes(content)


def _length_after(length: int, changes: Sequence[Data]) -> int:
    for change in changes:
        if isinstance(change, Truncated):
            length = change.size
        else:
            length = max(length, change.offset + len(change.data))
    return length


def _write(content: bytearray, changes: Sequence[Data]) -> None:
    for change in changes:
        size = change.size if isinstance(change, Truncated) else change.offset
        content.extend(bytes(max(0, size - len(content))))
        if isinstance(change, Truncated):
            del content[change.size :]
        else:
            content[change.offset : change.offset + len(change.data)] = change.data


_Naming = tuple[_File, str | None, str | None]
"""A file, the name it gives up and the name it takes."""


class Disk:
    """Files as their programs see them, and behind that what a cut would leave of them."""

    def __init__(self) -> None:
        self._changes = 0
        self._seen: dict[str, _File] = {}
        self._sure: dict[str, _File] = {}
        self._naming: list[_Naming] = []

    @property
    def unsynced(self) -> int:
        """How many changes a cut could undo."""
        return len(self._naming) + sum(len(file.pending) for file in self._seen.values())

    def apply(self, change: Change) -> None:
        """Do what a program did. Raises KeyError where it names a file that is not there."""
        self._changes += 1
        match change:
            case Created():
                self._seen[change.path] = _File()
                self._naming.append((self._seen[change.path], None, change.path))
            case Wrote() | Truncated():
                self._seen[change.path].pending.append((self._changes, change))
            case Removed():
                self._naming.append((self._seen.pop(change.path), change.path, None))
            case Renamed():
                file = self._seen[change.new] = self._seen.pop(change.old)
                self._naming.append((file, change.old, change.new))
            case Synced():
                self._sync(self._seen[change.path], change.changes)
            case SyncedDirectory():
                self._settle(lambda naming: _in_directory(naming, change.path))

    def after_cut(self, tear: Tear) -> dict[str, bytes]:
        """Every file by its path, if the power went now and this much had reached the disk."""
        names = dict(self._sure)
        for naming in self._naming[: tear.names(len(self._naming))]:
            _rename(names, naming)
        return {path: names[path].torn(tear) for path in sorted(names)}

    def _sync(self, file: _File, changes: int | None) -> None:
        covered = self._changes if changes is None else changes
        _write(file.sure, [change for made, change in file.pending if made <= covered])
        file.pending = [(made, change) for made, change in file.pending if made > covered]
        self._settle(lambda naming: naming[0] is file)

    def _settle(self, sure: Callable[[_Naming], bool]) -> None:
        for naming in self._naming:
            if sure(naming):
                _rename(self._sure, naming)
        self._naming = [naming for naming in self._naming if not sure(naming)]


def _in_directory(naming: _Naming, directory: str) -> bool:
    return any(
        path is not None and str(PurePosixPath(path).parent) == directory for path in naming[1:]
    )


def _rename(names: dict[str, _File], naming: _Naming) -> None:
    file, old, new = naming
    if old is not None and names.get(old) is file:
        del names[old]
    if new is not None:
        names[new] = file
