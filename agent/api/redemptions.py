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
from agent.till import AnyWish, RedemptionAnswer, Till, VoucherWish

__all__ = ["add_redemptions"]

_log = structlog.get_logger(__name__)

_PLACE = "/v1/redemptions/{redemption_id}"


class Part(Value):
    """How many of the held points to spend; without it all of them. The rest is given back."""

    points: Annotated[int, Field(strict=True, ge=1, le=10**9)] | None = None
    """Whole points of those held; without it all of them."""


def add_redemptions(
    routes: APIRouter, till: Till, lanes: Lanes, lookups: Lookups, tills_only: list[Any]
) -> None:
    """Add the routes."""
    _add_hold(routes, till, lanes, lookups, tills_only)
    _add_ends(routes, till, lanes, tills_only)


def _add_hold(
    routes: APIRouter, till: Till, lanes: Lanes, lookups: Lookups, tills_only: list[Any]
) -> None:
    @routes.put(
        _PLACE,
        status_code=201,
        dependencies=tills_only,
        responses=answers(404, 409, 429) | {200: {"model": RedemptionAnswer}},
    )
    async def hold(
        redemption_id: PosId, wish: AnyWish, request: Request, response: Response
    ) -> RedemptionAnswer:
        """Set points or a voucher aside; asked again, it says how that redemption stands."""
        if isinstance(wish, VoucherWish):  # a bearer's: nobody is looked up
            answer, replay = await till.hold(redemption_id, wish)
        else:
            asked = Asked(
                till=request.state.till,
                text=wish.token,
                entry=wish.entry,
                lane=wish.lane,
                cashier=wish.cashier,
            )
            async with lookups.watch(asked) as found:
                answer, replay = await till.hold(redemption_id, wish)
                found.account = answer.account
        _tell(lanes, answer, response, replay=replay)
        _log.info("redemption_held", lane=wish.lane, points=answer.points, replay=replay)
        return answer


def _add_ends(routes: APIRouter, till: Till, lanes: Lanes, tills_only: list[Any]) -> None:
    @routes.post(f"{_PLACE}/capture", dependencies=tills_only, responses=answers(404, 409))
    async def capture(
        redemption_id: PosId, response: Response, part: Part | None = None
    ) -> RedemptionAnswer:
        """Spend what is held, or a part of it. A sale captures the redemptions it names itself."""
        points = None if part is None else part.points
        answer, replay = await till.capture(redemption_id, points=points)
        _tell(lanes, answer, response, replay=replay)
        return answer

    @routes.delete(_PLACE, dependencies=tills_only, responses=answers(404, 409))
    async def release(redemption_id: PosId, response: Response) -> RedemptionAnswer:
        """Give back what is held."""
        answer, replay = await till.release(redemption_id)
        _tell(lanes, answer, response, replay=replay)
        return answer


def _tell(lanes: Lanes, answer: RedemptionAnswer, response: Response, *, replay: bool) -> None:
    """Let the lane know of what is news."""
    if replay:
        mark_replay(response)
    else:
        lanes.redemption_changed(answer)
