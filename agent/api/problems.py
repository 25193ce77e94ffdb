"""Errors over HTTP: RFC 9457 problem details with a stable ``code``, and never an echo of input.

A body may hold a card number or be ten megabytes of rubbish; neither belongs in an answer.
"""

import re
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.types import Send

from agent.core.mistakes import Location, did_you_mean, in_words, keys_at, model_in
from agent.core.values import Value
from agent.ledger import Frozen, LedgerDamaged, LedgerUnavailable
from agent.till import TillRefusal
from agent.till.voucher_wishes import SORTS

__all__ = [
    "PROBLEMS",
    "PROBLEM_MEDIA_TYPE",
    "Problem",
    "answers",
    "install",
    "problem",
    "send_problem",
]

PROBLEM_MEDIA_TYPE = "application/problem+json"

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

_PLAIN = re.compile(r"[a-z_]{1,40}|[0-9]{1,5}")

_ALIKE = 0.6
"""How much alike, of 1, two names are of which one may be a slip of the other."""

_PHRASES = {status.phrase for status in HTTPStatus}

_NEARLY_EVERY_CALL = (401, 413, 422, 503)

_STATUS_CODES = {
    400: "malformed",
    401: "bad_token",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
}


class Problem(Value):
    """RFC 9457 problem details."""

    type: str
    """A URN of the code."""
    title: str
    """What the code means, in words."""
    status: int
    """The HTTP status."""
    code: str
    """The stable code: what a POS decides by."""
    detail: str
    """What is wrong here, in words for a person."""
    errors: tuple[dict[str, str], ...] = ()
    """Of a malformed request: `at` which field, and the `message`."""


def problem(
    code: str,
    detail: str = "",
    *,
    errors: tuple[dict[str, str], ...] = (),
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """Build the answer for one of the PROBLEMS."""
    status, title = PROBLEMS[code]
    body = Problem(
        type=f"urn:tapledger:problem:{code}",
        title=title,
        status=status,
        code=code,
        detail=detail or title,
        errors=errors,
    )
    return JSONResponse(
        body.model_dump(), status_code=status, media_type=PROBLEM_MEDIA_TYPE, headers=headers
    )


def answers(*statuses: int, never: tuple[int, ...] = ()) -> dict[int | str, dict[str, Any]]:
    """Say with which problems a call may answer, besides those that nearly every call may.

    ``never`` are those of these that it cannot: 422 where nothing is read of what is sent, 503
    where the ledger is asked nothing.
    """
    may = (*(status for status in _NEARLY_EVERY_CALL if status not in never), *statuses)
    return {status: {"model": Problem} for status in may}


async def send_problem(send: Send, code: str, detail: str) -> None:
    """Answer a problem from below FastAPI, where there is no response object yet."""
    response = problem(code, detail)
    headers = response.raw_headers
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


def install(app: FastAPI) -> None:
    """Have every error of an application answered as a problem."""
    app.add_exception_handler(TillRefusal, _refused)
    app.add_exception_handler(LedgerUnavailable, _unavailable)
    app.add_exception_handler(LedgerDamaged, _damaged)
    app.add_exception_handler(Frozen, _frozen)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _mistake)


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


async def _malformed(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for nothing else
    body = _body_of(request)
    mistakes = tuple(_mistake_in(found, body) for found in error.errors()[:20])
    first = mistakes[0] if mistakes else {"at": "", "message": "malformed"}
    return problem("malformed", f"{first['at'] or 'the body'}: {first['message']}", errors=mistakes)


def _body_of(request: Request) -> type[BaseModel] | None:
    """Answer what a call takes as its body, for the names that may stand in it."""
    field = getattr(request.scope.get("route"), "body_field", None)
    return None if field is None else model_in(field.field_info.annotation)


def _mistake_in(found: Any, body: type[BaseModel] | None) -> dict[str, str]:
    """Say where a body is wrong; a name of the caller's own is shown only if it is a plain word."""
    parts = [str(part) for part in found["loc"] if part != "body" and part not in SORTS]
    body = next((SORTS[part] for part in found["loc"] if part in SORTS), body)
    place = ".".join(part if _PLAIN.fullmatch(part) else "(a field)" for part in parts)
    if found.get("type") == "extra_forbidden":
        return {"at": place, "message": f"it is not known here{_meant(found['loc'], body)}"}
    told = in_words(str(found.get("type")), found.get("ctx", {}), str(found["msg"]))
    return {"at": place, "message": told}


def _meant(location: Location, body: type[BaseModel] | None) -> str:
    """Ask whether another name was meant, where an unknown one is much like it."""
    name = str(location[-1])
    if body is None or not _PLAIN.fullmatch(name):
        return ""
    return did_you_mean(name, keys_at(body, location[1:-1]), cutoff=_ALIKE)


async def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    code = _STATUS_CODES.get(error.status_code, "internal")
    headers = dict(error.headers) if error.headers else None
    # Where nobody said more than the status does, its title says it in words.
    detail = "" if error.detail in _PHRASES else str(error.detail)
    return problem(code, detail, headers=headers)


async def _mistake(request: Request, error: Exception) -> JSONResponse:
    # The route and not the address asked for, which may hold a card number.
    route = getattr(request.scope.get("route"), "path", "")
    _log.error("internal_error", path=route, exc_info=error)
    return problem("internal", "the error is in the agent's log")
