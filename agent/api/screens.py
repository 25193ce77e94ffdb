"""The cashier's screen: rendered here, kept live by the lane's event stream, nothing from outside.

The page asks for its panel again whenever the lane tells of something, so that what is shown is
always rendered from the present state and a dropped event costs nothing.
"""

from pathlib import Path

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

from agent.api.auth import SCREEN_COOKIE, Access
from agent.api.health import Health
from agent.core.money import format_money
from agent.lanes import Lane, Lanes

__all__ = ["router", "static_files"]

_HERE = Path(__file__).parent

_SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def static_files() -> StaticFiles:
    """Serve the style sheet and the scripts that ship with the package."""
    return StaticFiles(directory=_HERE / "static")


def router(lanes: Lanes, health: Health, access: Access) -> APIRouter:
    """Build the pages."""
    pages = APIRouter(dependencies=[Depends(access.this_machine)], include_in_schema=False)
    templates = Jinja2Templates(directory=_HERE / "templates")
    templates.env.filters["money"] = format_money

    def known(name: str) -> Lane:
        if name not in lanes:
            raise HTTPException(404, f"no lane '{name}' is configured")
        return lanes[name]

    def render(request: Request, template: str, **values: object) -> HTMLResponse:
        return templates.TemplateResponse(
            request, template, {"health": health(), **values}, headers=_SECURITY_HEADERS
        )

    @pages.get("/")
    async def index(request: Request) -> Response:
        names = [lane.name for lane in lanes]
        if len(names) == 1:
            return RedirectResponse(f"/lane/{names[0]}")
        return render(request, "index.html", lanes=names)

    @pages.get("/lane/{name}")
    async def lane_page(request: Request, name: str) -> Response:
        page = render(request, "lane.html", lane=known(name))
        page.set_cookie(SCREEN_COOKIE, access.screen_session, httponly=True, samesite="strict")
        return page

    @pages.get("/lane/{name}/panel", dependencies=[Depends(access.till_or_screen)])
    async def panel(request: Request, name: str) -> Response:
        return render(request, "panel.html", lane=known(name))

    return pages
