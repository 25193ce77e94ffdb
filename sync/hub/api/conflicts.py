"""The calls about conflicts: what two sides said differently, and how it was settled."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AfterValidator, Field
from sqlalchemy import Connection, func, select

from agent.core.instant import BusinessDate, Instant, rfc3339
from agent.core.mistakes import did_you_mean
from agent.core.values import Code, Value, example
from sync.hub import tables
from sync.hub.api.access import HubAccess
from sync.hub.api.desk import Desk
from sync.hub.api.problems import HubRefusal, answers
from sync.hub.decisions import KINDS, ONCE_LOOKED_AT, settle_by_hand

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
    """`open` until what ends it has come: a look, points that pay a debt, an upgrade."""
    decision: int | None
    """The entry of head office's own journal that settled it."""


class Looked(Value):
    """What a person found who has looked, and did."""

    model_config = example({"reason": "the box had an old version; it was upgraded"})

    reason: Annotated[str, Field(min_length=1, max_length=200)]


def add_conflicts(routes: APIRouter, desk: Desk, access: HubAccess) -> None:
    """Add the routes."""

    @routes.get("/v1/conflicts", responses=answers(409))
    def conflicts(
        kind: Annotated[_Kind | None, Query(description="Only of this kind.")] = None,
        store: Annotated[Code | None, Query(description="Only of this store.")] = None,
        since: Annotated[
            BusinessDate | Instant | None, Query(description="A moment (RFC 3339), or a day.")
        ] = None,
        state: Annotated[
            Literal["open", "resolved"] | None,
            Query(description="`open`: only what has not ended yet."),
        ] = None,
        before: Annotated[
            int | None, Query(ge=1, le=tables.LARGEST_ID, description="Only ids below this.")
        ] = None,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 200,
    ) -> list[ConflictView]:
        """List conflicts, the newest first."""
        wanted = {"kind": kind, "store": store, "state": state}
        return desk.read(
            lambda c, tenant: newest_conflicts(
                c, tenant, wanted=wanted, since=_moment(since), before=before, limit=limit
            )
        )

    @routes.post("/v1/conflicts/{conflict_id}/settle", responses=answers(404, 409))
    def settle(
        conflict_id: Annotated[int, Path(ge=1, le=tables.LARGEST_ID)],
        looked: Looked,
        clerk: Annotated[str, Depends(access.clerk)],
    ) -> ConflictView:
        """Close a conflict that waits for nothing but somebody's look: a message that was put
        aside, a disk that keeps failing. The others end by themselves. Asked again, it says how
        it stands.
        """
        return desk.write(
            lambda c, tenant: _settle(c, tenant, conflict_id, looked.reason, clerk, desk.now())
        )


def _settle(
    c: Connection, tenant: str, conflict_id: int, reason: str, clerk: str, now: datetime
) -> ConflictView:
    conflicts = tables.conflicts
    its = select(conflicts).where(conflicts.c.tenant == tenant, conflicts.c.id == conflict_id)
    row = c.execute(its).one_or_none()
    if row is None:
        raise HubRefusal(
            "unknown_conflict", "no conflict has this id; GET /v1/conflicts lists them"
        )
    if row.state == "open" and row.kind not in ONCE_LOOKED_AT:
        raise HubRefusal("settles_itself", f"what ends it is in its own words: {row.text}")
    settle_by_hand(c, tenant, conflict_id, by=clerk, reason=reason, now=now)
    return _view(c.execute(its).one())


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
