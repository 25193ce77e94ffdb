"""The cashier's and the customer's screens: rendered here, kept live by the lane's event stream.

A page asks for its panel again whenever the lane tells of something, so that what is shown is
always rendered from the present state and a dropped event costs nothing. Nothing comes from
outside. A button says which of the cards it means by its place, never by a card number, and how
many cards its page had seen. The customer's page speaks the language of its lane's receipts.
"""

from functools import cache
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

from agent.api.auth import SCREEN_COOKIE, Access
from agent.api.health import Health
from agent.api.problems import PROBLEMS
from agent.api.wording import Wording, sentence
from agent.core.money import format_money
from agent.core.values import Code
from agent.lanes import Lanes, Which
from agent.till import Till, TillRefusal

__all__ = ["router", "static_files"]

_HERE = Path(__file__).parent

_SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

Seen = Annotated[int, Query(ge=0)]


def static_files() -> StaticFiles:
    """Serve the style sheet and the scripts that ship with the package."""
    return StaticFiles(directory=_HERE / "static")


@cache
def _templates() -> Jinja2Templates:
    """Read the templates: once in a process, however many applications it builds."""
    templates = Jinja2Templates(directory=_HERE / "templates")
    templates.env.filters["money"] = format_money
    templates.env.filters["sentence"] = sentence
    return templates


class _Pages:
    """Renders what the screens show of a lane."""

    def __init__(self, till: Till, lanes: Lanes, health: Health, access: Access) -> None:
        self._till = till
        self._lanes = lanes
        self._health = health
        self._access = access
        self._templates = _templates()

    def render(
        self, request: Request, template: str, *, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """Fill a template in."""
        wording = Wording(self._till.program, day=self._till.day_now)
        values = {"wording": wording} | values | {"health": self._health()}
        return self._templates.TemplateResponse(
            request, template, values, headers=_SECURITY_HEADERS, status_code=status
        )

    def screen(self, request: Request, template: str, shown: dict[str, Any]) -> Response:
        """Render a whole page of a lane, and know its browser from now on."""
        page = self.render(request, template, **shown)
        session = self._access.screen_session
        page.set_cookie(SCREEN_COOKIE, session, httponly=True, samesite="strict")
        return page

    def lane(self, name: str) -> dict[str, Any]:
        """Find a lane and the names of the others. Raises HTTPException: no such page."""
        if name not in self._lanes:
            raise HTTPException(404, f"no lane '{name}' is configured")
        others = [lane.name for lane in self._lanes if lane.name != name]
        return {"lane": self._lanes[name], "others": others, "notice": None}

    def for_customer(self, name: str) -> dict[str, Any]:
        """Find a lane, and the words that its customer reads. Raises HTTPException as ``lane``."""
        lane = self.lane(name)
        paper, day = self._till.paper(name), self._till.day_now
        return lane | {"wording": Wording(self._till.program, paper, day)}

    def pressed(self, request: Request, name: str, refused: TillRefusal | None) -> Response:
        """Answer a button: the panel as it is now, or the page where no script asked.

        Raises HTTPException where there is no such lane.
        """
        shown = self.lane(name) | {"notice": None if refused is None else str(refused)}
        if "hx-request" not in request.headers:
            return RedirectResponse(f"/lane/{name}", status_code=303)
        status = 200 if refused is None else PROBLEMS[refused.code][0]
        return self.render(request, "panel.html", status=status, **shown)


def router(till: Till, lanes: Lanes, health: Health, access: Access) -> APIRouter:
    """Build the pages."""
    pages = _Pages(till, lanes, health, access)
    routes = APIRouter(dependencies=[Depends(access.this_machine)], include_in_schema=False)
    screens_only = [Depends(access.till_or_screen)]

    @routes.get("/")
    async def index(request: Request) -> Response:
        names = [lane.name for lane in lanes]
        if len(names) == 1:
            return RedirectResponse(f"/lane/{names[0]}")
        return pages.render(request, "index.html", lanes=names)

    @routes.get("/lane/{name}")
    async def cashier(request: Request, name: str) -> Response:
        return pages.screen(request, "lane.html", pages.lane(name))

    @routes.get("/lane/{name}/customer")
    async def customer(request: Request, name: str) -> Response:
        return pages.screen(request, "customer.html", pages.for_customer(name))

    @routes.get("/lane/{name}/panel", dependencies=screens_only)
    async def panel(request: Request, name: str) -> Response:
        return pages.render(request, "panel.html", **pages.lane(name))

    @routes.get("/lane/{name}/customer/panel", dependencies=screens_only)
    async def customer_panel(request: Request, name: str) -> Response:
        return pages.render(request, "customer_panel.html", **pages.for_customer(name))

    _add_buttons(routes, lanes, pages, [*screens_only, Depends(access.own_page)])
    return routes


def _add_buttons(
    routes: APIRouter, lanes: Lanes, pages: _Pages, own_screens_only: list[Any]
) -> None:
    @routes.post("/lane/{name}/card/{which}", dependencies=own_screens_only)
    async def choose(request: Request, name: str, which: Which, seen: Seen) -> Response:
        try:
            lanes.choose(name, which, seen=seen)
        except TillRefusal as refusal:
            return pages.pressed(request, name, refusal)
        return pages.pressed(request, name, None)

    @routes.post("/lane/{name}/card/{which}/move", dependencies=own_screens_only)
    async def move(
        request: Request, name: str, which: Which, to: Annotated[Code, Query()], seen: Seen
    ) -> Response:
        try:
            await lanes.move(name, to, which, seen=seen)
        except TillRefusal as refusal:
            return pages.pressed(request, name, refusal)
        return pages.pressed(request, name, None)
