"""The rules an agent works under: its program's file, and the terms that its settings make."""

from pathlib import Path

from agent.core.program import Program
from agent.core.strict_toml import InvalidDocument
from agent.settings import AgentSettings
from agent.till import Terms

__all__ = ["read_program", "terms_of"]


def terms_of(settings: AgentSettings, program: Program) -> Terms:
    """Answer the terms that the till works under."""
    controls = settings.controls
    return Terms(
        program=program,
        alone=settings.hub is None,
        store=settings.device.store,
        often=controls.often,
        adjust_alone_points=controls.adjust_alone_points,
        adjust_day_points=controls.adjust_day_points,
        claims_per_day=controls.claims_per_day,
        phone_country=settings.members.phone_country,
        papers=settings.papers(program),
    )


def read_program(path: Path) -> Program:
    """Read the file that ``program.path`` names. Raises InvalidDocument naming key and file."""
    try:
        return Program.parse(path.read_text("utf-8"), source=str(path))
    except OSError as error:
        raise InvalidDocument(f"program.path: {path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidDocument(
            f"program.path: {path}: cannot be read: byte {error.start} is not UTF-8; "
            "save the file as UTF-8"
        ) from error
