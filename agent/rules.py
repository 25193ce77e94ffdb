"""The rules an agent works under: its program's files, and the terms that its settings make."""

from pathlib import Path

from agent.core.program import Editions, Program
from agent.core.strict_toml import InvalidDocument
from agent.settings import AgentSettings
from agent.till import Terms

__all__ = ["read_editions", "read_program", "terms_of"]


def terms_of(settings: AgentSettings, editions: Editions) -> Terms:
    """Answer the terms that the till works under. Lanes print in the words of the newest version.

    Raises InvalidDocument for a lane whose language nobody wrote.
    """
    controls, newest = settings.controls, editions.newest
    return Terms(
        program=newest,
        editions=editions,
        alone=settings.hub is None,
        store=settings.device.store,
        often=controls.often,
        adjust_alone_points=controls.adjust_alone_points,
        adjust_day_points=controls.adjust_day_points,
        claims_per_day=controls.claims_per_day,
        phone_country=settings.members.phone_country,
        papers=settings.papers(newest),
    )


def read_editions(path: Path) -> Editions:
    """Read the program that ``program.path`` names: a file, or a directory of one's versions.

    Raises InvalidDocument naming key and file.
    """
    if not path.is_dir():
        return Editions([read_program(path)])
    files = sorted(path.glob("*.toml"))
    try:
        return Editions([read_program(file) for file in files])
    except InvalidDocument:
        raise
    except ValueError as error:
        raise InvalidDocument(f"program.path: {path}: {error}") from error


def read_program(path: Path) -> Program:
    """Read one program file. Raises InvalidDocument naming key and file."""
    try:
        return Program.parse(path.read_text("utf-8"), source=str(path))
    except OSError as error:
        raise InvalidDocument(f"program.path: {path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidDocument(
            f"program.path: {path}: cannot be read: byte {error.start} is not UTF-8; "
            "save the file as UTF-8"
        ) from error
