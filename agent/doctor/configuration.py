"""The configuration, as far as it can be read: one mistake hides no other part.

Where everything is right, the settings are those of the agent. Where something is not, each section
is read by itself, and each reader, scanner and lane: what is right of them is looked at further.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError, create_model
from pydantic_settings import SettingsConfigDict, SettingsError, TomlConfigSettingsSource

from agent.core.strict_toml import InvalidDocument
from agent.devices import ListedDevice, ReaderSettings, ScannerSettings
from agent.doctor.finding import Finding, failed, fine
from agent.layered import LayeredSettings, load
from agent.settings import (
    AgentSettings,
    ApiSettings,
    DeviceSettings,
    LedgerSettings,
    ProgramSettings,
)
from sync.settings import UplinkSettings

__all__ = [
    "Configured",
    "configured",
    "is_of_a_hub",
    "judge_configuration",
    "named",
    "read_document",
    "read_section",
    "with_credentials",
]

_NONE: Mapping[str, str] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Configured:
    """What could be read. ``whole`` is there where all of it is right, ``mistakes`` where not."""

    files: tuple[Path, ...]
    mistakes: tuple[str, ...] = ()
    whole: AgentSettings | None = None
    device: DeviceSettings | None = None
    ledger: LedgerSettings | None = None
    hub: UplinkSettings | None = None
    program: ProgramSettings | None = None
    api: ApiSettings | None = None
    devices: tuple[ListedDevice, ...] = ()


def configured(files: tuple[Path, ...], credentials: Mapping[str, str] = _NONE) -> Configured:
    """Read what can be read of an agent's settings, with the unit's credentials by their names.

    Never raises for what a file says.
    """
    with with_credentials(credentials):
        try:
            whole = load(AgentSettings, files)
        except InvalidDocument as error:
            mistakes = tuple(str(error).splitlines())
        except OSError as error:  # a file that it names lies where nobody here may look
            mistakes = (f"{error.filename}: {error.strerror}; run the doctor as root (sudo)",)
        else:
            return Configured(
                files=files,
                whole=whole,
                device=whole.device,
                ledger=whole.ledger,
                hub=whole.hub,
                program=whole.program,
                api=whole.api,
                devices=whole.listed,
            )
        return Configured(files=files, mistakes=mistakes, **_in_parts(files))


def is_of_a_hub(files: tuple[Path, ...]) -> bool:
    """Say whether files configure head office, by the sections that no store's have."""
    sections = read_document(files).keys()
    return bool(sections & {"broker", "database"}) and not sections & {"device", "ledger"}


def judge_configuration(it: Configured) -> list[Finding]:
    """Say each mistake in the agent's own words, or that there is none."""
    if not it.mistakes:
        return [fine("config", f"{named(it.files)} holds")]
    advice = "change that in the file; the agent does not start with it"
    return [failed("config", mistake, advice) for mistake in it.mistakes]


def named(files: tuple[Path, ...]) -> str:
    """Name the files of a configuration."""
    return " with ".join(str(file) for file in files)


@contextmanager
def with_credentials(credentials: Mapping[str, str]) -> Iterator[None]:
    """Have settings read the unit's credentials, unless systemd itself handed some over.

    They are put where they are named alike, into the environment of this process, and never beside
    a variable of the same name, which is stronger. A directory would be a copy on a disk.
    """
    known = {name.upper() for name in os.environ}
    is_service = "CREDENTIALS_DIRECTORY" in os.environ
    given = {name.upper(): value for name, value in credentials.items()}
    new = {name: value for name, value in given.items() if name not in known and not is_service}
    os.environ.update(new)
    try:
        yield
    finally:
        for name in new:
            del os.environ[name]


def _in_parts(files: tuple[Path, ...]) -> dict[str, Any]:
    document = read_document(files)
    found: dict[str, Any] = {
        name: read_section(name, model, document)
        for name, model in (
            ("device", DeviceSettings),
            ("ledger", LedgerSettings),
            ("hub", UplinkSettings),
            ("program", ProgramSettings),
            ("api", ApiSettings),
        )
    }
    listed: list[tuple[str, type[ListedDevice]]] = [
        ("reader", ReaderSettings),
        ("scanner", ScannerSettings),
    ]
    found["devices"] = tuple(
        device for key, model in listed for device in _each(document.get(key), model)
    )
    return found


def read_document(files: tuple[Path, ...]) -> dict[str, Any]:
    """Merge the files that are TOML."""
    merged: dict[str, Any] = {}
    for file in files:
        with suppress(OSError, ValueError, SettingsError):
            source = TomlConfigSettingsSource(AgentSettings, toml_file=file)()
            for name, section in source.items():
                both = isinstance(section, dict) and isinstance(merged.get(name), dict)
                merged[name] = merged[name] | section if both else section
    return merged


class _OneSection(LayeredSettings):
    model_config = SettingsConfigDict(extra="ignore")


def read_section(name: str, model: type[Any], document: dict[str, Any]) -> Any:
    """Read one section, with what credentials and environment say of it; None where it is not
    right, or not there.
    """
    field: dict[str, Any] = {name: (model | None, None)}
    alone = create_model("alone", __base__=_OneSection, **field)
    given = {name: document[name]} if name in document else {}
    with suppress(ValidationError, SettingsError, ValueError, OSError):
        return getattr(alone(**given), name)
    return None


def _each(tables: Any, model: type[ListedDevice]) -> Iterator[ListedDevice]:
    for table in tables if isinstance(tables, list) else []:
        with suppress(ValidationError, OSError):
            yield TypeAdapter(model).validate_python(table)
