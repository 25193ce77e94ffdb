"""The calls about redemptions: hold before the customer pays, then capture or release."""

from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Request, Response
from pydantic import Field

from agent.api.lookups import Asked, Lookups
from agent.api.posted import PosId, mark_replay
from agent.api.problems import answers
from agent.core.values import Value
from agent.lanes import Lanes
from agent.till import RedemptionAnswer, Till, Wish

__all__ = ["add_redemptions"]

_log = structlog.get_logger(__name__)


class Part(Value):
    """How many of the held points to spend; without it all of them. The rest is given back."""

    points: Annotated[int, Field(strict=True, ge=1, le=10**9)] | None = None


def add_redemptions(
    routes: APIRouter, till: Till, lanes: Lanes, lookups: Lookups, tills_only: list[Any]
) -> None:
    """Add the routes."""
    place = "/v1/redemptions/{redemption_id}"
    replayed: dict[int | str, dict[str, Any]] = {200: {"model": RedemptionAnswer}}

    def told(answer: RedemptionAnswer, replay: bool, response: Response) -> None:
        """Let the lane know of what is news."""
        if replay:
            mark_replay(response)
        else:
            lanes.redemption_changed(answer)

    @routes.put(
        place, status_code=201, dependencies=tills_only, responses=answers(404, 409, 429) | replayed
    )
    async def hold(
        redemption_id: PosId, wish: Wish, request: Request, response: Response
    ) -> RedemptionAnswer:
        """Set points aside for a redemption; asked again, it says how that redemption stands."""
        asked = Asked(
            till=request.state.till, text=wish.token, lane=wish.lane, cashier=wish.cashier
        )
        async with lookups.watch(asked) as found:
            answer, replay = await till.hold(redemption_id, wish)
            found.account = answer.account
        told(answer, replay, response)
        _log.info("redemption_held", lane=wish.lane, points=answer.points, replay=replay)
        return answer

    @routes.post(f"{place}/capture", dependencies=tills_only, responses=answers(404, 409))
    async def capture(
        redemption_id: PosId, response: Response, part: Part | None = None
    ) -> RedemptionAnswer:
        """Spend what is held, or a part of it. A sale captures the redemptions it names itself."""
        points = None if part is None else part.points
        answer, replay = await till.capture(redemption_id, points=points)
        told(answer, replay, response)
        return answer

    @routes.delete(place, dependencies=tills_only, responses=answers(404, 409))
    async def release(redemption_id: PosId, response: Response) -> RedemptionAnswer:
        """Give back what is held."""
        answer, replay = await till.release(redemption_id)
        told(answer, replay, response)
        return answer
