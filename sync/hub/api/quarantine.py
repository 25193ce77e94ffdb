"""The calls about messages that were put aside, for whoever is to find out what they were.

They are as they came, and may hold card numbers: so one is shown only to whoever asks for it by its
id, as bytes that nothing here reads, and none on the page.
"""

from base64 import b64encode
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from sqlalchemy import ColumnElement, Connection, func, select

from agent.core.values import Value
from sync.hub import tables
from sync.hub.api.desk import Desk
from sync.hub.api.problems import HubRefusal, answers

__all__ = ["add_quarantine"]


class PutAside(Value):
    """A message that was not taken."""

    id: int
    received_at: str
    """When it came, the first time where it came again."""
    topic: str
    """In whose name: `tapledger/1/tenant/store/device/kind`."""
    why: str
    """Why it was not taken: a kind of conflict, and what was found."""
    bytes: int
    """How many are kept: of a message of more than 64 KiB the first of them."""


class PutAsideMessage(PutAside):
    """A message that was not taken, as it came."""

    payload: str
    """Its bytes in base64. They may hold card numbers."""


def add_quarantine(routes: APIRouter, desk: Desk) -> None:
    """Add the routes."""

    @routes.get("/v1/quarantine", responses=answers(409))
    def messages(
        before: Annotated[
            int | None, Query(ge=1, le=tables.LARGEST_ID, description="Only ids below this.")
        ] = None,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 200,
    ) -> list[PutAside]:
        """List the messages that were put aside, the newest first. The oldest are gone once there
        are more than 100 of a topic, or 1,000 in all.
        """
        return desk.read(lambda c, tenant: _messages(c, tenant, before=before, limit=limit))

    @routes.get("/v1/quarantine/{message_id}", responses=answers(404, 409))
    def message(message_id: Annotated[int, Path(ge=1, le=tables.LARGEST_ID)]) -> PutAsideMessage:
        """Answer a message that was put aside, as it came."""
        return desk.read(lambda c, tenant: _message(c, tenant, message_id))


def _messages(c: Connection, tenant: str, *, before: int | None, limit: int) -> list[PutAside]:
    kept = tables.quarantine
    query = select(kept.c.id, kept.c.received_at, kept.c.topic, kept.c.reason, _SIZE)
    query = query.where(_in_the_name_of(tenant))
    if before is not None:
        query = query.where(kept.c.id < before)
    return [
        PutAside(**_told(row)) for row in c.execute(query.order_by(kept.c.id.desc()).limit(limit))
    ]


def _message(c: Connection, tenant: str, number: int) -> PutAsideMessage:
    kept = tables.quarantine
    query = select(kept, _SIZE).where(_in_the_name_of(tenant), kept.c.id == number)
    row = c.execute(query).one_or_none()
    if row is None:
        raise HubRefusal(
            "unknown_message",
            "no message has this id, or not any more; GET /v1/quarantine has them",
        )
    return PutAsideMessage(**_told(row), payload=b64encode(row.payload).decode())


_SIZE = func.length(tables.quarantine.c.payload).label("size")


def _in_the_name_of(tenant: str) -> ColumnElement[bool]:
    """Hold that a message came in the name of one of a company's devices. Compared and not matched:
    what a pattern's characters mean, and whether capitals differ, is each database's own.
    """
    prefix = f"tapledger/1/{tenant}/"
    return func.substr(tables.quarantine.c.topic, 1, len(prefix)) == prefix


def _told(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "received_at": row.received_at,
        "topic": row.topic,
        "why": row.reason,
        "bytes": row.size,
    }
