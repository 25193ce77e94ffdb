"""The screens without a browser: a page as it is rendered, for a shop that runs in this process."""

import httpx
from fastapi import FastAPI

from agent.api import HealthView, screens
from agent.api.auth import Access
from agent.lanes import Lanes
from agent.till import Till

__all__ = ["look", "no_trouble"]


def no_trouble() -> HealthView:
    """An agent without a head office that has nothing to say."""
    return HealthView(
        status="ok",
        reasons=(),
        unacknowledged=0,
        frozen=None,
        online=False,
        offline_because=None,
        alone=True,
        device="house/s001/edge-1",
        version="0",
        readers=(),
    )


async def look(till: Till, lanes: Lanes, path: str) -> str:
    """Open a page as a browser on the same machine does."""
    app = FastAPI()
    app.include_router(screens.router(till, lanes, no_trouble, Access(("t",))))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as browser:
        return (await browser.get(path)).raise_for_status().text
