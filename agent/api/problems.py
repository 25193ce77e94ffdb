"""The agent's problems: every code that it answers, and what becomes of a refusal of the till's."""

import structlog
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from agent.ledger import Frozen, LedgerDamaged, LedgerUnavailable
from agent.till import TillRefusal
from agent.till.voucher_wishes import SORTS
from agent.web.problems import PROBLEM_MEDIA_TYPE, Problem, Problems

__all__ = [
    "PROBLEMS",
    "PROBLEM_MEDIA_TYPE",
    "TILL_PROBLEMS",
    "Problem",
    "answers",
    "install",
    "problem",
]

_log = structlog.get_logger(__name__)

PROBLEMS: dict[str, tuple[int, str]] = {
    "malformed": (422, "The request is not what this call takes"),
    "too_large": (413, "The request is too large"),
    "bad_token": (401, "The bearer token is missing or wrong"),
    "forbidden": (403, "This may only be opened on the machine itself"),
    "not_found": (404, "There is nothing at this address"),
    "method_not_allowed": (405, "This address does not take that method"),
    "unknown_lane": (404, "No such lane is configured"),
    "same_lane": (422, "The card lies at that lane already"),
    "no_card_shown": (409, "The lane shows no card"),
    "no_such_card": (409, "The lane does not show this card, or not any more"),
    "unknown_card": (404, "The card is not known"),
    "unknown_account": (404, "No member has this account"),
    "unknown_sale": (404, "No sale was committed under this id here"),
    "unknown_reward": (404, "The program has no such reward"),
    "unknown_redemption": (404, "The redemption is not known"),
    "card_blocked": (409, "The card is blocked, lost or replaced"),
    "insufficient_points": (409, "The balance does not cover it"),
    "offline_limit": (409, "Not so many points can be redeemed here now"),
    "not_redeemable": (409, "Points are not redeemed that way"),
    "redemption_id_reused": (409, "Another redemption has this id"),
    "redemption_ended": (409, "The redemption was captured or given back before"),
    "unknown_voucher": (404, "The voucher is not known here"),
    "voucher_used": (409, "The voucher was used, or is held for another sale"),
    "voucher_expired": (409, "The voucher is good no more"),
    "voucher_id_reused": (409, "Another voucher has this id"),
    "card_in_use": (409, "The card already belongs to a member"),
    "phone_in_use": (409, "Another member has this telephone number"),
    "sale_id_reused": (409, "Another basket was committed under this sale_id"),
    "sale_recorded": (409, "The sale was committed; its basket is no longer kept to compare"),
    "sale_has_card": (409, "The sale belongs to a member already"),
    "claim_too_late": (409, "The sale can no longer be claimed"),
    "sale_returned": (409, "All of the sale came back already"),
    "sale_voided": (409, "The sale was voided"),
    "return_exceeds_sale": (
        409,
        "The sale has no such line, or less than would come back",
    ),
    "return_id_reused": (409, "Another return of the sale has this id"),
    "adjust_id_reused": (409, "Another adjustment has this id"),
    "approval_needed": (403, "A second person has to agree with a PIN"),
    "too_many_pins": (429, "The PIN was wrong too often"),
    "too_many_points": (409, "An account cannot hold so many points"),
    "cashier_limit": (409, "The cashier's limit of this business date is reached"),
    "frozen": (409, "Points cannot be redeemed until the rebuilt ledger is confirmed"),
    "too_many_lookups": (429, "This till looks for too many members"),
    "ledger_unavailable": (503, "The ledger cannot write right now"),
    "internal": (500, "tapledger made a mistake"),
}
"""Every code the API answers, with its HTTP status and title."""

TILL_PROBLEMS = Problems(PROBLEMS, whose="the agent's", sorts=SORTS)
"""What becomes of them over HTTP."""

problem = TILL_PROBLEMS.problem
answers = TILL_PROBLEMS.answers


def install(app: FastAPI) -> None:
    """Have every error of an application answered as a problem."""
    app.add_exception_handler(TillRefusal, _refused)
    app.add_exception_handler(LedgerUnavailable, _unavailable)
    app.add_exception_handler(LedgerDamaged, _damaged)
    app.add_exception_handler(Frozen, _frozen)
    TILL_PROBLEMS.install(app)


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, TillRefusal)  # noqa: S101 - registered for nothing else
    wait_s = error.retry_after_s
    headers = None if wait_s is None else {"Retry-After": str(wait_s)}
    return problem(error.code, str(error), headers=headers)


async def _unavailable(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, LedgerUnavailable)  # noqa: S101 - registered for nothing else
    return problem(
        "ledger_unavailable", str(error), headers={"Retry-After": str(error.retry_after_s)}
    )


async def _damaged(_request: Request, error: Exception) -> JSONResponse:
    """What was asked for lies where the ledger is damaged; the next look mends it, in seconds."""
    _log.error("ledger_damaged", error=str(error))
    retry_after = str(LedgerUnavailable.retry_after_s)
    return problem("ledger_unavailable", str(error), headers={"Retry-After": retry_after})


async def _frozen(_request: Request, error: Exception) -> JSONResponse:
    return problem("frozen", str(error))
