"""The disk that the ledger is on: room, what kind of file system it is, and how it is mounted."""

import os
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from agent.doctor.finding import Finding, failed, fine, warned
from agent.doctor.machine import Machine
from agent.doctor.unit import Unit
from agent.ledger.budget import usage
from agent.ledger.places import Places
from agent.settings import LedgerSettings

__all__ = ["DiskFacts", "gather_disk", "judge_disk"]

_MIB = 2**20
_LEAST_BYTES = 64 * _MIB
_FEWEST_FILES = 1_000
_DOUBTFUL = {
    "tmpfs": "is gone with the next power cut",
    "ramfs": "is gone with the next power cut",
    "overlay": "belongs to a container and may be gone with it",
    "vfat": "has no journal: a power cut can damage it, and it keeps no file private",
    "exfat": "has no journal: a power cut can damage it, and it keeps no file private",
    "nfs": "is on another machine: a ledger's locks and syncs are not sure there",
    "nfs4": "is on another machine: a ledger's locks and syncs are not sure there",
    "cifs": "is on another machine: a ledger's locks and syncs are not sure there",
    "smb3": "is on another machine: a ledger's locks and syncs are not sure there",
}
_UNSAFE = frozenset({"nobarrier", "barrier=0", "data=writeback"})
_TO_DISK = "put [ledger] path on a disk of this machine, with ext4, xfs or btrfs"


@dataclass(frozen=True, kw_only=True, slots=True)
class DiskFacts:
    """What is known of the file system under a ledger. ``files_free`` is None where it has no
    bound; ``reach`` is where the service may write, None for everywhere.
    """

    place: Path
    free_bytes: int
    files_free: int | None
    type: str | None
    options: frozenset[str]
    used_bytes: int
    budget_bytes: int
    reach: tuple[Path, ...] | None = None


def gather_disk(machine: Machine, ledger: LedgerSettings, unit: Unit | None) -> DiskFacts:
    """Look at the directory of a ledger, or the nearest one above it that there is."""
    place = ledger.path.absolute().parent
    while not _is_seen(place) and place != place.parent:
        place = place.parent
    room, mount = os.statvfs(place), machine.mount_of(place)
    used = 0
    with suppress(OSError, sqlite3.Error):
        used = usage(Places(ledger.path)).total
    return DiskFacts(
        place=ledger.path.absolute().parent,
        free_bytes=room.f_bavail * room.f_frsize,
        files_free=room.f_favail if room.f_files else None,
        type=None if mount is None else mount.type,
        options=frozenset() if mount is None else mount.options,
        used_bytes=used,
        budget_bytes=ledger.budget_mib * _MIB,
        reach=None if unit is None else unit.writable,
    )


def _is_seen(place: Path) -> bool:
    with suppress(OSError):
        return place.is_dir()
    return False


def judge_disk(facts: DiskFacts) -> list[Finding]:
    """Say what is wrong with it, or that nothing is."""
    found = [*_room(facts), *_kind(facts), *_reach(facts)]
    if found:
        return found
    return [fine("disk", f"{_size(facts.free_bytes)} free for {facts.place}, {facts.type or '?'}")]


def _room(facts: DiskFacts) -> list[Finding]:
    free, shown = facts.free_bytes, _size(facts.free_bytes)
    if "ro" in facts.options:
        advice = "look for disk errors with dmesg, then mount it for writing: mount -o remount,rw"
        return [failed("disk", f"{facts.place} is on a disk that is mounted read-only", advice)]
    if free < _LEAST_BYTES:
        advice = "make room: journalctl --vacuum-size=200M, apt-get clean, old logs"
        return [failed("disk", f"only {shown} are free for {facts.place}", advice)]
    if facts.files_free is not None and facts.files_free < _FEWEST_FILES:
        said = f"only {facts.files_free} more files fit beside {facts.place}"
        return [failed("disk", said, "remove old files; df -i shows which disk is short of them")]
    wanted = max(0, facts.budget_bytes - facts.used_bytes)
    if free < wanted:
        budget = facts.budget_bytes // _MIB
        said = f"{shown} are free, and the ledger may grow by {_size(wanted)}"
        advice = f"make room, or lower [ledger] budget_mib, which is {budget}"
        return [warned("disk", said, advice)]
    return []


def _kind(facts: DiskFacts) -> list[Finding]:
    found = []
    kind = facts.type or ""
    doubt = _DOUBTFUL.get(kind) or (
        "is no disk's own file system: its syncs are not sure" if kind.startswith("fuse") else None
    )
    if doubt is not None:
        found.append(warned("disk", f"{facts.place} is on {kind}, which {doubt}", _TO_DISK))
    if unsafe := sorted(facts.options & _UNSAFE):
        said = f"{facts.place} is mounted with {', '.join(unsafe)}: a power cut can cost sales"
        found.append(warned("disk", said, "take that out of /etc/fstab, and mount it again"))
    return found


def _reach(facts: DiskFacts) -> list[Finding]:
    reach = facts.reach
    if reach is None or any(facts.place.is_relative_to(place) for place in reach):
        return []
    resolved = facts.place.resolve()
    if any(resolved.is_relative_to(place) for place in reach):
        return []
    said = f"the service may not write to {facts.place}: its unit keeps it to {_first(reach)}"
    advice = f"put the ledger there, or add ReadWritePaths={facts.place} to the unit"
    return [failed("disk", said, advice)]


def _first(places: tuple[Path, ...]) -> str:
    return str(places[0]) if places else "nothing"


def _size(size: int) -> str:
    if size >= 10 * 2**30:
        return f"{size // 2**30} GiB"
    return f"{size // _MIB} MiB"
