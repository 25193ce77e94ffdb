"""The machine a doctor looks at: what Linux and systemd say of it under /proc, /sys, /run and /etc.

Everything is read below a ``root``, so that a directory can stand for a machine that has no clock
or another kernel. Nothing is ever written.
"""

import grp
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Machine", "Mount", "Who", "group_name"]

_OCTAL = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, kw_only=True, slots=True)
class Who:
    """Whoever opens a device or a file: a user with groups. ``user_id`` is None where only a
    running service has one.
    """

    name: str
    user_id: int | None
    group_ids: frozenset[int]

    @classmethod
    def me(cls) -> "Who":
        """Whoever runs the doctor."""
        return cls(
            name="you",
            user_id=os.geteuid(),
            group_ids=frozenset({os.getegid(), *os.getgroups()}),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Mount:
    """A mounted file system: where, of which type, and how."""

    place: str
    type: str
    options: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """One machine, from its root directory on."""

    root: Path = field(default=Path("/"))

    def at(self, path: str | Path) -> Path:
        """Answer where a path of the machine lies."""
        return self.root / str(path).lstrip("/")

    def text(self, path: str) -> str | None:
        """Answer what a file says; None where there is none, or it may not be read."""
        with suppress(OSError, UnicodeDecodeError):
            return self.at(path).read_text("utf-8")
        return None

    def has(self, path: str | Path) -> bool:
        """Say whether there is something at a path; no where that may not be seen."""
        with suppress(OSError):
            return self.at(path).exists()
        return False

    def names(self, directory: str) -> list[str]:
        """Name what is in a directory; nothing where there is none."""
        with suppress(OSError):
            return sorted(found.name for found in self.at(directory).iterdir())
        return []

    def modules(self) -> frozenset[str]:
        """Name the kernel modules that are loaded."""
        lines = (self.text("/proc/modules") or "").splitlines()
        return frozenset(line.split()[0] for line in lines if line.strip())

    def is_running(self, program: str) -> bool:
        """Say whether a process has this name."""
        return any(
            (self.text(f"/proc/{process}/comm") or "").strip() == program
            for process in self.names("/proc")
            if process.isdecimal()
        )

    def mount_of(self, path: Path) -> Mount | None:
        """Answer the file system on which a path lies, or will lie."""
        target = str(path.resolve())
        found: Mount | None = None
        for mount in self._mounts():
            inside = f"{mount.place.rstrip('/')}/"
            if f"{target}/".startswith(inside) and (
                found is None or len(mount.place) >= len(found.place)
            ):
                found = mount  # of two on one place the later one hides the earlier
        return found

    def _mounts(self) -> Iterator[Mount]:
        # proc_pid_mountinfo(5): … root place options … - type source super-options
        for line in (self.text("/proc/self/mountinfo") or "").splitlines():
            here, _, there = line.partition(" - ")
            left, right = here.split(), there.split()
            if len(left) > 5 and len(right) > 2:
                options = {*left[5].split(","), *right[2].split(",")}
                place = _OCTAL.sub(lambda octal: chr(int(octal[1], 8)), left[4])
                yield Mount(place=place, type=right[0], options=frozenset(options))

    def holders_of(self, device: Path) -> list[str]:
        """Name the programs that have a device open, as far as whoever asks may see that."""
        target, found = str(device.resolve()), set()
        for process in filter(str.isdecimal, self.names("/proc")):
            if process == str(os.getpid()):
                continue
            for descriptor in self.names(f"/proc/{process}/fd"):
                with suppress(OSError):
                    link = self.at(f"/proc/{process}/fd/{descriptor}").readlink()
                    if str(link) == target:
                        name = (self.text(f"/proc/{process}/comm") or "?").strip()
                        found.add(f"{name} (process {process})")
        return sorted(found)

    def locker_of(self, file: Path) -> int | None:
        """Answer which process has locked a whole file (flock), by the kernel's own list."""
        with suppress(OSError):
            status = file.stat()
            device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}"
            wanted = f"{device}:{status.st_ino}"
            for line in (self.text("/proc/locks") or "").splitlines():
                words = line.split()
                if len(words) > 5 and words[1] == "FLOCK" and words[5] == wanted:
                    return int(words[4])
        return None


def group_name(group_id: int) -> str:
    """Answer a group's name, or its number where it has none."""
    with suppress(KeyError):
        return grp.getgrgid(group_id).gr_name
    return str(group_id)
