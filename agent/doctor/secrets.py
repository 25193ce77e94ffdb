"""Secrets: that nobody else on the machine can read them, and that none is the example's."""

import stat
import tomllib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.doctor.configuration import Configured
from agent.doctor.finding import Finding, failed, fine, warned
from agent.doctor.machine import Machine
from agent.doctor.unit import Unit

__all__ = ["SecretFile", "gather_secret_files", "judge_access", "judge_secret_files"]

_SECRETS = (
    ("hub", "password"),
    ("broker", "password"),
    ("api", "tokens"),
    ("controls", "approvers"),
)
_SAID = {
    "no_till_token": "no till has a token, so none gets in",
    "example_till_token": "till '{till}' has the token that stands in the example for all to read",
    "listens_on_the_network": "{listen} lets the network in, and tokens travel in clear",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretFile:
    """A file that holds a secret. ``mode`` is None where it is not there, ``credential`` its name
    where the unit loads it.
    """

    path: Path
    mode: int | None
    credential: str | None = None


def gather_secret_files(it: Configured, machine: Machine, unit: Unit | None) -> list[SecretFile]:
    """Find the files that hold secrets: configuration files that do, and the unit's credentials."""
    found = [SecretFile(path=file, mode=_mode(file)) for file in it.files if _holds_secret(file)]
    for name, source in (unit.credentials if unit else {}).items():
        mode = _mode(machine.at(source))
        found.append(SecretFile(path=source, mode=mode, credential=name))
    return found


def judge_secret_files(files: list[SecretFile], *, has_unit: bool = False) -> list[Finding]:
    """Say which of them others can read, and which are not there.

    A service's configuration has to be readable for a user who comes and goes; secrets do not
    belong there.
    """
    found = []
    for file in files:
        if file.mode is None:
            said = f"the unit loads {file.credential} from {file.path}, which is not there"
            advice = "make the file, or take that LoadCredential out of the unit: it cannot start"
            found.append(failed("secrets", said, advice))
        elif file.mode & (stat.S_IROTH | stat.S_IWOTH):
            said = f"everybody on this machine can read the secrets in {file.path}"
            advice = f"chmod 600 {file.path}"
            if has_unit and file.credential is None:
                advice = "move them to files of their own, which LoadCredential of the unit names"
            found.append(warned("secrets", said, advice))
    if found or not files:
        return found
    return [fine("secrets", "no file with a secret can be read by everybody")]


def judge_access(it: Configured) -> list[Finding]:
    """Say what lets nobody in, or too many; as the agent's log does."""
    if it.api is None:
        return []
    found = [
        warned("access", _SAID[warning].format(**said), said["advice"])
        for warning, said in it.api.warnings()
    ]
    count = len(it.api.tokens)
    tills = "1 till has a token of its own" if count == 1 else f"{count} tills have their own token"
    return found or [fine("access", tills)]


def _mode(file: Path) -> int | None:
    with suppress(FileNotFoundError, NotADirectoryError):
        with suppress(PermissionError):
            return file.stat().st_mode
        return 0  # nobody but root gets even to its directory
    return None


def _holds_secret(file: Path) -> bool:
    document: dict[str, Any] = {}
    with suppress(OSError, ValueError):
        document = tomllib.loads(file.read_text("utf-8"))
    return any(
        isinstance(document.get(section), dict) and document[section].get(key)
        for section, key in _SECRETS
    )
