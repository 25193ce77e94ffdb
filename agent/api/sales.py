"""The calls about sales: commit, claim, void, return."""

from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Query, Request, Response

from agent.api.lookups import Asked, Lookups
from agent.api.posted import AskedBy, AskedLane, PosId, mark_replay
from agent.api.problems import answers
from agent.core.answer import BackAnswer, SaleAnswer
from agent.core.basket import Sale
from agent.core.instant import BusinessDate
from agent.core.values import Code, Value, example
from agent.lanes import Lanes
from agent.till import Back, Committed, Quote, Till, TillRefusal
from agent.till.members import TokenText

__all__ = ["add_sales"]

_log = structlog.get_logger(__name__)

_SALE = "/v1/sales/{sale_id}"


class Claim(Value):
    """The card of the member whose sale it was."""

    model_config = example({"token": "em4100:0C000621A5", "lane": "1", "cashier": "ana"})

    token: TokenText
    """The card: `scheme:value`, the bare number, or `phone:` and a number."""
    lane: Code | None = None
    """The lane that claims; else the sale's."""
    cashier: Code | None = None
    """Who claims; else the sale's cashier."""


def add_sales(
    routes: APIRouter, till: Till, lanes: Lanes, lookups: Lookups, tills_only: list[Any]
) -> None:
    """Add the routes."""
    _add_taking_back(routes, till, lanes, tills_only)
    _add_quotes(routes, till, lanes, lookups, tills_only)
    _add_claims(routes, till, lanes, lookups, tills_only)
    _add_commit(routes, till, lanes, lookups, tills_only)


def _add_quotes(
    routes: APIRouter, till: Till, lanes: Lanes, lookups: Lookups, tills_only: list[Any]
) -> None:
    @routes.post("/v1/quotes", dependencies=tills_only, responses=answers(429))
    async def quote(sale: Sale, request: Request) -> Quote:
        """Say what a basket would earn and what could be redeemed with it; nothing is written."""
        async with lookups.watch(_asked(sale, request)) as found:
            quoted = await till.quote(sale)
            found.account = quoted.account
        lanes.quoted(sale.lane, quoted)
        return quoted


def _asked(sale: Sale, request: Request) -> Asked:
    """Say for whom a basket asks, which need not be anybody."""
    text = sale.token or ""
    return Asked(till=request.state.till, text=text, lane=sale.lane, cashier=sale.cashier)


def _add_claims(
    routes: APIRouter, till: Till, lanes: Lanes, lookups: Lookups, tills_only: list[Any]
) -> None:
    @routes.put(
        f"{_SALE}/claim",
        status_code=201,
        dependencies=tills_only,
        responses=answers(404, 409, 429) | {200: {"model": SaleAnswer}},
    )
    async def claim(
        sale_id: PosId, card: Claim, request: Request, response: Response
    ) -> SaleAnswer:
        """Give a sale that was taken without a card to a member, on its own business date."""
        lane, cashier = card.lane, card.cashier
        asked = Asked(till=request.state.till, text=card.token, lane=lane, cashier=cashier)
        async with lookups.watch(asked) as found:
            claimed = await till.claim(sale_id, card.token, lane=lane, cashier=cashier)
            found.account = claimed.answer.account
            found.told_before = claimed.replay and claimed.by_phone
        if claimed.replay:
            mark_replay(response)
        else:
            lanes.sale_committed(claimed.lane or "", claimed.answer, claimed=True)
        _log.info("sale_claimed", sale_id=sale_id, points=claimed.answer.points)
        return claimed.answer


def _add_commit(
    routes: APIRouter, till: Till, lanes: Lanes, lookups: Lookups, tills_only: list[Any]
) -> None:
    # The second address is there for an id with a slash to be told what is wrong with it. It stands
    # above, so that it is asked after the first: it would lose a line feed at an id's end.
    @routes.put(
        "/v1/sales/{sale_id:path}",
        status_code=201,
        dependencies=tills_only,
        include_in_schema=False,
    )
    @routes.put(
        _SALE,
        status_code=201,
        dependencies=tills_only,
        responses=answers(404, 409) | {200: {"model": SaleAnswer}},
    )
    async def commit(
        sale_id: PosId, sale: Sale, request: Request, response: Response
    ) -> SaleAnswer:
        """Commit a sale. Answered once it is on disk; the same sale again gets the same answer."""
        asked = _asked(sale, request)
        try:
            committed = await till.commit(sale_id, sale)
        except TillRefusal as refusal:
            _log.warning("sale_refused", sale_id=sale_id, lane=sale.lane, reason=str(refusal))
            await lookups.sale_refused(asked)
            raise
        if committed.replay:
            mark_replay(response)
        else:
            lookups.sold(asked, committed.answer.account)
            lanes.sale_committed(
                sale.lane, committed.answer, sale.card, redemptions=committed.captured
            )
        _log_answer(sale_id, sale.lane, committed)
        return committed.answer


def _log_answer(sale_id: str, lane: str, committed: Committed) -> None:
    answer = committed.answer
    _log.info(
        "sale_answered",
        sale_id=sale_id,
        lane=lane,
        status=answer.status,
        points=answer.points,
        seq=answer.journal.seq,
        replay=committed.replay,
    )


def _add_taking_back(routes: APIRouter, till: Till, lanes: Lanes, tills_only: list[Any]) -> None:
    @routes.delete(_SALE, dependencies=tills_only, responses=answers(404, 409))
    async def void(
        sale_id: PosId,
        response: Response,
        lane: AskedLane = None,
        cashier: AskedBy = None,
        business_date: Annotated[
            BusinessDate | None,
            Query(description="The day it counts on: `YYYY-MM-DD`; else the one said last."),
        ] = None,
    ) -> BackAnswer:
        """Call a whole sale off."""
        answer, replay = await till.void(
            sale_id, lane=lane, cashier=cashier, business_date=business_date
        )
        if replay:
            mark_replay(response)
        else:
            lanes.taken_back(answer)
        _log.info("sale_voided", sale_id=sale_id, points=answer.points_taken, replay=replay)
        return answer

    @routes.put(
        f"{_SALE}/returns/{{return_id}}",
        status_code=201,
        dependencies=tills_only,
        responses=answers(404, 409) | {200: {"model": BackAnswer}},
    )
    async def take_back(
        sale_id: PosId, return_id: PosId, back: Back, response: Response
    ) -> BackAnswer:
        """Take back part of a sale: what it earned, less; what it redeemed, as points."""
        answer, replay = await till.take_back(sale_id, return_id, back)
        if replay:
            mark_replay(response)
        else:
            lanes.taken_back(answer)
        _log.info("sale_returned", sale_id=sale_id, points=answer.points_taken, replay=replay)
        return answer
