"""How many statements a message costs head office."""

from typing import Any

from sqlalchemy import event

from sync.hub.database import Database
from sync.hub.office import HeadOffice

__all__ = ["statements_of"]


def statements_of(database: Database, office: HeadOffice, message: tuple[str, bytes]) -> list[str]:
    """Hand in a message, and list the statements that it took."""
    seen: list[str] = []

    def note(*told: Any) -> None:
        seen.append(told[2])

    event.listen(database.engine, "before_cursor_execute", note)
    office.handle(*message)
    event.remove(database.engine, "before_cursor_execute", note)
    return seen
