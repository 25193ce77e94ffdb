"""Errors over HTTP: RFC 9457 problem details with a stable ``code``, and never an echo of input.

A body may hold a card number or be ten megabytes of rubbish; neither belongs in an answer. Each API
has its own table of codes; what becomes of one is the same for all.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.types import Send

from agent.core.mistakes import QUOTED, Location, did_you_mean, in_words, keys_at, model_in
from agent.core.values import Value

__all__ = ["PROBLEM_MEDIA_TYPE", "Problem", "Problems"]

PROBLEM_MEDIA_TYPE = "application/problem+json"

_log = structlog.get_logger(__name__)

_PLAIN = re.compile(r"[a-z_]{1,40}|[0-9]{1,5}")

_ALIKE = 0.6
"""How much alike, of 1, two names are of which one may be a slip of the other."""

_AS_JSON = "send JSON, with the header Content-Type: application/json"

_NOT_READ = "it cannot be read; send JSON in UTF-8, with few brackets within brackets"
_FASTAPIS_OWN = "There was an error parsing the body"
"""What FastAPI says of a body that its parser fails at; it helps nobody."""

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


class Problems:
    """The problems of one API: ``table`` has each code's HTTP status and title.

    It has the codes of this module, ``malformed`` to ``too_large``, and ``internal``. ``sorts`` are
    the names of bodies that an address takes one of.
    """

    def __init__(
        self,
        table: Mapping[str, tuple[int, str]],
        *,
        whose: str,
        sorts: Mapping[str, type[BaseModel]] | None = None,
    ) -> None:
        self._table = table
        self._whose = whose
        self._sorts = sorts or {}

    def problem(
        self,
        code: str,
        detail: str = "",
        *,
        errors: tuple[dict[str, str], ...] = (),
        headers: dict[str, str] | None = None,
    ) -> JSONResponse:
        """Build the answer for one of the codes."""
        status, title = self._table[code]
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

    def answers(
        self, *statuses: int, never: tuple[int, ...] = ()
    ) -> dict[int | str, dict[str, Any]]:
        """Say with which problems a call may answer, besides those that nearly every call may.

        ``never`` are those of these that it cannot: 422 where nothing is read of what is sent, 503
        where no disk is asked.
        """
        may = (*(status for status in _NEARLY_EVERY_CALL if status not in never), *statuses)
        return {status: {"model": Problem} for status in may}

    async def send(self, send: Send, code: str, detail: str) -> None:
        """Answer a problem from below FastAPI, where there is no response object yet."""
        response = self.problem(code, detail)
        headers = response.raw_headers
        await send(
            {"type": "http.response.start", "status": response.status_code, "headers": headers}
        )
        await send({"type": "http.response.body", "body": response.body})

    def install(self, app: FastAPI) -> None:
        """Have every error of an application that is nobody's own answered as a problem."""
        app.add_exception_handler(RequestValidationError, self._malformed)
        app.add_exception_handler(HTTPException, self._http)
        app.add_exception_handler(Exception, self._mistake)

    async def _malformed(self, request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for nothing else
        body = _body_of(request)
        mistakes = tuple(self._mistake_in(found, body) for found in error.errors()[:20])
        first = mistakes[0] if mistakes else {"at": "", "message": "malformed"}
        if first["at"] == "" and "json" not in request.headers.get("content-type", "json"):
            first = {"at": "", "message": _AS_JSON}  # as curl sends it, which says it is a form
            mistakes = (first,)
        detail = f"{first['at'] or 'the body'}: {first['message']}"
        return self.problem("malformed", detail, errors=mistakes)

    def _mistake_in(self, found: Any, body: type[BaseModel] | None) -> dict[str, str]:
        """Say where a body is wrong; a name of the caller's own is shown only if it is plain."""
        sorts = self._sorts
        parts = [str(part) for part in found["loc"] if part != "body" and part not in sorts]
        body = next((sorts[part] for part in found["loc"] if part in sorts), body)
        if is_in_address := parts[:1] in (["path"], ["query"]):
            del parts[2:]  # which of the forms that it may have was tried last
        place = ".".join(part if _PLAIN.fullmatch(part) else "(a field)" for part in parts)
        if found.get("type") == "extra_forbidden":
            return {"at": place, "message": f"it is not known here{_meant(found['loc'], body)}"}
        told = in_words(str(found.get("type")), found.get("ctx", {}), str(found["msg"]))
        return {"at": place, "message": told.removesuffix(QUOTED) if is_in_address else told}

    async def _http(self, _request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
        code = _STATUS_CODES.get(error.status_code, "internal")
        if error.detail == _FASTAPIS_OWN:
            errors = ({"at": "", "message": _NOT_READ},)
            return self.problem(code, f"the body: {_NOT_READ}", errors=errors)
        headers = dict(error.headers) if error.headers else None
        # Where nobody said more than the status does, its title says it in words.
        detail = "" if error.detail in _PHRASES else str(error.detail)
        return self.problem(code, detail, headers=headers)

    async def _mistake(self, request: Request, error: Exception) -> JSONResponse:
        # The route and not the address asked for, which may hold a card number.
        route = getattr(request.scope.get("route"), "path", "")
        _log.error("internal_error", path=route, exc_info=error)
        return self.problem("internal", f"the error is in {self._whose} log")


def _body_of(request: Request) -> type[BaseModel] | None:
    """Answer what a call takes as its body, for the names that may stand in it."""
    field = getattr(request.scope.get("route"), "body_field", None)
    return None if field is None else model_in(field.field_info.annotation)


def _meant(location: Location, body: type[BaseModel] | None) -> str:
    """Ask whether another name was meant, where an unknown one is much like it."""
    name = str(location[-1])
    if body is None or not _PLAIN.fullmatch(name):
        return ""
    return did_you_mean(name, keys_at(body, location[1:-1]), cutoff=_ALIKE)
