"""The call about conflicts: what two sides said differently, and how it was settled."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AfterValidator
from sqlalchemy import Connection, func, select, update

from agent.core.instant import BusinessDate, Instant, rfc3339
from agent.core.mistakes import did_you_mean
from agent.core.values import Code, Value
from sync.hub import tables
from sync.hub.api.access import HubAccess
from sync.hub.api.desk import Desk
from sync.hub.api.problems import HubRefusal, answers
from sync.hub.decisions import KINDS
from sync.hub.incidents import REFUSED

__all__ = [
    "ConflictView",
    "add_conflicts",
    "conflicts_by_kind",
    "conflicts_to_look_at",
    "newest_conflicts",
]


def _a_kind(kind: str) -> str:
    """Hold that a kind is one: of a slip of the pen nothing would ever be found."""
    if kind not in KINDS:
        raise ValueError(f"there is no such kind{did_you_mean(kind, KINDS)}")
    return kind


_Kind = Annotated[Code, AfterValidator(_a_kind)]


class ConflictView(Value):
    """A conflict, in plain words."""

    id: int
    kind: str
    subject: str
    """What it is about: a sale, a card, an account, a device."""
    store: str | None
    device: str | None
    account: str | None
    points: int
    """How many points it is about; 0 where it is about none."""
    text: str
    """What was found, and what became of it."""
    found_at: str
    state: Literal["open", "resolved"]
    """`open` where a person has to look."""
    decision: int | None
    """The entry of head office's own journal that settled it."""


_BY_ITSELF = {
    "disk_cloned": "release its device once somebody has looked: POST /v1/devices/{id}/release",
    "overspend": "the member's next points settle it, or points that are given by hand",
    "unreadable": "it is settled once head office runs the version that the store runs",
}
"""What settles the other conflicts that are open."""


def add_conflicts(routes: APIRouter, desk: Desk, access: HubAccess) -> None:
    """Add the routes."""
    _add_settling(routes, desk, access)

    @routes.get("/v1/conflicts", responses=answers(409))
    def conflicts(
        kind: Annotated[_Kind | None, Query(description="Only of this kind.")] = None,
        store: Annotated[Code | None, Query(description="Only of this store.")] = None,
        since: Annotated[
            BusinessDate | Instant | None, Query(description="A moment (RFC 3339), or a day.")
        ] = None,
        state: Annotated[
            Literal["open", "resolved"] | None,
            Query(description="`open`: only where a person has to look."),
        ] = None,
        before: Annotated[int | None, Query(ge=1, description="Only ids below this.")] = None,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 200,
    ) -> list[ConflictView]:
        """List conflicts, the newest first."""
        wanted = {"kind": kind, "store": store, "state": state}
        return desk.read(
            lambda c, tenant: newest_conflicts(
                c, tenant, wanted=wanted, since=_moment(since), before=before, limit=limit
            )
        )


def _add_settling(routes: APIRouter, desk: Desk, access: HubAccess) -> None:
    @routes.post("/v1/conflicts/{conflict_id}/settle", responses=answers(404, 409))
    def settled(
        conflict_id: Annotated[int, Path(ge=1)], clerk: Annotated[str, Depends(access.clerk)]
    ) -> ConflictView:
        """Say that somebody has looked at a message that was put aside; it stays in quarantine."""
        return desk.write(lambda c, tenant: _settle(c, tenant, conflict_id, by=clerk))


def _settle(c: Connection, tenant: str, conflict_id: int, *, by: str) -> ConflictView:
    """Close what only a person can close, in that person's name. Raises HubRefusal."""
    conflicts = tables.conflicts
    this = (conflicts.c.tenant == tenant, conflicts.c.id == conflict_id)
    found = c.execute(select(conflicts).where(*this).with_for_update()).one_or_none()
    if found is None:
        said = "no conflict has this id; GET /v1/conflicts lists them"
        raise HubRefusal("unknown_conflict", said)
    if found.state == "resolved":
        return _view(found)
    if found.kind not in REFUSED:
        raise HubRefusal("not_settleable", _BY_ITSELF.get(found.kind, "it settles by itself"))
    text = f"{found.text} {by} has looked at it."
    c.execute(update(conflicts).where(*this).values(state="resolved", text=text))
    return _view(c.execute(select(conflicts).where(*this)).one())


def _moment(since: date | datetime | None) -> str | None:
    if not isinstance(since, datetime):  # a day sorts before every moment of it
        return None if since is None else since.isoformat()
    try:
        return rfc3339(since)
    except OverflowError:  # at either end of the calendar no offset matters
        return since.isoformat()


def newest_conflicts(
    c: Connection,
    tenant: str,
    *,
    wanted: dict[str, str | None],
    since: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[ConflictView]:
    """Read conflicts, the newest first."""
    conflicts = tables.conflicts
    query = select(conflicts).where(conflicts.c.tenant == tenant)
    for column, value in wanted.items():
        if value is not None:
            query = query.where(conflicts.c[column] == value)
    if since is not None:
        query = query.where(conflicts.c.found_at >= since)
    if before is not None:
        query = query.where(conflicts.c.id < before)
    return [_view(row) for row in c.execute(query.order_by(conflicts.c.id.desc()).limit(limit))]


def conflicts_by_kind(c: Connection, tenant: str) -> dict[str, int]:
    """Count the conflicts of each kind."""
    conflicts = tables.conflicts
    found = c.execute(
        select(conflicts.c.kind, func.count().label("many"))
        .where(conflicts.c.tenant == tenant)
        .group_by(conflicts.c.kind)
        .order_by(conflicts.c.kind)
    )
    return {row.kind: int(row.many) for row in found}


def conflicts_to_look_at(c: Connection, tenant: str) -> int:
    """Count the open ones that wait for a person; a debt waits for the member's next points."""
    conflicts = tables.conflicts
    open_ones = select(func.count()).where(
        conflicts.c.tenant == tenant, conflicts.c.state == "open", conflicts.c.kind != "overspend"
    )
    return int(c.execute(open_ones).scalar_one())


def _view(row: Any) -> ConflictView:
    return ConflictView(
        id=row.id,
        kind=row.kind,
        subject=row.subject,
        store=row.store,
        device=row.device,
        account=row.account,
        points=row.points,
        text=row.text,
        found_at=row.found_at,
        state=row.state,
        decision=row.decision_seq,
    )
