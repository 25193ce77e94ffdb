"""The call that changes a balance by hand."""

from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Path, Response

from agent.api.posted import mark_replay
from agent.api.problems import answers
from agent.core.values import Code
from agent.lanes import Lanes
from agent.till import AdjustAnswer, Adjustment, Till

__all__ = ["add_adjustments"]

_log = structlog.get_logger(__name__)


def add_adjustments(routes: APIRouter, till: Till, lanes: Lanes, tills_only: list[Any]) -> None:
    """Add the route."""

    @routes.post(
        "/v1/accounts/{account}/adjust",
        status_code=201,
        dependencies=tills_only,
        responses=answers(403, 404, 409, 429) | {200: {"model": AdjustAnswer}},
    )
    async def adjust(
        account: Annotated[Code, Path(description="The account's id.")],
        wanted: Adjustment,
        response: Response,
    ) -> AdjustAnswer:
        """Change a balance by hand, within the cashier's limits or with a second person's PIN."""
        answer, replay = await till.adjust(account, wanted)
        if replay:
            mark_replay(response)
        else:
            lanes.account_changed(account)
        _log.info(
            "points_adjusted",
            cashier=answer.cashier,
            points=answer.points,
            approved=answer.approver is not None,
            seq=answer.journal.seq,
            replay=replay,
        )
        return answer
