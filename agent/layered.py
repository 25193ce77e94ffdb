"""Configuration in layers: file below site file below systemd credentials below environment.

A credential or variable is named after its key: ``[hub] password`` is the credential
``tapledger_hub__password`` in ``$CREDENTIALS_DIRECTORY``, or the variable
``TAPLEDGER_HUB__PASSWORD``.
"""

import os
import tomllib
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from agent.core.strict_toml import InvalidDocument, mistakes_of, unknown_key

__all__ = ["LayeredSettings", "Listen", "load"]

_PREFIX = "TAPLEDGER_"
_NESTED = "__"


def _host_and_port(listen: str) -> str:
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65_535:
        raise ValueError("write it as host:port, such as 127.0.0.1:8100")
    return listen


Listen = Annotated[str, AfterValidator(_host_and_port)]
"""``host:port``; port 0 takes a free one and logs it."""


class LayeredSettings(BaseSettings):
    """Base of a daemon's settings: frozen, and closed to unknown keys."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings hands it over
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the same
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Stack the layers, the strongest first; the files are handed over by ``load``."""
        environment = EnvSettingsSource(
            settings_cls, env_prefix=_PREFIX, env_nested_delimiter=_NESTED
        )
        directory = os.environ.get("CREDENTIALS_DIRECTORY")
        if directory is None:
            return environment, init_settings
        credentials = NestedSecretsSettingsSource(
            file_secret_settings,
            secrets_dir=directory,
            secrets_prefix=_PREFIX.lower(),
            secrets_nested_delimiter=_NESTED,
        )
        return environment, credentials, init_settings


S = TypeVar("S", bound=LayeredSettings)


def load(model: type[S], files: tuple[Path, ...]) -> S:
    """Read settings; a later file wins over an earlier one.

    Raises InvalidDocument naming file and key, the nearest known key for an unknown one.
    """
    for file in files:
        _check_readable(file)
    merged = TomlConfigSettingsSource(model, toml_file=list(files), deep_merge=True)()
    _check_variables(model)
    try:
        return model(**merged)
    except SettingsError as error:
        raise InvalidDocument(f"environment: {error}") from error
    except ValidationError as error:
        names = ", ".join(str(file) for file in files)
        raise InvalidDocument(mistakes_of(error, model, merged, source=names)) from error


def _check_variables(model: type[BaseSettings]) -> None:
    """Refuse a variable under our prefix that names no section: it would be dropped in silence."""
    for name in os.environ:
        section = name.removeprefix(_PREFIX).partition(_NESTED)[0].lower()
        if name.startswith(_PREFIX) and section not in model.model_fields:
            mistake = unknown_key(section, section, model.model_fields)
            raise InvalidDocument(f"environment: {name}: {mistake}")


def _check_readable(file: Path) -> None:
    try:
        tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise InvalidDocument(f"{file}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidDocument(f"{file}: not TOML: {error}") from error
