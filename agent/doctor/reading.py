"""Whether the agent's user gets to the files that a configuration names.

Where the agent is a service, its user is another than whoever wrote the files, and parts of the
disk are hidden from it.
"""

import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from agent.doctor.configuration import Configured
from agent.doctor.finding import Finding, failed
from agent.doctor.machine import Machine, Who
from agent.doctor.unit import Unit

__all__ = ["NamedFile", "gather_named_files", "judge_named_files", "may_read"]


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedFile:
    """A file that the agent reads. ``stopped_at`` is where on the way its user is stopped, with the
    mode that stops it; ``hidden_by`` the setting of the unit that hides it.
    """

    path: Path
    reader: str
    stopped_at: Path | None = None
    mode: int = 0
    hidden_by: str | None = None


def gather_named_files(machine: Machine, it: Configured, unit: Unit | None) -> list[NamedFile]:
    """Look at the way to each file, where a unit is installed; nothing where none is."""
    if unit is None:
        return []
    named = [*it.files, *([it.program.path] if it.program else [])]
    if it.hub is not None:
        named += it.hub.files
    return [_looked_at(machine, path.absolute(), unit) for path in named]


def _looked_at(machine: Machine, path: Path, unit: Unit) -> NamedFile:
    who = unit.runs_as
    for hidden, setting in unit.hidden:
        if path.is_relative_to(hidden):
            return NamedFile(path=path, reader=who.name, hidden_by=setting)
    for step in (*reversed(path.parents), path):
        with suppress(OSError):  # what is not there is said by whoever reads it
            found = machine.at(step).stat()
            if not may_read(found.st_mode, found.st_uid, found.st_gid, who):
                return NamedFile(
                    path=path, reader=who.name, stopped_at=step, mode=stat.S_IMODE(found.st_mode)
                )
    return NamedFile(path=path, reader=who.name)


def may_read(mode: int, user_id: int, group_id: int, who: Who) -> bool:
    """Say whether a mode lets somebody read a file, or pass a directory (path_resolution(7))."""
    if who.user_id == 0:
        return True
    bit = stat.S_IXOTH if stat.S_ISDIR(mode) else stat.S_IROTH
    if who.user_id == user_id:
        bit <<= 6
    elif group_id in who.group_ids:
        bit <<= 3
    return bool(mode & bit)


def judge_named_files(files: list[NamedFile]) -> Iterator[Finding]:
    """Say which of them the agent cannot read, and why."""
    for file in files:
        if file.hidden_by is not None:
            said = f"{file.reader} does not see {file.path}: {file.hidden_by}"
            yield failed("files", said, "put it below /etc/tapledger, and name it there")
        elif file.stopped_at is not None:
            said = f"{file.reader} may not read {file.path}"
            if file.stopped_at != file.path:
                said += f", as {file.stopped_at} is closed (mode {file.mode:o})"
            else:
                said += f" (mode {file.mode:o})"
            how = "755" if file.stopped_at != file.path else "644"
            advice = f"chmod {how} {file.stopped_at}; secrets belong into credentials of the unit"
            yield failed("files", said, advice)
