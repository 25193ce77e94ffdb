"""The status page: stores, what differs, and the conflicts, those first where somebody has to look.

Plain HTML, rendered here, asked for again by the browser itself every half minute. Nothing comes
from outside. The full dashboard will stand beside it.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.templating import Jinja2Templates
from sqlalchemy import Connection

from sync.hub.api.access import COOKIE, HubAccess
from sync.hub.api.conflicts import conflicts_by_kind, conflicts_to_look_at, newest_conflicts
from sync.hub.api.desk import Desk
from sync.hub.api.places import DeviceView, devices_of, stores_of
from sync.hub.api.reconciliation import reconcile

__all__ = ["router"]

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_LATELY = timedelta(days=7)
_MOST_DIFFERENCES = 50
_MOST_CONFLICTS = 30
_MOST_FIELDS = 10
_HERE = Path(__file__).parent


def router(desk: Desk, access: HubAccess, health: Callable[[], Any]) -> APIRouter:
    """Build the page, its style, and its door."""
    templates = Jinja2Templates(directory=_HERE / "templates")
    routes = APIRouter(include_in_schema=False)
    style = (_HERE / "office.css").read_text("utf-8")

    def render(request: Request, template: str, *, status: int = 200, **shown: Any) -> HTMLResponse:
        return templates.TemplateResponse(
            request, template, shown, headers=_HEADERS, status_code=status
        )

    @routes.get("/")
    def page(request: Request) -> Response:
        if not access.has_session(request):
            return render(request, "sign_in.html", wrong=False)
        now = desk.now()
        shown = desk.read(lambda c, tenant: _shown(c, tenant, now))
        shown["to_look_at"] = [*health().reasons, *shown["to_look_at"]]
        return render(request, "status.html", **shown)

    @routes.post("/", dependencies=[Depends(access.own_page)])
    async def sign_in(request: Request) -> Response:
        if access.name_of(_token_in(await request.body())) is None:
            return render(request, "sign_in.html", status=401, wrong=True)
        answer = RedirectResponse("/", status_code=303, headers=_HEADERS)
        answer.set_cookie(COOKIE, access.session, httponly=True, samesite="strict")
        return answer

    @routes.get("/office.css")
    def office_css() -> Response:
        return Response(style, media_type="text/css", headers={"Cache-Control": "max-age=3600"})

    return routes


def _token_in(body: bytes) -> str:
    """Read the token off a form; nothing where it is no form of ours."""
    try:
        form = parse_qs(body.decode("utf-8", "replace"), max_num_fields=_MOST_FIELDS)
    except ValueError:  # it has more fields than that
        return ""
    return form.get("token", [""])[0].strip()


def _shown(c: Connection, tenant: str, now: datetime) -> dict[str, Any]:
    since = (now - _LATELY).date()
    both = reconcile(c, tenant, since, now=now)
    differences = both.differences
    waiting = newest_conflicts(c, tenant, wanted={"state": "open"}, limit=_MOST_CONFLICTS)
    settled = newest_conflicts(c, tenant, wanted={"state": "resolved"}, limit=_MOST_CONFLICTS)
    return {
        "tenant": tenant,
        "stores": stores_of(c, tenant, now=now),
        "stopped": _stopped(devices_of(c, tenant, now=now)),
        "to_look_at": _to_look_at(conflicts_to_look_at(c, tenant), both.to_look_at),
        "since": since,
        "differences": differences[:_MOST_DIFFERENCES],
        "more_differences": max(0, len(differences) - _MOST_DIFFERENCES),
        "kinds": conflicts_by_kind(c, tenant),
        "conflicts": [*waiting, *settled][:_MOST_CONFLICTS],
    }


def _stopped(devices: Iterable[DeviceView]) -> dict[str, str]:
    """Say which stores have a device that may not go on, connected or not: one that is halted waits
    for somebody, and a retired one only where it still speaks.
    """
    return {
        each.store: each.state
        for each in sorted(devices, key=lambda each: each.state == "halted")
        if each.state == "halted" or (each.state == "retired" and each.online)
    }


def _to_look_at(conflicts: int, differences: Sequence[str]) -> list[str]:
    """Say at the top what somebody has to look at further down."""
    found = []
    if conflicts:
        found.append(
            "1 conflict is open" if conflicts == 1 else f"{conflicts:,} conflicts are open"
        )
    if differences:
        found.append("the two sides differ")
    return found
