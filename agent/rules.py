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
        often=controls.often,
        adjust_alone_points=controls.adjust_alone_points,
        adjust_day_points=controls.adjust_day_points,
        claims_per_day=controls.claims_per_day,
        phone_country=settings.members.phone_country,
        papers=settings.papers(program),
    )


def read_program(path: Path) -> Program:
    """Read a program file. Raises InvalidDocument naming the file."""
    try:
        return Program.parse(path.read_text("utf-8"), source=str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidDocument(f"{path}: cannot be read: {error}") from error
