"""The calls about vouchers: points become one, and one is looked up. Their codes are in no log."""

from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Path, Request, Response

from agent.api.lookups import Asked, Lookups
from agent.api.posted import PosId, mark_replay
from agent.api.problems import answers
from agent.lanes import Lanes
from agent.till import Till, VoucherAnswer, VoucherOrder, VoucherState

__all__ = ["add_vouchers"]

_log = structlog.get_logger(__name__)

# One address has one name in the API's description, whatever stands in it.
_TypedCode = Annotated[
    str,
    Path(
        min_length=1,
        max_length=64,
        description="The voucher's code, in any case, with blanks and dashes or without.",
    ),
]


def add_vouchers(
    routes: APIRouter, till: Till, lanes: Lanes, lookups: Lookups, tills_only: list[Any]
) -> None:
    """Add the routes."""

    @routes.put(
        "/v1/vouchers/{voucher}",
        status_code=201,
        dependencies=tills_only,
        responses=answers(404, 409, 429) | {200: {"model": VoucherAnswer}},
    )
    async def issue(
        voucher: PosId, order: VoucherOrder, request: Request, response: Response
    ) -> VoucherAnswer:
        """Turn a member's points into a voucher; asked again, the answer is the same."""
        asked = Asked(
            till=request.state.till, text=order.token, lane=order.lane, cashier=order.cashier
        )
        async with lookups.watch(asked) as found:
            answer, replay = await till.vouchers.issue(voucher, order)
            found.account = answer.account
        if replay:
            mark_replay(response)
        else:
            lanes.account_changed(answer.account)
        _log.info("voucher_issued", lane=order.lane, points=answer.points, replay=replay)
        return answer

    @routes.get("/v1/vouchers/{voucher}", dependencies=tills_only, responses=answers(404))
    async def look_up(voucher: _TypedCode) -> VoucherState:
        """Say how a voucher stands, and why it cannot be used here where it cannot."""
        return await till.vouchers.look_up(voucher)
