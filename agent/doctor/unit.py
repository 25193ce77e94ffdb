"""The agent's systemd unit as it is installed: under whom it runs, what it reads and may write.

An engineer runs the doctor as root, and the agent is another user: what root may open says nothing
of what the agent may. And the passwords come from where the unit says.
"""

import grp
import os
import pwd
import shlex
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from agent.doctor.machine import Machine, Who

__all__ = ["Unit", "credentials_of", "installed_unit"]

NAME = "tapledger-agent"
_DIRECTORIES = ("/etc/systemd/system", "/run/systemd/system")
_OURS = "tapledger_"
_YES = ("yes", "true", "1", "on")
_WRITABLE = ("StateDirectory", "RuntimeDirectory", "CacheDirectory", "LogsDirectory")
_BELOW = ("/var/lib", "/run", "/var/cache", "/var/log")


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """What a unit says that a doctor asks. ``writable`` is None where all of the disk is;
    ``hidden`` are places that the service does not see, with the setting that hides them.
    """

    runs_as: Who
    credentials: dict[str, Path]
    writable: tuple[Path, ...] | None
    files: dict[str, Path] = field(default_factory=dict)
    """Other files that it is handed, such as keys: settings name them without a directory."""
    hidden: tuple[tuple[Path, str], ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    """Variables of ours that the unit itself sets, the last of a name counts."""
    variable_files: tuple[Path, ...] = ()
    """Files with more of them, which are stronger."""


def installed_unit(machine: Machine, name: str = NAME) -> Unit | None:
    """Read a unit with its drop-ins, the agent's by default; None where none is installed."""
    for place in (f"{directory}/{name}.service" for directory in _DIRECTORIES):
        text = machine.text(place)
        if text is None:
            continue
        drops = [f"{place}.d/{drop}" for drop in machine.names(f"{place}.d")]
        more = [machine.text(drop) or "" for drop in drops if drop.endswith(".conf")]
        return _read("\n".join([text, *more]), name)
    return None


def _read(text: str, name: str) -> Unit:
    said: dict[str, list[str]] = {}
    for line in text.splitlines():
        key, sign, value = line.strip().partition("=")
        if sign and not key.startswith(("#", ";")):
            values = said.setdefault(key.strip(), [])
            if value.strip():
                values.append(value.strip())
            else:
                values.clear()  # an empty assignment takes back what was said before
    loaded = dict(_credentials(said))
    return Unit(
        runs_as=_who(said, name),
        credentials={name: path for name, path in loaded.items() if name.startswith(_OURS)},
        files={name: path for name, path in loaded.items() if not name.startswith(_OURS)},
        writable=_writable(said),
        hidden=tuple(_hidden(said)),
        variables=tuple(_variables(said.get("Environment", []))),
        variable_files=tuple(
            Path(value.removeprefix("-")) for value in said.get("EnvironmentFile", [])
        ),
    )


def _is_set(said: dict[str, list[str]], key: str) -> bool:
    return said.get(key, ["no"])[-1].lower() in _YES


def _who(said: dict[str, list[str]], name: str) -> Who:
    is_dynamic = _is_set(said, "DynamicUser")
    user = said.get("User", [name if is_dynamic else "root"])[-1]
    groups = [*said.get("Group", [])[-1:], *" ".join(said.get("SupplementaryGroups", [])).split()]
    found = set()
    for group in groups:
        with suppress(KeyError):
            found.add(int(group) if group.isdecimal() else grp.getgrnam(group).gr_gid)
    user_id = 0 if user == "root" else None
    with suppress(KeyError):  # a dynamic user exists only while the service runs
        known = pwd.getpwnam(user)
        user_id = known.pw_uid
        found |= {*os.getgrouplist(user, known.pw_gid)}
    return Who(name=f"the service's user {user}", user_id=user_id, group_ids=frozenset(found))


def _credentials(said: dict[str, list[str]]) -> Iterator[tuple[str, Path]]:
    for value in said.get("LoadCredential", []):
        name, _, path = value.partition(":")
        if name and path.startswith("/"):
            yield name, Path(path)


def _writable(said: dict[str, list[str]]) -> tuple[Path, ...] | None:
    is_strict = said.get("ProtectSystem", ["no"])[-1] == "strict"
    if not is_strict and not _is_set(said, "DynamicUser"):
        return None
    places = [Path(p.lstrip("-+")) for p in " ".join(said.get("ReadWritePaths", [])).split()]
    for key, above in zip(_WRITABLE, _BELOW, strict=True):
        for name in " ".join(said.get(key, [])).split():
            places += [Path(above) / name.partition(":")[0]]
            places += [Path(above) / "private" / name.partition(":")[0]]
    return tuple(places)


def _hidden(said: dict[str, list[str]]) -> Iterator[tuple[Path, str]]:
    if _is_set(said, "ProtectHome") or said.get("ProtectHome", [""])[-1] == "tmpfs":
        for place in ("/home", "/root", "/run/user"):
            yield Path(place), "the unit's ProtectHome"
    if _is_set(said, "PrivateTmp") or _is_set(said, "DynamicUser"):
        for place in ("/tmp", "/var/tmp"):  # noqa: S108 - the service has others of that name
            yield Path(place), "the unit's PrivateTmp"


def _variables(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Read assignments as systemd.exec(5) has them, several to a line, each perhaps in quotes."""
    for line in lines:
        with suppress(ValueError):  # a quote that is never closed: systemd drops the line
            for word in shlex.split("" if line.startswith(("#", ";")) else line):
                name, sign, value = word.partition("=")
                if sign and name.lower().startswith(_OURS):
                    yield name, value


def credentials_of(machine: Machine, unit: Unit | None) -> dict[str, str]:
    """Read the credentials that the service would have, and its variables, by their names.

    Those that are not there, or not ours to read, are left out. A variable is stronger.
    """
    found = {}
    for name, source in (unit.credentials if unit else {}).items():
        text = machine.text(str(source))
        if text is not None:
            found[name.upper()] = text.removesuffix("\n")
    if unit is not None:
        found.update(unit.variables)
        for file in unit.variable_files:
            found.update(_variables((machine.text(str(file)) or "").splitlines()))
    return found
